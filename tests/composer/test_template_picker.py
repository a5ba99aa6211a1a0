"""Approved templates chosen from a list: places filled by selects, remembered, and kept true."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django.utils.html import escape

from campaigns import copying
from campaigns.models import Campaign, WhatsAppTemplate
from composer import message_templates
from recipients.models import RecipientList
from sending import launch
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world
from tests.browsing import Desk, Fields, Page, complaints_of, fields_of, text_of

pytestmark = pytest.mark.thorough

FILLED = {
    "place_field_1": "CUSTOMER_NAME",
    "place_missing_1": "write",
    "place_instead_1": "there",
    "place_field_2": "Visit",
}


@pytest.fixture
def visits(patients: RecipientList) -> RecipientList:
    world.fill(patients, "Visit", ["1 May", *["3 May"] * 12])
    first = patients.recipients.order_by("pk").first()
    assert first
    patients.recipients.filter(pk=first.pk).update(name="")
    return patients


@pytest.fixture
def check_up(clinic: Channel) -> WhatsAppTemplate:
    return world.a_whatsapp_template(
        clinic, footer="Riverside", buttons=[{"text": "Book a visit", "to": "https://example.org"}]
    )


@pytest.fixture
def draft(clinic: Channel, visits: RecipientList) -> Campaign:
    return world.a_campaign(clinic, visits, text="")


def pick(template: WhatsAppTemplate, **filled: Any) -> Fields:
    key = str(template.public_id)
    return {"says": "template", "whatsapp_template": key, "places": key, **filled}


def filled_draft(desk: Desk, draft: Campaign, template: WhatsAppTemplate) -> Campaign:
    desk.store(draft, **pick(template, **FILLED))
    draft.refresh_from_db()
    return draft


def page_of(desk: Desk, draft: Campaign) -> Page:
    return desk.get("compose", draft)


def test_a_template_is_picked_filled_reviewed_and_goes_out(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    page = desk.write(draft, "review", **pick(check_up, **FILLED))
    assert "as the approved template Check-up due" in text_of(page)
    # The first has no name, and reads what is written instead.
    assert "Hi there, your last check-up was on 1 May." in text_of(page)
    assert "Riverside" in text_of(page)
    assert "Book a visit" in text_of(page)
    draft.refresh_from_db()
    assert draft.one_by_one
    assert draft.template["variables"] == "1 = {{CUSTOMER_NAME}}\n2 = {{Visit}}"
    launched = world.launched(draft)
    said = launched.submissions.order_by("seq").values_list("text", flat=True)
    assert said[0] == "there\n1 May"
    assert len(said) == 12


def test_the_page_opens_as_it_was_left(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    filled_draft(desk, draft, check_up)
    fields = fields_of(page_of(desk, draft))
    assert {name: fields[name] for name in FILLED} == FILLED
    assert fields["whatsapp_template"] == fields["places"] == str(check_up.public_id)
    assert "Hi <mark" in page_of(desk, draft).content.decode()


def test_words_may_be_the_same_for_everybody(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    words = {"place_field_2": "=", "place_words_2": "Monday"}
    page = desk.write(draft, "review", **pick(check_up, **FILLED | words))
    assert "your last check-up was on Monday." in text_of(page)


def test_a_name_with_a_hidden_sign_fills_its_own_place_alone(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(name="Alice\x1fMoreau")
    page = desk.write(
        draft, "review", **pick(check_up, **FILLED | {"place_field_1": "SENDER_NAME"})
    )
    assert "Hi Alice Moreau, your last check-up was on 1 May." in text_of(page)


def test_a_place_that_nothing_fills_is_told_when_it_is_reviewed(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    some = FILLED | {"place_field_2": ""}
    page = desk.write(draft, "review", **pick(check_up, **some))
    assert complaints_of(page) == {"Choose what fills place 2.": "id_places"}
    assert not complaints_of(page_of(desk, draft))
    # The phone shows the place by its number.
    assert "your last check-up was on 2 ." in text_of(page)


def test_nothing_picked_is_told(desk: Desk, draft: Campaign, check_up: WhatsAppTemplate) -> None:
    page = desk.write(draft, "review", says="template")
    assert complaints_of(page) == {"Choose an approved template.": "id_whatsapp_template"}


def test_one_field_in_two_places_has_one_answer_for_who_lacks_it(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    twice = FILLED | {"place_field_2": "CUSTOMER_NAME"}
    page = desk.write(draft, **pick(check_up, **twice))
    sentence = "CUSTOMER_NAME fills two places. Choose the same for both if it is empty."
    assert complaints_of(page) == {sentence: "id_places"}
    assert fields_of(page)["place_instead_1"] == "there"


def test_what_filled_the_places_is_offered_to_the_next_campaign(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, clinic: Channel, visits: RecipientList
) -> None:
    filled_draft(desk, draft, check_up)
    following = world.a_campaign(clinic, visits, text="")
    form = fields_of(page_of(desk, following)) | {"whatsapp_template": str(check_up.public_id)}
    answer = desk.client.post(
        desk.url("template-picker", following), form, headers={"HX-Target": "places"}
    )
    offered = answer.content.decode()
    assert '<option value="Visit" selected>' in offered
    assert 'value="there"' in offered
    # And stored with it, also where no script has shown it.
    desk.store(following, whatsapp_template=str(check_up.public_id))
    following.refresh_from_db()
    assert following.template["variables"] == "1 = {{CUSTOMER_NAME}}\n2 = {{Visit}}"
    assert following.field_rules == {"fallbacks": {"CUSTOMER_NAME": "there"}}


def test_without_scripts_a_button_shows_the_places(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    chosen = {"says": "template", "whatsapp_template": str(check_up.public_id)}
    page = desk.write(draft, "person", **chosen)
    assert "Fill the 2 places in “Check-up due”" in text_of(page)
    # Nothing is saved by looking.
    draft.refresh_from_db()
    assert draft.template == {}
    page = desk.send(fields_of(page), draft, "review", **FILLED)
    assert "Hi there, your last check-up was on 1 May." in text_of(page)


def test_a_field_that_the_lists_do_not_have_stays_in_sight_and_is_told(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    page = desk.write(draft, **pick(check_up, **FILLED | {"place_field_2": "Dentist"}))
    assert "Dentist (not on these lists)" in text_of(page)
    assert any("Dentist" in sentence for sentence in complaints_of(page))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("waiting", "WhatsApp has not approved the template “Check-up due” yet."),
        ("refused", "WhatsApp refused the template “Check-up due”."),
    ],
)
def test_what_is_not_approved_is_shown_and_cannot_go_out(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, status: str, sentence: str
) -> None:
    WhatsAppTemplate.objects.update(status=status)
    page = page_of(desk, draft)
    choice = page.content.decode().split(f'value="{check_up.public_id}"')[1].split(">")[0]
    assert "disabled" in choice
    # Whoever sends it all the same is told.
    page = desk.write(draft, "review", **pick(check_up, **FILLED))
    assert complaints_of(page) == {f"{sentence} Choose another one.": "id_whatsapp_template"}


def test_a_changed_template_has_to_be_looked_at_before_it_is_sent(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    filled_draft(desk, draft, check_up)
    WhatsAppTemplate.objects.update(body="Dear {{1}}, see you on {{2}} at {{3}}.")
    told = text_of(desk.client.get(desk.url("review", draft), follow=True))
    assert "The template “Check-up due” was changed. Look at it here, then continue." in told
    # The page has it as it is now; what still fills a place stays.
    page = desk.write(draft, "review")
    assert complaints_of(page) == {"Choose what fills place 3.": "id_places"}
    page = desk.write(draft, "review", place_field_3="=", place_words_3="nine")
    assert "see you on 1 May at nine." in text_of(page)


def test_a_deleted_template_keeps_a_draft_from_being_sent(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    filled_draft(desk, draft, check_up)
    kept = draft.template
    desk.client.post(f"/{desk.team.slug}/templates/whatsapp/{check_up.public_id}/delete/")
    page = desk.write(draft, "review")
    sentence = "The template “Check-up due” was deleted. Choose another one."
    assert complaints_of(page) == {sentence: "id_whatsapp_template"}
    draft.refresh_from_db()
    assert draft.template == kept


def test_what_is_launched_stays_as_it_was_whatever_becomes_of_the_template(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    launched = world.launched(filled_draft(desk, draft, check_up))
    WhatsAppTemplate.objects.update(body="Other words", provider_id="HX2", status="refused")
    launched.refresh_from_db()
    assert launched.message
    assert launched.message.template["id"] == check_up.provider_id
    assert set(world.states(launched)) == {"ready"}


def test_a_run_of_a_repeat_goes_out_as_it_was_confirmed(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    first = world.launched(filled_draft(desk, draft, check_up))
    WhatsAppTemplate.objects.update(body="Other words", provider_id="HX2")
    run = copying.copy_of(first, first.launched_by, parent=first)
    launch.launch_run(run, first, uuid4(), timezone.now())
    launch.freeze(run.pk)
    run.refresh_from_db()
    assert run.state == "scheduled"


def test_a_run_that_a_person_sends_is_held_to_the_template_as_any_draft(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    first = world.launched(filled_draft(desk, draft, check_up))
    WhatsAppTemplate.objects.update(status="refused")
    run = copying.copy_of(first, first.launched_by, parent=first)
    page = desk.client.get(desk.url("review", run), follow=True)
    assert "WhatsApp refused the template" in text_of(page)
    with pytest.raises(LaunchRefused):
        world.launched(run)


def test_values_count_toward_the_1024_characters(
    desk: Desk, draft: Campaign, clinic: Channel, visits: RecipientList
) -> None:
    long = world.a_whatsapp_template(clinic, body="x" * 1020 + " {{first_name}}")
    world.fill(visits, "Short", ["abc"] * 12 + ["abcd"])
    page = desk.write(draft, "review", **pick(long, place_field_first_name="Short"))
    assert "12 people" in text_of(page)


def test_words_for_a_place_that_are_too_long_are_told_and_kept(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    words = {"place_field_1": "=", "place_words_1": "x" * 1025, "place_instead_2": "y" * 301}
    page = desk.write(draft, **pick(check_up, **FILLED | words))
    assert complaints_of(page) == {
        "Place 1: shorten the words to 1,024 characters.": "id_places",
        "Place 2: shorten the words to 300 characters.": "id_places",
    }
    assert fields_of(page)["place_words_1"] == "x" * 1025


@pytest.mark.parametrize("words", ["{{" + " " * 40_000, "{{" + "a " * 20_000 + "{", "{{  }}"])
def test_what_only_looks_like_a_field_is_read_as_words_however_long(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, words: str
) -> None:
    kept = {**check_up.said(), "of": str(check_up.public_id), "variables": f"1 = {words}"}
    Campaign.objects.filter(pk=draft.pk).update(template=kept)
    assert fields_of(page_of(desk, draft))["place_field_1"] == "="


def test_a_place_whose_name_begins_with_a_digit_is_filled(
    desk: Desk, draft: Campaign, clinic: Channel
) -> None:
    odd = world.a_whatsapp_template(clinic, body="Hi {{1st}}")
    page = desk.write(draft, "review", **pick(odd, place_field_1st="Visit"))
    assert "Hi 1 May" in text_of(page)


def test_a_place_writes_days_as_people_do_unless_somebody_wants_them_as_they_are(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, visits: RecipientList
) -> None:
    world.fill(visits, "Visit", ["2026-05-01"] * 13)
    # What was chosen before stays as it was.
    filled_draft(desk, draft, check_up)
    page = page_of(desk, draft)
    assert fields_of(page)["place_field_2"] == "Visit"
    assert "Visit, as the list has it" in text_of(page)
    dated = '{{#dateFormat "mmmm d, yyyy"}}{{Visit}}{{/dateFormat}}'
    assert f'value="{escape(dated)}"' in page.content.decode()
    page = desk.write(draft, "review", **pick(check_up, **FILLED | {"place_field_2": dated}))
    assert "your last check-up was on May 1, 2026." in text_of(page)
    draft.refresh_from_db()
    assert draft.template["variables"].endswith(f"2 = {dated}")
    assert fields_of(page_of(desk, draft))["place_field_2"] == dated


def test_own_words_and_the_template_both_stay(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, front_desk: Channel, alice: User
) -> None:
    filled_draft(desk, draft, check_up)
    desk.store(draft, says="text", text="Own words")
    draft.refresh_from_db()
    assert (draft.template, draft.text) == ({}, "Own words")
    assert draft.template_aside["of"] == str(check_up.public_id)
    # An SMS has no templates: nobody has to choose anything anew.
    desk.store(draft, says="template")
    desk.store(draft, channel=str(front_desk.public_id))
    draft.refresh_from_db()
    assert (draft.template, draft.one_by_one) == ({}, False)
    saved = message_templates.make(draft, alice, "Reminder", "")
    assert message_templates.draft_from_template(saved, alice).template_aside["of"]


def test_a_look_at_a_channel_without_templates_keeps_what_was_chosen(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate, front_desk: Channel
) -> None:
    filled_draft(desk, draft, check_up)
    page = desk.write(draft, "person", channel=str(front_desk.public_id))
    form = fields_of(page) | {"channel": str(draft.channel.public_id) if draft.channel else ""}
    page = desk.send(form, draft, "review")
    assert "Hi there, your last check-up was on 1 May." in text_of(page)


def test_the_phone_is_empty_until_a_template_is_chosen(
    desk: Desk, draft: Campaign, check_up: WhatsAppTemplate
) -> None:
    page = desk.post("preview", draft, **fields_of(page_of(desk, draft)))
    assert "Your message appears here" in text_of(page)


def test_a_file_on_top_is_a_place_at_gupshup(
    desk: Desk, riverside_gupshup: Channel, visits: RecipientList
) -> None:
    template = world.a_whatsapp_template(
        riverside_gupshup,
        header_kind="image",
        buttons=[{"text": "Go", "to": "https://e.org/{{1}}"}],
    )
    draft = world.a_campaign(riverside_gupshup, visits, text="")
    filled = {
        "place_field_MEDIA_URL": "=",
        "place_words_MEDIA_URL": "https://example.org/a.jpg",
        "place_field_Body.1": "CUSTOMER_NAME",
        "place_field_Body.2": "Visit",
        "place_field_Buttons.1": "PHONE_NUMBER",
    }
    assert "Send yourself a test, and press each button." in text_of(
        desk.write(draft, **pick(template, **filled))
    )
    page = desk.write(draft, "review", **pick(template, **filled))
    assert "a.jpg" in text_of(page)
    draft.refresh_from_db()
    assert draft.template["variables"].splitlines() == [
        "MEDIA_URL = https://example.org/a.jpg",
        "Body.1 = {{CUSTOMER_NAME}}",
        "Body.2 = {{Visit}}",
        "Buttons.1 = {{PHONE_NUMBER}}",
    ]


@pytest.fixture
def riverside_gupshup(clinic: Channel) -> Channel:
    return world.a_channel(clinic.team, provider="gswa", channel_key="india", label="India")


def test_an_empty_draft_that_turns_from_sms_to_whatsapp_asks_for_a_template(
    desk: Desk, front_desk: Channel, clinic: Channel, visits: RecipientList
) -> None:
    sms = world.a_campaign(front_desk, visits, text="")
    page = desk.write(sms, "review", channel=str(clinic.public_id))
    assert complaints_of(page) == {"Choose an approved template.": "id_whatsapp_template"}
