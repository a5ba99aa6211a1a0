"""Times on the wall around DST changes: what exists, what does not, what comes twice.

Instants are from the IANA time zone database (tzdata), worked out by hand from its rules.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.scheduling.clocks import WALL_FORMAT
from sending import job_times

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "UTC",
]


@pytest.mark.parametrize(
    ("wall", "zone", "utc"),
    [
        ("2026-03-29T00:59", "Europe/London", "2026-03-29T00:59"),
        ("2026-03-29T02:00", "Europe/London", "2026-03-29T01:00"),
        ("2026-10-25T02:00", "Europe/London", "2026-10-25T02:00"),
        ("2026-03-08T01:59", "America/New_York", "2026-03-08T06:59"),
        ("2026-03-08T03:00", "America/New_York", "2026-03-08T07:00"),
        ("2026-10-04T02:30", "Australia/Lord_Howe", "2026-10-03T15:30"),
        ("2026-07-01T12:00", "America/Sao_Paulo", "2026-07-01T15:00"),
        ("2026-07-01T12:00", "Asia/Kolkata", "2026-07-01T06:30"),
    ],
)
def test_an_ordinary_time_is_one_instant(wall: str, zone: str, utc: str) -> None:
    assert job_times.resolve_wall_time(wall, zone).candidates == (
        datetime.fromisoformat(utc).replace(tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("wall", "zone", "suggestions"),
    [
        ("2026-03-29T01:30", "Europe/London", ("2026-03-29T00:30", "2026-03-29T02:30")),
        ("2026-03-08T02:30", "America/New_York", ("2026-03-08T01:30", "2026-03-08T03:30")),
        # Lord Howe Island moves by half an hour.
        ("2026-10-04T02:15", "Australia/Lord_Howe", ("2026-10-04T01:45", "2026-10-04T02:45")),
        # Morocco goes back to summer time after Ramadan; Brazil's clocks jumped at midnight.
        ("2026-03-22T02:30", "Africa/Casablanca", ("2026-03-22T01:30", "2026-03-22T03:30")),
        ("2018-11-04T00:30", "America/Sao_Paulo", ("2018-11-03T23:30", "2018-11-04T01:30")),
    ],
)
def test_a_time_the_clocks_jump_over_does_not_exist(
    wall: str, zone: str, suggestions: tuple[str, str]
) -> None:
    read = job_times.resolve_wall_time(wall, zone)

    assert read.candidates == ()
    assert read.suggestions == suggestions


@pytest.mark.parametrize(
    ("wall", "zone", "first", "apart"),
    [
        ("2026-10-25T01:30", "Europe/London", "2026-10-25T00:30", 60),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30", 60),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45", 30),
        ("2026-02-15T02:30", "Africa/Casablanca", "2026-02-15T01:30", 60),
        ("2018-02-17T23:30", "America/Sao_Paulo", "2018-02-18T01:30", 60),
    ],
)
def test_a_time_that_comes_twice_is_two_instants(
    wall: str, zone: str, first: str, apart: int
) -> None:
    earlier = datetime.fromisoformat(first).replace(tzinfo=UTC)

    assert job_times.resolve_wall_time(wall, zone).candidates == (
        earlier,
        earlier + timedelta(minutes=apart),
    )


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - a wall time
    zone=st.sampled_from(ZONES),
)
def test_every_instant_reads_back_as_the_wall_showed_it(moment: datetime, zone: str) -> None:
    wall = moment.strftime(WALL_FORMAT)

    read = job_times.resolve_wall_time(wall, zone)

    shown = [one.astimezone(ZoneInfo(zone)).strftime(WALL_FORMAT) for one in read.candidates]
    assert shown == [wall] * len(read.candidates)
    for suggestion in read.suggestions:
        assert job_times.resolve_wall_time(suggestion, zone).candidates


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    count=st.integers(1, 300),
)
def test_slots_are_whole_seconds_in_order_and_never_on_the_minute(
    start: datetime, count: int
) -> None:
    slots = job_times.slots_from(start, count)

    assert slots == sorted(set(slots))
    assert len(slots) == count
    assert slots[0] >= start
    assert all(slot.second and not slot.microsecond for slot in slots)
