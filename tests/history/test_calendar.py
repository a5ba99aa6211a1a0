"""The calendar: what goes out when, what gets in whose way, and how it is moved."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.models import Campaign
from history import calendar_entries
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.browsing import Desk, text_of

pytestmark = [
    pytest.mark.at("2027-03-29T12:00Z", tick=False),
    pytest.mark.thorough,
]

NEW_YORK = "America/New_York"
MARCH = date(2027, 3, 29)


def at(wall: str, **fields: object) -> dict[str, object]:
    return {"wall_time": wall, "time_zone": NEW_YORK, "clock_keeper": "here", **fields}


def week(team: Team, start: date = MARCH, days: int = 7) -> list[str]:
    """`30 09:30 Recall planned`: each entry of some days by the team's clock."""
    found = calendar_entries.entries(
        team, start, date.fromordinal(start.toordinal() + days), NEW_YORK
    )
    return [
        f"{one.wall_time[8:].replace('T', ' ')} {one.campaign.name} {one.kind}"
        if not one.is_run
        else f"{one.first:%d %H:%M}Z {one.campaign.name} run"
        for one in found
    ]


@pytest.mark.both_databases
def test_a_week_has_what_is_launched_drafted_and_to_come(
    riverside: Team, front_desk: Channel, patients: RecipientList
) -> None:
    daily = {"every": "day", "at": "09:30", "zone": NEW_YORK, "until": "2027-04-02"}
    world.launched(
        world.a_campaign(front_desk, patients, name="Daily", repeat=daily, **at("2027-03-31T09:30"))
    )
    world.a_campaign(front_desk, patients, name="Idea", **at("2027-03-30T16:00"))
    world.a_campaign(front_desk, patients, name="Next week", **at("2027-04-05T00:00"))
    world.a_campaign(front_desk, patients, name="Whenever")

    assert week(riverside) == [
        "30 16:00 Idea draft",
        "31 09:30 Daily planned",
        "01 13:30Z Daily run",
        "02 13:30Z Daily run",
    ]


@pytest.mark.both_databases
def test_a_campaign_over_two_days_stands_in_both(
    riverside: Team, front_desk: Channel, patients: RecipientList
) -> None:
    drip = at("2027-03-30T20:00", pace_count=6, pace_minutes=6 * 60)
    campaign = world.launched(world.a_campaign(front_desk, patients, name="Drip", **drip))
    found = calendar_entries.entries(riverside, MARCH, date(2027, 4, 5), NEW_YORK)
    assert [(one.campaign, one.people, one.jobs) for one in found] == [
        (campaign, 6, 1),
        (campaign, 6, 1),
    ]


@pytest.mark.both_databases
def test_two_on_one_channel_at_once_are_in_the_way(
    desk: Desk, riverside: Team, front_desk: Channel, clinic: Channel, patients: RecipientList
) -> None:
    for name, channel, wall in (
        ("One", front_desk, "2027-03-30T09:30"),
        ("Two", front_desk, "2027-03-30T09:30"),
        ("Elsewhere", clinic, "2027-03-30T09:30"),
        ("Later", front_desk, "2027-03-30T15:00"),
    ):
        world.launched(world.a_campaign(channel, patients, name=name, **at(wall)))
    found = calendar_entries.entries(riverside, MARCH, date(2027, 4, 5), NEW_YORK)
    assert {one.campaign.name: one.in_the_way for one in found} == {
        "One": ["Two"],
        "Two": ["One"],
        "Elsewhere": [],
        "Later": [],
    }
    text = text_of(desk.get("calendar"))
    assert "same channel as “Two”" in text
    # What is over needs no warning.
    Campaign.objects.filter(name="One").update(state="completed")
    found = calendar_entries.entries(riverside, MARCH, date(2027, 4, 5), NEW_YORK)
    assert {one.campaign.name for one in found if one.in_the_way} == {"Two"}
    assert "2 campaigns share their channel" in text


@pytest.mark.both_databases
def test_of_a_busy_day_the_first_are_shown_and_the_rest_is_counted(
    desk: Desk, front_desk: Channel, patients: RecipientList
) -> None:
    for n in range(11):
        world.a_campaign(front_desk, patients, name=f"Number {n}", **at(f"2027-03-30T09:{n:02d}"))
    page = desk.get("calendar", day="2027-03-30")
    (fold,) = page.content.decode().split('<details class="cal-rest"')[1:]
    assert [f"Number {n}<" in fold for n in range(11)] == [False] * 8 + [True] * 3
    assert "11 campaigns" in text_of(page)
    assert "3 more" in text_of(page)


def test_an_empty_week_says_so_and_offers_nothing_to_move(
    desk: Desk, front_desk: Channel, patients: RecipientList
) -> None:
    text = text_of(desk.get("calendar"))
    assert "Nothing goes out in this week." in text
    assert "Drag" not in text
    world.a_campaign(front_desk, patients, **at("2027-03-30T16:00"))
    text = text_of(desk.get("calendar"))
    assert "Nothing goes out" not in text
    assert "Drag a campaign" in text


@pytest.mark.parametrize("query", [{}, {"day": "2027-03-30"}, {"day": "rubbish"}])
@pytest.mark.parametrize("view", ["week", "day"])
def test_days_and_weeks_open_whatever_is_asked(
    desk: Desk, front_desk: Channel, patients: RecipientList, query: dict[str, str], view: str
) -> None:
    world.a_campaign(front_desk, patients, name="Idea", **at("2027-03-30T16:00"))
    page = desk.get("calendar", view=view, **query)
    assert page.status_code == 200
    assert ("Idea" in text_of(page)) is (view == "week" or query == {"day": "2027-03-30"})


def test_a_month_shows_whole_weeks_and_the_end_of_each_campaign(
    desk: Desk, front_desk: Channel
) -> None:
    world.a_campaign(front_desk, name="In the month", **at("2027-03-30T15:00"))
    world.a_campaign(front_desk, name="In its last week", **at("2027-04-02T09:00"))
    world.a_campaign(front_desk, name="Far away", **at("2027-05-12T09:00"))
    page = text_of(desk.get("calendar", view="month", day="2027-03-10"))
    assert "March 2027" in page
    assert "15:00 In the month" in page
    assert "In its last week" in page
    assert "Far away" not in page


@pytest.mark.parametrize(("back", "view"), [("calendar", "week"), ("calendar-day", "day")])
def test_moving_leads_to_where_it_stands_on_the_calendar(
    desk: Desk, front_desk: Channel, patients: RecipientList, back: str, view: str
) -> None:
    campaign = world.launched(
        world.a_campaign(front_desk, patients, name="Recall", **at("2027-03-30T09:30"))
    )
    answer = desk.post(
        "reschedule",
        campaign,
        date="2027-04-08",
        time="10:00",
        time_zone=NEW_YORK,
        back=back,
    )
    place = f"on-20270408-{campaign.public_id}"
    assert answer["Location"] == f"{desk.url('calendar')}?view={view}&day=2027-04-08#{place}"
    assert f'id="{place}"' in desk.client.get(answer["Location"]).content.decode()
    assert week(desk.team, date(2027, 4, 5)) == ["08 10:00 Recall planned"]
    assert Campaign.objects.get().state == "scheduled"


def test_another_teams_campaigns_are_not_there(
    desk: Desk, elsewhere: Channel, riverside: Team
) -> None:
    foreign = world.a_list(elsewhere.team, world.phones(3), "Theirs")
    world.a_campaign(elsewhere, foreign, name="Secret", **at("2027-03-30T09:30"))
    assert "Secret" not in text_of(desk.get("calendar"))
    assert week(riverside) == []
