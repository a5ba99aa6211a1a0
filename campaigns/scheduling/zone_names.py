"""Which time zone somebody's cell names, in whatever words a program or a person writes it."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from babel.core import get_global

from campaigns.scheduling.zones import Zones, popularity
from interface.time_zones import zone_names

_QUARTER = timedelta(days=91)
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\N{MINUS SIGN}-])(\d{1,2})(?::?(\d{2}))?")
# "(UTC-05:00) Eastern Time (US & Canada)", as calendars and Windows show their zones.
_SHOWN_BEFORE = re.compile(r"^\((?:utc|gmt)[^)]*\)\s*")
_SHOWN_AFTER = re.compile(r"\s*\([^)]*\)$")


class ZoneNames:
    """Reads the names of zones, with the clocks of the year from `start` on."""

    def __init__(self, start: datetime) -> None:
        self._seasons = [start + quarter * _QUARTER for quarter in range(4)]
        self._read: dict[tuple[str, Zones], str | None] = {}

    def zone_named(self, cell: str, of_number: Zones) -> str | None:
        """The IANA zone that `cell` names, None if it names none.

        Read are IANA names without regard to capitals and blanks, cities that one zone is called
        after, Windows' names (CLDR), abbreviations and offsets. An abbreviation or an offset may be
        many zones': of those that fit, one of the number's own (`of_number`) is meant, or else the
        one most numbers belong to. Not read is Etc/GMT+5, whose sign is the opposite of what
        everybody expects.
        """
        key = cell, of_number
        if key not in self._read:
            self._read[key] = self._zone_named(cell, of_number)
        return self._read[key]

    def _zone_named(self, cell: str, of_number: Zones) -> str | None:
        text = " ".join(cell.casefold().split())
        shown = _SHOWN_AFTER.sub("", _SHOWN_BEFORE.sub("", text))
        named = _by_spelling().get(text.replace(" ", "_")) or _by_windows_name().get(shown)
        if named:
            return named
        cities = (_by_city().get(part.strip().replace(" ", "_")) for part in shown.split(","))
        if city := next(filter(None, cities), None):
            return city
        return self._by_clock(text, of_number)

    def _by_clock(self, text: str, of_number: Zones) -> str | None:
        """By an abbreviation or an offset that clocks show in one of the seasons."""
        offset = _OFFSET.fullmatch(text)
        if offset:
            sign = 1 if offset[1] == "+" else -1
            clock: object = sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        else:
            # "ET" is a clock that shows EST or EDT.
            clock = f"{text[0]}st" if re.fullmatch("[ecmp]t", text) else text
        own = (zone for zone in of_number if any(clock in shown for shown in self._clocks(zone)))
        return next(own, self._zones_by_clock.get(clock))

    def _clocks(self, zone: str) -> list[tuple[str, timedelta | None]]:
        local_times = [moment.astimezone(ZoneInfo(zone)) for moment in self._seasons]
        return [((local.tzname() or "").casefold(), local.utcoffset()) for local in local_times]

    @cached_property
    def _zones_by_clock(self) -> dict[object, str]:
        """Of each abbreviation the zone with the most numbers; of offsets if they never change."""
        zones: dict[object, str] = {}
        for zone, _numbers in popularity().most_common():
            names, offsets = map(set, zip(*self._clocks(zone), strict=True))
            shown = [name for name in names if str(name).isalpha()]
            for clock in [*shown, *(offsets if len(offsets) == 1 else ())]:
                zones.setdefault(clock, zone)
        return zones


@cache
def _by_spelling() -> dict[str, str]:
    return {
        name.casefold(): name
        for name in zone_names()
        if name == "UTC" or ("/" in name and not name.startswith("Etc/GMT"))
    }


@cache
def _by_city() -> dict[str, str]:
    """Cities that exactly one zone is called after; aliases of old do not count."""
    cities: dict[str, list[str]] = defaultdict(list)
    for zone in popularity():
        cities[zone.rpartition("/")[2].casefold()].append(zone)
    return {city: zones[0] for city, zones in cities.items() if len(zones) == 1}


@cache
def _by_windows_name() -> dict[str, str]:
    """Windows' names, and as they are shown: "Eastern Time", "Eastern"."""
    names: dict[str, str] = {}
    for name, zone in get_global("windows_zone_mapping").items():
        plain = name.casefold()
        for spelling in (plain, plain.replace(" standard time", " time")):
            names.setdefault(spelling, zone)
        names.setdefault(plain.removesuffix(" standard time"), zone)
    return names
