"""The history of a team's campaigns, and the overview."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from campaigns.states import CampaignState, SubmissionState
from history.campaign_rows import Key, campaigns_of, history_page
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, text_of
from tests.desks import DeskOf
from tests.effort import examples
from tests.world import accepted, become, job, refused, unclear

pytestmark = [pytest.mark.thorough]


def made(channel: Channel, name: str, **fields: Any) -> Campaign:
    """A campaign without jobs."""
    return world.a_campaign(channel, name=name, **fields)


def names_on(page: Page) -> list[str]:
    """The campaigns in the tables, from top to bottom."""
    line = r'main-cell"><a href="[^"]*"[^>]*><bdi>([^<]*)</bdi></a>'
    return re.findall(line, page.content.decode())


def live_url(page: Page) -> str:
    found = re.search(r'data-live hx-get="([^"]*)"', page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


# --- The table ------------------------------------------------------------------------------------


def test_a_line_tells_channel_people_state_and_who(desk: Desk, draft: Campaign) -> None:
    world.launched(draft)
    accepted(job(draft), "kQ2x81Vb")
    page = desk.get("campaigns")
    text = text_of(page)
    assert names_on(page) == ["Spring check-up"]
    assert "Front desk SMS" in text
    assert re.search(r"EDT|EST", text)
    assert " 12 " in text
    assert "Scheduled" in text
    assert 'aria-label="12 still to send"' in page.content.decode()
    assert "Alice Moreau" in text


@pytest.mark.both_databases
def test_a_line_says_how_far_it_has_come(desk: Desk, draft: Campaign, settings: Settings) -> None:
    settings.RECIPIENTS_PER_SUBMISSION = 5
    world.launched(draft)
    accepted(job(draft, 1), "a")
    assert 'aria-label="12 still to send"' in desk.get("campaigns").content.decode()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        html = desk.get("campaigns").content.decode()
    assert 'aria-label="5 on their way, 7 still to send"' in html


@pytest.mark.both_databases
def test_what_needs_somebody_says_so_on_top_and_in_its_line(desk: Desk, draft: Campaign) -> None:
    world.launched(draft)
    unclear(job(draft))
    text = text_of(desk.get("campaigns"))
    assert "Messages to 12 people need an answer. “Spring check-up”" in text
    assert "Needs an answer" in text


def test_several_campaigns_that_need_somebody_are_listed(
    desk: Desk, draft: Campaign, front_desk: Channel, patients: RecipientList
) -> None:
    other = world.launched(world.a_campaign(front_desk, patients, name="Flash sale"))
    refused(job(other), "no")
    unclear(job(world.launched(draft)))
    missed = world.launched(world.a_campaign(front_desk, patients, name="Too late"))
    Campaign.objects.filter(pk=missed.pk).update(state="missed")
    text = text_of(desk.get("campaigns"))
    for line in (
        "Spring check-up: messages to 12 people need an answer",
        "Flash sale: messages to 12 people need an answer",
        "Too late: it was missed",
    ):
        assert line in text


def test_a_cancelled_campaign_of_which_nothing_went_out_says_that(
    desk: Desk, draft: Campaign
) -> None:
    world.launched(draft)
    become(job(draft), SubmissionState.CANCELLED)
    Campaign.objects.update(state="cancelled")
    assert "Cancelled before it went out" in text_of(desk.get("campaigns"))


@pytest.mark.both_databases
def test_another_teams_campaigns_are_not_shown(
    desk: Desk, draft: Campaign, elsewhere: Channel
) -> None:
    made(elsewhere, "Of somebody else")
    assert names_on(desk.get("campaigns")) == ["Spring check-up"]


def test_the_name_of_a_campaign_stays_text(desk: Desk, front_desk: Channel) -> None:
    made(front_desk, "<img src=x onerror=alert(1)>")
    assert "<img src=x" not in desk.get("campaigns").content.decode()


# --- Filters --------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_search_looks_into_names(desk: Desk, front_desk: Channel) -> None:
    made(front_desk, "Spring sale")
    made(front_desk, "Autumn")
    assert names_on(desk.get("campaigns", q="SALE")) == ["Spring sale"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("draft", {"draft"}),
        ("scheduled", {"freezing", "scheduled"}),
        ("running", {"sending", "cancelling"}),
        ("waiting_for_you", {"missed", "paused", "needs_decision"}),
        ("completed", {"completed"}),
        ("cancelled", {"cancelled"}),
        ("nonsense", set(CampaignState)),
    ],
)
def test_the_status_filter_goes_by_what_people_tell_apart(
    desk: Desk, front_desk: Channel, status: str, shown: set[str]
) -> None:
    for state in CampaignState:
        made(front_desk, state.value, state=state.value)
    assert set(names_on(desk.get("campaigns", status=status))) == {str(one) for one in shown}


def test_the_channel_filter(desk: Desk, front_desk: Channel, clinic: Channel) -> None:
    made(front_desk, "By SMS")
    made(clinic, "By WhatsApp")
    page = desk.get("campaigns", channel=str(clinic.public_id))
    assert names_on(page) == ["By WhatsApp"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "query",
    [
        {"channel": "nonsense"},
        {"q": "\x00"},
        {"q": "x" * 5000},
        {"before": "x"},
        {"before": "-"},
        {"before": "9" * 400 + "-1"},
        {"before": "1-" + "9" * 40},
        {"after": "1-2-3"},
        {"after": "nan-1"},
    ],
)
def test_nonsense_in_the_address_is_no_error(
    desk: Desk, draft: Campaign, query: dict[str, str]
) -> None:
    assert desk.get("campaigns", **query).status_code == 200


def test_filters_that_fit_nothing_say_so_and_can_be_dropped(desk: Desk, draft: Campaign) -> None:
    page = desk.get("campaigns", q="nothing like it")
    assert "No campaign found" in text_of(page)
    assert "Show all" in text_of(page)


# --- Page by page ---------------------------------------------------------------------------------


def walk(desk: Desk, rel: str, url: str) -> list[list[str]]:
    """The names on each page, following the links of this kind to the end."""
    pages: list[list[str]] = []
    while url:
        page = desk.client.get(url)
        pages.append(names_on(page))
        found = re.search(rf'rel="{rel}" href="([^"]*)"', page.content.decode())
        url = found[1].replace("&amp;", "&") if found else ""
    return pages


@pytest.mark.both_databases
def test_the_pages_hold_everything_once_newest_first(desk: Desk, front_desk: Channel) -> None:
    for n in range(60):
        made(front_desk, f"No {n:02d}")
    pages = walk(desk, "next", desk.url("campaigns"))
    assert [len(page) for page in pages] == [25, 25, 10]
    assert [name for page in pages for name in page] == [f"No {n:02d}" for n in reversed(range(60))]


@pytest.mark.both_databases
def test_going_back_shows_the_same_pages(desk: Desk, front_desk: Channel) -> None:
    for n in range(60):
        made(front_desk, f"No {n:02d}")
    there = walk(desk, "next", desk.url("campaigns"))
    last = desk.url("campaigns")
    for _ in range(2):
        html = desk.client.get(last).content.decode()
        last = re.search(r'rel="next" href="([^"]*)"', html)[1].replace("&amp;", "&")  # type: ignore[index]
    back = walk(desk, "prev", last)
    assert [name for page in reversed(back) for name in page] == [
        name for page in there for name in page
    ]


def test_the_filters_stay_while_paging(desk: Desk, front_desk: Channel) -> None:
    for n in range(60):
        made(front_desk, f"{'Even' if n % 2 == 0 else 'Odd'} {n}")
    pages = walk(desk, "next", desk.url("campaigns") + "?q=even")
    assert [len(page) for page in pages] == [25, 5]
    assert all(name.startswith("Even") for page in pages for name in page)


@pytest.mark.both_databases
@pytest.mark.django_db
@examples(8, HealthCheck.function_scoped_fixture)
@given(ages=st.lists(st.integers(0, 3), max_size=12), size=st.integers(1, 5))
def test_keys_lose_and_repeat_nobody_even_when_times_are_equal(
    front_desk: Channel, alice: User, ages: list[int], size: int
) -> None:
    Campaign.objects.all().delete()
    now = timezone.now()
    for age in ages:
        one = made(front_desk, "x")
        Campaign.objects.filter(pk=one.pk).update(created_at=now - timedelta(microseconds=age))
    found = campaigns_of(front_desk.team)

    seen: list[int] = []
    key: Key | None = None
    while True:
        page = history_page(found, Key.read(str(key)) if key else None, size=size)
        seen += [row.campaign.pk for row in page.rows]
        key = page.older
        if key is None:
            break

    assert seen == list(found.values_list("pk", flat=True))


@pytest.mark.both_databases
def test_a_page_costs_the_same_however_many_campaigns_there_are(
    desk: Desk, front_desk: Channel, patients: RecipientList
) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            desk.get("campaigns")
        return [query["sql"] for query in captured]

    world.launched(world.a_campaign(front_desk, patients, name="One"))
    desk.get("campaigns")
    few = queries()
    for n in range(8):
        world.launched(world.a_campaign(front_desk, patients, name=f"No {n}"))
    many = queries()

    assert len(few) == len(many)
    assert not [sql for sql in many if "OFFSET" in sql]
    # Unread notices and replies are counted for each page's head.
    counting = [sql for sql in many if re.search(r"COUNT\(\*\)", sql)]
    assert not [sql for sql in counting if 'FROM "campaigns_campaign"' in sql]


# --- Live -----------------------------------------------------------------------------------------


def test_the_table_renews_itself_while_something_runs(desk: Desk, draft: Campaign) -> None:
    world.launched(draft)
    url = live_url(desk.get("campaigns", q="spring"))
    assert desk.client.get(url).status_code == 204

    unclear(job(draft))

    part = desk.client.get(url)
    assert "Needs an answer" in text_of(part)
    assert "<html" not in part.content.decode()
    assert names_on(part) == ["Spring check-up"]


def test_the_table_rests_when_nothing_runs(desk: Desk, draft: Campaign) -> None:
    assert live_url(desk.get("campaigns")) == ""


# --- First steps, overview ------------------------------------------------------------------------


def test_a_new_team_is_shown_the_first_steps(
    desk: Desk, front_desk: Channel, patients: RecipientList
) -> None:
    text = text_of(desk.get("campaigns"))
    assert "Your first campaign, in three steps" in text
    assert "You have a channel to send from." in text
    assert "You have a list of people." in text


@pytest.mark.parametrize("place", ["overview", "campaigns"])
def test_without_channel_and_list_the_steps_say_who_does_what(desk: Desk, place: str) -> None:
    text = text_of(desk.get(place))
    assert "the person who manages this server adds it" in text
    assert "Upload a file with phone numbers" in text


@pytest.mark.both_databases
def test_the_overview_sorts_by_what_needs_attention(
    desk: Desk, front_desk: Channel, patients: RecipientList
) -> None:
    made(front_desk, "A draft")
    states = {
        "All done": "completed",
        "Under way": "sending",
        "In doubt": "sending",
        "Next week": "scheduled",
        "On hold": "paused",
    }
    for name in states:
        world.launched(world.a_campaign(front_desk, patients, name=name))
    for name, state in states.items():
        Campaign.objects.filter(name=name).update(state=state)
    Campaign.objects.filter(name="Under way").update(send_at=timezone.now())
    unclear(job(Campaign.objects.get(name="In doubt")))

    page = desk.get("overview")

    text = text_of(page)
    order = ["Needs you", "On hold", "Sending now", "Under way", "Next 7 days", "Latest"]
    places = [text.index(word) for word in [*order, "All done", "Drafts", "A draft"]]
    assert places == sorted(places)
    assert "Next week" in text.partition("Next 7 days")[2].partition("Latest")[0]
    assert set(names_on(page)[:2]) == {"On hold", "In doubt"}
    assert len(names_on(page)) == 4


def test_what_needs_somebody_is_told_to_be_more_than_is_shown(
    desk: Desk, front_desk: Channel, patients: RecipientList
) -> None:
    for number in range(4):
        made(front_desk, f"Late {number}", state="missed")
        text = text_of(desk.get("campaigns"))
        assert ("All that need an answer" in text) is (number == 3)
    assert text_of(desk.get("campaigns")).count("it was missed") == 3
    asked = world.launched(world.a_campaign(front_desk, patients, name="In doubt"))
    unclear(job(asked))
    page = desk.client.get(f"{desk.url('campaigns')}?status=waiting_for_you")
    assert len(names_on(page)) == 5
    assert "In doubt" in names_on(page)


def test_the_overview_renews_itself(desk: Desk, draft: Campaign) -> None:
    world.launched(draft)
    url = live_url(desk.get("overview"))
    assert desk.client.get(url).status_code == 204
    unclear(job(draft))
    assert "Needs you" in text_of(desk.client.get(url))


def test_the_overview_shows_nothing_of_another_team(desk: Desk, elsewhere: Channel) -> None:
    campaign = made(elsewhere, "Of somebody else", state="paused")
    assert campaign.name not in text_of(desk.get("overview"))


# --- Who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["overview", "campaigns"])
def test_who_may_look(
    desk_of: DeskOf, vera: User, charlie: User, nobodys_desk: Desk, draft: Campaign, place: str
) -> None:
    assert desk_of(vera).get(place).status_code == 200
    assert desk_of(charlie).get(place).status_code == 404
    assert nobodys_desk.get(place)["Location"].startswith("/sign-in/")
    assert desk_of(vera).post(place).status_code == 405


@pytest.mark.parametrize("place", ["overview", "campaigns"])
def test_a_viewer_is_not_offered_to_write(
    desk_of: DeskOf, vera: User, draft: Campaign, place: str
) -> None:
    Campaign.objects.filter(pk=draft.pk).update(state="missed")
    text = text_of(desk_of(vera).get(place))
    assert "New campaign" not in text
    assert "Needs you" not in text


def test_a_key_survives_its_way_through_an_address() -> None:
    for _ in range(200):
        moment = timezone.now() - timedelta(microseconds=random.randrange(10**15))
        key = Key(moment, random.randrange(10**9))
        assert Key.read(str(key)) == key


def test_the_team_of_the_page_is_the_one_in_the_address(
    desk: Desk, riverside: Team, draft: Campaign
) -> None:
    assert riverside.name in text_of(desk.get("overview"))
