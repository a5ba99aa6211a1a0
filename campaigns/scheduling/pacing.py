"""Who gets it when: people into jobs, jobs into slots. No database, no clock, no Django.

`slices` walks through time once. At each step the group whose sending hours end first gets the next
slot, so that whoever can only be reached now is not kept waiting by people who can be reached
later. Every slot is a whole second, later than the one before, never `:00` (the vendor's list is
searched by it), and inside the hours of everybody in the job.
"""

from __future__ import annotations

import heapq
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from campaigns.scheduling.clocks import whole_second
from campaigns.scheduling.hours import HORIZON, Hours, Window, windows

LONGEST = HORIZON
_SECOND = timedelta(seconds=1)
_DAY_MINUTES = 24 * 60
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `count` people in each stretch of `minutes` minutes (both at least 1)."""

    count: int
    minutes: int


@dataclass(frozen=True, slots=True)
class ZoneGroup:
    """People who share their possible time zones (IANA names), in the order of the audience.

    `runs`: how many people follow each other who may share a job (one text each); a job never
    holds people of two runs.
    """

    zones: tuple[str, ...]
    runs: Sequence[int]

    @property
    def people(self) -> int:
        """All of them."""
        return sum(self.runs)


class Slice(NamedTuple):
    """One job: `size` people of group number `group`, going out at `slot` (UTC).

    `latest`: until when (exclusive) it may go out if it is late; the end of its hours that day.
    """

    slot: datetime
    size: int
    group: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of a plan.

    `largest`: people in one job at most. `seconds_each`: how long a person's message takes in the
    provider's queue; a job gets its slot early enough to be through before its hours end. `taken`:
    seconds at which this account has jobs already. `whole`: every run is one job, never cut.
    """

    largest: int
    pace: Pace | None = None
    hours: Hours | None = None
    seconds_each: float = 0.0
    taken: Container[datetime] = frozenset()
    whole: bool = False


class CannotPlan(Exception):
    """There is no plan that gets everybody their message within a year."""


class NoSlot(CannotPlan):
    """The hours leave no slot for people in these `zones`."""

    def __init__(self, zones: tuple[str, ...]) -> None:
        super().__init__(f"no hours in common: {', '.join(zones)}")
        self.zones = zones


class NeverEnds(CannotPlan):
    """So many people at this pace and in these hours need more than a year."""

    def __init__(self) -> None:
        super().__init__("it would take more than a year")


def slices(groups: Sequence[ZoneGroup], start: datetime, terms: Terms) -> Iterator[Slice]:
    """Everybody in `groups` exactly once, in slots from `start` on.

    Raises NoSlot or NeverEnds, possibly after some slices: nothing of it may be used then.
    """
    pace, people = terms.pace, sum(group.people for group in groups)
    if pace and (-(-people // pace.count) - 1) * pace.minutes > LONGEST / timedelta(minutes=1):
        raise NeverEnds
    return _Walk(groups, whole_second(start), terms).slices()


def last_slot(groups: Sequence[ZoneGroup], start: datetime, terms: Terms) -> datetime:
    """When the last of these people get it. Raises NoSlot, NeverEnds."""
    latest = start
    for slice_ in slices(groups, start, terms):
        latest = slice_.slot
    return latest


@dataclass(slots=True)
class _Waiting:
    """What is left of a group, and its present or next sending window."""

    group: int
    windows: Iterator[Window]
    runs: Iterator[int]
    # People of the run that is being cut.
    run: int = 0
    opens: datetime = _LONG_AGO
    closes: datetime = _LONG_AGO

    def next_window(self) -> bool:
        """Go on to the next window; False when the year is over."""
        window = next(self.windows, None)
        if window is not None:
            # A slot is a whole second, and so are both ends.
            self.opens, self.closes = whole_second(window.opens), window.closes
        return window is not None

    def next_run(self) -> bool:
        """Whether anybody is left, with their number in `run`."""
        while not self.run:
            run = next(self.runs, None)
            if run is None:
                return False
            self.run = run
        return True


@dataclass(slots=True)
class _Walk:
    """One walk through time: `now` only ever grows."""

    groups: Sequence[ZoneGroup]
    now: datetime
    terms: Terms
    # Groups whose window is still to come, by its start; and those inside theirs, by its end.
    ahead: list[tuple[datetime, int, _Waiting]] = field(default_factory=list)
    inside: list[tuple[datetime, int, _Waiting]] = field(default_factory=list)
    # The present stretch of the pace: since when, and how many people it may still take.
    paced_since: datetime | None = None
    allowance: int = 0
    # When the provider's queue will have sent what is planned so far.
    drained: datetime = _LONG_AGO

    def slices(self) -> Iterator[Slice]:
        self._enter()
        while self.inside or self.ahead:
            self._open()
            self._renew_allowance()
            if self.terms.pace and not self.allowance:
                assert self.paced_since is not None
                self.now = self.paced_since + timedelta(minutes=self.terms.pace.minutes)
                continue
            if self.inside:
                slice_ = self._next()
                if slice_ is not None:
                    yield slice_

    def _enter(self) -> None:
        for number, group in enumerate(self.groups):
            waiting = _Waiting(number, self._windows(group), iter(group.runs))
            if not waiting.next_run():
                continue
            if not waiting.next_window():
                raise NoSlot(group.zones)
            self.ahead.append((waiting.opens, number, waiting))
        heapq.heapify(self.ahead)

    def _windows(self, group: ZoneGroup) -> Iterator[Window]:
        until = self.now + LONGEST
        if self.terms.hours is None:
            return iter([Window(self.now, until)])
        return windows(self.terms.hours, group.zones, self.now, until)

    def _open(self) -> None:
        """Let in whoever's window has begun; if nobody is in, go on to the next beginning."""
        if not self.inside:
            self.now = max(self.now, self.ahead[0][0])
        while self.ahead and self.ahead[0][0] <= self.now:
            _, number, waiting = heapq.heappop(self.ahead)
            heapq.heappush(self.inside, (waiting.closes, number, waiting))

    def _renew_allowance(self) -> None:
        pace = self.terms.pace
        if pace is None:
            return
        over = self.paced_since is None or self.now >= self.paced_since + timedelta(
            minutes=pace.minutes
        )
        if over:
            self.paced_since, self.allowance = self.now, pace.count

    def _next(self) -> Slice | None:
        """The next job of the group whose window ends first; None if it must wait."""
        closes, number, waiting = self.inside[0]
        slot = self._free_second()
        begins = max(slot, self.drained)
        size = self._size(waiting, slot, begins) if slot < closes else 0
        if not size:
            self._leave(waiting)
            return None
        if self.terms.pace:
            if self.terms.whole and size > self.allowance < self.terms.pace.count:
                # What is left of this stretch is too little for a job that must not be cut.
                self.allowance = 0
                return None
            self.allowance = max(0, self.allowance - size)
        self.now = slot + _SECOND
        self.drained = begins + timedelta(seconds=size * self.terms.seconds_each)
        waiting.run -= size
        if not waiting.next_run():
            heapq.heappop(self.inside)
        return Slice(slot, size, number, closes)

    def _free_second(self) -> datetime:
        slot = self.now
        while not slot.second or slot in self.terms.taken:
            slot += _SECOND
        return slot

    def _size(self, waiting: _Waiting, slot: datetime, begins: datetime) -> int:
        """How many of the group's next people fit into one job now; 0: the hours end too soon."""
        terms = self.terms
        size = waiting.run if terms.whole else min(waiting.run, terms.largest)
        if terms.pace and not terms.whole:
            size = min(size, self.allowance)
        if terms.hours is None or not terms.seconds_each:
            return size
        fits = int((waiting.closes - begins).total_seconds() / terms.seconds_each)
        if not terms.whole:
            return max(0, min(size, fits))
        # Nothing could be better than the very beginning of the hours.
        is_first = begins == slot < waiting.opens + timedelta(minutes=1)
        return size if fits >= size or is_first else 0

    def _leave(self, waiting: _Waiting) -> None:
        """The window is over for this group: it waits for its next one."""
        heapq.heappop(self.inside)
        if not waiting.next_window():
            raise NeverEnds
        heapq.heappush(self.ahead, (waiting.opens, waiting.group, waiting))


def has_window(zones: Sequence[str], start: datetime, hours: Hours) -> bool:
    """Whether the hours leave people in all these zones any slot within a year."""
    return next(windows(hours, zones, start, start + LONGEST), None) is not None


# --- Suggestions: each one is tried out before it is made ----------------------------------------


def wider_hours(groups: Sequence[ZoneGroup], start: datetime, hours: Hours) -> Hours:
    """The hours nearest to `hours` that leave everybody a slot, widened hour by hour."""
    opens, closes = _minutes(hours.opens), _minutes(hours.closes) or _DAY_MINUTES
    if closes < opens:
        opens, closes = closes, opens
    while True:
        wider = Hours(_time(opens), _time(closes))
        if not wider.is_empty and all(has_window(group.zones, start, wider) for group in groups):
            return wider
        if (opens, closes) == (0, _DAY_MINUTES):
            raise NoSlot(groups[0].zones)
        opens, closes = max(0, opens - 60), min(_DAY_MINUTES, closes + 60)


def quicker_pace(
    groups: Sequence[ZoneGroup], start: datetime, terms: Terms, within: timedelta
) -> Pace | None:
    """A pace with the same stretches that is done `within` so long; None if no pace is."""
    assert terms.pace is not None
    people, minutes = sum(group.people for group in groups), terms.pace.minutes
    stretches = max(1, int(within / timedelta(minutes=minutes)))
    count = max(terms.pace.count, -(-people // stretches))
    while True:
        pace = Pace(_rounded_up(min(count, people)), minutes)
        try:
            if last_slot(groups, start, replace(terms, pace=pace)) <= start + within:
                return pace
        except NeverEnds:
            pass
        if count >= people:
            return None
        count = count * 3 // 2 + 1


def _rounded_up(count: int) -> int:
    """To two digits that people would choose: 1,234 becomes 1,300."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
