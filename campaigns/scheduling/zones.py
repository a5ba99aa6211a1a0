"""In which time zones a recipient may be, by their number or by a field of their row.

A number says where it was given out. A landline's area code (and in North America anybody's) is a
place; a mobile number says only the country, which may have many zones. The facts are
libphonenumber's (the time zone metadata of the `phonenumbers` package), read a hundred times faster
than by `phonenumbers.timezone`, and never more narrowly except where said below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberType
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA

from campaigns.scheduling.clocks import offsets
from campaigns.scheduling.hours import HORIZON
from recipients.phone_patterns import LANDLINE, MOBILE, accepted_abroad

Zones = tuple[str, ...]


class ZoneDoubt(StrEnum):
    """Why somebody's own clock is not the one that their row names, or not known at all."""

    # A cell of the list's column that names no zone: the number tells instead.
    NO_SUCH_ZONE = "no_such_zone"
    # A number that belongs to no country, such as a satellite phone.
    NOWHERE = "nowhere"
    # Zones so far apart that their sending hours never meet.
    NO_COMMON_HOURS = "no_common_hours"


class PhoneZones:
    """The zones numbers may be in, from `start` on for a year.

    Of zones whose clocks agree for that time one is named, the one most numbers belong to: London
    stands for Guernsey.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._finders: dict[str, Callable[[str], Zones] | None] = {}
        self._reduced: dict[Zones, Zones] = {}

    def of(self, phone: str) -> Zones:
        """The possible zones of a number in E.164, in order of name; none if it is of no country.

        Longer lists mean less knowledge: a Russian mobile number may be anywhere from Kaliningrad
        to Kamchatka.
        """
        digits = phone[1:]
        # No calling code is the beginning of another (ITU-T E.164).
        for length in (2, 1, 3):
            code = digits[:length]
            if code not in self._finders:
                self._finders[code] = self._finder(code)
            finder = self._finders[code]
            if finder is not None:
                return finder(digits)
        return ()

    def _finder(self, code: str) -> Callable[[str], Zones] | None:
        """What tells the zones of numbers (digits with calling code `code`); None: no such code."""
        if not code.isdecimal() or int(code) not in COUNTRY_CODE_TO_REGION_CODE:
            return None
        places = {key: zones for key, zones in TIMEZONE_DATA.items() if key.startswith(code)}
        country = self._all_of(places)
        if len(country) < 2:
            return lambda _digits: country
        by_place = self._by_place(places)
        if code == "1":
            # An area code of the North American plan belongs to one place for mobiles as well.
            return by_place
        is_place = {LANDLINE}
        if is_number_type_geographical(PhoneNumberType.MOBILE, int(code)):
            is_place.add(MOBILE)
        anywhere = self._russia_or_kazakhstan(places) if code == "7" else lambda _digits: country

        def find(digits: str) -> Zones:
            return by_place(digits) if accepted_abroad(digits) in is_place else anywhere(digits)

        return find

    def _by_place(self, places: dict[str, Zones]) -> Callable[[str], Zones]:
        """Find the zones by the longest known beginning of a number."""
        reduced = {key: self._one_per_clock(zones) for key, zones in places.items()}
        lengths = sorted({len(key) for key in places}, reverse=True)

        def find(digits: str) -> Zones:
            for length in lengths:
                found = reduced.get(digits[:length])
                if found is not None:
                    return found
            return ()

        return find

    def _russia_or_kazakhstan(self, places: dict[str, Zones]) -> Callable[[str], Zones]:
        """+76 and +77 are Kazakhstan's, all the rest of +7 is Russia's."""
        kazakh = {key: zones for key, zones in places.items() if key[1:2] in ("6", "7")}
        russian = {key: places[key] for key in places.keys() - kazakh.keys() - {"7"}}
        here, there = self._all_of(kazakh), self._all_of(russian)
        return lambda digits: here if digits[1:2] in ("6", "7") else there

    def _all_of(self, places: dict[str, Zones]) -> Zones:
        return self._one_per_clock({zone for zones in places.values() for zone in zones})

    def _one_per_clock(self, zones: Iterable[str]) -> Zones:
        given = tuple(sorted(zones))
        if given not in self._reduced:
            by_clock: dict[object, str] = {}
            for zone in sorted(given, key=lambda name: (-popularity()[name], name)):
                clock = offsets(zone, self._start, self._start + HORIZON)
                by_clock.setdefault(clock, zone)
            self._reduced[given] = tuple(sorted(by_clock.values()))
        return self._reduced[given]


@cache
def popularity() -> Counter[str]:
    """How many beginnings of numbers belong to each zone."""
    return Counter(zone for zones in TIMEZONE_DATA.values() for zone in zones)
