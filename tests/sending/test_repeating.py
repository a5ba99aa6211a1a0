"""Campaigns that repeat: each run once, in time, at the wall time that was meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db.models import F
from pytest_django.fixtures import Settings

from campaigns import copying
from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignEvent, ClockKeeper
from campaigns.states import CampaignState
from campaigns.timeline import event_sentence
from recipients.models import RecipientList
from sending import launch, repeating, tick
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel
from tests import world

LONDON = "Europe/London"
# The Friday before the night in which London's clocks go forward.
FRIDAY = datetime(2027, 3, 26, 8, 0, tzinfo=UTC)
pytestmark = [pytest.mark.at(FRIDAY, tick=False), pytest.mark.thorough]
DAILY: dict[str, Any] = {"every": "day", "at": "09:30", "zone": LONDON}


@pytest.fixture
def channel(db: None, clock: object, quick: Settings) -> Channel:
    return world.a_channel(world.a_team(), phone_number="+447900000999")


@pytest.fixture
def daily(channel: Channel) -> Campaign:
    """Launched on Friday for 09:30, and every day after."""
    people = world.a_list(channel.team, world.phones(5))
    return started(world.a_campaign(channel, people, name="Reminder", **first(DAILY)))


def first(repeat: dict[str, Any], wall_time: str = "2027-03-26T09:30") -> dict[str, Any]:
    return {
        "repeat": repeat,
        "wall_time": wall_time,
        "time_zone": repeat["zone"],
        "clock_keeper": ClockKeeper.HERE,
    }


def started(campaign: Campaign) -> Campaign:
    count = audience.count_audience(campaign).people
    launch.launch(campaign, world.confirmed(campaign, count))
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def runs(campaign: Campaign) -> list[str]:
    """`27 Mar 09:30 freezing`: when each run goes out, in UTC, and how it stands."""
    return [
        f"{one.send_at:%-d %b %H:%M} {one.state}" if one.send_at else f"- {one.state}"
        for one in campaign.runs.order_by("run_on")
    ]


@pytest.mark.both_databases
def test_each_run_is_made_an_hour_ahead_and_keeps_its_wall_time(
    daily: Campaign, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2027, 3, 27, 8, 25, tzinfo=UTC))
    tick.tick()
    assert runs(daily) == []
    clock.move_to(datetime(2027, 3, 27, 8, 31, tzinfo=UTC))
    tick.tick()
    assert runs(daily) == ["27 Mar 09:30 freezing"]
    # The clocks went forward: the same time on the wall is an hour earlier.
    clock.move_to(datetime(2027, 3, 28, 7, 31, tzinfo=UTC))
    tick.tick()
    assert runs(daily)[1:] == ["28 Mar 08:30 freezing"]
    assert daily.runs.latest("pk").name == "Reminder · 28 Mar 2027"


@pytest.mark.both_databases
def test_a_run_goes_to_whoever_is_on_the_lists_by_then(
    daily: Campaign, clock: time_machine.Traveller
) -> None:
    world.add_people(daily.lists.get(), world.phones(3, start=100))
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))
    tick.tick()
    run = daily.runs.get()
    launch.freeze(run.pk)
    run.refresh_from_db()
    assert (run.state, run.frozen_count, run.parent) == ("scheduled", 8, daily)


@pytest.mark.both_databases
def test_a_run_is_confirmed_by_the_first_launch_only_while_it_says_the_same(
    daily: Campaign,
) -> None:
    at = datetime(2027, 3, 27, 9, 30, tzinfo=UTC)
    run = copying.copy_of(daily, daily.launched_by, parent=daily)
    never_launched = copying.copy_of(daily, daily.launched_by)
    changed = copying.copy_of(daily, daily.launched_by, parent=daily)
    Campaign.objects.filter(pk=changed.pk).update(text="Other words", version=F("version") + 1)
    changed.refresh_from_db()

    for one, first in ((changed, daily), (run, never_launched), (never_launched, daily)):
        with pytest.raises(LaunchRefused, match="unconfirmed"):
            launch.launch_run(one, first, uuid4(), at)
        assert one.state == "draft"

    launch.launch_run(run, daily, uuid4(), at)
    assert (run.state, run.launched_by) == ("freezing", daily.launched_by)


@pytest.mark.both_databases
def test_a_killed_tick_makes_no_second_run_and_skips_none(
    daily: Campaign, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))

    class Killed(BaseException):
        pass

    def dies(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(launch, "launch_run", dies)
        with pytest.raises(Killed):
            tick.tick()
    assert runs(daily) == []
    for _ in range(3):
        tick.tick()
    assert runs(daily) == ["27 Mar 09:30 freezing"]


@pytest.mark.both_databases
def test_a_day_has_one_run_even_if_it_is_asked_for_again(
    daily: Campaign, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))
    tick.tick()
    # A backup was restored from before.
    Campaign.objects.filter(pk=daily.pk).update(
        next_run_at=datetime(2027, 3, 27, 9, 30, tzinfo=UTC), next_run_on=date(2027, 3, 27)
    )
    tick.tick()
    assert runs(daily) == ["27 Mar 09:30 freezing"]


@pytest.mark.both_databases
def test_after_an_outage_the_latest_run_asks_and_the_older_ones_are_not_made(
    daily: Campaign, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2027, 3, 31, 15, 0, tzinfo=UTC))
    tick.tick()
    run = daily.runs.get()
    assert run.run_on == date(2027, 3, 31)
    launch.freeze(run.pk)
    tick.tick()
    run.refresh_from_db()
    assert run.state == CampaignState.MISSED


def test_it_ends_after_its_last_day(channel: Channel, clock: time_machine.Traveller) -> None:
    people = world.a_list(channel.team, world.phones(5))
    short = DAILY | {"until": "2027-03-27", "times": 2}
    campaign = started(world.a_campaign(channel, people, **first(short)))
    for day in (27, 28, 29):
        clock.move_to(datetime(2027, 3, day, 9, 0, tzinfo=UTC))
        tick.tick()
    assert runs(campaign) == ["27 Mar 09:30 freezing"]
    campaign.refresh_from_db()
    assert campaign.next_run_at is None


def test_stopped_it_makes_no_more_runs(daily: Campaign, clock: time_machine.Traveller) -> None:
    owner = world.owner_of(daily.team)
    assert repeating.end_repeat(daily, owner)
    assert not repeating.end_repeat(daily, owner)
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))
    tick.tick()
    assert runs(daily) == []


@pytest.mark.both_databases
def test_a_run_that_cannot_be_launched_waits_as_a_draft_and_says_why(
    daily: Campaign, clock: time_machine.Traveller
) -> None:
    channel = daily.channel
    assert channel is not None
    channel.is_active = False
    channel.save()
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))
    tick.tick()
    assert runs(daily) == ["- draft"]
    why = daily.events.get(kind=CampaignEvent.Kind.RUN_WAITS).details["why"]
    assert why["en"] == "This channel is no longer in use. Choose another one."
    assert why["es"] == "Este canal ya no se usa. Elija otro."


@pytest.mark.both_databases
def test_a_run_to_more_people_than_the_team_allows_waits_for_approval(
    daily: Campaign, clock: time_machine.Traveller
) -> None:
    daily.team.approval_above = 4
    daily.team.save()
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))
    tick.tick()
    assert runs(daily) == ["- draft"]


def _from_a_filter(channel: Channel, people: RecipientList) -> Campaign:
    campaign = world.a_campaign(channel, name="Reminder", **first(DAILY))
    campaign.filter_choices.create(saved_filter=world.a_filter(channel.team, people))
    return campaign


def _with_duplicates(channel: Channel, people: RecipientList) -> Campaign:
    return world.a_campaign(channel, people, duplicates_allowed=True, **first(DAILY))


@pytest.mark.parametrize(
    ("made", "more"),
    [(_from_a_filter, world.phones(5)), (_with_duplicates, world.phones(1) * 4)],
    ids=["a saved filter", "the same people again"],
)
@pytest.mark.parametrize("is_late", [False, True], ids=["before the run", "after the run"])
def test_a_run_to_more_than_may_get_it_unapproved_waits_however_they_were_chosen(
    channel: Channel,
    clock: time_machine.Traveller,
    made: Callable[[Channel, RecipientList], Campaign],
    more: list[str],
    is_late: bool,
) -> None:
    channel.team.approval_above = 4
    channel.team.save()
    people = world.a_list(channel.team, ["+12025551999"] * 2)
    campaign = started(made(channel, people))
    assert campaign.state == "scheduled"
    if not is_late:
        world.add_people(people, more)
    clock.move_to(datetime(2027, 3, 27, 9, 0, tzinfo=UTC))
    tick.tick()
    run = campaign.runs.get()
    if is_late:
        assert run.state == "freezing"
        world.add_people(people, more)
        launch.freeze(run.pk)
        run.refresh_from_db()
    assert (run.state, run.submissions.count()) == ("draft", 0)
    why = campaign.events.get(kind=CampaignEvent.Kind.RUN_WAITS).details["why"]
    assert why["en"] == "A second person has to approve it, since so many people get it."
    assert why["es"].startswith("Una segunda persona tiene que aprobarlo")


@pytest.mark.both_databases
def test_a_mark_that_is_set_while_it_is_being_prepared_holds(
    channel: Channel, clock: time_machine.Traveller
) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    launch.launch(campaign, world.confirmed(campaign))
    channel.team.approval_above = 4
    channel.team.save()
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == ("draft", "not_approved")
    undone = campaign.events.get(kind=CampaignEvent.Kind.LAUNCH_UNDONE)
    assert "5 people would get it" in event_sentence(undone)


@pytest.mark.parametrize(
    ("zone", "wall", "day", "goes_out"),
    [
        # Clocks jump over it: at the jump. Clocks go back over it: the first time.
        (LONDON, "01:30", datetime(2027, 3, 28, tzinfo=UTC), "28 Mar 01:00"),
        ("America/New_York", "01:30", datetime(2027, 11, 7, tzinfo=UTC), "7 Nov 05:30"),
        ("Australia/Lord_Howe", "02:15", datetime(2027, 10, 2, tzinfo=UTC), "2 Oct 15:30"),
    ],
)
def test_on_nights_when_clocks_change(
    channel: Channel,
    clock: time_machine.Traveller,
    zone: str,
    wall: str,
    day: datetime,
    goes_out: str,
) -> None:
    clock.move_to(day.replace(day=1) if day.day > 3 else day.replace(month=9))
    people = world.a_list(channel.team, world.phones(5))
    eve = datetime.now(UTC).strftime("%Y-%m-%d")
    campaign = started(
        world.a_campaign(
            channel, people, **first(DAILY | {"at": wall, "zone": zone}, f"{eve}T23:30")
        )
    )
    Campaign.objects.filter(pk=campaign.pk).update(next_run_at=day)
    clock.move_to(datetime.strptime(f"2027 {goes_out} +0000", "%Y %d %b %H:%M %z"))
    tick.tick()
    assert runs(campaign)[-1] == f"{goes_out} freezing"
