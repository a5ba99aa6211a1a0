"""A file of people who opted out: it goes the way of every file, but into the register.

Any number of columns may hold phones, and a cell several of them: each number that can be read
counts. A row in which something cannot be read is told, whatever else of it was entered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from recipients import claiming
from recipients.files.column_guessing import phone_candidates
from recipients.files.columns import Column, ColumnRole
from recipients.files.country_cells import country_of_row
from recipients.files.pasting import DATE, Pasted, numbers_in_cell
from recipients.files.row_sources import Row
from recipients.files.seen_phones import DistinctPhones, SeenPhones
from recipients.imports.judging import (
    FIRST_DOUBTFUL,
    FIRST_REJECTED,
    FIRST_ROWS,
    PEOPLE_A_QUERY,
    Judgement,
    Known,
    has_country_code,
    nobody,
    shown_row,
)
from recipients.models import ListImport, OptOut, RejectedRow
from recipients.opting_out.opt_outs import add_opt_outs
from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader, Rejection
from recipients.phone_text import PhoneFault
from recipients.subscriber_keys import subscriber_key

_ROWS_A_CHUNK = 5_000


class OptOutRow(NamedTuple):
    """The numbers of a row as written and as read; why something in it is none, or ""."""

    phones: list[tuple[str, Phone]]
    reason: str


class OptOutReader:
    """Reads the phones of rows, by the columns that hold them."""

    def __init__(self, columns: Sequence[Column], country: str) -> None:
        def places(role: ColumnRole) -> list[int]:
            return [index for index, column in enumerate(columns) if column.role is role]

        self._places = places(ColumnRole.PHONE)
        self._country = next(iter(places(ColumnRole.COUNTRY)), None)
        self._home = country
        self._reader_for = cache(lambda place, country: PhoneReader(country, columns[place].turned))

    def pieces_at(self, place: int, cells: Sequence[str]) -> list[Pasted]:
        """The numbers in a cell of a row, and what in it is none; nothing of an empty one."""
        text = cells[place] if place < len(cells) else ""
        return cell_pieces(text, self._reader_for(place, self._country_of(cells)))

    def _country_of(self, cells: Sequence[str]) -> str:
        """The country that a row names for itself, or the team's; "" for one nobody knows."""
        named = country_of_row(cells, self._country, self._home)
        return "" if named is None else named or self._home

    def read(self, cells: Sequence[str]) -> OptOutRow:
        """What a row says."""
        pieces = [piece for place in self._places for piece in self.pieces_at(place, cells)]
        phones = [(one.written, one.answer) for one in pieces if isinstance(one.answer, Phone)]
        reasons = [one.answer.reason for one in pieces if not isinstance(one.answer, Phone)]
        if not pieces:
            reasons = [PhoneFault.EMPTY]
        return OptOutRow(phones, reasons[0] if reasons else "")


def cell_pieces(text: str, phones: PhoneReader) -> list[Pasted]:
    """The numbers of one cell, and what in it is none; nothing of an empty one."""
    return list(numbers_in_cell(text, phones)) if text.strip() else []


def opt_out_columns(
    columns: Sequence[Column], sample: Sequence[Sequence[str]], reader: PhoneReader
) -> list[Column]:
    """The columns with their roles in a file of opt-outs: every one that may hold phones does.

    Whether by its name or by its values. But not one with the same number in every row, beside
    others: it is the team's own, as in a log of messages.
    """
    by_name = phone_candidates([column.header for column in columns], sample, reader)
    by_value = [index for index in range(len(columns)) if _holds_numbers(reader, sample, index)]
    candidates = sorted({*by_name, *by_value})
    varied = [index for index in candidates if not _is_always_the_same(sample, index)]
    phones = set(varied or candidates)
    return [
        replace(column, role=_role(column, index in phones)) for index, column in enumerate(columns)
    ]


def _role(column: Column, is_phone: bool) -> ColumnRole:
    if is_phone:
        return ColumnRole.PHONE
    return ColumnRole.COUNTRY if column.role is ColumnRole.COUNTRY else ColumnRole.SKIP


def _holds_numbers(reader: PhoneReader, sample: Sequence[Sequence[str]], index: int) -> bool:
    """Whether most of a column's filled cells have numbers in them; a date is none."""
    cells = [cells[index].strip() for cells in sample if index < len(cells)]
    filled = [cell for cell in cells if cell]
    with_numbers = sum(
        not DATE.fullmatch(cell)
        and any(_is_likely(piece.answer) for piece in cell_pieces(cell, reader))
        for cell in filled
    )
    return with_numbers * 2 > len(filled)


def _is_likely(answer: Phone | Rejection) -> bool:
    return isinstance(answer, Phone) and answer.doubt is not PhoneDoubt.NOT_ASSIGNED


def _is_always_the_same(sample: Sequence[Sequence[str]], index: int) -> bool:
    values = [cells[index].strip() for cells in sample if index < len(cells)]
    return len(values) > 1 and len(set(values)) == 1


def judge_opt_outs(
    rows: Iterable[Row],
    columns: Sequence[Column],
    country: str,
    *,
    limit: int | None = None,
    register: Known = nobody,
) -> Judgement:
    """Judge a file's rows; `ready` are people, `duplicates` the same number again.

    `register` counts those of some people, by their keys, that have opted out before. Raises
    FileProblem.
    """
    reader = OptOutReader(columns, country)
    judgement, distinct = Judgement(), DistinctPhones()
    rejected, doubts = Counter[str](), Counter[str]()
    for number, cells in rows:
        if judgement.rows == limit:
            break
        judgement.rows += 1
        row = reader.read(cells)
        for written, phone in row.phones:
            distinct.add(subscriber_key(phone.e164))
            judgement.duplicates += 1
            judgement.international += has_country_code(written, *phone)
        row_doubts = {phone.doubt for _, phone in row.phones if phone.doubt}
        doubts.update(row_doubts)
        if row.reason:
            rejected[row.reason] += 1
        is_new = any(doubts[doubt] <= FIRST_DOUBTFUL for doubt in row_doubts)
        is_odd = row.reason and rejected.total() <= FIRST_REJECTED
        if judgement.rows <= FIRST_ROWS or is_new or is_odd:
            judgement.sample.append(replace(shown_row(number, cells), reason=row.reason))
    else:
        judgement.is_whole = True
    judgement.rejected, judgement.doubts = dict(rejected.most_common()), dict(doubts.most_common())
    judgement.ready, _ = distinct.count()
    judgement.duplicates -= judgement.ready
    for keys in distinct.batches(PEOPLE_A_QUERY):
        judgement.opted_out += register(keys)
    return judgement


def enter_opt_outs(claimed: ListImport, rows: Iterable[Row], columns: Sequence[Column]) -> None:
    """Enter the phones of a confirmed file into the register, chunk by chunk.

    Goes on behind the rows that are done. Raises FileProblem and ClaimLost.
    """
    reader, seen = OptOutReader(columns, claimed.default_country), SeenPhones()
    rest = iter(rows)
    for _, cells in islice(rest, claimed.rows_done):
        seen.add_all(subscriber_key(phone.e164) for _, phone in reader.read(cells).phones)
    while chunk := list(islice(rest, _ROWS_A_CHUNK)):
        phones: list[str] = []
        rejected: list[RejectedRow] = []
        for number, cells in chunk:
            row = reader.read(cells)
            phones += [one.e164 for _, one in row.phones if not seen.add(subscriber_key(one.e164))]
            if row.reason:
                rejected.append(_rejected(claimed, number, row.reason, cells))
        _write_chunk(claimed, len(chunk), phones, rejected)


def _rejected(claimed: ListImport, number: int, reason: str, cells: list[str]) -> RejectedRow:
    return RejectedRow(list_import=claimed, row_number=number, code=reason, cells=cells)


def _write_chunk(
    claimed: ListImport, rows: int, phones: Sequence[str], rejected: Sequence[RejectedRow]
) -> None:
    source, by = OptOut.Source.FILE, claimed.uploaded_by
    with transaction.atomic():
        claiming.renew_claim(claimed)
        added = add_opt_outs(claimed.team, phones, source, by, claimed.note)
        RejectedRow.objects.bulk_create(rejected, batch_size=1_000)
        claiming.held(claimed).update(
            attempts=0,
            rows_done=F("rows_done") + rows,
            recipient_count=F("recipient_count") + added.new,
            duplicate_count=F("duplicate_count") + added.known,
            rejected_count=F("rejected_count") + len(rejected),
        )
