"""The last look before sending, and the act that launches."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import redis
import time_machine
from celery import Task
from pytest_django.asserts import assertRedirects
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent
from interface import hints
from recipients.models import RecipientList
from sending import launch
from sociocs_accounts.models import Channel
from teams.models import Role, Team, User
from tests import world
from tests.browsing import Desk, Page, complaints_of, fields_of, text_of
from tests.client import Client
from tests.desks import DeskOf
from tests.world import add_member

pytestmark = pytest.mark.thorough


def button_of(page: Page) -> str:
    """What the button that launches says; "" without one."""
    html = page.content.decode()
    found = re.search(r'<button[^>]*btn-primary btn-lg"( disabled)?>.*?</svg>([^<]*)', html)
    return f"{found[2].strip()}{found[1] or ''}" if found else ""


def press(desk: Desk, draft: Campaign, **changes: str) -> Page:
    """Open the review page and press its button."""
    return desk.post("launch", draft, **fields_of(desk.get("review", draft), "launch") | changes)


# --- Looking --------------------------------------------------------------------------------------


def test_the_numbers_add_up_to_the_lists(
    desk: Desk, draft: Campaign, riverside: Team, settings: Settings
) -> None:
    settings.RECIPIENTS_PER_SUBMISSION = 5
    world.opt_out(riverside, world.phones(12)[5])

    text = text_of(desk.get("review", draft))

    sums = "On the lists, numbers listed twice too 13 duplicate -1 opted out -1 Get the message 11"
    assert sums in text.replace("\u2212", "-")
    assert "Patients 2026 (12)" in text


@pytest.mark.parametrize("text", ["Hi {{Dentist}}", "Hello"])
def test_the_phone_shows_the_first_person_who_gets_it(
    desk: Desk, front_desk: Channel, riverside: Team, text: str
) -> None:
    phones = world.phones(3)
    people = world.a_list(riverside, phones)
    world.fill(people, "Dentist", ["Dr. Osei", "", "Dr. Lind"])
    world.opt_out(riverside, phones[0])
    campaign = world.a_campaign(front_desk, people, text=text)

    page = text_of(desk.get("review", campaign))

    assert "appears here" not in page
    name, said = ("Person 4", "Hi Dr. Lind") if "{{" in text else ("Person 3", "Hello")
    assert f"As {name} gets it" in page
    assert said in page


def test_the_button_says_what_it_does_now(desk: Desk, draft: Campaign) -> None:
    assert button_of(desk.get("review", draft)) == "Send to 12 people now"


def test_the_button_says_what_it_does_later(desk_of: DeskOf, alice: User, draft: Campaign) -> None:
    draft.wall_time, draft.time_zone = "2027-04-02T09:30", "America/New_York"
    draft.save()
    with time_machine.travel("2027-03-01T12:00:00Z", tick=False):
        page = desk_of(alice).get("review", draft)
    assert button_of(page) == "Send to 12 people on Fri 2 Apr, 09:30"
    assert "Fri 2 Apr, 09:30 EDT · in 32 days" in text_of(page)


def test_a_time_beyond_the_vendors_reach_says_that_jobs_wait_here(
    desk_of: DeskOf, alice: User, draft: Campaign
) -> None:
    draft.wall_time, draft.time_zone = "2027-04-20T09:30", "America/New_York"
    draft.save()
    with time_machine.travel("2027-03-01T12:00:00Z", tick=False):
        text = text_of(desk_of(alice).get("review", draft))
    assert "as Sociocs takes messages at most 30 days ahead; until then it waits here" in text


def test_one_person_is_a_person(desk: Desk, front_desk: Channel, riverside: Team) -> None:
    alone = world.a_campaign(front_desk, world.a_list(riverside, world.phones(1)))
    assert button_of(desk.get("review", alone)) == "Send to 1 person now"


def test_now_tells_how_long_it_can_be_taken_back(
    desk: Desk, draft: Campaign, settings: Settings
) -> None:
    settings.LEAD_SECONDS = 120
    assert "You can undo all of it in the first 2 min, and stop the rest at any time." in text_of(
        desk.get("review", draft)
    )


def test_the_message_is_shown_as_the_phone_shows_it(desk: Desk, draft: Campaign) -> None:
    text = text_of(desk.get("review", draft))
    shown = text.partition("As Person 2 gets it")[2]
    assert shown.startswith(" +1 202 555 0000 +1 631 747 1111 See you in spring.")


def test_different_texts_are_counted(desk: Desk, draft: Campaign) -> None:
    draft.text = "Hi {{CUSTOMER_NAME}}!"
    draft.save()
    text = text_of(desk.get("review", draft))
    assert "Different texts 12" in text
    assert "Hi Person 2!" in text


def test_doubts_are_told(desk: Desk, draft: Campaign, clinic: Channel) -> None:
    draft.channel = clinic
    draft.save()
    assert "WhatsApp delivers a text of your own only to people who wrote to you" in text_of(
        desk.get("review", draft)
    )


def test_a_draft_with_gaps_goes_back_to_the_composer(desk: Desk, draft: Campaign) -> None:
    draft.text = ""
    draft.save()
    page = desk.client.get(desk.url("review", draft), follow=True)
    assert complaints_of(page) == {"Write a text or attach an image, video or file.": "id_text"}


def test_when_everybody_is_left_out_there_is_nothing_to_press(
    desk: Desk, draft: Campaign, riverside: Team
) -> None:
    for phone in world.phones(12):
        world.opt_out(riverside, phone)
    page = desk.get("review", draft)
    assert button_of(page) == "Send to 0 people now disabled"
    assert "Nobody would get this message" in text_of(page)


def test_an_editor_may_look_but_is_told_who_launches(
    desk_of: DeskOf, bob: User, draft: Campaign
) -> None:
    page = desk_of(bob).get("review", draft)
    assert button_of(page) == ""
    assert "Ask a sender or an owner of the team" in text_of(page)


def test_looking_changes_nothing(desk: Desk, draft: Campaign) -> None:
    before = Campaign.objects.values().get()
    desk.get("review", draft)
    assert Campaign.objects.values().get() == before


# --- Launching ------------------------------------------------------------------------------------


def test_pressing_launches_what_was_shown(desk: Desk, draft: Campaign, alice: User) -> None:
    answer = press(desk, draft)

    assertRedirects(answer, desk.url("campaign", draft))
    draft.refresh_from_db()
    assert (draft.state, draft.confirmed_count, draft.launched_by) == ("freezing", 12, alice)


def test_large_numbers_go_there_and_back(
    desk: Desk, front_desk: Channel, riverside: Team, alice: User
) -> None:
    many = world.a_campaign(front_desk, world.a_list(riverside, world.phones(1100)), version=1234)
    page = desk.get("review", many)
    assert button_of(page) == "Send to 1,100 people now"

    desk.post("launch", many, **fields_of(page, "launch"))

    many.refresh_from_db()
    assert (many.state, many.confirmed_count) == ("freezing", 1100)


@pytest.mark.django_db(transaction=True)
def test_launching_sets_the_preparation_going(
    desk: Desk, draft: Campaign, broker: redis.Redis
) -> None:
    press(desk, draft)
    assert hints.wait_until_sent()
    assert broker.llen("background") == 1


def test_a_broker_that_is_away_does_not_stop_a_launch(
    desk: Desk, draft: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    press(desk, draft)
    assert hints.wait_until_sent()
    draft.refresh_from_db()
    assert draft.state == "freezing"


@pytest.mark.django_db(transaction=True)
def test_no_page_waits_for_a_broker_that_is_frozen(
    desk: Desk, draft: Campaign, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, thaws = Task.apply_async, threading.Event()

    def frozen(task: Task[..., None], *args: Any, **options: Any) -> object:
        assert thaws.wait(60)
        return send(task, *args, **options)

    monkeypatch.setattr("celery.app.task.Task.apply_async", frozen)
    # If it waited, the request would never come to its end here.
    press(desk, draft)
    draft.refresh_from_db()
    assert (draft.state, broker.llen("background")) == ("freezing", 0)
    thaws.set()
    assert hints.wait_until_sent()
    assert broker.llen("background") == 1


def test_a_double_click_launches_once(desk: Desk, draft: Campaign) -> None:
    token = str(uuid.uuid4())
    first = press(desk, draft, token=token)
    second = desk.post(
        "launch", draft, version=str(draft.version), token=token, confirmed_count="12"
    )

    assert first["Location"] == second["Location"] == desk.url("campaign", draft)
    assert CampaignEvent.objects.filter(kind="launched").count() == 1


def test_a_second_tab_launches_nothing_more(desk: Desk, draft: Campaign) -> None:
    press(desk, draft)
    page = desk.client.post(
        desk.url("launch", draft),
        {"version": "1", "token": str(uuid.uuid4()), "confirmed_count": "12"},
        follow=True,
    )
    assert "This campaign has changed since you opened this page" in text_of(page)
    assert CampaignEvent.objects.filter(kind="launched").count() == 1


def test_a_draft_that_changed_since_it_was_shown_is_not_launched(
    desk: Desk, desk_of: DeskOf, bob: User, draft: Campaign
) -> None:
    desk_of(bob).store(draft, text="Something else")
    page = press(desk, draft, version="1")
    assertRedirects(page, desk.url("review", draft))
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_list_that_changed_since_it_was_shown_brings_the_launch_back(
    desk: Desk, draft: Campaign, riverside: Team
) -> None:
    page = desk.get("review", draft)
    world.opt_out(riverside, world.phones(12)[0])
    desk.post("launch", draft, **fields_of(page, "launch"))

    launch.freeze(draft.pk)

    page = desk.client.get(desk.url("campaign", draft), follow=True)
    assert "the lists changed from 12 people to 11 people" in text_of(page)


@pytest.mark.parametrize(
    "tampered", [{"version": ""}, {"token": "x"}, {"confirmed_count": "-1"}, {"version": "9" * 30}]
)
def test_a_form_that_was_tampered_with_launches_nothing(
    desk: Desk, draft: Campaign, tampered: dict[str, str]
) -> None:
    assert press(desk, draft, **tampered).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_time_that_passed_while_one_looked_goes_back_to_the_composer(
    desk_of: DeskOf, alice: User, draft: Campaign
) -> None:
    draft.wall_time, draft.time_zone = "2027-04-02T09:30", "UTC"
    draft.save()
    with time_machine.travel("2027-04-02T09:20:00Z", tick=False) as clock:
        desk = desk_of(alice)
        fields = fields_of(desk.get("review", draft), "launch")
        clock.move_to("2027-04-02T09:31:00Z")
        page = desk.client.post(desk.url("launch", draft), fields, follow=True)
    assert any("This time has passed" in text for text in complaints_of(page))
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_list_that_is_not_shared_with_the_launcher_is_not_sent_to(
    desk_of: DeskOf, sami: User, draft: Campaign, patients: RecipientList
) -> None:
    patients.visibility = "private"
    patients.save()
    answer = desk_of(sami).post(
        "launch", draft, version="1", token=str(uuid.uuid4()), confirmed_count="12"
    )
    assertRedirects(answer, desk_of(sami).url("compose", draft) + "?check")
    draft.refresh_from_db()
    assert draft.state == "draft"


# --- Who may --------------------------------------------------------------------------------------


def test_a_sender_may_launch(desk_of: DeskOf, sami: User, draft: Campaign) -> None:
    press(desk_of(sami), draft)
    draft.refresh_from_db()
    assert draft.launched_by == sami


def test_an_editor_may_not_launch(desk_of: DeskOf, bob: User, draft: Campaign) -> None:
    answer = desk_of(bob).post(
        "launch", draft, version="1", token=str(uuid.uuid4()), confirmed_count="12"
    )
    assert answer.status_code == 403
    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize(("name", "method"), [("review", "get"), ("launch", "post")])
def test_viewers_strangers_and_visitors_find_no_way_in(
    desk_of: DeskOf,
    vera: User,
    charlie: User,
    nobodys_desk: Desk,
    draft: Campaign,
    name: str,
    method: str,
) -> None:
    assert getattr(desk_of(vera), method)(name, draft).status_code == 403
    assert getattr(desk_of(charlie), method)(name, draft).status_code == 404
    assert getattr(nobodys_desk, method)(name, draft)["Location"].startswith("/sign-in/")


def test_a_member_of_two_teams_does_not_mix_them_up(
    desk: Desk, alice: User, elsewhere: Channel
) -> None:
    foreign = world.a_campaign(elsewhere)
    add_member(elsewhere.team, alice, Role.OWNER)
    assert desk.get("review", foreign).status_code == 404


def test_launching_by_reading_is_refused(desk: Desk, draft: Campaign) -> None:
    assert desk.get("launch", draft).status_code == 405


def test_the_form_needs_its_protection_against_forgery(alice: User, draft: Campaign) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    desk = Desk(draft.team, client)
    assert desk.post("launch", draft).status_code == 403


def test_from_the_button_to_the_job_ids(
    desk_of: DeskOf,
    channel: Channel,
    run_tasks: Callable[[], list[str]],
    client_of: Callable[[User], Client],
) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(25)))
    desk = Desk(channel.team, client_of(world.owner_of(channel.team)))

    press(desk, campaign)
    run_tasks()

    text = text_of(desk.get("campaign", campaign))
    jobs = list(campaign.submissions.order_by("seq"))
    assert [one.state for one in jobs] == ["accepted"] * 3
    assert all(one.job_id in text_of(desk.get("campaign-jobs", campaign)) for one in jobs)
    assert "Still to send 25" in text
