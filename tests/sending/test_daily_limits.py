"""People that may be sent to in a day: counted with the intent, planned for before the launch."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from campaigns.moves import locked_campaign
from sending import control, day_limits, submit, tick
from sending.models import DayTotal
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.processes import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SLOT = datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC)


@pytest.fixture
def campaign(quick: Settings) -> Campaign:
    """A campaign of a team that may send to 1,000 people a day; no server behind it."""
    quick.TEAM_DAILY_LIMIT = 1000
    return world.a_campaign(world.a_channel(world.a_team()))


def test_many_workers_at_once_cannot_pass_the_limit(campaign: Campaign) -> None:
    counted: list[bool] = []
    start = threading.Barrier(20)

    def work() -> None:
        start.wait()
        for _ in range(5):
            with transaction.atomic():
                counted.append(day_limits.count_on_day(campaign, SLOT, 30))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert Counter(counted) == {True: 33, False: 67}
    assert set(DayTotal.objects.values_list("people", flat=True)) == {990}


def test_without_a_limit_all_are_counted_too_for_the_day_on_which_there_is_one(
    campaign: Campaign, settings: Settings
) -> None:
    settings.TEAM_DAILY_LIMIT = 0
    other = world.a_campaign(world.a_channel(campaign.team))
    with transaction.atomic():
        counted = [day_limits.count_on_day(one, SLOT, 30) for one in (campaign, other, campaign)]

    assert all(counted)
    people = dict(DayTotal.objects.values_list("channel", "people"))
    assert people == {campaign.channel_id: 60, other.channel_id: 30}
    settings.TEAM_DAILY_LIMIT = 100
    with transaction.atomic():
        fits = [day_limits.count_on_day(campaign, SLOT, people) for people in (11, 10)]
    assert fits == [False, True]


def test_what_does_not_fit_moves_to_the_same_time_next_day(campaign: Campaign) -> None:
    # The clocks of Berlin go forward in the night to the 29th.
    campaign.team.time_zone = "Europe/Berlin"
    day = datetime(2026, 3, 28, 9, 30, 17, tzinfo=UTC)
    with transaction.atomic():
        day_limits.count_on_day(campaign, day, 300)

    jobs = [(day, 400), (day, 400), (day, 600), (day, 600)]
    people_by_day = Counter[str]()
    for slot, (_, people) in zip(day_limits.spread(campaign, jobs), jobs, strict=True):
        people_by_day[str(day_limits.day_of(campaign.team, slot))] += people

    assert sorted(people_by_day.items()) == [
        ("2026-03-28", 400),
        ("2026-03-29", 1000),
        ("2026-03-30", 600),
    ]
    second = day_limits.spread(campaign, [(day, 400), (day, 400)])[1]
    assert second == datetime(2026, 3, 29, 8, 30, 17, tzinfo=UTC)


def test_a_channels_own_limit_counts_its_own_people(campaign: Campaign) -> None:
    assert campaign.channel is not None
    campaign.channel.daily_limit = 50
    other = world.a_campaign(world.a_channel(campaign.team))
    with transaction.atomic():
        assert day_limits.count_on_day(other, SLOT, 500)
        assert day_limits.count_on_day(campaign, SLOT, 50)
        assert not day_limits.count_on_day(campaign, SLOT, 1)
        assert not day_limits.count_on_day(other, SLOT, 451)


def hand_over(campaign: Campaign) -> None:
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def test_a_day_used_up_by_others_pauses_and_the_rest_goes_out_the_next_day(
    channel: Channel, sandbox: Sandbox, quick: Settings
) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(25)))
    world.launched(campaign)
    quick.TEAM_DAILY_LIMIT = 15

    hand_over(campaign)

    assert (campaign.state, campaign.state_reason) == ("paused", "quota")
    assert world.states(campaign) == ["accepted", "ready", "ready"]

    control.resume(campaign, world.owner_of(channel.team))
    hand_over(campaign)

    assert world.states(campaign) == ["accepted"] * 3
    slots = [one.current_attempt.slot for one in campaign.submissions.order_by("seq")]  # type: ignore[union-attr]
    days = [(slot - slots[0] + timedelta(minutes=5)).days for slot in slots]
    assert days == [0, 1, 1]
    assert world.witness(sandbox)["recipients"] == 25


def test_what_was_provably_not_sent_is_taken_off_again(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(10)))
    )
    world.set_fault(sandbox, "429")

    hand_over(campaign)

    assert list(DayTotal.objects.values_list("people", flat=True)) == [0]


def test_the_launch_plans_around_what_is_used_and_planned(campaign: Campaign) -> None:
    people = world.a_list(campaign.team, world.phones(600))
    later = {"wall_time": f"{timezone.now() + timedelta(days=3):%Y-%m-%dT09:00}"}
    first, second = (
        world.a_campaign(campaign.channel, people, clock_keeper="here", time_zone="UTC", **later)  # type: ignore[arg-type]
        for _ in range(2)
    )

    world.launched(first)
    world.launched(second)

    with transaction.atomic():
        locked = locked_campaign(second.pk)
    days = Counter(one.planned_slot.date() for one in locked.submissions.all())
    assert sorted(days.values()) == [20, 40]


def test_a_new_team_begins_with_few_people_a_day(settings: Settings) -> None:
    team = Team.objects.create(name="New", slug="new")
    assert day_limits.limit_of_team(team) == 500
    settings.NEW_TEAM_DAILY_LIMIT = 0
    assert day_limits.limit_of_team(Team.objects.create(name="Newer", slug="newer")) is None
