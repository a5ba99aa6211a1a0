"""The quick way to a phone number: patterns compiled once from libphonenumber's own metadata.

They only ever accept. A number they do not accept is not wrong, it is merely left to the library,
so that the answer is the library's in every case (a property test holds the two together).

Why: `phonenumbers` needs about 22 µs to parse, judge and format one number, that is 22 seconds for
a million rows; these patterns need about one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

# A pattern's `match`: of a text, or of what it holds from a place on.
Match = Callable[..., "re.Match[str] | None"]

# What `accepted` answers; the groups of the compiled patterns have these numbers.
MOBILE = 1
LANDLINE = 2

# Kinds that the library tries before mobile and fixed line (`number_type`), in no useful order.
_OTHER_KINDS = (
    *("premium_rate", "toll_free", "shared_cost", "voip"),
    *("personal_number", "pager", "uan", "voicemail"),
)


class CallingCode:
    """What the numbers under one country calling code look like.

    Several countries may share a code (+1, +7, +44): the first that claims a number decides, in
    the library's order.
    """

    def __init__(self, code: int) -> None:
        regions = COUNTRY_CODE_TO_REGION_CODE[code]
        countries = [_country(region, alone=len(regions) == 1) for region in regions]
        # Numbers of the whole world ("001": satellite, freephone) are left to the library.
        self._countries = [] if regions == ("001",) else countries
        # A national prefix in an international number, as in +44 (0)20…, is the library's affair.
        self._prefix = national_prefix(regions[0])

    def accepted(self, digits: str, start: int = 0) -> int:
        """MOBILE or LANDLINE for a national number that is surely one of the two, else 0.

        `digits`: ASCII digits; the number is what they hold from `start` to their end.
        """
        for must_begin, accepts, claims in self._countries:
            if must_begin is not None and not must_begin(digits, start):
                continue
            if match := accepts(digits, start):
                return match.lastindex or 0
            if must_begin is not None or (claims is not None and claims(digits, start)):
                return 0
        return 0

    def accepted_abroad(self, digits: str, start: int) -> int:
        """Like `accepted`, for a number that followed the calling code."""
        if self._prefix is not None and self._prefix(digits, start):
            return 0
        return self.accepted(digits, start)


class HomeCountry:
    """Reads numbers written as they are dialled inside one country."""

    def __init__(self, region: str) -> None:
        metadata = PhoneMetadata.metadata_for_region(region, None)
        if metadata is None:
            raise ValueError(f"no such country: {region!r}")
        self.code = str(metadata.country_code)
        self._calling_code = CallingCode(int(self.code))
        # In most countries "00" begins a number abroad; elsewhere it may begin one at home.
        self.uses_double_zero = metadata.international_prefix == "00"
        self._goes_abroad: Match = re.compile(metadata.international_prefix or "(?!)").match
        self._prefix = national_prefix(region)
        self._viable: Match = re.compile(rf"(?:{_pattern(metadata.general_desc)})\Z").match
        self._has_transform = bool(metadata.national_prefix_transform_rule)

    def cannot_dial(self, digits: str) -> bool:
        """Whether these digits, as dialled at home, are surely no number at all."""
        if self._has_transform or self._goes_abroad(digits) or self._viable(digits):
            return False
        prefix = self._prefix(digits) if self._prefix is not None else None
        return prefix is None or not self._viable(digits[prefix.end() :])

    def accepted(self, digits: str) -> tuple[str, int] | None:
        """The national number and its kind for digits as dialled at home, or None if unsure."""
        if self._goes_abroad(digits):
            return None
        if digits.startswith(self.code):
            # Either the calling code without its plus, or a number that happens to begin so.
            if self._viable(digits):
                return None
            digits = digits[len(self.code) :]
            if self._prefix is not None and self._prefix(digits):
                return None
        elif self._prefix is not None and (prefix := self._prefix(digits)):
            if self._has_transform or self._viable(digits):
                return None
            digits = digits[prefix.end() :]
        # The number may be of another country with the same calling code; then its length decides
        # whether the library would take off what was taken off here.
        kind = self._calling_code.accepted(digits) if self._viable(digits) else 0
        return (digits, kind) if kind else None


class _CallingCodes(dict[str, "CallingCode | None"]):
    """The patterns by the one to three digits of a calling code, made when first asked for."""

    def __missing__(self, digits: str) -> CallingCode | None:
        exists = digits[:1] not in {"", "0"} and int(digits) in COUNTRY_CODE_TO_REGION_CODE
        self[digits] = made = CallingCode(int(digits)) if exists else None
        return made


_CALLING_CODES = _CallingCodes()


def accepted_abroad(digits: str) -> int:
    """MOBILE or LANDLINE for calling code and number that are surely one of the two, else 0.

    No calling code is the beginning of another (ITU-T E.164), so that the order does not matter.
    """
    codes = _CALLING_CODES
    for length in (2, 1, 3):
        if code := codes[digits[:length]]:
            return code.accepted_abroad(digits, length)
    return 0


@cache
def home_country(region: str) -> HomeCountry:
    """The patterns of a country, given as ISO 3166-1 alpha-2 in capitals.

    Raises ValueError for a country that libphonenumber does not know.
    """
    return HomeCountry(region)


def national_prefix(region: str) -> Match | None:
    """The matcher of a country's national prefix at the start of a number; None if it has none."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or not metadata.national_prefix_for_parsing:
        return None
    return re.compile(metadata.national_prefix_for_parsing).match


def _country(region: str, *, alone: bool) -> tuple[Match | None, Match, Match | None]:
    """Return (must_begin, accepts, claims) of one country.

    A country with leading digits of its own claims all numbers that begin so; another one those
    it knows. One that has its calling code for itself need not claim anything.
    """
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None:
        return None, re.compile("(?!)").match, None
    general = _expression(metadata.general_desc)
    mobile, landline = _expression(metadata.mobile), _expression(metadata.fixed_line)
    others = _either(*(_expression(getattr(metadata, kind)) for kind in _OTHER_KINDS))
    accepts = re.compile(
        rf"(?={general}\Z)(?!{others}\Z)(?:({mobile})\Z|({landline})\Z)", re.ASCII
    ).match
    if alone:
        return None, accepts, None
    if metadata.leading_digits is not None:
        return re.compile(metadata.leading_digits, re.ASCII).match, accepts, None
    known = _either(others, mobile, landline)
    return None, accepts, re.compile(rf"(?={general}\Z){known}\Z", re.ASCII).match


def _expression(description: PhoneNumberDesc | None) -> str:
    """A description of numbers as a regular expression, its possible lengths included."""
    if description is None or not description.national_number_pattern:
        return _pattern(None)
    lengths = "|".join(rf"\d{{{length}}}" for length in description.possible_length if length > 0)
    ahead = rf"(?=(?:{lengths})\Z)" if lengths else ""
    return rf"(?:{ahead}(?:{_pattern(description)}))"


def _pattern(description: PhoneNumberDesc | None) -> str:
    return (description and description.national_number_pattern) or "(?!)"


def _either(*expressions: str) -> str:
    return f"(?:{'|'.join(expressions)})"
