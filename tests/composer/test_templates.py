"""Saved messages: made from campaigns, kept in versions, begun with; and what a column breaks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from campaigns import copying
from campaigns.models import Campaign
from composer import message_templates
from composer.models import MessageTemplate
from recipients.lists import sharing
from recipients.models import RecipientList, Visibility
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, complaints_of, text_of
from tests.desks import DeskOf

pytestmark = pytest.mark.thorough


@pytest.fixture
def reminder(draft: Campaign, alice: User) -> MessageTemplate:
    return message_templates.make(draft, alice, "Reminder", "Dental")


def url_of(desk: Desk, name: str, template: MessageTemplate) -> str:
    return reverse(name, args=[desk.team.slug, template.public_id])


def keep(desk: Desk, campaign: Campaign, **fields: Any) -> Page:
    return desk.client.post(desk.url("template-keep", campaign), fields, follow=True)


def test_a_column_of_a_campaign_is_content_or_it_is_not() -> None:
    """Whoever adds a column decides: is it copied and remembered, or does it tell what became?"""
    assert {one.name for one in copying.content_fields()} == {
        *("name", "channel", "sent_as", "text", "media_kind", "media_url", "field_rules"),
        *("one_by_one", "one_by_one_wanted", "template", "template_aside"),
        *("duplicates_allowed", "days_left_out", "wall_time", "time_zone", "fold"),
        *("clock_keeper", "pace_count", "pace_minutes", "hours_from", "hours_to", "hours_zone"),
        *("zone_field", "continues_next_day"),
    }


def test_a_sent_campaign_becomes_a_template_and_the_next_campaign_begins_with_it(
    desk: Desk, riverside: Team, front_desk: Channel, patients: RecipientList, bob: User
) -> None:
    booked = world.a_list(riverside, world.phones(2), "Booked")
    sent = world.a_campaign(
        front_desk,
        patients,
        text="Hi {{CUSTOMER_NAME}}",
        field_rules={"fallbacks": {"Dentist": "us"}},
        pace_count=100,
        pace_minutes=5,
        hours_from=dt.time(9),
        hours_to=dt.time(19, 30),
        days_left_out=7,
    )
    sent.list_choices.create(recipient_list=booked, kind="exclude")
    held = world.a_filter(riverside, patients)
    sent.filter_choices.create(saved_filter=held)
    world.launched(sent)

    page = keep(desk, sent, name="Reminder", folder="Dental")
    assert "The template “Reminder” is made." in text_of(page)
    template = MessageTemplate.objects.get()
    answer = desk.client.post(url_of(desk, "template-begin", template))

    draft = Campaign.objects.latest("pk")
    assertRedirects(answer, desk.url("compose", draft))
    assert (draft.name, draft.state, draft.message) == ("Reminder", "draft", None)
    for column in copying.content_fields():
        if column.name != "name":
            assert getattr(draft, column.name) == getattr(sent, column.name), column.name
    assert set(draft.list_choices.values_list("recipient_list__name", "kind")) == {
        ("Patients 2026", "include"),
        ("Booked", "exclude"),
    }
    assert draft.filter_choices.get().saved_filter == held


def test_the_hour_is_remembered_and_the_day_is_the_next_one(
    desk_of: DeskOf, alice: User, draft: Campaign
) -> None:
    Campaign.objects.update(wall_time="2026-01-05T09:30", time_zone="America/New_York")
    draft.refresh_from_db()
    template = message_templates.make(draft, alice, "Reminder", "")
    with time_machine.travel("2027-04-02T15:00:00Z", tick=False):
        begun = message_templates.draft_from_template(template, alice)
    assert begun.wall_time == "2027-04-03T09:30"


def test_what_is_gone_is_left_out(
    desk: Desk, reminder: MessageTemplate, front_desk: Channel, patients: RecipientList, alice: User
) -> None:
    Channel.objects.update(is_active=False)
    Campaign.objects.all().delete()
    patients.delete()
    begun = message_templates.draft_from_template(reminder, alice)
    assert (begun.channel, begun.list_choices.count()) == (None, 0)
    assert "none, or one no longer in use" in text_of(
        desk.client.get(url_of(desk, "template", reminder))
    )


def test_a_new_version_leaves_the_older_ones_and_one_can_go_back(
    desk: Desk, reminder: MessageTemplate, draft: Campaign, alice: User
) -> None:
    Campaign.objects.update(text="Come in autumn.")
    page = keep(desk, draft, template=str(reminder.public_id))
    assert "Come in autumn." in text_of(page)
    assert "See you in spring." in text_of(page)
    assert message_templates.draft_from_template(reminder, alice).text == "See you in spring."
    reminder.refresh_from_db()
    assert message_templates.draft_from_template(reminder, alice).text == "Come in autumn."

    desk.client.post(url_of(desk, "template-go-back", reminder), {"number": "1"})
    reminder.refresh_from_db()
    assert reminder.current == 3
    assert message_templates.draft_from_template(reminder, alice).text == "See you in spring."


def test_a_template_is_renamed_moved_and_deleted(desk: Desk, reminder: MessageTemplate) -> None:
    url = url_of(desk, "template", reminder)
    desk.client.post(url, {"name": "Recall", "folder": "Autumn"})
    shelf = text_of(desk.get("templates"))
    assert "Autumn" in shelf
    assert "Recall" in shelf
    desk.client.post(url_of(desk, "template-delete", reminder))
    assert "No template yet" in text_of(desk.get("templates"))
    assert desk.client.get(url).status_code == 404


def test_a_template_is_written_and_changed_in_place(
    desk: Desk, front_desk: Channel, alice: User
) -> None:
    words = {"name": "Recall", "folder": "Spring", "text": "Your check-up is due."}
    desk.post("template-new", **words, channel=str(front_desk.public_id))
    template = MessageTemplate.objects.get()
    draft = message_templates.draft_from_template(template, alice)
    assert (draft.text, draft.channel) == ("Your check-up is due.", front_desk)

    url = url_of(desk, "template", template)
    desk.client.post(url, {**words, "text": "Please call us."})
    template.refresh_from_db()
    assert template.current == 2
    assert message_templates.current_of(template).content["text"] == "Please call us."
    # The same text again is no new version, and the older one can come back.
    desk.client.post(url, {**words, "text": "Please call us.", "name": "Recall in spring"})
    template.refresh_from_db()
    assert (template.current, template.name) == (2, "Recall in spring")
    assert message_templates.draft_from_template(template, alice).channel == front_desk


@pytest.mark.parametrize("wrong", [{"text": ""}, {"name": ""}, {"channel": "no-channel"}])
def test_a_template_that_lacks_something_is_not_written(
    desk: Desk, front_desk: Channel, wrong: dict[str, str]
) -> None:
    words = {"name": "Recall", "text": "Your check-up is due."}
    answer = desk.client.post(desk.url("template-new"), words | wrong)
    assert answer.status_code == 422
    assert not MessageTemplate.objects.exists()


def test_a_template_without_a_name_is_not_made(desk: Desk, draft: Campaign) -> None:
    page = keep(desk, draft, name=" ", folder="Dental")
    assert complaints_of(page) == {"Give the template a name.": "id_name"}
    assert 'value="Dental"' in page.content.decode()
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize("number", ["9", "x", ""])
def test_a_version_that_is_none_changes_nothing(
    desk: Desk, reminder: MessageTemplate, number: str
) -> None:
    url = url_of(desk, "template-go-back", reminder)
    page = desk.client.post(url, {"number": number}, follow=True)
    assert "There is no such version." in text_of(page)


def test_a_viewer_looks_and_begins_nothing(
    desk_of: DeskOf, vera: User, reminder: MessageTemplate
) -> None:
    desk = desk_of(vera)
    assert "Start a campaign" not in text_of(desk.client.get(url_of(desk, "template", reminder)))
    desk.client.post(url_of(desk, "template", reminder), {"name": "Mine"})
    reminder.refresh_from_db()
    assert reminder.name == "Reminder"


def test_a_colleagues_private_list_is_not_named(
    desk_of: DeskOf, sami: User, alice: User, reminder: MessageTemplate, patients: RecipientList
) -> None:
    sharing.share(patients, alice, Visibility.PRIVATE)
    desk = desk_of(sami)
    text = text_of(desk.client.get(url_of(desk, "template", reminder)))
    assert "a list that belongs to Alice Moreau" in text
    assert "Patients 2026" not in text


# --- Fields in use --------------------------------------------------------------------------------


def test_what_a_column_breaks_is_told_before_and_after(
    desk: Desk, draft: Campaign, patients: RecipientList, riverside: Team, alice: User
) -> None:
    world.fill(patients, "Dentist", ["Osei"] * 13)
    Campaign.objects.update(text="Hi {{CUSTOMER_NAME}}, Dr. {{Dentist}} waits.")
    draft.refresh_from_db()
    template = message_templates.make(draft, alice, "Reminder", "")
    world.a_filter(
        riverside, patients, conditions=[{"field": "Dentist", "op": "filled", "values": []}]
    )
    page = (
        "Dentist Patients 2026 Spring check-up (draft) , Reminder (template) , In London (filter)"
    )
    assert page in text_of(desk.get("fields-in-use"))
    assert "is used, but no list has it" not in text_of(desk.get("fields-in-use"))

    RecipientList.objects.update(field_names=["Doctor"])

    assert "1 field is used, but no list has it" in text_of(desk.get("fields-in-use"))
    shown = text_of(desk.client.get(url_of(desk, "template", template)))
    assert "None of its lists has a field Dentist." in shown
    assert "Its lists have no field Dentist" in text_of(desk.get("templates"))


def test_a_template_without_lists_breaks_nothing(
    desk: Desk, front_desk: Channel, alice: User
) -> None:
    bare = world.a_campaign(front_desk, text="Dr. {{Dentist}}")
    message_templates.make(bare, alice, "Bare", "")
    assert "is used, but" not in text_of(desk.get("fields-in-use"))
