"""From what people write in spreadsheets to E.164, or to the reason why not.

The judge is libphonenumber's metadata (the `phonenumbers` package). What is written plainly is
read by `phone_patterns` at once; everything else is read strictly first and leniently second:
up to 3% of the numbers in real files are nearly right (stray zeros, a lost plus, marks copied
along), and a wrong guess reaches a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneNumberType,
    ValidationResult,
)

from recipients import number_changes
from recipients.phone_patterns import MOBILE, accepted_abroad, home_country
from recipients.phone_text import (
    BEFORE_PLUS,
    DIGIT,
    PhoneFault,
    damage_of,
    digits_of,
    undecorated,
    unglued_decimal,
)


class PhoneDoubt(StrEnum):
    """Why a number that is kept deserves a look all the same."""

    NOT_ASSIGNED = "not_assigned"
    NOT_MOBILE = "not_mobile"
    PLUS_ADDED = "plus_added"
    ZERO_ADDED = "zero_added"
    RENUMBERED = "renumbered"
    OVERSEAS = "overseas"
    DEAR = "dear"


class Phone(NamedTuple):
    """A number that can be messaged: "+" and 7 to 15 digits (ITU-T E.164), and what is odd."""

    e164: str
    doubt: PhoneDoubt | None = None


class Rejection(NamedTuple):
    """A cell that is no phone number."""

    reason: PhoneFault


class Ambiguity(StrEnum):
    """Why a number can be read in two ways. The column it stands in decides, or a person does."""

    # Begins with home's code: with a plus in front a mobile, as dialled at home none.
    OWN_CODE = "own_code"
    # A number at home, and with a plus in front a mobile elsewhere: read as dialled at home.
    BOTH_WAYS = "both_ways"
    # Possible at home, but nobody has it, and with a plus in front a mobile elsewhere: read as at
    # home, as one number alone may be a slip of the hand.
    UNASSIGNED = "unassigned"
    # None at home, valid with a plus in front.
    PLUS_ONLY = "plus_only"
    # None at home, a mobile in a territory that shares home's dialling.
    OVERSEAS = "overseas"
    # None as it stands, a mobile once a spreadsheet's zero is put back.
    ZERO = "zero"


_PLUS_IF_TURNED = (Ambiguity.BOTH_WAYS, Ambiguity.UNASSIGNED)
_PLAIN = re.compile("[ '(\\t]*(\\+|00)?([0-9(][0-9 ()\N{NO-BREAK SPACE}-]{5,30})\\Z").match
# Digits of a number with its calling code (ITU-T E.164).
_SHORTEST, _LONGEST = 7, 15
_ANSWERS_KEPT, _LONGEST_KEPT = 1_000, 30
_PUNCTUATION = " ()-\N{NO-BREAK SPACE}".encode()


class PhoneReader:
    """Reads phone numbers; those without a country code are from `default_country`.

    `default_country`: ISO 3166-1 alpha-2 in capitals, or "" to accept international numbers only.
    `turned`: in which ambiguities the numbers are read in the other way than usual. Raises
    ValueError for a country libphonenumber does not know.
    """

    def __init__(self, default_country: str, turned: Collection[str] = ()) -> None:
        self.default_country = default_country
        self._turned = frozenset(map(Ambiguity, turned))
        self._prefers_plus = not self._turned.isdisjoint(_PLUS_IF_TURNED)
        self._home = home_country(default_country) if default_country else None
        # What is no number comes again and again in a column: "n/a", "-", "unknown".
        self._known = lru_cache(_ANSWERS_KEPT)(self._read_thoroughly)

    def read(self, raw: str) -> Phone | Rejection:
        """The E.164 number in a cell, or the reason why there is none.

        The answer is `phonenumbers`' own for the text without its decoration: the first reading
        that is valid, else the first that is at least possible (with a doubt: people try things
        out with 555 numbers), else the reason for refusing the first.
        """
        # One dot may be a decimal point; between groups of digits there are more of them.
        plain = _PLAIN(raw if raw.count(".") < 2 else raw.replace(".", "-"))
        if plain is None or "(0)" in raw:
            return self._thoroughly(raw)
        sign, written = plain.groups()
        digits = _digits(written)
        if sign == "+" or (sign and self._is_abroad("00" + digits)):
            kind = accepted_abroad(digits)
            if kind and len(digits) <= _LONGEST:
                return Phone("+" + digits, None if kind == MOBILE else PhoneDoubt.NOT_MOBILE)
        elif sign or (self._prefers_plus and accepted_abroad(digits) == MOBILE):
            return self._thoroughly(raw)
        elif self._home is not None and (accepted := self._home.accepted(digits)):
            digits, kind = self._home.code + accepted[0], accepted[1]
            if len(digits) <= _LONGEST:
                return Phone("+" + digits, None if kind == MOBILE else PhoneDoubt.NOT_MOBILE)
        return self._thoroughly(raw)

    def is_certain(self, raw: str) -> bool:
        """Whether a cell is surely read in one way; quickly told for what is written plainly."""
        plain = _PLAIN(raw)
        if plain is None or self._home is None:
            return False
        digits = _digits(plain[2])
        kind = accepted_abroad(digits)
        if plain[1]:
            return plain[1] == "+" and kind != 0
        return kind != MOBILE and self._home.accepted(digits) is not None

    def _is_abroad(self, digits: str) -> bool:
        """Whether digits that begin with 00 can only be a number with its calling code."""
        if self._home is None:
            return True
        return self._home.uses_double_zero or self._home.cannot_dial(digits)

    def _thoroughly(self, raw: str) -> Phone | Rejection:
        return self._known(raw) if len(raw) <= _LONGEST_KEPT else self._read_thoroughly(raw)

    def _read_thoroughly(self, raw: str) -> Phone | Rejection:
        if not raw:
            return Rejection(PhoneFault.EMPTY)
        text = undecorated(raw)
        if damage := damage_of(text):
            return Rejection(damage)
        number = unglued_decimal(text)
        first = self._read_as_written(number)
        if isinstance(first, Phone) and first.doubt is not PhoneDoubt.NOT_ASSIGNED:
            return first
        if first == Rejection(PhoneFault.PREMIUM):
            return first
        return self._read_as_once_written(number) or _true_reason(first, text)

    def _read_as_written(self, text: str) -> Phone | Rejection:
        if lost := self._read_with_lost_plus(text) or self._read_as_if_abroad(text):
            return lost
        first: Phone | Rejection | None = None
        for number, plus_was_added in self._readings(text):
            answer = _judged(number, self.default_country or None)
            if answer == Rejection(PhoneFault.PREMIUM):
                # Valid as it is written: with a plus it would be a stranger's.
                return first if isinstance(first, Phone) else answer
            if isinstance(answer, Phone) and answer.doubt is not PhoneDoubt.NOT_ASSIGNED:
                # A plus added to a number that is possible at home would be a guess.
                if not plus_was_added:
                    return answer
                if not isinstance(first, Phone):
                    plus = Phone(answer.e164, PhoneDoubt.PLUS_ADDED)
                    return self._read_with_lost_zero(digits_of(text)) or plus
            if first is None or (
                isinstance(first, Rejection) and isinstance(answer, Phone) and not plus_was_added
            ):
                first = answer
        return first or Rejection(PhoneFault.EMPTY)

    def _read_with_lost_plus(self, text: str) -> Phone | None:
        """The mobile that digits make with a plus in front, where they begin with home's code.

        Only where at home they would be none: 49151… is a landline of a German town if taken by the
        letter, and in nearly every list a mobile that a spreadsheet took the plus from.
        """
        digits = digits_of(text)
        if self._home is None or text.lstrip(BEFORE_PLUS).startswith("+"):
            return None
        abroad = digits.removeprefix("00")
        if not abroad.startswith(self._home.code):
            return None
        answer = _judged("+" + abroad, None)
        if not isinstance(answer, Phone) or answer.doubt is not None:
            return None
        if digits != abroad:
            return answer
        at_home = _judged(digits, self.default_country)
        if at_home == answer:
            return answer
        if Ambiguity.OWN_CODE in self._turned:
            return None
        is_mobile = isinstance(at_home, Phone) and at_home.doubt is None
        return None if is_mobile else Phone(answer.e164, PhoneDoubt.PLUS_ADDED)

    def _read_as_if_abroad(self, text: str) -> Phone | None:
        """The mobile that digits make with a plus in front, where that is how they are meant."""
        digits = digits_of(text)
        if not self._prefers_plus or text.lstrip(BEFORE_PLUS).startswith("+"):
            return None
        if self._begins_with_own_code(digits) or not _is_mobile(digits):
            return None
        at_home = _judged(digits, self.default_country or None)
        if not isinstance(at_home, Phone) or at_home.e164 == f"+{digits}":
            return None
        is_unassigned = at_home.doubt is PhoneDoubt.NOT_ASSIGNED
        ambiguity = Ambiguity.UNASSIGNED if is_unassigned else Ambiguity.BOTH_WAYS
        return Phone(f"+{digits}", PhoneDoubt.PLUS_ADDED) if ambiguity in self._turned else None

    def _begins_with_own_code(self, digits: str) -> bool:
        return self._home is not None and digits.startswith(self._home.code)

    def _read_as_once_written(self, text: str) -> Phone | None:
        """The mobile that a number which is none today has become, or was before it was damaged."""
        digits = digits_of(text)
        if text.lstrip(BEFORE_PLUS).startswith("+") or digits.startswith("00"):
            return self._read_by_other_plans(_split(digits.lstrip("0")))
        at_home = [(self._home.code, digits)] if self._home is not None else []
        return (
            self._read_by_other_plans(at_home)
            or self._read_with_lost_zero(digits)
            or self._read_by_other_plans(_split(digits))
        )

    def _read_by_other_plans(self, ways: Iterable[tuple[str, str]]) -> Phone | None:
        """The mobile that (calling code, the digits behind it) once meant, or means overseas."""
        for code, national in ways:
            readings = [(PhoneDoubt.RENUMBERED, number_changes.as_renumbered(code, national))]
            if Ambiguity.OVERSEAS not in self._turned:
                alike = number_changes.as_dialled_alike(code, national)
                readings.append((PhoneDoubt.OVERSEAS, alike))
            for doubt, numbers in readings:
                valid = set(filter(_is_mobile, numbers))
                if len(valid) == 1:
                    return Phone(f"+{valid.pop()}", doubt)
        return None

    def _read_with_lost_zero(self, digits: str) -> Phone | None:
        """The mobile at home that digits make with the zero in front that a spreadsheet took."""
        if self._home is None or Ambiguity.ZERO in self._turned:
            return None
        whole = _judged("0" + digits, self.default_country)
        if isinstance(whole, Phone) and whole.doubt is None:
            return Phone(whole.e164, PhoneDoubt.ZERO_ADDED)
        return None

    def _readings(self, text: str) -> Iterator[tuple[str, bool]]:
        """Yield (number, whether its plus was added) in the order of trust."""
        digits = digits_of(text)
        # No calling code begins with 0: "+0044…" and "0+44…" can only be a spreadsheet's zeros.
        abroad = "+" + digits.lstrip("0")
        # Where 0 is no national prefix, the library does not understand "+34 (0) 6…".
        abroad_without_zero = "+" + digits_of(text.replace("(0)", "", 1)).lstrip("0")
        if text.lstrip(BEFORE_PLUS).startswith("+"):
            yield abroad, False
            yield abroad_without_zero, False
            return
        yield digits, False
        if digits.startswith("00"):
            yield abroad, False
            yield abroad_without_zero, False
        own = self._begins_with_own_code(digits)
        if (Ambiguity.OWN_CODE if own else Ambiguity.PLUS_ONLY) not in self._turned:
            yield "+" + digits, True


def _digits(written: str) -> str:
    """The digits of a number that is written plainly."""
    if written.isdecimal():
        return written
    return written.encode().translate(None, _PUNCTUATION).decode()


# --- The library's judgement ----------------------------------------------------------------------

_PARSING_FAILED = {
    NumberParseException.INVALID_COUNTRY_CODE: PhoneFault.UNKNOWN_COUNTRY_CODE,
    NumberParseException.NOT_A_NUMBER: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_SHORT_AFTER_IDD: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_LONG: PhoneFault.TOO_LONG,
}
_IMPOSSIBLE = {
    ValidationResult.INVALID_COUNTRY_CODE: PhoneFault.UNKNOWN_COUNTRY_CODE,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: PhoneFault.NO_AREA_CODE,
    ValidationResult.TOO_SHORT: PhoneFault.TOO_SHORT,
    ValidationResult.TOO_LONG: PhoneFault.TOO_LONG,
    ValidationResult.INVALID_LENGTH: PhoneFault.WRONG_LENGTH,
}
_COSTLY = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
# Where numbers of the whole world are: Inmarsat, and satellite phones (ITU-T E.164).
_SATELLITE = {870, 881}
_NOT_MOBILE = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}


def _split(digits: str) -> Iterator[tuple[str, str]]:
    """Yield (calling code, the digits behind it) of digits that begin with one."""
    for length in (1, 2, 3):
        if digits[:length] and int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            yield digits[:length], digits[length:]


def _is_mobile(digits: str) -> bool:
    """Whether calling code and number are a mobile's."""
    return _judged("+" + digits, None) == Phone("+" + digits)


def _true_reason(answer: Phone | Rejection, text: str) -> Phone | Rejection:
    """The answer, unless the text is only too long because it is two numbers side by side."""
    if answer == Rejection(PhoneFault.TOO_LONG):
        sizes = [len(DIGIT.findall(piece)) for piece in text.split(" ")]
        if sum(size >= _SHORTEST for size in sizes) > 1:
            return Rejection(PhoneFault.SEVERAL_NUMBERS)
    return answer


def _judged(number: str, country: str | None) -> Phone | Rejection:
    """The library's answer to "+" and digits, or to digits dialled in `country`."""
    if country is None and not number.startswith("+"):
        return Rejection(PhoneFault.NO_COUNTRY)
    try:
        parsed = phonenumbers.parse(number, country)
    except NumberParseException as failure:
        return Rejection(_PARSING_FAILED[failure.error_type])
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if len(e164) - 1 > _LONGEST:
        return Rejection(PhoneFault.TOO_LONG)
    if len(e164) - 1 < _SHORTEST:
        return Rejection(PhoneFault.TOO_SHORT)
    if phonenumbers.is_valid_number(parsed):
        kind = phonenumbers.number_type(parsed)
        if kind in _COSTLY:
            return Rejection(PhoneFault.PREMIUM)
        return Phone(e164, _doubt_about(parsed, kind))
    possible = phonenumbers.is_possible_number_with_reason(parsed)
    if possible in _IMPOSSIBLE:
        return Rejection(_IMPOSSIBLE[possible])
    # Some that are possible lose a zero when they are read again: then nobody can dial them.
    if _read_again(e164) != parsed:
        return Rejection(PhoneFault.WRONG_LENGTH)
    return Phone(e164, PhoneDoubt.NOT_ASSIGNED)


def _doubt_about(parsed: phonenumbers.PhoneNumber, kind: int) -> PhoneDoubt | None:
    if kind == PhoneNumberType.PERSONAL_NUMBER or parsed.country_code in _SATELLITE:
        return PhoneDoubt.DEAR
    return PhoneDoubt.NOT_MOBILE if kind in _NOT_MOBILE else None


def _read_again(e164: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164, None)
    except NumberParseException:
        return None
