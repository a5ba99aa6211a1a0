"""The composer's question how a campaign goes out, and the fields of an approved template."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from campaigns import copying, message
from campaigns.models import Campaign
from composer import field_use, message_templates
from composer.models import MessageTemplate
from recipients.models import RecipientList
from sending import launch
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world
from tests.browsing import Desk, fields_of, text_of
from tests.desks import DeskOf

pytestmark = pytest.mark.thorough

TYPED = {
    "template_id": "HX1",
    "template_body": "Hello {{1}}, see you.",
    "template_variables": "1 = {{CUSTOMER_NAME}}",
}
KEPT = {"id": "HX1", "body": "Hello {{1}}, see you.", "variables": "1 = {{CUSTOMER_NAME}}"}


@pytest.fixture
def whatsapp_draft(clinic: Channel, patients: RecipientList) -> Campaign:
    return world.a_campaign(clinic, patients, text="A text of our own")


# --- Nothing typed is lost ------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["jobs", "each"])
def test_a_template_is_kept_aside_while_another_way_is_chosen(
    desk: Desk, whatsapp_draft: Campaign, way: str
) -> None:
    draft = whatsapp_draft
    desk.store(draft, send_method="template", **TYPED)
    desk.store(draft, says="text", send_method=way)
    draft.refresh_from_db()
    assert (draft.template, draft.template_aside) == ({}, KEPT)
    assert draft.one_by_one is (way == "each")
    fields = fields_of(desk.get("compose", draft))
    assert {name: fields[name] for name in TYPED} == TYPED
    # It is not what goes out.
    assert "A text of our own" in text_of(desk.post("preview", draft, **fields))

    desk.store(draft, send_method="template")
    draft.refresh_from_db()
    assert (draft.template, draft.template_aside) == (KEPT, {})
    assert draft.one_by_one


def test_a_template_typed_before_it_was_chosen_is_kept(
    desk: Desk, whatsapp_draft: Campaign
) -> None:
    desk.store(whatsapp_draft, send_method="jobs", **TYPED)
    whatsapp_draft.refresh_from_db()
    assert whatsapp_draft.template_aside == KEPT


def test_a_text_stays_with_the_draft_and_out_of_the_template_that_goes_out(
    desk: Desk, whatsapp_draft: Campaign, alice: User
) -> None:
    draft = whatsapp_draft
    media = {"media_kind": "image", "media_url": "https://example.org/a.jpg"}
    desk.store(draft, text="Hi {{Dentist}}", **media)
    page = desk.write(draft, "review", send_method="template", **TYPED)
    assert "as the approved template HX1" in text_of(page)
    assert "a.jpg" not in text_of(page)
    draft.refresh_from_db()
    assert field_use.uses_of(draft.team, alice) == []
    sent = message.message_of(draft)
    assert (sent.text, sent.media_kind, sent.media_url) == ("", "", "")
    fields = fields_of(desk.get("compose", draft))
    assert (fields["text"], fields["media_url"]) == ("Hi {{Dentist}}", media["media_url"])


def test_copies_and_saved_messages_have_what_is_aside_too(
    desk: Desk, whatsapp_draft: Campaign, alice: User
) -> None:
    desk.store(whatsapp_draft, send_method="each", **TYPED)
    whatsapp_draft.refresh_from_db()
    assert copying.duplicate(whatsapp_draft, alice).template_aside == KEPT
    saved = message_templates.make(whatsapp_draft, alice, "Reminder", "")
    assert MessageTemplate.objects.get() == saved
    assert message_templates.draft_from_template(saved, alice).template_aside == KEPT


# --- Fields that a template's variables use -------------------------------------------------------


def without_names(people: RecipientList, number: int) -> None:
    keys = people.recipients.order_by("pk").values_list("pk", flat=True)[:number]
    people.recipients.filter(pk__in=list(keys)).update(name="")


def test_rules_are_offered_for_the_fields_of_variables_and_not_of_the_unused_text(
    desk: Desk, whatsapp_draft: Campaign
) -> None:
    lines = '1 = {{CUSTOMER_NAME}}\n2 = {{#dateFormat "d mmmm"}}{{Visit}}{{/dateFormat}}'
    typed = TYPED | {"template_variables": lines}
    desk.store(whatsapp_draft, text="Hi {{Dentist}}", send_method="template", **typed)
    page = desk.get("compose", whatsapp_draft)
    fields = fields_of(page)
    assert (fields["rule_name_0"], fields["rule_name_1"]) == ("CUSTOMER_NAME", "Visit")
    assert "rule_name_2" not in fields
    html = page.content.decode()
    assert '<fieldset class="field-rules" data-field-rules>' in html
    assert '<fieldset class="field-rules" data-date-rule>' in html


@pytest.mark.parametrize(
    ("missing", "instead", "left_out", "reads"),
    [
        ("leave_out", "", {"missing_value": 2}, "gets no message (without a value for a field"),
        ("write", "dear patient", {}, "Hello dear patient, see you."),
        # Written "nothing", the variable would be empty, and WhatsApp would refuse it.
        ("write", "", {"empty_variable": 2}, "gets no message (with an empty variable"),
    ],
)
def test_the_rule_is_obeyed_and_counted_alike_by_page_and_launch(
    desk: Desk,
    whatsapp_draft: Campaign,
    patients: RecipientList,
    alice: User,
    missing: str,
    instead: str,
    left_out: dict[str, int],
    reads: str,
) -> None:
    draft = whatsapp_draft
    without_names(patients, 2)
    rule = {
        "rule_name_0": "CUSTOMER_NAME",
        "rule_missing_0": missing,
        "rule_text_0": instead,
    }
    desk.store(draft, send_method="template", **TYPED, **rule)
    form = fields_of(desk.get("compose", draft))
    first = {"shown": str(patients.recipients.earliest("pk").pk), "place": "1"}
    assert reads in text_of(desk.post("preview", draft, **form | first))
    told = text_of(desk.post("figures", draft, **form))
    assert "2 people have no Name" in told
    assert ("Left out: 2 with an empty variable, which WhatsApp refuses" in told) is (
        "empty_variable" in left_out
    )
    assert "Different texts" not in told

    draft.refresh_from_db()
    people = 12 - sum(left_out.values())
    launch.launch(draft, world.confirmed(draft, people, user=alice))
    launch.freeze(draft.pk)
    draft.refresh_from_db()
    assert (draft.state, draft.frozen_count) == ("scheduled", people)
    assert draft.left_out == {"duplicate": 1} | left_out
    texts = set(draft.submissions.values_list("text", flat=True))
    assert ("dear patient" in texts) is (instead != "")
    assert "" not in texts


def test_figures_are_those_of_the_template_and_not_of_the_text_beside_it(
    desk: Desk, whatsapp_draft: Campaign
) -> None:
    form = fields_of(desk.get("compose", whatsapp_draft)) | TYPED
    form |= {"text": "x" * 5000, "send_method": "template"}
    assert "too long" not in text_of(desk.post("figures", whatsapp_draft, **form))
    assert "too long" in text_of(
        desk.post("figures", whatsapp_draft, **form | {"send_method": "jobs"})
    )


def test_one_message_each_is_not_told_of_jobs_for_equal_texts(
    desk: Desk, whatsapp_draft: Campaign, settings: Settings
) -> None:
    settings.MAX_DISTINCT_TEXTS = 5
    form = fields_of(desk.get("compose", whatsapp_draft)) | {"text": "Hi {{CUSTOMER_NAME}}"}
    told = "One campaign can have 5"
    jobs, each = (form | {"send_method": way} for way in ("jobs", "each"))
    # Left to us, each gets a message of their own; not so many people.
    assert told not in text_of(desk.post("figures", whatsapp_draft, **jobs))
    settings.MAX_MESSAGES_ONE_BY_ONE = 5
    assert told in text_of(desk.post("figures", whatsapp_draft, **jobs))
    assert told not in text_of(desk.post("figures", whatsapp_draft, **each))


def test_how_it_goes_out_is_chosen_by_how_much_the_texts_differ(
    desk: Desk, front_desk: Channel, patients: RecipientList, settings: Settings
) -> None:
    settings.MAX_DISTINCT_TEXTS = 5
    draft = world.a_campaign(front_desk, patients, text="")

    def planned(text: str, **fields: str) -> bool:
        desk.store(draft, text=text, **fields)
        desk.get("review", draft)
        draft.refresh_from_db()
        return draft.one_by_one

    assert planned("Hi {{CUSTOMER_NAME}}")
    # What the plan chose is no choice of the person's.
    assert fields_of(desk.get("compose", draft))["send_method"] == "jobs"
    assert planned("Hi {{CUSTOMER_NAME}}!")
    assert not planned("Hi")
    assert planned("Hi", send_method="each")
    assert not planned("Hi", send_method="jobs")
    assert planned("Hi {{CUSTOMER_NAME}}")
    settings.MAX_MESSAGES_ONE_BY_ONE = 5
    assert not planned("Hi {{CUSTOMER_NAME}}!")
    assert " different texts. One campaign can have 5" in text_of(desk.get("review", draft))


def test_what_the_plan_chose_is_what_goes_out(
    desk: Desk, front_desk: Channel, patients: RecipientList, settings: Settings
) -> None:
    settings.MAX_DISTINCT_TEXTS = 5
    draft = world.a_campaign(front_desk, patients, text="Hi {{CUSTOMER_NAME}}")
    desk.store(draft)
    desk.post("launch", draft, **fields_of(desk.get("review", draft), "launch"))
    launch.freeze(draft.pk)
    assert set(draft.submissions.values_list("is_single", flat=True)) == {True}


# --- What is told ---------------------------------------------------------------------------------


def test_the_window_of_whatsapp_is_told_once_and_only_of_a_text(
    desk: Desk, whatsapp_draft: Campaign
) -> None:
    told = "only to people who wrote to you in the last 24 hours. To reach everyone, choose"
    page = text_of(desk.get("compose", whatsapp_draft))
    assert told in page
    assert page.count("24 hours") == 1
    page = text_of(desk.write(whatsapp_draft, send_method="template", **TYPED))
    assert "24 hours" not in page


def test_the_page_of_a_launched_template_shows_it_and_what_the_first_person_got(
    desk: Desk, whatsapp_draft: Campaign
) -> None:
    desk.store(whatsapp_draft, send_method="template", **TYPED)
    whatsapp_draft.refresh_from_db()
    launched = world.launched(whatsapp_draft)
    text = text_of(desk.get("campaign", launched))
    assert "Template HX1 Text Hello {{1}}, see you. Its variables 1 = {{CUSTOMER_NAME}}" in text
    first = launched.submissions.order_by("seq")[0]
    assert f"Hello {first.text}, see you." in text
    assert f"As {first.text} gets it" in text
    assert "A text of our own" not in text


def test_a_campaign_with_a_text_shows_its_text(desk: Desk, whatsapp_draft: Campaign) -> None:
    desk.store(whatsapp_draft, **TYPED)
    whatsapp_draft.refresh_from_db()
    text = text_of(desk.get("campaign", world.launched(whatsapp_draft)))
    assert "A text of our own" in text
    assert "HX1" not in text


@pytest.mark.parametrize("state", ["freezing", "draft"])
def test_a_template_without_anybody_yet_is_shown_alone(
    desk_of: DeskOf, vera: User, whatsapp_draft: Campaign, desk: Desk, state: str
) -> None:
    desk.store(whatsapp_draft, send_method="template", **TYPED)
    Campaign.objects.update(state=state)
    text = text_of(desk_of(vera).get("campaign", whatsapp_draft))
    assert "Hello {{1}}, see you." in text
    assert "What the first person gets" not in text
