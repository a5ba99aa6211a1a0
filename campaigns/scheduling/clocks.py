"""From a time on the wall to instants, also on days when the clocks change. No Django here.

Zones are names, never offsets: only the IANA rules (`zoneinfo`) know what a clock shows in a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# A time on the wall, as it is kept and as a page sends it.
WALL_FORMAT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class ClockInstants:
    """The instants (UTC) at which a clock shows a wall time.

    `first` and `last` differ where the clocks go back over it. Where they jump over it (`exists` is
    false) both are the instant of the jump.
    """

    first: datetime
    last: datetime
    exists: bool = True

    @property
    def comes_twice(self) -> bool:
        """Whether the clocks go back over this time."""
        return self.first != self.last


@lru_cache(maxsize=20_000)
def read_wall(day: date, wall: time, zone: str) -> ClockInstants:
    """When the clocks of IANA zone `zone` show `wall` (without a zone of its own) on `day`.

    Raises zoneinfo.ZoneInfoNotFoundError for a zone that does not exist.
    """
    area = ZoneInfo(zone)
    naive = datetime.combine(day, wall)
    # PEP 495: fold 0 reads with the rules from before a change, fold 1 with those from after it.
    before, after = (naive.replace(tzinfo=area, fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:
        return ClockInstants(before, after)
    jump = _jump_between(after, before, naive, area)
    return ClockInstants(jump, jump, exists=False)


def _jump_between(early: datetime, late: datetime, naive: datetime, area: ZoneInfo) -> datetime:
    """The second at which clocks jump over `naive`: after `early`, at `late` at the latest."""
    low, high = int(early.timestamp()), int(late.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if shown(datetime.fromtimestamp(middle, UTC), area) > naive:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def shown(instant: datetime, area: ZoneInfo) -> datetime:
    """What a clock in `area` shows at an instant, as a datetime without a zone."""
    return instant.astimezone(area).replace(tzinfo=None)


def whole_second(instant: datetime) -> datetime:
    """The instant itself, or the next whole second after it."""
    if not instant.microsecond:
        return instant
    return instant.replace(microsecond=0) + timedelta(seconds=1)


@lru_cache(maxsize=1_000)
def offsets(zone: str, start: datetime, until: datetime) -> tuple[tuple[datetime, timedelta], ...]:
    """The offsets from UTC of a zone, each with the second from which on it holds.

    The first is `start` with the offset then. Two zones with the same answer show the same time
    from `start` to `until`.
    """
    area, step = ZoneInfo(zone), timedelta(days=1)
    changes = [(start, _offset(start, area))]
    moment = start
    while moment < until:
        there = min(moment + step, until)
        if _offset(there, area) != changes[-1][1]:
            change = _change_between(moment, there, area)
            changes.append((change, _offset(there, area)))
        moment = there
    return tuple(changes)


def _offset(instant: datetime, area: ZoneInfo) -> timedelta:
    offset = instant.astimezone(area).utcoffset()
    assert offset is not None
    return offset


def _change_between(low: datetime, high: datetime, area: ZoneInfo) -> datetime:
    """The second at which the offset changes; it is another one at `high` than at `low`."""
    before = _offset(low, area)
    while high - low > timedelta(seconds=1):
        middle = whole_second(low + (high - low) / 2)
        if _offset(middle, area) == before:
            low = middle
        else:
            high = middle
    return high
