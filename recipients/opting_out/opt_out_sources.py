"""Numbers for the register of opt-outs: pasted ones, and the phone column of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings

from recipients.files.column_guessing import (
    find_header,
    guess_columns,
    parted,
    phone_candidates,
    require_phone_column,
)
from recipients.files.columns import ColumnRole, own_headers
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.row_sources import ReadOptions, data_rows, guess_read_options, head
from recipients.phone_numbers import Phone, PhoneReader

MAX_ROWS = 100_000
# So many of the rejected ones are shown; all are counted.
SHOWN = 100
_ROWS_TO_GUESS_FROM = 200
_BETWEEN = re.compile(r"[\r\n,;\t]+")


@dataclass(frozen=True)
class Rejected:
    """Something that is no phone number: its line or row, as written, and the reason's code."""

    place: int
    text: str
    code: str


@dataclass
class Judged:
    """The numbers found, in E.164, and what was none: the first `SHOWN`, and how many in all."""

    phones: set[str] = field(default_factory=set)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_count: int = 0


def pasted(text: str, default_country: str) -> Judged:
    """Judge numbers that stand on lines of their own, or between commas, semicolons and tabs.

    The n-th filled piece has the place n.
    """
    pieces = (piece.strip() for piece in _BETWEEN.split(text))
    return _judged(enumerate(filter(None, pieces), 1), PhoneReader(default_country))


def in_file(path: Path, default_country: str) -> Judged:
    """Judge the phone column of a stored file, whose place is the row a spreadsheet shows.

    Raises FileProblem when it cannot be read, has not exactly one column that looks like phone
    numbers, or has more than `MAX_ROWS` rows. An empty cell is passed over.
    """
    phones = PhoneReader(default_country)
    reading, column = _phone_column(path, phones)
    rows = data_rows(path, reading, max_columns=settings.IMPORT_MAX_COLUMNS, max_rows=MAX_ROWS)
    cells = ((number, cells[column].strip()) for number, cells in rows if column < len(cells))
    return _judged(((number, text) for number, text in cells if text), phones)


def _judged(written: Iterable[tuple[int, str]], phones: PhoneReader) -> Judged:
    file = Judged()
    for place, text in written:
        answer = phones.read(text)
        if isinstance(answer, Phone):
            file.phones.add(answer.e164)
            continue
        file.rejected_count += 1
        if len(file.rejected) < SHOWN:
            file.rejected.append(Rejected(place, text[:100], answer.reason))
    return file


def _phone_column(path: Path, phones: PhoneReader) -> tuple[ReadOptions, int]:
    reading = guess_read_options(path, phones.default_country)
    first = head(path, reading, _ROWS_TO_GUESS_FROM, max_columns=settings.IMPORT_MAX_COLUMNS)
    if not first:
        raise FileProblem(FileFault.EMPTY)
    reading = replace(reading, header_row=find_header(first, phones))
    header, sample = parted(first, reading.header_row)
    columns = guess_columns(header, sample, phones, own_headers())
    headers = [column.header for column in columns]
    require_phone_column(columns, phone_candidates(headers, sample, phones))
    return reading, [column.role for column in columns].index(ColumnRole.PHONE)
