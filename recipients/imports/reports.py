"""The rejected rows as a file: the person's own columns, plus where and why.

Ready to be corrected and uploaded again: our columns are left out when it comes back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.conf import settings

from recipients.files.columns import Column, own_columns, own_headers
from recipients.files.row_sources import ReadOptions, data_rows
from recipients.files.rows import Refused, RowReader
from recipients.files.spreadsheet_cells import safe_cell
from recipients.files.storing import rows_path
from recipients.imports.opt_out_files import OptOutReader
from recipients.models import ListImport, RejectedRow
from recipients.sentences import REJECTIONS

_ROWS_A_PIECE = 500

Rejected = tuple[int, str, Sequence[str]]
# The code of why a row is none, or "".
ReasonOf = Callable[[list[str]], str]


def rejected_rows_csv(list_import: ListImport) -> Iterator[bytes]:
    """Yield the file in pieces: from the stored file before the import, else from the database.

    Raises FileProblem or FileNotFoundError when the stored file cannot be read.
    """
    before = list_import.state == ListImport.State.CHECKING
    rows = _judged_again(list_import) if before else _stored(list_import)
    headers = [column["header"] or column["name"] for column in list_import.columns]
    yield "\ufeff".encode()
    yield from _written(headers, rows, ReadOptions.from_json(list_import.reading).delimiter)


def _written(headers: Sequence[str], rows: Iterable[Rejected], delimiter: str) -> Iterator[bytes]:
    piece = io.StringIO()
    writer = csv.writer(piece, delimiter=delimiter)
    # Ours come first: a row with more cells than columns would push them out of their places.
    # Of a report that came back, ours are written anew.
    own = own_columns(headers)
    writer.writerow([*own_headers(), *map(safe_cell, headers[own:])])
    for count, (number, code, cells) in enumerate(rows, 1):
        words = REJECTIONS[code]
        writer.writerow([number, words.short, words.cure, *map(safe_cell, cells[own:])])
        if count % _ROWS_A_PIECE == 0:
            yield piece.getvalue().encode("utf-8", errors="replace")
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode("utf-8", errors="replace")


def _stored(list_import: ListImport) -> Iterator[Rejected]:
    rejected = RejectedRow.objects.filter(list_import=list_import).order_by("row_number")
    for row in rejected.iterator(_ROWS_A_PIECE):
        yield row.row_number, row.code, row.cells


def _judged_again(list_import: ListImport) -> Iterator[Rejected]:
    columns = [Column.from_json(column) for column in list_import.columns]
    reason = _opt_out_reason if list_import.is_for_opt_outs else _row_reason
    reason_of = reason(columns, list_import.default_country)
    reading = ReadOptions.from_json(list_import.reading)
    rows = data_rows(
        rows_path(list_import.stored_name, reading),
        reading,
        max_columns=settings.IMPORT_MAX_COLUMNS,
        max_rows=settings.IMPORT_MAX_ROWS,
    )
    for number, cells in rows:
        if code := reason_of(cells):
            yield number, code, cells


def _row_reason(columns: Sequence[Column], country: str) -> ReasonOf:
    reader = RowReader(columns, country)

    def reason_of(cells: list[str]) -> str:
        answer = reader.read(cells)
        return answer.reason if isinstance(answer, Refused) else ""

    return reason_of


def _opt_out_reason(columns: Sequence[Column], country: str) -> ReasonOf:
    reader = OptOutReader(columns, country)
    return lambda cells: reader.read(cells).reason
