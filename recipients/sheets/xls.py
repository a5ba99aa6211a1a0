"""XLS files of Excel 97 to 2003, by xlrd: it knows what is hidden and how numbers are shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import xlrd

from recipients.sheets.books import BookRow, BookSheet, EncryptedBook, SheetName, UnreadableBook
from recipients.sheets.format_codes import GENERAL, built_in
from recipients.sheets.numbers import as_general, formatter

# Formats from this number on are the file's own.
_OWN_FORMATS = 164


class XlsBook:
    """An XLS file. Raises EncryptedBook, and UnreadableBook for what xlrd cannot read."""

    tells_hidden = True

    def __init__(self, path: Path, short_date: str) -> None:
        try:
            self._book = xlrd.open_workbook(
                path,
                logfile=io.StringIO(),
                on_demand=True,
                formatting_info=True,
                ragged_rows=True,
                ignore_workbook_corruption=True,
            )
            book = self._book
            self.sheets = [
                SheetName(name, bool(book.sheet_by_name(name).visibility))
                for name in book.sheet_names()
            ]
        except Exception as error:  # xlrd fails in many ways at what it does not expect
            is_locked = isinstance(error, xlrd.XLRDError) and "encrypted" in str(error)
            raise (EncryptedBook if is_locked else UnreadableBook) from error
        seen = (name for name in book.sheet_names() if book.sheet_by_name(name).sheet_visible)
        self.active = next(seen, "")
        self._show = []
        for style in book.xf_list:
            own = book.format_map.get(style.format_key)
            is_own = own is not None and style.format_key >= _OWN_FORMATS
            code = own.format_str if is_own else built_in(style.format_key, short_date)
            self._show.append(formatter(code or GENERAL, is_1904=bool(book.datemode)))

    def sheet(self, name: str) -> BookSheet:
        """Begin to read a sheet."""
        sheet = self._book.sheet_by_name(name)
        hidden = {number for number, column in sheet.colinfo_map.items() if column.hidden}
        merges = [
            (first + 1, end, column)
            for first, end, column, _last in sheet.merged_cells
            if end > first + 1
        ]
        return BookSheet(self._rows(sheet), hidden_columns=hidden, merges=merges)

    def _rows(self, sheet: xlrd.sheet.Sheet) -> Iterator[BookRow]:
        for number in range(sheet.nrows):
            cells = list(map(self._text, sheet.row(number)))
            row = sheet.rowinfo_map.get(number)
            yield BookRow(number + 1, cells, bool(row is not None and row.hidden))

    def _text(self, cell: xlrd.sheet.Cell) -> str:
        match cell.ctype:
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                style = cell.xf_index or 0
                show = self._show[style] if style < len(self._show) else as_general
                return show(cell.value)
            case xlrd.XL_CELL_BOOLEAN:
                return "TRUE" if cell.value else "FALSE"
            case xlrd.XL_CELL_TEXT:
                return str(cell.value)
        return ""
