"""Zone rules that change after a launch: the time on the wall is kept until it is handed over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from campaigns import timeline
from campaigns.models import Campaign, CampaignEvent, ClockKeeper, Heartbeat
from campaigns.states import CampaignState
from sending import tick
from sociocs_accounts.models import Channel
from tests import world
from tests.sending.zone_database import changed

LONDON = "Europe/London"
# Between London's two changes of the clocks, a fortnight before the campaigns below.
LAUNCHED = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.at(LAUNCHED, tick=False), pytest.mark.thorough]
HOURS: dict[str, Any] = {"hours_from": time(9), "hours_to": time(19)}
# London gives up its summer time: its clocks show in UTC what they show in winter.
NO_SUMMER_TIME = {"Europe__London": "Africa/Abidjan"}


@pytest.fixture
def channel(clock: object, quick: Settings) -> Channel:
    return world.a_channel(world.a_team(), phone_number="+447900000999")


def waiting(channel: Channel, **fields: Any) -> Campaign:
    """Launched for the 15th at 09:30 in London, to three people there."""
    people = [f"+4420794609{n}" for n in range(10, 13)]
    values = {"wall_time": "2027-06-15T09:30", "time_zone": LONDON} | fields
    return world.launched(
        world.a_campaign(
            channel,
            world.a_list(channel.team, people),
            clock_keeper=ClockKeeper.HERE,
            **values,
        )
    )


def look(clock: time_machine.Traveller, campaign: Campaign) -> None:
    """A day goes by, so that the rules are asked again."""
    clock.shift(timedelta(days=1, minutes=1))
    tick.tick()
    campaign.refresh_from_db()


def moments(campaign: Campaign) -> set[str]:
    """When its jobs go out, in UTC."""
    slots = campaign.submissions.values_list("planned_slot", flat=True)
    return {f"{slot:%-d %b %H:%M}" for slot in slots}


def told(campaign: Campaign) -> list[str]:
    found = campaign.events.filter(kind=CampaignEvent.Kind.RESCHEDULED)
    return [timeline.event_sentence(one) for one in found]


def test_another_instant_is_planned_and_told_once(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    campaign = waiting(channel)
    assert moments(campaign) == {"15 Jun 08:30"}
    with changed(tmp_path, **NO_SUMMER_TIME):
        for _ in range(3):
            look(clock, campaign)
        assert moments(campaign) == {"15 Jun 09:30"}
        assert campaign.state == CampaignState.SCHEDULED
        assert campaign.send_at == datetime(2027, 6, 15, 9, 30, tzinfo=UTC)
        assert told(campaign) == [
            "Clock rules changed, so it was planned again. It begins at Tue 15 Jun, 09:30"
        ]


def test_a_change_of_a_whole_day_is_followed_too(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    campaign = waiting(channel, time_zone="Pacific/Apia")
    assert moments(campaign) == {"14 Jun 20:30"}
    # Samoa moves back over the date line.
    with changed(tmp_path, Pacific__Apia="Pacific/Pago_Pago"):
        look(clock, campaign)
        assert moments(campaign) == {"15 Jun 20:30"}
        assert len(told(campaign)) == 1


def test_it_is_asked_once_a_day(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    campaign = waiting(channel)
    with changed(tmp_path, **NO_SUMMER_TIME):
        clock.shift(timedelta(hours=23))
        tick.tick()
        assert moments(campaign) == {"15 Jun 08:30"}


@pytest.mark.parametrize(
    "fields",
    [
        # Its hours begin on the day after its time.
        {"wall_time": "2027-06-15T20:00", **HOURS},
        # By each person's own clock; the campaign's own shows the same as before.
        {"time_zone": "UTC", "wall_time": "2027-06-16T03:00", "hours_zone": "recipient", **HOURS},
    ],
)
def test_sending_hours_are_read_by_the_new_rules(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path, fields: dict[str, Any]
) -> None:
    campaign = waiting(channel, **fields)
    assert moments(campaign) == {"16 Jun 08:00"}
    with changed(tmp_path, **NO_SUMMER_TIME):
        look(clock, campaign)
        look(clock, campaign)
        assert moments(campaign) == {"16 Jun 09:00"}
        # A second late, as every first job (`protocol.slot_candidates`).
        assert campaign.send_at == datetime(2027, 6, 16, 9, 0, 1, tzinfo=UTC)
        assert len(told(campaign)) == 1


def test_what_waits_for_its_hours_from_now_on_follows_as_well(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    clock.move_to(datetime(2027, 6, 1, 18, 30, tzinfo=UTC))
    campaign = waiting(channel, wall_time="", **HOURS)
    assert moments(campaign) == {"2 Jun 08:00"}
    with changed(tmp_path, **NO_SUMMER_TIME):
        # The look of the day is due just before the hours begin.
        clock.move_to(datetime(2027, 6, 2, 7, 45, tzinfo=UTC))
        Heartbeat.objects.filter(part="zone_rules").delete()
        tick.tick()
        campaign.refresh_from_db()
        assert (moments(campaign), campaign.state) == ({"2 Jun 09:00"}, "scheduled")


def test_a_time_that_the_new_rules_jump_over_is_kept_and_told_once(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    clock.move_to(datetime(2027, 3, 20, 12, 0, tzinfo=UTC))
    campaign = waiting(channel, time_zone="Africa/Abidjan", wall_time="2027-03-28T01:30")
    with changed(tmp_path, Africa__Abidjan=LONDON):
        for _ in range(3):
            look(clock, campaign)
        assert moments(campaign) == {"28 Mar 01:30"}
        assert told(campaign) == [
            "Clock rules changed, and its planned time no longer exists. It keeps its moment, "
            "which is now Sun 28 Mar, 02:30"
        ]


def test_rules_that_change_nothing_of_it_are_not_told(
    channel: Channel, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    channel.team.time_zone = "Asia/Tokyo"
    channel.team.save()
    campaign = waiting(channel)
    planned = moments(campaign)
    # Other clocks in winter and the same in June; and the team's own, of which no slot is made.
    with changed(tmp_path, Europe__London="Africa/Lagos", Asia__Tokyo="Europe/Paris"):
        look(clock, campaign)
        assert (moments(campaign), told(campaign)) == (planned, [])


@pytest.mark.parametrize("hours", [HOURS, {}])
def test_what_a_daily_limit_puts_off_is_never_taken_for_a_change(
    channel: Channel, clock: time_machine.Traveller, quick: Settings, hours: dict[str, Any]
) -> None:
    quick.TEAM_DAILY_LIMIT = 3
    # The team's day ends half an hour after the campaign's time: what does not fit into it moves
    # to the next, and with sending hours by a few hours only.
    channel.team.time_zone = "Asia/Tokyo"
    channel.team.save()
    fields = {"wall_time": "2027-06-15T18:30", **hours}
    waiting(channel, **fields)
    campaign = waiting(channel, **fields)
    planned = moments(campaign)
    assert planned == {"16 Jun 17:30"}
    # Whatever the distance between its time and its slot.
    for hours_later in (1, 3, 5):
        later = datetime(2027, 6, 15, 17 + hours_later, 30, tzinfo=UTC)
        Campaign.objects.filter(pk=campaign.pk).update(send_at=later)
        look(clock, campaign)
        assert (moments(campaign), told(campaign)) == (planned, [])


class TestNextRuns:
    @pytest.fixture
    def daily(self, channel: Channel) -> Campaign:
        repeat = {"every": "day", "at": "09:30", "zone": LONDON}
        return waiting(channel, repeat=repeat)

    def test_the_next_run_keeps_its_wall_time(
        self, daily: Campaign, clock: time_machine.Traveller, tmp_path: Path
    ) -> None:
        with changed(tmp_path, **NO_SUMMER_TIME):
            look(clock, daily)
            look(clock, daily)
            assert daily.next_run_at == datetime(2027, 6, 16, 9, 30, tzinfo=UTC)
            assert told(daily)[1:] == [
                "Clock rules changed, so its next run was planned again: Wed 16 Jun, 09:30"
            ]

    def test_the_day_of_a_run_stays_however_far_the_clocks_are_moved(
        self, daily: Campaign, clock: time_machine.Traveller, tmp_path: Path
    ) -> None:
        with changed(tmp_path, Europe__London="Pacific/Pago_Pago"):
            look(clock, daily)
            assert daily.next_run_at == datetime(2027, 6, 16, 20, 30, tzinfo=UTC)

    def test_a_run_that_is_due_before_the_rules_are_asked_again_is_not_skipped(
        self, daily: Campaign, clock: time_machine.Traveller, tmp_path: Path
    ) -> None:
        clock.move_to(datetime(2027, 6, 16, 6, 0, tzinfo=UTC))
        tick.tick()
        # Its clocks go forward by two hours: its time is earlier than what was noted.
        with changed(tmp_path, Europe__London="Asia/Dubai"):
            clock.move_to(datetime(2027, 6, 16, 7, 45, tzinfo=UTC))
            tick.tick()
            assert [one.run_on for one in daily.runs.all()] == [date(2027, 6, 16)]
