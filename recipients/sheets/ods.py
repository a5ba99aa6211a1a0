"""ODS files: LibreOffice's, Google's and others', whose cells hold the text that is shown."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse

from recipients.sheets.books import (
    BookRow,
    BookSheet,
    EncryptedBook,
    SheetName,
    UnreadableBook,
    put,
)
from recipients.sheets.fragments import local_name, xml_root
from recipients.sheets.numbers import as_general, digits_of_phone

_CONTENT = "content.xml"
# Rows and cells that say "and so on" without a value go on to the edge of the sheet.
_MOST_COLUMNS = 16_384
_MOST_ROWS = 1_048_576
_HIDDEN = ("collapse", "filter")


class OdsBook:
    """An ODS file. Raises EncryptedBook, and UnreadableBook when it has no content."""

    tells_hidden = True

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        members = self._archive.namelist()
        if b"encryption-data" in self._read("META-INF/manifest.xml"):
            raise EncryptedBook
        if _CONTENT not in members:
            raise UnreadableBook
        self.sheets = list(self._sheet_names())
        self.active = ""
        if settings := self._read("settings.xml"):
            items = xml_root(settings).iter()
            self.active = next(
                (one.text or "" for one in items if _get(one, "name") == "ActiveTable"), ""
            )

    def sheet(self, name: str) -> BookSheet:
        """Begin to read a sheet; raises UnreadableBook, also while rows are taken."""
        sheet = BookSheet(iter(()))
        sheet.rows = self._rows(sheet, name)
        return sheet

    def _read(self, member: str) -> bytes:
        return self._archive.read(member) if member in self._archive.namelist() else b""

    def _elements(self, file: IO[bytes]) -> Iterator[tuple[str, Element]]:
        """The start of each table, and each column and row when it is whole, which is forgotten."""
        path: list[Element] = []
        try:
            for event, element in iterparse(file, ("start", "end")):  # noqa: S314  as in xml_root
                name = local_name(element)
                if event == "start":
                    path.append(element)
                    if name == "table":
                        yield name, element
                    continue
                path.pop()
                if name in ("table-row", "table-column", "style"):
                    yield name, element
                    path[-1].remove(element)
        except ParseError as error:
            raise UnreadableBook from error

    def _sheet_names(self) -> Iterator[SheetName]:
        hidden_styles = set()
        with self._archive.open(_CONTENT) as file:
            for kind, element in self._elements(file):
                if kind == "style" and any(_get(one, "display") == "false" for one in element):
                    hidden_styles.add(_get(element, "name"))
                elif kind == "table":
                    is_hidden = _get(element, "style-name") in hidden_styles
                    yield SheetName(_get(element, "name"), is_hidden)

    def _rows(self, sheet: BookSheet, wanted: str) -> Iterator[BookRow]:
        number, columns, here = 1, 0, ""
        with self._archive.open(_CONTENT) as file:
            for kind, element in self._elements(file):
                if kind == "table":
                    if here == wanted:
                        return
                    here = _get(element, "name")
                elif here != wanted or kind == "style":
                    continue
                elif kind == "table-column":
                    last = min(columns + _times(element, "number-columns-repeated"), _MOST_COLUMNS)
                    if _get(element, "visibility") in _HIDDEN:
                        sheet.hidden_columns.update(range(columns, last))
                    columns = last
                else:
                    cells = _cells(element, number, sheet)
                    times = _times(element, "number-rows-repeated")
                    if cells:
                        is_hidden = _get(element, "visibility") in _HIDDEN
                        for one in range(number, min(number + times, _MOST_ROWS + 1)):
                            yield BookRow(one, cells, is_hidden)
                    number += times


def _cells(row: Element, number: int, sheet: BookSheet) -> list[str]:
    cells: list[str] = []
    column = 0
    for cell in row:
        times = _times(cell, "number-columns-repeated")
        if local_name(cell) == "table-cell" and (text := _shown(cell)):
            for one in range(column, min(column + times, _MOST_COLUMNS)):
                put(cells, one, text)
            rows = _times(cell, "number-rows-spanned")
            if rows > 1:
                sheet.merges.append((number, number + rows - 1, column))
        column += times
    return cells


def _shown(cell: Element) -> str:
    """The text that stands in a cell, without the notes at it."""
    kind, value = _get(cell, "value-type"), _get(cell, "value")
    lines = [_line(one) for one in cell if local_name(one) == "p"]
    shown = "\n".join(lines)
    if (shown.startswith("#") and kind not in ("string", "")) or shown.startswith("Err:"):
        return ""
    if kind in ("float", "currency", "percentage"):
        number = float(value or "nan")
        return digits_of_phone(number, shown) if shown else as_general(number)
    if shown:
        return shown
    named = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}
    text = _get(cell, named.get(kind, "string-value"))
    return text.upper() if kind == "boolean" else text.replace("T", " ") if kind == "date" else text


def _line(element: Element) -> str:
    text = element.text or ""
    for one in element:
        match local_name(one):
            case "s":
                text += " " * min(_times(one, "c"), 10_000)
            case "tab":
                text += "\t"
            case "line-break":
                text += "\n"
            case "annotation" | "ruby-text" | "note":
                pass
            case _:
                text += _line(one)
        text += one.tail or ""
    return text


def _get(element: Element, name: str) -> str:
    return next((text for key, text in element.items() if key.rpartition("}")[2] == name), "")


def _times(element: Element, name: str) -> int:
    return max(1, int(_get(element, name) or 1))
