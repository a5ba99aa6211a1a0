"""One row of a file: the recipient in it, or the reason why there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from recipients.comparing import composed
from recipients.files.columns import FIELD_ROLES, Column, ColumnRole, phone_places
from recipients.files.country_cells import country_of_row
from recipients.files.opt_out_words import says_opted_out
from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader, Rejection
from recipients.phone_text import PhoneFault

MAX_NAME = 200
# What stands for the country of a row that names one which nobody knows.
UNKNOWN_COUNTRY = "?"
# Zero-width joiners belong to words of Persian and Indic scripts and to emoji.
_JOINERS = frozenset("\u200c\u200d")


_NOTHING = Rejection(PhoneFault.EMPTY)


class RowReason(StrEnum):
    """Reasons to reject a row that are not its phone number's."""

    TOO_MANY_CELLS = "too_many_cells"
    UNKNOWN_COUNTRY = "unknown_country"
    UNCLEAR_OPT_OUT = "unclear_opt_out"


class Accepted(NamedTuple):
    """A recipient: phone in E.164, name, the non-empty fields, and what is odd about the phone.

    `place` is the column the phone stands in, `country` the one that the row itself names.
    """

    phone: str
    name: str
    fields: dict[str, str]
    doubt: PhoneDoubt | None
    place: int
    country: str = ""
    # The file says so: nobody to be messaged.
    has_opted_out: bool = False


class Refused(NamedTuple):
    """No recipient: the code of the reason, the column where it lies, and its row's country."""

    reason: str
    place: int
    country: str = ""


class RowReader:
    """Makes recipients of rows, by the roles of the columns. Exactly one must be the phone.

    `default_country`: of the numbers with neither a country code nor a country in their row.
    """

    def __init__(self, columns: Sequence[Column], default_country: str) -> None:
        def places(role: ColumnRole) -> list[int]:
            return [index for index, column in enumerate(columns) if column.role is role]

        (self._phone,) = places(ColumnRole.PHONE)
        self._phones = phone_places(columns)
        self._country = next(iter(places(ColumnRole.COUNTRY)), None)
        self._default_country = default_country
        self._is_plain = len(self._phones) == 1 and self._country is None
        self._reader_for = cache(
            lambda place, country: PhoneReader(country, columns[place].turned).read
        )
        self._read_phone = self._reader_for(self._phone, default_country)
        self._opted_out = [(columns[at].header, at) for at in places(ColumnRole.OPTED_OUT)]
        self._width = len(columns)
        self._names = places(ColumnRole.NAME)
        self._fields = [
            (column.name, index)
            for index, column in enumerate(columns)
            if column.role in FIELD_ROLES
        ]

    def read(self, cells: list[str]) -> Accepted | Refused:
        """The recipient in a row's cells, or the reason why there is none."""
        if len(cells) != self._width:
            if any(map(str.strip, cells[self._width :])):
                return Refused(RowReason.TOO_MANY_CELLS, self._phone)
            cells = cells + [""] * (self._width - len(cells))
        place, country = self._phone, ""
        if self._is_plain:
            phone = self._read_phone(cells[place])
        else:
            country = self._country_of(cells)
            phone, place = self._first_usable(cells, country)
        if not isinstance(phone, Phone):
            if country == UNKNOWN_COUNTRY and phone.reason is PhoneFault.NO_COUNTRY:
                return Refused(RowReason.UNKNOWN_COUNTRY, self._country or 0, country)
            return Refused(phone.reason, place, country)
        if self._opted_out:
            says = [says_opted_out(header, cells[at]) for header, at in self._opted_out]
            if True in says:
                return Accepted(phone[0], "", {}, phone[1], place, country, has_opted_out=True)
            if None in says:
                return Refused(RowReason.UNCLEAR_OPT_OUT, place, country)
        if not is_printable("".join(cells)):
            cells = [printable(cell) for cell in cells]
        fields = {name: text for name, index in self._fields if (text := cells[index].strip())}
        return Accepted(phone[0], self._name(cells), fields, phone[1], place, country)

    def _country_of(self, cells: list[str]) -> str:
        """The country that a row names for itself: UNKNOWN_COUNTRY if nobody knows it, or ""."""
        country = country_of_row(cells, self._country, self._default_country)
        return UNKNOWN_COUNTRY if country is None else country

    def _first_usable(self, cells: list[str], country: str) -> tuple[Phone | Rejection, int]:
        """The first number that somebody may have, else the first possible one, else why not."""
        home = "" if country == UNKNOWN_COUNTRY else country or self._default_country
        best: tuple[Phone | Rejection, int] | None = None
        for place in self._phones:
            answer = self._reader_for(place, home)(cells[place])
            if isinstance(answer, Phone):
                if answer.doubt is not PhoneDoubt.NOT_ASSIGNED:
                    return answer, place
                if best is None or not isinstance(best[0], Phone):
                    best = answer, place
            elif best is None or (best[0] == _NOTHING != answer):
                best = answer, place
        assert best is not None, "there is always a phone column"
        return best

    def _name(self, cells: list[str]) -> str:
        if len(self._names) == 1:
            return cells[self._names[0]].strip()[:MAX_NAME]
        return " ".join(text for index in self._names if (text := cells[index].strip()))[:MAX_NAME]


def is_printable(text: str) -> bool:
    """Whether `printable` leaves a text, and every part of it, as it is."""
    return text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))


def printable(text: str) -> str:
    """The text as it is stored.

    It stands on one line, without control characters and marks that turn its direction, and each of
    its letters is one character with its accents (NFC).
    """
    if not text.isprintable():
        text = "".join(map(_printable_character, text))
    return composed(text)


def _printable_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if character.isspace():
        return " "
    # Characters newer than this Python's tables, and private ones, may well mean something.
    return character if unicodedata.category(character) in ("Cn", "Co") else ""
