"""Campaigns that repeat: when the next runs are due. No database, no clock, no Django.

A repeat is a time on the wall of a zone, not a distance in hours: "every day at 09:00" stays 09:00
when the clocks change, although those two mornings are 23 or 25 hours apart.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.scheduling.clocks import read_wall, shown

# In JSON, where a day of the month stands.
LAST_DAY = "last"
_LONGEST_MONTH = 31


class Every(StrEnum):
    """How often a campaign repeats."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class NotARepeat(ValueError):
    """A stored or typed repeat that says nothing that could be followed; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Repeat:
    """Every day, on `weekdays` (0 is Monday), or once a month at `at` by the clocks of `zone`.

    `month_day`: 1 to 31, or None for the last day; a month that is too short has its run on its
    last day. `until`: the last day on which there may be a run; None: until somebody ends it.
    `times`: how many runs that was said to be, if it was said so (`ending_after`).
    """

    every: Every
    at: time
    zone: str
    weekdays: frozenset[int] = frozenset()
    month_day: int | None = None
    until: date | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One run: the `day` and the `instant` (UTC) on which it is due.

    `is_shifted`: the clocks jump over its time, so that it is due at the jump. `comes_twice`: they
    go back over it, so that it is due the first time.
    """

    day: date
    instant: datetime
    is_shifted: bool = False
    comes_twice: bool = False


def occurrences(repeat: Repeat, after: datetime) -> Iterator[Occurrence]:
    """The runs later than `after`, in order; without `until` there is always another one."""
    for day in _days(repeat, shown(after, ZoneInfo(repeat.zone)).date()):
        if repeat.until is not None and day > repeat.until:
            return
        occurrence = occurrence_on(repeat, day)
        if occurrence.instant > after:
            yield occurrence


def next_occurrence(repeat: Repeat, after: datetime) -> Occurrence | None:
    """The first run later than `after`; None when there are no more."""
    return next(occurrences(repeat, after), None)


def occurrence_on(repeat: Repeat, day: date) -> Occurrence:
    """The run of a day that is one of its days, by the zone rules of now."""
    reading = read_wall(day, repeat.at, repeat.zone)
    return Occurrence(day, reading.first, not reading.exists, reading.comes_twice)


def next_run(stored: Mapping[str, Any] | None, after: datetime) -> dict[str, Any]:
    """The columns of a campaign that say when its first run later than `after` is due.

    `stored` as `as_json` made it; both are null where there is none.
    """
    occurrence = next_occurrence(from_json(stored), after) if stored else None
    return {
        "next_run_at": occurrence.instant if occurrence else None,
        "next_run_on": occurrence.day if occurrence else None,
    }


def preview(repeat: Repeat, after: datetime, count: int) -> list[Occurrence]:
    """The next `count` runs, fewer if it ends before."""
    return list(islice(occurrences(repeat, after), count))


def ending_after(repeat: Repeat, first: datetime, times: int) -> Repeat:
    """The repeat that ends with the `times`-th run, the one at `first` being the first."""
    endless = replace(repeat, until=None, times=None)
    later = preview(endless, first, times - 1)
    last = later[-1].day if later else shown(first, ZoneInfo(repeat.zone)).date()
    return replace(endless, until=last, times=times)


def _days(repeat: Repeat, first: date) -> Iterator[date]:
    """The days of a repeat from about `first` on (a day earlier, for clocks that go back)."""
    day = first - timedelta(days=1)
    if repeat.every is Every.MONTH:
        yield from _month_days(repeat.month_day, day)
        return
    while True:
        if repeat.every is Every.DAY or day.weekday() in repeat.weekdays:
            yield day
        day += timedelta(days=1)


def _month_days(month_day: int | None, first: date) -> Iterator[date]:
    year, month = first.year, first.month
    while True:
        last = calendar.monthrange(year, month)[1]
        day = date(year, month, min(month_day or _LONGEST_MONTH, last))
        if day >= first:
            yield day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


# --- As it is stored ------------------------------------------------------------------------------


def as_json(repeat: Repeat) -> dict[str, Any]:
    """A repeat in JSON: {"every": "week", "at": "09:30", "zone": "Europe/London", "days": [0, 3]}.

    A month has "day": 15 or "last"; "until" is a date; "times" says how that date was meant.
    """
    stored: dict[str, Any] = {
        "every": repeat.every.value,
        "at": f"{repeat.at:%H:%M}",
        "zone": repeat.zone,
    }
    if repeat.every is Every.WEEK:
        stored["days"] = sorted(repeat.weekdays)
    if repeat.every is Every.MONTH:
        stored["day"] = repeat.month_day or LAST_DAY
    if repeat.until is not None:
        stored["until"] = repeat.until.isoformat()
    if repeat.times is not None:
        stored["times"] = repeat.times
    return stored


def from_json(stored: Mapping[str, Any]) -> Repeat:
    """The repeat that `as_json` made. Raises NotARepeat for anything else."""
    try:
        every = Every(stored["every"])
        repeat = Repeat(
            every=every,
            at=time.fromisoformat(stored["at"]),
            zone=ZoneInfo(stored["zone"]).key,
            weekdays=_weekdays(stored["days"]) if every is Every.WEEK else frozenset(),
            month_day=_month_day(stored["day"]) if every is Every.MONTH else None,
            until=date.fromisoformat(stored["until"]) if stored.get("until") else None,
            times=int(stored["times"]) if stored.get("times") else None,
        )
    except NotARepeat:
        raise
    except (KeyError, TypeError, ValueError, OSError) as fault:
        raise NotARepeat("unreadable") from fault
    if repeat.at.tzinfo is not None:
        raise NotARepeat("unreadable")
    return repeat


def _weekdays(stored: Sequence[int]) -> frozenset[int]:
    days = frozenset(stored)
    if not days:
        raise NotARepeat("no_days")
    if not days <= frozenset(range(7)):
        raise NotARepeat("no_such_day")
    return days


def _month_day(stored: int | str) -> int | None:
    if stored == LAST_DAY:
        return None
    day = int(stored)
    if not 1 <= day <= _LONGEST_MONTH:
        raise NotARepeat("no_such_day")
    return day
