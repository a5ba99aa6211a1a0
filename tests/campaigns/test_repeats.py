"""When the runs of a repeating campaign are due: a time on the wall, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.scheduling import repeats
from campaigns.scheduling.repeats import Every, NotARepeat, Repeat

LONDON = "Europe/London"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(repeat: Repeat, after: str, count: int = 3) -> list[str]:
    return [f"{one.instant:%Y-%m-%dT%H:%M}" for one in repeats.preview(repeat, utc(after), count)]


def test_every_day_stays_at_its_time_when_the_clocks_change() -> None:
    daily = Repeat(Every.DAY, time(9), LONDON)

    assert runs(daily, "2026-10-23T12:00") == [
        "2026-10-24T08:00",
        "2026-10-25T09:00",
        "2026-10-26T09:00",
    ]


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("America/New_York", "2026-03-07T00:00", ["2026-03-07T14:00", "2026-03-08T13:00"]),
        ("Australia/Lord_Howe", "2026-04-03T23:00", ["2026-04-04T22:30", "2026-04-05T22:30"]),
        ("Africa/Casablanca", "2024-03-09T00:00", ["2024-03-09T08:00", "2024-03-10T09:00"]),
        ("America/Sao_Paulo", "2018-11-03T00:00", ["2018-11-03T12:00", "2018-11-04T11:00"]),
        ("America/Sao_Paulo", "2026-11-03T00:00", ["2026-11-03T12:00", "2026-11-04T12:00"]),
    ],
)
def test_nine_in_the_morning_around_the_world(zone: str, after: str, expected: list[str]) -> None:
    assert runs(Repeat(Every.DAY, time(9), zone), after, 2) == expected


def test_weekdays() -> None:
    weekly = Repeat(Every.WEEK, time(9, 30), LONDON, weekdays=frozenset({0, 3}))

    # 2 April 2026 is a Thursday, and the first run is later than its own time.
    assert runs(weekly, "2026-04-02T08:30") == [
        "2026-04-06T08:30",
        "2026-04-09T08:30",
        "2026-04-13T08:30",
    ]


def test_the_last_day_of_each_month() -> None:
    monthly = Repeat(Every.MONTH, time(9), "UTC")

    assert runs(monthly, "2028-01-31T09:00") == [
        "2028-02-29T09:00",
        "2028-03-31T09:00",
        "2028-04-30T09:00",
    ]


def test_a_month_that_is_too_short_has_its_run_on_its_last_day() -> None:
    monthly = Repeat(Every.MONTH, time(9), "UTC", month_day=30)

    assert runs(monthly, "2026-12-31T00:00") == [
        "2027-01-30T09:00",
        "2027-02-28T09:00",
        "2027-03-30T09:00",
    ]


def test_a_run_in_a_gap_is_due_at_the_jump_and_says_so() -> None:
    nightly = Repeat(Every.DAY, time(1, 30), LONDON)

    shifted = repeats.preview(nightly, utc("2026-03-28T12:00"), 2)

    assert [(one.instant, one.is_shifted) for one in shifted] == [
        (utc("2026-03-29T01:00"), True),
        (utc("2026-03-30T00:30"), False),
    ]


def test_a_run_in_the_hour_that_comes_twice_is_due_once() -> None:
    nightly = Repeat(Every.DAY, time(1, 30), LONDON)

    found = repeats.preview(nightly, utc("2026-10-24T12:00"), 2)

    assert [(one.instant, one.comes_twice) for one in found] == [
        (utc("2026-10-25T00:30"), True),
        (utc("2026-10-26T01:30"), False),
    ]


def test_it_ends_after_its_last_day() -> None:
    daily = Repeat(Every.DAY, time(9), "UTC", until=date(2026, 4, 3))

    assert runs(daily, "2026-04-01T10:00") == ["2026-04-02T09:00", "2026-04-03T09:00"]
    assert repeats.next_occurrence(daily, utc("2026-04-03T09:00")) is None


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ({}, "unreadable"),
        ({"every": "hour", "at": "09:00", "zone": "UTC"}, "unreadable"),
        ({"every": "day", "at": "25:00", "zone": "UTC"}, "unreadable"),
        ({"every": "day", "at": "09:00+01:00", "zone": "UTC"}, "unreadable"),
        ({"every": "day", "at": "09:00", "zone": "Mars/Olympus"}, "unreadable"),
        ({"every": "day", "at": "09:00", "zone": "../etc/passwd"}, "unreadable"),
        ({"every": "day", "at": None, "zone": "UTC"}, "unreadable"),
        ({"every": "week", "at": "09:00", "zone": "UTC", "days": []}, "no_days"),
        ({"every": "week", "at": "09:00", "zone": "UTC", "days": [7]}, "no_such_day"),
        ({"every": "month", "at": "09:00", "zone": "UTC", "day": 32}, "no_such_day"),
        ({"every": "month", "at": "09:00", "zone": "UTC", "day": "first"}, "unreadable"),
        ({"every": "day", "at": "09:00", "zone": "UTC", "until": "soon"}, "unreadable"),
    ],
)
def test_what_is_no_repeat_is_refused(stored: dict[str, Any], code: str) -> None:
    with pytest.raises(NotARepeat) as refused:
        repeats.from_json(stored)

    assert refused.value.code == code


some_repeats = st.builds(
    Repeat,
    every=st.sampled_from(Every),
    at=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    zone=st.sampled_from(
        [
            LONDON,
            "America/New_York",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "America/Sao_Paulo",
        ]
    ),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    month_day=st.none() | st.integers(1, 31),
    until=st.none() | st.dates(date(2024, 1, 1), date(2030, 1, 1)),
)
moments = st.datetimes(datetime(2016, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(repeat=some_repeats, after=moments)
def test_runs_come_in_order_each_day_once_and_show_their_time(
    repeat: Repeat, after: datetime
) -> None:
    found = repeats.preview(repeat, after, 40)

    instants = [one.instant for one in found]
    assert all(instant > after for instant in instants)
    assert instants == sorted(set(instants))
    assert len({one.day for one in found}) == len(found)
    for one in found:
        shown = one.instant.astimezone(ZoneInfo(repeat.zone))
        assert one.is_shifted or (shown.date(), shown.time()) == (one.day, repeat.at)
        assert repeat.every is not Every.WEEK or one.day.weekday() in repeat.weekdays
    assert repeat.until or len(found) == 40


@given(repeat=some_repeats, after=moments, days=st.integers(0, 90))
def test_looking_later_finds_the_same_runs(repeat: Repeat, after: datetime, days: int) -> None:
    later = after + timedelta(days=days)

    found = repeats.preview(repeat, after, 120)

    assert [one for one in found if one.instant > later][:3] == repeats.preview(repeat, later, 3)


@given(repeat=some_repeats)
def test_a_repeat_is_stored_and_read_back(repeat: Repeat) -> None:
    read = repeats.from_json(repeats.as_json(repeat))

    assert repeats.as_json(read) == repeats.as_json(repeat)
    after = utc("2026-01-01T00:00")
    assert repeats.preview(read, after, 5) == repeats.preview(repeat, after, 5)
