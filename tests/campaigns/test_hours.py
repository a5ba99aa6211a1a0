"""Wall times and sending hours around every kind of change of the clocks.

Instants are from the IANA time zone database (tzdata), worked out by hand from its rules.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.scheduling.clocks import offsets, read_wall
from campaigns.scheduling.hours import Hours, Window, is_open, windows

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]
OFFICE = Hours(time(9), time(19))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "first", "last"),
    [
        # Back by an hour at 01:00 UTC, on the last Sunday of October.
        ("Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30", "2026-10-25T01:30"),
        # Back at 02:00 daylight time, on the first Sunday of November.
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
        # South of the equator, back in April; on Lord Howe Island by half an hour.
        ("Australia/Sydney", "2026-04-05", "02:30", "2026-04-04T15:30", "2026-04-04T16:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
        # Back for the month of Ramadan (10 March 2024, 03:00).
        ("Africa/Casablanca", "2024-03-10", "02:30", "2024-03-10T01:30", "2024-03-10T02:30"),
        # Back at midnight, to the day before.
        ("America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-18T01:30", "2018-02-18T02:30"),
    ],
)
def test_where_the_clocks_go_back_a_time_comes_twice(
    zone: str, day: str, wall: str, first: str, last: str
) -> None:
    read = read_wall(date.fromisoformat(day), time.fromisoformat(wall), zone)

    assert (read.first, read.last) == (utc(first), utc(last))
    assert read.exists
    assert read.comes_twice


@pytest.mark.parametrize(
    ("zone", "day", "wall", "jump"),
    [
        ("Europe/London", "2026-03-29", "01:30", "2026-03-29T01:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
        ("Australia/Sydney", "2026-10-04", "02:30", "2026-10-03T16:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
        ("Africa/Casablanca", "2024-04-14", "02:30", "2024-04-14T02:00"),
        # At midnight: that day begins at 01:00.
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00"),
        # Samoa went without the whole of 30 December 2011.
        ("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00"),
    ],
)
def test_a_time_the_clocks_jump_over_is_read_as_the_jump(
    zone: str, day: str, wall: str, jump: str
) -> None:
    read = read_wall(date.fromisoformat(day), time.fromisoformat(wall), zone)

    assert (read.first, read.last, read.exists) == (utc(jump), utc(jump), False)


@pytest.mark.parametrize(
    ("zone", "start", "days", "hours"),
    [
        # 30 days on the wall are an hour less or more than 30 times 24 hours across a change.
        ("Europe/London", "2026-03-10", 30, 30 * 24 - 1),
        ("Europe/London", "2026-10-10", 30, 30 * 24 + 1),
        ("America/New_York", "2026-02-20", 30, 30 * 24 - 1),
        ("Australia/Lord_Howe", "2026-03-20", 30, 30 * 24 + 0.5),
        ("Africa/Casablanca", "2024-03-01", 30, 30 * 24 + 1),
        ("America/Sao_Paulo", "2018-10-20", 30, 30 * 24 - 1),
        ("America/Sao_Paulo", "2026-10-20", 30, 30 * 24),
    ],
)
def test_thirty_days_at_nine_in_the_morning(zone: str, start: str, days: int, hours: float) -> None:
    day = date.fromisoformat(start)

    first = read_wall(day, time(9), zone).first
    last = read_wall(day + timedelta(days=days), time(9), zone).first

    assert last - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "hours", "day", "window"),
    [
        ("Europe/London", OFFICE, "2026-01-15", ("2026-01-15T09:00", "2026-01-15T19:00")),
        ("Europe/London", OFFICE, "2026-07-15", ("2026-07-15T08:00", "2026-07-15T18:00")),
        # It opens in the hour that comes twice: the second time, since then no clock goes back.
        (
            "Europe/London",
            Hours(time(1, 30), time(5)),
            "2026-10-25",
            ("2026-10-25T01:30", "2026-10-25T05:00"),
        ),
        # It closes there: the first time.
        (
            "Europe/London",
            Hours(time(0, 15), time(1, 30)),
            "2026-10-25",
            ("2026-10-24T23:15", "2026-10-25T00:30"),
        ),
        # It opens and closes there: the first of both passes.
        (
            "Europe/London",
            Hours(time(1, 10), time(1, 50)),
            "2026-10-25",
            ("2026-10-25T00:10", "2026-10-25T00:50"),
        ),
        # It opens in a gap: at the jump. It closes in a gap: at the jump.
        (
            "America/New_York",
            Hours(time(2, 30), time(5)),
            "2026-03-08",
            ("2026-03-08T07:00", "2026-03-08T09:00"),
        ),
        (
            "America/New_York",
            Hours(time(1), time(2, 30)),
            "2026-03-08",
            ("2026-03-08T06:00", "2026-03-08T07:00"),
        ),
        # The whole day, which is 23 hours long.
        (
            "America/Sao_Paulo",
            Hours(time(0), time(23, 59)),
            "2018-11-04",
            ("2018-11-04T03:00", "2018-11-05T01:59"),
        ),
    ],
)
def test_sending_hours_on_days_when_the_clocks_change(
    zone: str, hours: Hours, day: str, window: tuple[str, str]
) -> None:
    start = read_wall(date.fromisoformat(day), time(0), zone).first

    found = next(windows(hours, [zone], start, start + timedelta(days=2)))

    assert found == Window(utc(window[0]), utc(window[1]))


def test_hours_the_clocks_jump_over_are_no_window_that_day() -> None:
    start, until = utc("2026-03-28T12:00"), utc("2026-03-30T12:00")

    found = list(windows(Hours(time(1), time(2)), ["Europe/London"], start, until))

    # None on the 29th, when it is 00:59:59 and then 02:00.
    assert found == [Window(utc("2026-03-30T00:00"), utc("2026-03-30T01:00"))]


def test_people_of_several_possible_zones_get_it_while_all_are_open() -> None:
    start, until = utc("2026-06-01T00:00"), utc("2026-06-02T00:00")

    found = list(windows(OFFICE, ["Australia/Perth", "Australia/Sydney"], start, until))

    # 09:00 in Perth is 01:00 UTC, 19:00 in Sydney 09:00 UTC.
    assert found == [Window(utc("2026-06-01T01:00"), utc("2026-06-01T09:00"))]


def test_zones_too_far_apart_have_no_hours_in_common() -> None:
    start = utc("2026-12-01T00:00")
    zones = ["Europe/Kaliningrad", "Asia/Kamchatka"]

    assert not list(windows(OFFICE, zones, start, start + timedelta(days=366)))


def test_hours_around_the_clock_are_one_window() -> None:
    start = utc("2026-10-01T00:00")
    until = start + timedelta(days=60)

    assert list(windows(Hours(time(0), time(0)), ["Europe/London"], start, until)) == [
        Window(start, until)
    ]


@pytest.mark.parametrize("closes", [time(9), time(7)])
def test_hours_that_end_before_they_begin_are_empty(closes: time) -> None:
    start = utc("2026-10-01T00:00")
    hours = Hours(time(9), closes)

    assert hours.is_empty
    assert not list(windows(hours, ["UTC"], start, start + timedelta(days=366)))


walls = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
# Weeks in which clocks change somewhere, and others.
moments = st.one_of(
    st.sampled_from(
        [
            utc(day)
            for day in (
                *("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-10-04"),
                *("2026-04-05", "2024-03-10", "2024-04-14", "2018-11-04", "2018-02-18"),
                *("2011-12-30", "2026-07-01"),
            )
        ]
    ),
    st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(
    opens=walls,
    closes=walls,
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    around=moments,
    minutes=st.lists(st.integers(0, 5 * 24 * 60), max_size=20),
)
def test_every_instant_of_a_window_shows_a_time_inside_on_every_clock(
    opens: time, closes: time, zones: list[str], around: datetime, minutes: list[int]
) -> None:
    hours = Hours(opens, closes)
    start = around - timedelta(days=2)

    found = list(windows(hours, zones, start, start + timedelta(days=5)))

    for window in found:
        assert start <= window.opens < window.closes
        assert is_open(hours, zones, window.opens)
        assert is_open(hours, zones, window.closes - timedelta(seconds=1))
    assert all(one.closes < next_one.opens for one, next_one in pairwise(found))
    for minute in minutes:
        instant = start + timedelta(minutes=minute)
        if any(window.opens <= instant < window.closes for window in found):
            assert is_open(hours, zones, instant)


@given(
    opens=st.integers(3, 12),
    length=st.integers(1, 10),
    zone=st.sampled_from([one for one in ZONES if one != "Pacific/Apia"]),
    around=moments,
    minute=st.integers(0, 3 * 24 * 60),
)
def test_hours_of_the_day_are_open_to_the_last_second(
    opens: int, length: int, zone: str, around: datetime, minute: int
) -> None:
    # No clock changes after three in the morning and before eleven at night: nothing is left out.
    hours = Hours(time(opens), time(opens + length))
    start = around - timedelta(days=1)
    instant = start + timedelta(minutes=minute)

    found = list(windows(hours, [zone], start, start + timedelta(days=5)))

    inside = any(window.opens <= instant < window.closes for window in found)
    assert inside == is_open(hours, [zone], instant)


@given(zone=st.sampled_from(ZONES), start=moments, minutes=st.integers(0, 366 * 24 * 60))
def test_offsets_tell_what_the_clock_shows_at_any_time(
    zone: str, start: datetime, minutes: int
) -> None:
    start = start.replace(microsecond=0)
    instant = start + timedelta(minutes=minutes)

    told = [
        offset
        for since, offset in offsets(zone, start, start + timedelta(days=366))
        if since <= instant
    ]

    assert instant.astimezone(ZoneInfo(zone)).utcoffset() == told[-1]
