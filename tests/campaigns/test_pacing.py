"""People into jobs and slots: inside the hours, in order, at the pace, everybody exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.scheduling import pacing
from campaigns.scheduling.hours import Hours, is_open
from campaigns.scheduling.pacing import NeverEnds, NoSlot, Pace, Slice, Terms, ZoneGroup

START = datetime(2026, 10, 24, 8, 30, tzinfo=UTC)
OFFICE = Hours(time(9), time(19))
LONDON = ("Europe/London",)
NEW_YORK = ("America/New_York",)
ANYWHERE_IN_AUSTRALIA = ("Australia/Lord_Howe", "Australia/Perth", "Australia/Sydney")


def plan(groups: list[ZoneGroup], terms: Terms, start: datetime = START) -> list[Slice]:
    return list(pacing.slices(groups, start, terms))


def told(slices: list[Slice]) -> list[str]:
    return [f"{one.slot:%d %H:%M:%S} {one.size}" for one in slices]


def test_without_a_pace_jobs_follow_each_other_by_a_second_and_never_on_the_minute() -> None:
    start = datetime(2026, 10, 24, 9, 59, 58, 300_000, tzinfo=UTC)

    found = plan([ZoneGroup(LONDON, [3500])], Terms(largest=1000), start)

    assert told(found) == [
        "24 09:59:59 1000",
        "24 10:00:01 1000",
        "24 10:00:02 1000",
        "24 10:00:03 500",
    ]


def test_a_drip_stops_at_closing_time_and_goes_on_the_next_morning_on_the_wall() -> None:
    start = datetime(2026, 10, 24, 17, 30, tzinfo=UTC)

    found = plan([ZoneGroup(LONDON, [200])], Terms(1000, Pace(50, 15), OFFICE), start)

    # 19:00 is 18:00 UTC on the 24th; on the 25th the clocks go back and 09:00 is 09:00 UTC.
    assert told(found) == ["24 17:30:01 50", "24 17:45:01 50", "25 09:00:01 50", "25 09:15:01 50"]
    assert found[0].latest == datetime(2026, 10, 24, 18, tzinfo=UTC)


def test_a_stretch_of_the_pace_may_hold_several_jobs() -> None:
    found = plan([ZoneGroup(LONDON, [3000])], Terms(1000, Pace(1500, 60)))

    assert told(found) == [
        "24 08:30:01 1000",
        "24 08:30:02 500",
        "24 09:30:01 1000",
        "24 09:30:02 500",
    ]


def test_whose_hours_end_first_goes_first() -> None:
    start = datetime(2026, 10, 24, 14, tzinfo=UTC)

    found = plan(
        [ZoneGroup(NEW_YORK, [10]), ZoneGroup(LONDON, [10])], Terms(1000, hours=OFFICE), start
    )

    assert [one.group for one in found] == [1, 0]


def test_each_zone_gets_it_in_its_own_hours() -> None:
    groups = [
        ZoneGroup(LONDON, [1]),
        ZoneGroup(NEW_YORK, [1]),
        ZoneGroup(ANYWHERE_IN_AUSTRALIA, [1]),
    ]

    found = plan(groups, Terms(1000, hours=OFFICE))

    # 09:00 in New York is 13:00 UTC; on the 25th 09:00 in Perth is 01:00 UTC.
    assert [f"{one.group} {one.slot:%d %H:%M}" for one in found] == [
        "0 24 08:30",
        "1 24 13:00",
        "2 25 01:00",
    ]


def test_people_of_two_texts_never_share_a_job() -> None:
    found = plan([ZoneGroup(LONDON, [3, 4])], Terms(1000))

    assert [one.size for one in found] == [3, 4]


def test_seconds_of_other_campaigns_are_left_to_them() -> None:
    taken = {START.replace(second=1), START.replace(second=3)}

    found = plan([ZoneGroup(LONDON, [1, 1])], Terms(1000, taken=taken))

    assert [one.slot.second for one in found] == [2, 4]


def test_a_job_is_through_the_provider_before_the_hours_end() -> None:
    # A long code sends one text a second: in the last half hour there is room for 1,799.
    start = datetime(2026, 10, 24, 17, 30, tzinfo=UTC)

    found = plan([ZoneGroup(LONDON, [4000])], Terms(1000, hours=OFFICE, seconds_each=1), start)

    assert told(found) == [
        "24 17:30:01 1000",
        "24 17:30:02 799",
        "25 09:00:01 1000",
        "25 09:00:02 1000",
        "25 09:00:03 201",
    ]


def test_jobs_that_are_not_cut_wait_for_the_next_stretch_of_the_pace() -> None:
    found = plan([ZoneGroup(LONDON, [60, 60, 500])], Terms(1000, Pace(100, 10), whole=True))

    # A job larger than the pace goes alone, rather than never.
    assert told(found) == ["24 08:30:01 60", "24 08:40:01 60", "24 08:50:01 500"]


def test_hours_without_a_slot_are_refused_and_the_wider_ones_work() -> None:
    russia = ZoneGroup(("Asia/Kamchatka", "Europe/Kaliningrad"), [5])

    with pytest.raises(NoSlot) as refused:
        plan([ZoneGroup(LONDON, [5]), russia], Terms(1000, hours=OFFICE))
    wider = pacing.wider_hours([ZoneGroup(LONDON, [5]), russia], START, OFFICE)

    assert refused.value.zones == russia.zones
    assert wider == Hours(time(8), time(20))
    assert sum(one.size for one in plan([russia], Terms(1000, hours=wider))) == 5


def test_hours_the_wrong_way_round_are_suggested_the_other_way() -> None:
    assert pacing.wider_hours([ZoneGroup(LONDON, [1])], START, Hours(time(19), time(9))) == OFFICE


@pytest.mark.parametrize("hours", [None, OFFICE])
@pytest.mark.parametrize("pace", [Pace(1, 60), Pace(30, 24 * 60)])
def test_a_pace_that_takes_more_than_a_year_is_refused_and_the_suggested_one_works(
    pace: Pace, hours: Hours | None
) -> None:
    groups, terms = [ZoneGroup(LONDON, [12_345])], Terms(1000, pace, hours)
    month = timedelta(days=30)

    with pytest.raises(NeverEnds):
        plan(groups, terms)
    faster = pacing.quicker_pace(groups, START, terms, month)

    assert faster is not None
    assert plan(groups, Terms(1000, faster, hours))[-1].slot <= START + month


def test_the_suggested_pace_is_hardly_faster_than_it_must_be() -> None:
    groups, terms = [ZoneGroup(LONDON, [100_000])], Terms(1000, Pace(1, 60), OFFICE)

    faster = pacing.quicker_pace(groups, START, terms, timedelta(days=30))

    # Ten or eleven stretches a day for 30 days.
    assert faster is not None
    assert 300 <= faster.count <= 600


def test_a_queue_that_never_gets_through_has_no_pace_that_works() -> None:
    groups = [ZoneGroup(LONDON, [1_000_000])]
    terms = Terms(1000, Pace(1, 60), Hours(time(9), time(9, 30)), seconds_each=4)

    assert pacing.quicker_pace(groups, START, terms, timedelta(days=30)) is None


ZONES = [
    LONDON,
    NEW_YORK,
    ANYWHERE_IN_AUSTRALIA,
    ("Africa/Casablanca",),
    ("America/Sao_Paulo",),
    ("Asia/Kolkata", "Asia/Tokyo"),
]
groups_of_people = st.lists(
    st.builds(
        ZoneGroup,
        zones=st.sampled_from(ZONES),
        runs=st.lists(st.integers(0, 3000), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=5,
)
paces = st.builds(Pace, st.integers(50, 5000), st.integers(1, 24 * 60))
some_hours = st.builds(
    Hours,
    st.builds(time, st.integers(0, 12), st.sampled_from([0, 30])),
    st.builds(time, st.sampled_from([0, *range(19, 24)]), st.sampled_from([0, 30])),
).filter(lambda hours: not hours.is_empty)
starts = st.datetimes(datetime(2018, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
all_terms = st.builds(
    Terms,
    largest=st.integers(20, 2000),
    pace=st.none() | paces,
    hours=st.none() | some_hours,
    seconds_each=st.sampled_from([0.0, 0.1, 1.0, 3.0]),
)


@given(groups=groups_of_people, start=starts, terms=all_terms)
@example(
    groups=[ZoneGroup(LONDON, [2000])],
    start=datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
    terms=Terms(100, Pace(100, 10), Hours(time(1, 30), time(2))),
)
def test_everybody_gets_it_once_in_order_inside_the_hours_and_at_the_pace(
    groups: list[ZoneGroup], start: datetime, terms: Terms
) -> None:
    found = plan(groups, terms, start)

    people: Counter[int] = Counter()
    for one in found:
        people[one.group] += one.size
        assert 1 <= one.size <= terms.largest
        assert one.slot.second
        assert not one.slot.microsecond
        assert start <= one.slot < one.latest
        if terms.hours:
            zones = groups[one.group].zones
            assert is_open(terms.hours, zones, one.slot)
            assert is_open(terms.hours, zones, one.latest - timedelta(seconds=1))
    assert people == +Counter({number: group.people for number, group in enumerate(groups)})
    slots = [one.slot for one in found]
    assert slots == sorted(set(slots))
    assert_runs_are_kept_apart(groups, found)
    if terms.pace:
        assert_pace(found, terms.pace)
    if terms.hours and terms.seconds_each:
        assert_through_in_time(found, terms.seconds_each)


def assert_runs_are_kept_apart(groups: list[ZoneGroup], found: list[Slice]) -> None:
    """Each run's end is the end of a job."""
    for number, group in enumerate(groups):
        ends, placed = set(), 0
        for one in found:
            if one.group == number:
                placed += one.size
                ends.add(placed)
        upto = 0
        for run in group.runs:
            upto += run
            assert not run or upto in ends


def assert_pace(found: list[Slice], pace: Pace) -> None:
    """No stretch of the pace, wherever it begins, holds more than two stretches' worth."""
    length = timedelta(minutes=pace.minutes)
    for begin in found:
        inside = sum(one.size for one in found if begin.slot <= one.slot < begin.slot + length)
        assert inside <= 2 * pace.count


def assert_through_in_time(found: list[Slice], seconds_each: float) -> None:
    """The provider's queue is done with each job before its hours end."""
    done = found[0].slot if found else START
    for one in found:
        done = max(done, one.slot) + timedelta(seconds=one.size * seconds_each)
        assert done <= one.latest + timedelta(milliseconds=1)


@given(groups=groups_of_people, start=starts, terms=all_terms)
def test_whole_jobs_are_planned_again_without_being_cut(
    groups: list[ZoneGroup], start: datetime, terms: Terms
) -> None:
    jobs = plan(groups, terms, start)
    again = [
        ZoneGroup(group.zones, [one.size for one in jobs if one.group == number])
        for number, group in enumerate(groups)
    ]

    found = plan(again, Terms(terms.largest, terms.pace, terms.hours, whole=True), start)

    for number, group in enumerate(again):
        assert [one.size for one in found if one.group == number] == group.runs
    assert all(
        terms.hours is None or is_open(terms.hours, groups[one.group].zones, one.slot)
        for one in found
    )
