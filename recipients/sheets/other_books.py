"""Workbooks by calamine: XLSB files, and whatever our own readers do not know.

It does not tell what is hidden but sheets, nor how numbers are shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from recipients.sheets.books import BookRow, BookSheet, EncryptedBook, SheetName, UnreadableBook
from recipients.sheets.numbers import as_general

_Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


class OtherBook:
    """Any workbook. Raises EncryptedBook, and UnreadableBook for what is none."""

    active = ""
    tells_hidden = False

    def __init__(self, path: Path) -> None:
        try:
            self._book = CalamineWorkbook.from_path(path)
        except PasswordError as error:
            raise EncryptedBook from error
        except CalamineError as error:
            raise UnreadableBook from error
        self.sheets = [
            SheetName(one.name, one.visible is not SheetVisibleEnum.Visible)
            for one in self._book.sheets_metadata
            if one.typ is SheetTypeEnum.WorkSheet
        ]

    def sheet(self, name: str) -> BookSheet:
        """Begin to read a sheet; raises UnreadableBook."""
        try:
            sheet = self._book.get_sheet_by_name(name)
        except CalamineError as error:
            raise UnreadableBook from error
        merges = [
            (first[0] + 1, last[0] + 1, first[1])
            for first, last in sheet.merged_cell_ranges or ()
            if last[0] > first[0]
        ]
        return BookSheet(_rows(sheet), merges=merges)


def _rows(sheet: CalamineSheet) -> Iterator[BookRow]:
    left = [""] * (sheet.start[1] if sheet.start else 0)
    # The library's rows begin at row 1 of the sheet.
    for number, row in enumerate(sheet.iter_rows(), 1):
        yield BookRow(number, [*left, *map(cell_text, row)])


def cell_text(cell: _Cell) -> str:
    """A value without its format."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return as_general(cell)
    if isinstance(cell, dt.datetime):
        is_day = cell.time() == dt.time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "minutes")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
