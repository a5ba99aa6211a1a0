"""One row of a file: the recipient in it, or the reason why there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from recipients.files.columns import Column, ColumnRole
from recipients.files.opt_out_words import says_opted_out
from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader

MAX_NAME = 200
# Zero-width joiners belong to words of Persian and Indic scripts and to emoji.
_JOINERS = frozenset("\u200c\u200d")


class RowReason(StrEnum):
    """Reasons to reject a row that are not its phone number's."""

    TOO_MANY_CELLS = "too_many_cells"
    UNCLEAR_OPT_OUT = "unclear_opt_out"


class Accepted(NamedTuple):
    """A recipient: phone in E.164, name, the non-empty fields, and what is odd about the phone."""

    phone: str
    name: str
    fields: dict[str, str]
    doubt: PhoneDoubt | None
    # The file says so: nobody to be messaged.
    has_opted_out: bool = False


class RowReader:
    """Makes recipients of rows, by the roles of the columns. Exactly one must be the phone."""

    def __init__(self, columns: Sequence[Column], phones: PhoneReader) -> None:
        def places(role: ColumnRole) -> list[int]:
            return [index for index, column in enumerate(columns) if column.role is role]

        (self._phone,) = places(ColumnRole.PHONE)
        self._read_phone = phones.read
        self._opted_out = [(columns[at].header, at) for at in places(ColumnRole.OPTED_OUT)]
        self._width = len(columns)
        self._names = places(ColumnRole.NAME)
        self._fields = [(columns[index].name, index) for index in places(ColumnRole.FIELD)]

    def read(self, cells: list[str]) -> Accepted | str:
        """The recipient in a row's cells, or the code of the reason why there is none."""
        if len(cells) != self._width:
            if any(map(str.strip, cells[self._width :])):
                return RowReason.TOO_MANY_CELLS
            cells = cells + [""] * (self._width - len(cells))
        phone = self._read_phone(cells[self._phone])
        if not isinstance(phone, Phone):
            return phone.reason
        says = [says_opted_out(header, cells[at]) for header, at in self._opted_out]
        if True in says:
            return Accepted(phone[0], "", {}, phone[1], has_opted_out=True)
        if None in says:
            return RowReason.UNCLEAR_OPT_OUT
        if not "".join(cells).isprintable():
            cells = [printable(cell) for cell in cells]
        fields = {name: text for name, index in self._fields if (text := cells[index].strip())}
        return Accepted(phone[0], self._name(cells), fields, phone[1])

    def _name(self, cells: list[str]) -> str:
        if len(self._names) == 1:
            return cells[self._names[0]].strip()[:MAX_NAME]
        return " ".join(text for index in self._names if (text := cells[index].strip()))[:MAX_NAME]


def printable(text: str) -> str:
    """The text on one line, without control characters and marks that turn its direction."""
    return "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if character.isspace():
        return " "
    # Characters newer than this Python's tables, and private ones, may well mean something.
    return character if unicodedata.category(character) in ("Cn", "Co") else ""
