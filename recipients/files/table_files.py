"""A table as a file: CSV piece by piece, XLSX in memory that does not grow with it.

Every cell is text, and no spreadsheet takes one for a formula. Phones stay E.164.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import xlsxwriter

from recipients.files.spreadsheet_cells import phone_cell, safe_cell

Rows = Sequence[Sequence[str]]

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A sheet of Excel has 1,048,576 rows (Excel specifications and limits); one is the header.
ROWS_A_SHEET = 1_000_000
_LONGEST_CELL = 32_767


def csv_pieces(header: Sequence[str], chunks: Iterable[Rows]) -> Iterator[bytes]:
    """Yield CSV (UTF-8 with BOM, for Excel); the first cell of each row may be a phone."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    writer.writerow(map(safe_cell, header))
    yield "\ufeff".encode()
    for rows in chunks:
        for first, *others in rows:
            writer.writerow([phone_cell(first), *map(safe_cell, others)])
        yield piece.getvalue().encode("utf-8", errors="replace")
        piece.seek(0)
        piece.truncate()
    yield piece.getvalue().encode("utf-8", errors="replace")


def write(path: Path, file_format: str, header: Sequence[str], chunks: Iterable[Rows]) -> None:
    """Write the table as a new file, "csv" or "xlsx"."""
    if file_format == "xlsx":
        write_xlsx(path, header, chunks)
        return
    with path.open("xb") as file:
        file.writelines(csv_pieces(header, chunks))


def write_xlsx(path: Path, header: Sequence[str], chunks: Iterable[Rows]) -> None:
    """Write the table as a workbook; beyond a sheet's rows comes another sheet.

    Cells are strings, never formulas, links or numbers.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "tmpdir": str(path.parent),
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        sheet, at = _sheet(book, header, bold), 1
        for rows in chunks:
            for cells in rows:
                if at > ROWS_A_SHEET:
                    sheet, at = _sheet(book, header, bold), 1
                for column, text in enumerate(cells):
                    if text:
                        sheet.write_string(at, column, text[:_LONGEST_CELL])
                at += 1


def _sheet(
    book: xlsxwriter.Workbook, header: Sequence[str], bold: xlsxwriter.format.Format
) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header), 18)
    for column, text in enumerate(header):
        sheet.write_string(0, column, text, bold)
    return sheet
