"""Campaigns with a pace or sending hours: frozen by zones, cut into slots, never at night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from campaigns.audiences import audience
from campaigns.models import (
    Campaign,
    CampaignList,
    CampaignRecipient,
    ClockKeeper,
    HoursZone,
)
from campaigns.scheduling.pacing import Pace
from campaigns.states import CampaignState
from composer.forecast import forecast
from recipients.models import Recipient, RecipientList
from sending import attempts, building, control, intents, launch, readiness, submit, tick, timetable
from sending.models import Attempt, Submission
from sending.protocol import AnswerKind, PostAnswer
from sending.readiness import LaunchRefused
from sending.recording import Answered
from sending.timetable_problems import pace_in_words
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.effort import examples
from tests.processes import Sandbox

pytestmark = [pytest.mark.thorough]

LONDON, NEW_YORK = "Europe/London", "America/New_York"
OFFICE: dict[str, Any] = {"hours_from": time(9), "hours_to": time(19), "time_zone": LONDON}
OWN_CLOCK = OFFICE | {"hours_zone": HoursZone.RECIPIENT}
# A Friday. In London clocks show the same, in New York it is early in the morning.
FRIDAY = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
BRITISH = [f"+44790000{n:04d}" for n in range(1, 26)]
NEW_YORKERS = [f"+1212555{n:04d}" for n in range(1, 16)]
AT_SEA = ["+870773111632", "+870773111633"]


@pytest.fixture
def channel(db: None, quick: Settings) -> Channel:
    # Ten texts a second, so that the provider's queue is no matter here.
    return world.a_channel(world.a_team(), phone_number="+447900000999")


@pytest.fixture
def team(channel: Channel) -> Team:
    return channel.team


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(FRIDAY, tick=False) as travel:
        yield travel


def slots(campaign: Campaign, zone: str = LONDON) -> list[str]:
    """`Fri 11:00 10`: when each job goes out by the clock of a zone, and its people."""
    return [
        f"{one.planned_slot.astimezone(ZoneInfo(zone)):%a %H:%M} {one.recipient_count}"
        for one in campaign.submissions.order_by("seq")
    ]


def people_of(submission: Submission) -> list[str]:
    rows = CampaignRecipient.objects.filter(
        campaign=submission.campaign,
        position__range=(submission.first_position, submission.last_position),
    )
    return list(rows.order_by("position").values_list("phone", flat=True))


def name_zones(people: RecipientList, zones: dict[str, str]) -> None:
    """Give a list's people a column with their zone."""
    for phone, zone in zones.items():
        Recipient.objects.filter(recipient_list=people, phone=phone).update(fields={"Zone": zone})


def begin(channel: Channel) -> object:
    """What a worker does with the next job of a lane, up to the call itself."""
    claimed = submit.claim(channel.account, at_most=1)
    try:
        return attempts.turn(None, building.build(claimed[0]), datetime.now(UTC))
    finally:
        submit.release(claimed)


# --- Freezing and cutting -------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_campaign_without_pace_and_hours_is_cut_as_ever(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    campaign = world.launched(world.a_campaign(channel, world.a_list(team, BRITISH)))

    assert slots(campaign) == ["Fri 11:00 10", "Fri 11:00 10", "Fri 11:00 5"]
    assert {(one.send_by, one.not_before, one.zones) for one in campaign.submissions.all()} == {
        (None, None, "")
    }


def test_a_drip_goes_out_at_its_pace_and_sleeps_at_night(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    clock.move_to(FRIDAY.replace(hour=18, minute=35))

    campaign = world.launched(
        world.a_campaign(
            channel, world.a_list(team, BRITISH), pace_count=8, pace_minutes=15, **OFFICE
        )
    )

    assert slots(campaign) == ["Fri 18:35 8", "Fri 18:50 8", "Sat 09:00 8", "Sat 09:15 1"]
    assert campaign.send_by == FRIDAY + timedelta(days=1, hours=2, minutes=15, seconds=1)


def test_now_in_the_night_means_the_next_morning_and_is_not_late_then(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    clock.move_to(FRIDAY.replace(hour=23))
    draft = world.a_campaign(
        channel, world.a_list(team, BRITISH), clock_keeper=ClockKeeper.HERE, **OFFICE
    )

    campaign = world.launched(draft)
    assert campaign.state == CampaignState.SCHEDULED
    clock.move_to(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    tick.tick()

    campaign.refresh_from_db()
    assert slots(campaign)[0] == "Sat 09:00 10"
    assert campaign.state == CampaignState.SENDING


@pytest.mark.both_databases
def test_each_gets_it_by_their_own_clock_and_nobody_shares_a_job_across_zones(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    # As in real lists, zones come in any order.
    mixed = [p for pair in zip(BRITISH, NEW_YORKERS, strict=False) for p in pair] + BRITISH[15:]
    people = world.a_list(team, mixed + AT_SEA)

    campaign = world.launched(world.a_campaign(channel, people, **OWN_CLOCK))

    jobs = list(campaign.submissions.order_by("seq"))
    assert [(one.zones, one.recipient_count) for one in jobs] == [
        (LONDON, 10),
        (LONDON, 10),
        (LONDON, 5),
        ("", 2),
        (NEW_YORK, 10),
        (NEW_YORK, 5),
    ]
    assert [people_of(one) for one in jobs] == [
        BRITISH[:10],
        BRITISH[10:20],
        BRITISH[20:],
        AT_SEA,
        NEW_YORKERS[:10],
        NEW_YORKERS[10:],
    ]
    assert slots(campaign)[4] == "Fri 14:00 10"
    assert campaign.zone_report == {
        "zones": {LONDON: 25, NEW_YORK: 15},
        "doubts": {"nowhere": 2},
    }


def test_a_column_names_the_zone_and_where_it_names_none_the_number_tells(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, BRITISH[:5])
    name_zones(
        people,
        {
            BRITISH[0]: "america/new york",
            BRITISH[1]: "n/a",
            BRITISH[2]: "Mars/Base",
            BRITISH[3]: " ",
        },
    )

    campaign = world.launched(world.a_campaign(channel, people, **OWN_CLOCK, zone_field="Zone"))

    by_zones: dict[str, list[str]] = {}
    for one in campaign.submissions.order_by("seq"):
        by_zones[one.zones] = sorted([*by_zones.get(one.zones, []), *people_of(one)])
    assert by_zones == {NEW_YORK: BRITISH[:1], LONDON: BRITISH[1:5]}
    assert campaign.zone_report["doubts"] == {"no_such_zone": 2}


def test_zones_whose_hours_never_meet_are_sent_to_by_the_campaigns_clock_and_counted(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    toll_free = world.a_list(team, ["+18005550100", "+18005550101"])

    campaign = world.launched(world.a_campaign(channel, toll_free, **OWN_CLOCK))

    assert slots(campaign) == ["Fri 11:00 2"]
    assert campaign.zone_report == {"zones": {}, "doubts": {"no_common_hours": 2}}


@pytest.mark.both_databases
def test_a_freeze_that_is_killed_goes_on_with_the_same_zones(
    channel: Channel,
    team: Team,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience, "CHUNK", 4)
    mixed = [*BRITISH[:5], *NEW_YORKERS[:5], *BRITISH[5:9]]
    campaign = world.a_campaign(channel, world.a_list(team, mixed), **OWN_CLOCK)
    launch.launch(campaign, world.confirmed(campaign, 14))

    audience.freeze_chunk(campaign.pk)
    audience.freeze_chunk(campaign.pk)
    launch.freeze(campaign.pk)
    launch.freeze(campaign.pk)

    assert [people_of(one) for one in campaign.submissions.order_by("seq")] == [
        BRITISH[:9],
        NEW_YORKERS[:5],
    ]


@pytest.mark.both_databases
def test_equal_texts_and_equal_zones_share_jobs(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, [BRITISH[0], NEW_YORKERS[0], BRITISH[1], NEW_YORKERS[1]])
    for phone, town in ((BRITISH[0], "Bath"), (NEW_YORKERS[0], "Bath"), (BRITISH[1], "York")):
        Recipient.objects.filter(phone=phone).update(fields={"town": town})
    Recipient.objects.filter(phone=NEW_YORKERS[1]).update(fields={"town": "York"})
    people.field_names = ["town"]
    people.save()

    campaign = world.launched(
        world.a_campaign(channel, people, text="See you in {{town}}.", **OWN_CLOCK)
    )

    assert [
        (one.text, one.zones, people_of(one)) for one in campaign.submissions.order_by("seq")
    ] == [
        ("See you in Bath.", LONDON, BRITISH[:1]),
        ("See you in York.", LONDON, BRITISH[1:2]),
        ("See you in Bath.", NEW_YORK, NEW_YORKERS[:1]),
        ("See you in York.", NEW_YORK, NEW_YORKERS[1:2]),
    ]


@pytest.mark.both_databases
def test_two_campaigns_of_an_account_are_planned_into_different_seconds(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, BRITISH)

    for _ in range(2):
        world.launched(world.a_campaign(channel, people, **OFFICE))

    found = list(Submission.objects.values_list("planned_slot", flat=True))
    assert len(set(found)) == len(found) == 6


def test_a_pace_that_never_ends_is_refused_with_one_that_works(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, BRITISH)
    slow = {"pace_count": 1, "pace_minutes": 60 * 24 * 30}
    campaign = world.a_campaign(channel, people, **OFFICE, **slow)

    with pytest.raises(LaunchRefused) as refused:
        world.launched(campaign)

    assert "more than a year" in refused.value.sentence
    assert "Try 25 people every 30 days" in refused.value.sentence
    Campaign.objects.filter(pk=campaign.pk).update(pace_count=25)
    campaign.refresh_from_db()
    assert world.launched(campaign).frozen_count == 25


def test_hours_that_leave_no_slot_are_refused_with_some_that_do(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    campaign = world.a_campaign(
        channel, world.a_list(team, BRITISH), hours_from=time(19), hours_to=time(9)
    )

    with pytest.raises(LaunchRefused) as refused:
        world.launched(campaign)

    assert "Try 09:00 to 19:00" in refused.value.sentence


def test_a_slow_sender_is_given_only_what_it_can_send_before_closing_time(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    # One text in two minutes.
    Channel.objects.filter(pk=channel.pk).update(messages_per_second=1 / 120)
    channel.refresh_from_db()
    clock.move_to(FRIDAY.replace(hour=18, minute=40))

    campaign = world.launched(world.a_campaign(channel, world.a_list(team, BRITISH), **OFFICE))

    assert slots(campaign) == ["Fri 18:40 9", "Sat 09:00 10", "Sat 09:00 6"]


@pytest.mark.parametrize(
    ("pace", "words"),
    [
        (Pace(1, 1), "1 person a minute"),
        (Pace(1500, 10), "1,500 people every 10 minutes"),
        (Pace(50, 60), "50 people an hour"),
        (Pace(50, 120), "50 people every 2 hours"),
        (Pace(50, 24 * 60), "50 people a day"),
        (Pace(50, 48 * 60), "50 people every 2 days"),
    ],
)
def test_a_pace_in_words(pace: Pace, words: str) -> None:
    assert pace_in_words(pace) == words


# --- Before the launch ----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_draft_shows_the_plan_that_launching_makes(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, BRITISH + NEW_YORKERS + AT_SEA)
    name_zones(people, {BRITISH[0]: "nowhere"})
    world.opt_out(team, BRITISH[1])
    draft = world.a_campaign(
        channel, people, **OWN_CLOCK, zone_field="Zone", pace_count=12, pace_minutes=30
    )

    told = forecast(draft, readiness.send_time(draft, FRIDAY))

    assert [(one.zones, one.people, one.jobs) for one in told.zones] == [
        ((LONDON,), 24, 5),
        ((), 2, 1),
        ((NEW_YORK,), 15, 3),
    ]
    assert told.doubts == {"no_such_zone": 1, "nowhere": 2}
    campaign = world.launched(draft)
    assert [
        (one.planned_slot, one.recipient_count) for one in campaign.submissions.order_by("seq")
    ] == told.slots
    assert campaign.zone_report["doubts"] == told.doubts


def test_a_draft_shows_how_long_one_long_code_takes(
    team: Team, clock: time_machine.Traveller
) -> None:
    american = world.a_channel(team, phone_number="+12025550199")
    draft = world.a_campaign(american, world.a_list(team, NEW_YORKERS))

    told = forecast(draft, readiness.send_time(draft, FRIDAY))

    assert told.queue.duration == timedelta(seconds=15)
    assert (told.people, len(told.slots)) == (15, 2)


phones_anywhere = st.sampled_from([*BRITISH[:6], *NEW_YORKERS[:6], *AT_SEA, "+61412345678"])


@pytest.mark.both_databases
@examples(10, HealthCheck.function_scoped_fixture)
@given(
    included=st.lists(st.lists(phones_anywhere, max_size=12), min_size=1, max_size=3),
    excluded=st.lists(phones_anywhere, max_size=3),
    duplicates_allowed=st.booleans(),
    pace=st.none() | st.integers(1, 9),
)
def test_everybody_frozen_is_in_exactly_one_job_of_their_zone(
    channel: Channel,
    clock: time_machine.Traveller,
    included: list[list[str]],
    excluded: list[str],
    duplicates_allowed: bool,
    pace: int | None,
) -> None:
    lists = [world.a_list(channel.team, phones) for phones in included]
    drip = {"pace_count": pace, "pace_minutes": 5} if pace else {}
    campaign = world.a_campaign(
        channel, *lists, duplicates_allowed=duplicates_allowed, **OWN_CLOCK, **drip
    )
    out = world.a_list(channel.team, excluded)
    CampaignList.objects.create(campaign=campaign, recipient_list=out, kind="exclude")
    if not audience.count_audience(campaign).people:
        return

    world.launched(campaign)

    jobs = list(campaign.submissions.order_by("seq"))
    placed = [phone for one in jobs for phone in people_of(one)]
    frozen = CampaignRecipient.objects.filter(campaign=campaign).values_list("phone", flat=True)
    assert sorted(placed) == sorted(frozen)
    assert [one.recipient_count for one in jobs] == [len(people_of(one)) for one in jobs]
    assert sum(sum(part.values()) for part in campaign.zone_report.values()) == len(placed)
    at = [one.planned_slot for one in jobs]
    assert at == sorted(set(at))
    for one in jobs:
        assert {phone[:3] for phone in people_of(one)} in ({"+44"}, {"+12"}, {"+87"}, {"+61"})


# What each of some campaigns of one account asks for; several may begin at the same second.
some_plans = st.fixed_dictionaries(
    {"wall_time": st.sampled_from(["", "2026-11-20T12:00", "2026-11-20T18:59"])},
    optional={
        "hours_from": st.just(time(9)),
        "hours_zone": st.sampled_from(HoursZone),
        "pace_count": st.integers(2, 9),
    },
).map(
    lambda plan: {
        **plan,
        "time_zone": LONDON,
        **({"hours_to": time(19)} if "hours_from" in plan else {}),
        **({"pace_minutes": 1} if "pace_count" in plan else {}),
    }
)


@pytest.mark.both_databases
@examples(3, HealthCheck.function_scoped_fixture)
@given(plans=st.lists(some_plans, min_size=2, max_size=3))
@example(plans=[{"wall_time": "2026-11-20T12:00", "time_zone": LONDON}] * 2)
@example(plans=[OWN_CLOCK | {"pace_count": 4, "pace_minutes": 1}] * 3)
def test_campaigns_of_an_account_never_share_a_second(
    team: Team, quick: Settings, clock: time_machine.Traveller, plans: list[dict[str, Any]]
) -> None:
    quick.RECIPIENTS_PER_SUBMISSION = 3
    channel = world.a_channel(team, phone_number="+447900000999")
    people = world.a_list(team, [*BRITISH[:7], *NEW_YORKERS[:4], AT_SEA[0]])
    campaigns = [world.launched(world.a_campaign(channel, people, **plan)) for plan in plans]
    planned: set[datetime] = set()
    for campaign in campaigns:
        slots = [one.planned_slot for one in campaign.submissions.order_by("seq")]
        assert slots == sorted(set(slots))
        # Without a pace and hours, a second is looked for only when it is handed over.
        assert not timetable.is_timed(campaign) or not planned & {*slots}
        planned |= {*slots}

    taken = handed_over(channel)

    assert len(taken) == len(set(taken))
    for campaign in campaigns:
        jobs = list(campaign.submissions.select_related("current_attempt").order_by("seq"))
        slots = [one.current_attempt.slot for one in jobs if one.current_attempt]
        assert len(slots) == len(jobs)
        assert slots == sorted(slots)
        assert all(
            timetable.is_in_hours(campaign, one, at) for one, at in zip(jobs, slots, strict=True)
        )
        got_it = [phone for one in jobs for phone in people_of(one)]
        assert sorted(got_it) == sorted(people.recipients.values_list("phone", flat=True))


def handed_over(channel: Channel) -> list[datetime]:
    """Hand over whatever an account has, each job answered at once; the second each goes out at."""
    while claimed := submit.claim(channel.account):
        proposed = attempts.slots_for(channel.account_id, claimed)
        for submission, slot in zip(claimed, proposed, strict=True):
            begun = attempts.turn(None, building.build(submission, slot), datetime.now(UTC))
            assert isinstance(begun, intents.Begun)
            answer = PostAnswer(AnswerKind.ACCEPTED, job_id=uuid4().hex, http_status=201)
            answered = Answered(begun.attempt.pk, begun.attempt.n, submission, answer, {})
            attempts.turn(answered, None, datetime.now(UTC))
    return list(
        Attempt.objects.filter(account_id=channel.account_id).values_list("slot", flat=True)
    )


# --- While it runs --------------------------------------------------------------------------------


def a_night(channel: Channel, clock: time_machine.Traveller, **fields: Any) -> Campaign:
    """A campaign of three jobs that should have gone out before 19:00; it is 03:00 now."""
    clock.move_to(FRIDAY.replace(hour=18, minute=50))
    people = world.a_list(channel.team, BRITISH)
    campaign = world.launched(world.a_campaign(channel, people, **OFFICE, **fields))
    clock.move_to(datetime(2026, 11, 21, 3, 0, tzinfo=UTC))
    return campaign


@pytest.mark.both_databases
def test_a_recovery_in_the_night_sends_nothing(
    channel: Channel, clock: time_machine.Traveller
) -> None:
    campaign = a_night(channel, clock)

    begin(channel)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, "quiet_hours")
    assert not Attempt.objects.exists()


def test_going_on_in_the_night_waits_for_the_morning(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    campaign = a_night(channel, clock)
    begin(channel)

    control.resume(campaign, world.owner_of(team))
    begun = begin(channel)

    assert slots(campaign) == ["Sat 09:00 10", "Sat 09:00 10", "Sat 09:00 5"]
    assert isinstance(begun, intents.Begun)
    assert begun.attempt.slot == datetime(2026, 11, 21, 9, 0, 1, tzinfo=UTC)


def test_what_may_continue_the_next_day_does_so_by_itself(
    channel: Channel, clock: time_machine.Traveller
) -> None:
    campaign = a_night(channel, clock, continues_next_day=True)
    begin(channel)

    tick.tick()

    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    assert slots(campaign)[0] == "Sat 09:00 10"


def test_what_may_not_continue_by_itself_stays_paused(
    channel: Channel, clock: time_machine.Traveller
) -> None:
    campaign = a_night(channel, clock)
    begin(channel)

    tick.tick()

    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED


@pytest.mark.both_databases
def test_a_person_who_paused_is_not_overruled_in_the_morning(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    campaign = a_night(channel, clock, continues_next_day=True)
    control.pause(campaign, world.owner_of(team))

    clock.move_to(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
    tick.tick()

    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, "person")


def test_the_next_day_in_daylight_it_is_late_and_asks(
    channel: Channel, clock: time_machine.Traveller
) -> None:
    campaign = a_night(channel, clock)
    clock.move_to(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))

    begin(channel)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, "window")
    assert not Attempt.objects.exists()


def test_a_late_job_of_a_drip_asks_although_others_are_still_to_come(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    drip = {"pace_count": 10, "pace_minutes": 24 * 60}
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(team, BRITISH), **OFFICE, **drip)
    )
    assert slots(campaign) == ["Fri 11:00 10", "Sat 11:00 10", "Sun 11:00 5"]
    clock.move_to(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))

    begin(channel)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, "window")
    assert not Attempt.objects.exists()


@pytest.mark.both_databases
def test_people_are_protected_by_their_own_night(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 11, 20, 23, 50, tzinfo=UTC))
    people = world.a_list(team, NEW_YORKERS)
    # 18:50 in New York.
    campaign = world.launched(world.a_campaign(channel, people, **OWN_CLOCK))
    assert slots(campaign, NEW_YORK)[0] == "Fri 18:50 10"
    # Daylight in London, five in the morning in New York.
    clock.move_to(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))

    begin(channel)

    campaign.refresh_from_db()
    assert campaign.state_reason == "quiet_hours"


@pytest.mark.both_databases
def test_a_drip_whose_clock_we_keep_is_handed_over_job_by_job(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, BRITISH)
    drip = {"pace_count": 10, "pace_minutes": 60, "clock_keeper": ClockKeeper.HERE}
    campaign = world.launched(world.a_campaign(channel, people, **OFFICE, **drip))
    tick.tick()

    claimed = []
    for seconds in (0, 3599, 3600):
        clock.move_to(FRIDAY + timedelta(seconds=seconds))
        claimed.append([one.seq for one in submit.claim(channel.account)])

    assert claimed == [[1], [], [2]]
    assert slots(campaign) == ["Fri 11:00 10", "Fri 12:00 10", "Fri 13:00 5"]


def test_jobs_beyond_the_vendors_thirty_days_wait_here(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    people = world.a_list(team, BRITISH)
    drip = {"pace_count": 10, "pace_minutes": 20 * 24 * 60}

    campaign = world.launched(world.a_campaign(channel, people, **drip))

    waits = [one.not_before for one in campaign.submissions.order_by("seq")]
    assert waits[:2] == [None, None]
    assert waits[2] is not None
    assert waits[2] - FRIDAY == timedelta(days=10, hours=1, seconds=2)


@pytest.mark.both_databases
def test_jobs_that_are_not_late_keep_their_slots_when_a_pause_ends(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    drip = {"pace_count": 10, "pace_minutes": 60, "clock_keeper": ClockKeeper.HERE}
    people = world.a_list(team, BRITISH)
    campaign = world.launched(world.a_campaign(channel, people, **OFFICE, **drip))
    assert isinstance(begin(channel), intents.Begun)
    before = slots(campaign)

    control.pause(campaign, world.owner_of(team))
    clock.shift(timedelta(minutes=30))
    control.resume(campaign, world.owner_of(team))

    assert slots(campaign) == before == ["Fri 11:00 10", "Fri 12:00 10", "Fri 13:00 5"]


@pytest.mark.both_databases
def test_a_campaign_that_was_missed_gets_new_slots_at_its_pace(
    channel: Channel, team: Team, clock: time_machine.Traveller
) -> None:
    fields = OFFICE | {"pace_count": 10, "pace_minutes": 60, "wall_time": "2026-11-20T17:30"}
    people = world.a_list(team, BRITISH)
    campaign = world.a_campaign(channel, people, clock_keeper=ClockKeeper.HERE, **fields)
    world.launched(campaign)
    clock.move_to(FRIDAY.replace(hour=18, minute=20))
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.MISSED

    control.resume(campaign, world.owner_of(team))

    assert slots(campaign) == ["Fri 18:20 10", "Sat 09:00 10", "Sat 10:00 5"]


# --- Against the sandbox, by the real clock -------------------------------------------------------


def zone_where_it_is(hour: int) -> str:
    """A zone without DST whose clocks show about this hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    # The sign is the opposite of what one expects (IANA, file "etcetera").
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("hour", "jobs"), [(12, 3), (3, 0)])
def test_late_jobs_reach_the_vendor_by_day_and_not_by_night(
    quick: Settings, sandbox: Sandbox, transactional_db: None, hour: int, jobs: int
) -> None:
    quick.SOCIOCS_BASE_URL = sandbox.url
    channel = world.a_channel(world.a_team(), sandbox)
    people = world.a_list(channel.team, BRITISH)
    fields = OFFICE | {"time_zone": zone_where_it_is(hour)}
    campaign = world.launched(world.a_campaign(channel, people, **fields))
    # As after an hour without this server.
    late = datetime.now(UTC) - timedelta(hours=1)
    for one in campaign.submissions.all():
        Submission.objects.filter(pk=one.pk).update(
            planned_slot=late + timedelta(seconds=one.seq), send_by=late + timedelta(hours=4)
        )

    submit.hand_over(channel.account_id)

    campaign.refresh_from_db()
    assert world.witness(sandbox)["jobs"] == jobs
    assert campaign.state_reason == ("" if jobs else "quiet_hours")
