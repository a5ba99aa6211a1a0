"""Sending hours: when a message may arrive, by the clocks of the people it goes to. No Django here.

A number may belong to several zones (an Australian mobile: to eight). Its hours are then the
instants at which the clocks of all of them show a time inside, so that nobody is woken, wherever
they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from campaigns.scheduling.clocks import read_wall, shown

# How far ahead hours are looked through. Every DST rule there is repeats within it.
HORIZON = timedelta(days=366)
_DAY = timedelta(days=1)
_MIDNIGHT = time()
# By the wall: when a message would wake people.
_NIGHT = frozenset({*range(21, 24), *range(8)})


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` until just before `closes`, by the wall; `closes` 00:00 is the day's end.

    Hours over midnight do not exist: they would be asked for by mistake (19:00 to 09:00).
    """

    opens: time
    closes: time

    @property
    def is_empty(self) -> bool:
        """Whether no time of day lies inside."""
        return self.closes != _MIDNIGHT and self.closes <= self.opens

    def include(self, wall: time) -> bool:
        """Whether a clock that shows `wall` is inside."""
        return self.opens <= wall and (wall < self.closes or self.closes == _MIDNIGHT)


class Window(NamedTuple):
    """A stretch of sending time, in UTC: from `opens` until just before `closes`."""

    opens: datetime
    closes: datetime


def is_open(hours: Hours, zones: Sequence[str], instant: datetime) -> bool:
    """Whether the clocks of all `zones` show a time inside `hours` at `instant`."""
    return all(hours.include(shown(instant, ZoneInfo(zone)).time()) for zone in zones)


def is_night(instant: datetime, zone: str) -> bool:
    """Whether a message at `instant` would wake people whose clocks show the time of `zone`."""
    return instant.astimezone(ZoneInfo(zone)).hour in _NIGHT


def windows(
    hours: Hours, zones: Sequence[str], start: datetime, until: datetime
) -> Iterator[Window]:
    """The stretches from `start` to `until` in which `is_open` is true, in order.

    Stretches that touch are one. On a night when the clocks go back over an end of the hours, the
    hour that comes twice is left out as far as need be to be inside for sure.
    """
    merged: Window | None = None
    for opens, closes in _common([_daily(hours, zone, start, until) for zone in zones]):
        window = Window(max(opens, start), min(closes, until))
        if window.opens >= window.closes:
            continue
        if merged and window.opens <= merged.closes:
            merged = Window(merged.opens, window.closes)
            continue
        if merged:
            yield merged
        merged = window
    if merged:
        yield merged


def _common(each: list[Iterator[Window]]) -> Iterator[Window]:
    """What all of these sequences of windows have in common."""
    heads = [next(windows, None) for windows in each]
    while True:
        current = [head for head in heads if head is not None]
        if not current or len(current) < len(heads):
            return
        opens = max(window.opens for window in current)
        closes = min(window.closes for window in current)
        if opens < closes:
            yield Window(opens, closes)
        for place, window in enumerate(current):
            if window.closes == closes:
                heads[place] = next(each[place], None)


def _daily(hours: Hours, zone: str, start: datetime, until: datetime) -> Iterator[Window]:
    if hours.is_empty:
        return
    area = ZoneInfo(zone)
    # A day earlier, since there are nights on which the clocks go back to the day before.
    day = shown(start, area).date() - _DAY
    last = shown(until, area).date()
    while day <= last:
        window = _on_day(hours, day, zone)
        if window is not None and window.closes > start:
            yield window
        day += _DAY


def _on_day(hours: Hours, day: date, zone: str) -> Window | None:
    """The window of one day; None when the clocks jump over all of it."""
    opens = read_wall(day, hours.opens, zone)
    end_day = day + _DAY if hours.closes == _MIDNIGHT else day
    closes = read_wall(end_day, hours.closes, zone)
    # Opening for the second time, closing for the first: in between, clocks only show times inside.
    if opens.last < closes.first:
        return Window(opens.last, closes.first)
    # Both ends in the hour that comes twice: its first pass will do.
    return Window(opens.first, closes.first) if opens.first < closes.first else None
