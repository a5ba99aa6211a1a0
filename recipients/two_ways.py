"""Numbers that can be read in two ways: which they are, and what a column's own numbers say of it.

49151… is a landline of a German town if taken by the letter, and in nearly every list a mobile that
a spreadsheet took the plus from. One number cannot tell; the column it stands in mostly can.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from phonenumbers import country_code_for_region

from recipients.phone_numbers import Ambiguity, Phone, PhoneDoubt, PhoneReader, Rejection
from recipients.phone_text import is_marked


class TwoWays(NamedTuple):
    """Both readings of a number: the usual one, and the one where its `ambiguity` is turned."""

    ambiguity: Ambiguity
    usual: Phone | Rejection
    turned: Phone | Rejection


class AmbiguityFinder:
    """Finds what can be read in two ways among the numbers of one country."""

    def __init__(self, default_country: str) -> None:
        self._usual = PhoneReader(default_country)
        self._turned = {kind: PhoneReader(default_country, [kind]) for kind in Ambiguity}
        self._own_code = f"+{country_code_for_region(default_country)}"

    def find(self, raw: str, usual: Phone | Rejection | None = None) -> TwoWays | None:
        """Both readings of a cell, or None where there is only one.

        `usual` is the usual reading, where it is known already.
        """
        if self._usual.is_certain(raw):
            return None
        usual = usual or self._usual.read(raw)
        # What is refused in the usual reading is so in every other.
        if not isinstance(usual, Phone):
            return None
        ambiguity = Ambiguity.BOTH_WAYS
        if usual.doubt in _OF_DOUBT:
            ambiguity = _OF_DOUBT[usual.doubt]
            if ambiguity is Ambiguity.PLUS_ONLY and usual.e164.startswith(self._own_code):
                ambiguity = Ambiguity.OWN_CODE
        if ambiguity in (Ambiguity.BOTH_WAYS, Ambiguity.UNASSIGNED) and is_marked(raw):
            return None
        turned = self._turned[ambiguity].read(raw)
        return TwoWays(ambiguity, usual, turned) if usual != turned else None


_OF_DOUBT = {
    PhoneDoubt.PLUS_ADDED: Ambiguity.PLUS_ONLY,
    PhoneDoubt.NOT_ASSIGNED: Ambiguity.UNASSIGNED,
    PhoneDoubt.OVERSEAS: Ambiguity.OVERSEAS,
    PhoneDoubt.ZERO_ADDED: Ambiguity.ZERO,
}


def turned_by(cells: Iterable[str], default_country: str) -> tuple[Ambiguity, ...]:
    """In which ambiguities a column's own numbers say that they are meant in the other way.

    With a plus in front, if that gives mobiles where most are none at home. Of the numbers that
    nobody has at home, most must be mobiles then: one alone may be a slip of the hand.
    """
    finder, reader = AmbiguityFinder(default_country), PhoneReader(default_country)
    written = [cell for cell in cells if cell.strip() and not is_marked(cell)]
    found = [both for both in map(finder.find, written) if both is not None]
    turned = []
    both_ways = [both.usual for both in found if both.ambiguity is Ambiguity.BOTH_WAYS]
    at_home = sum(isinstance(usual, Phone) and usual.doubt is None for usual in both_ways)
    if at_home * 2 < len(both_ways) and is_common(len(both_ways), len(written)):
        turned.append(Ambiguity.BOTH_WAYS)
    unassigned = sum(map(_is_unassigned, map(reader.read, written)))
    abroad = sum(both.ambiguity is Ambiguity.UNASSIGNED for both in found)
    if abroad > 1 and abroad * 2 > unassigned:
        turned.append(Ambiguity.UNASSIGNED)
    return tuple(turned)


def _is_unassigned(answer: Phone | Rejection) -> bool:
    return isinstance(answer, Phone) and answer.doubt is PhoneDoubt.NOT_ASSIGNED


def is_common(both_ways: int, numbers: int) -> bool:
    """Whether so many of a column's numbers without a plus are so that it is no accident.

    A few of any list are numbers elsewhere too: +1 248 251 2345 is in Detroit, +248 2 512 345 on
    the Seychelles.
    """
    return both_ways * 2 >= numbers > 0
