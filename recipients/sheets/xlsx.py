"""XLSX and XLSM files: rows one by one, with what is hidden and how numbers are shown.

An outside library reads the values faster than we do (`other_books`), but no kept one tells hidden
rows and formats, and theirs take room for every cell between the first and the last.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from recipients.sheets.books import BookRow, BookSheet, SheetName, UnreadableBook
from recipients.sheets.format_codes import GENERAL, built_in
from recipients.sheets.fragments import Fragments, local_name, xml_root
from recipients.sheets.numbers import as_general, formatter

_CELL = re.compile(
    r'<c(?: r="([A-Z]+)[0-9]+")?(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?(?: s="([0-9]+)")?(?:/>|>'
    r"(?:<f[^<>]*/>|<f[^<>]*>[^<&]*</f>)?"
    r'(?:<v>([^<&\r]*)</v>|<is><t(?: xml:space="preserve")?>([^<&\r]*)</t></is>|<v/>)?</c>)'
)
_TEXT = re.compile(r'<t(?: xml:space="preserve")?>([^<&\r]*)</t>')
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*["']([^"'<]*)["']""")
_ROW = re.compile(r"""\sr\s*=\s*["']([0-9]+)""")
_HIDDEN = re.compile(r"""\shidden\s*=\s*["'](?:1|true)""")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MERGED = re.compile(r"([A-Z]{1,3})([0-9]+):([A-Z]{1,3})([0-9]+)")
_YES = ("1", "true")
_FIRST_DAY = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)


class XlsxBook:
    """An XLSX file. Raises UnreadableBook when it has no sheets where they belong."""

    def __init__(self, path: Path, short_date: str) -> None:
        self._archive = zipfile.ZipFile(path)
        # Some programs write other separators, or other capitals, than they name.
        self._members = {_member(one.filename): one for one in self._archive.infolist()}
        place = self._book_place()
        self._folder = posixpath.dirname(place)
        book = self._xml(place)
        parts = self._related(place)
        self.sheets: list[SheetName] = []
        self._places: dict[str, str] = {}
        tabs = []
        for sheet in _all(book, "sheet"):
            name = sheet.get("name", "")
            kind, target = parts.get(_related_id(sheet), ("", ""))
            tabs.append(name)
            if kind == "worksheet" and target in self._members:
                self.sheets.append(SheetName(name, sheet.get("state", "visible") != "visible"))
                self._places[name] = target
        views = _all(book, "workbookView")
        shown = int(views[0].get("activeTab", "0")) if views else 0
        self.active = tabs[shown] if shown < len(tabs) else ""
        self._is_1904 = any(one.get("date1904") in _YES for one in _all(book, "workbookPr"))
        by_kind = dict(parts.values())
        self._formats = self._number_formats(by_kind.get("styles", ""), short_date)
        self._texts_place = by_kind.get("sharedStrings", "")
        self._texts: list[str] | None = None

    def sheet(self, name: str) -> BookSheet:
        """Begin to read a sheet; raises UnreadableBook, also while rows are taken."""
        if self._texts is None:
            self._texts = list(self._shared_texts())
        file = self._archive.open(self._members[self._places[name]])
        fragments = Fragments(file, "sheetData", "row")
        sheet = BookSheet(iter(()), hidden_columns=_hidden_columns(fragments.head))
        sheet.rows = self._rows(sheet, fragments)
        return sheet

    def _rows(self, sheet: BookSheet, fragments: Fragments) -> Iterator[BookRow]:
        number = 0
        reader = _RowReader(self._texts or [], self._formats, is_1904=self._is_1904)
        for fragment in fragments:
            attributes = fragment.attributes
            place = _ROW.search(attributes)
            number = int(place[1]) if place else number + 1
            cells = None if fragments.is_prefixed else reader.quickly(fragment.inside)
            if cells is None:
                cells = reader.by_parser(fragments.parsed(fragment))
            is_hidden = "hidden" in attributes and _HIDDEN.search(attributes) is not None
            yield BookRow(number, cells, is_hidden)
        sheet.merges += _merges(fragments.tail)

    def _shared_texts(self) -> Iterator[str]:
        if self._texts_place not in self._members:
            return
        with self._archive.open(self._members[self._texts_place]) as file:
            fragments = Fragments(file, "sst", "si")
            for fragment in fragments:
                if plain := _TEXT.fullmatch(fragment.inside):
                    yield _unescaped(plain[1])
                else:
                    yield _unescaped(_text_of(fragments.parsed(fragment)))

    def _number_formats(self, place: str, short_date: str) -> list[str]:
        """The code of each style of cells."""
        if place not in self._members:
            return []
        styles = self._xml(place)
        own = {
            int(one.get("numFmtId", "0")): one.get("formatCode", GENERAL)
            for one in _all(styles, "numFmt")
        }
        cells = next(iter(_all(styles, "cellXfs")), None)
        numbers = [int(one.get("numFmtId", "0")) for one in cells] if cells is not None else []
        return [own.get(number) or built_in(number, short_date) for number in numbers]

    def _book_place(self) -> str:
        if "_rels/.rels" in self._members:
            for kind, target in self._related("").values():
                if kind == "officeDocument" and target in self._members:
                    return target
        if "xl/workbook.xml" in self._members:
            return "xl/workbook.xml"
        raise UnreadableBook

    def _related(self, place: str) -> dict[str, tuple[str, str]]:
        """The kind and the place of each part that another part names, by the name it uses."""
        folder, name = posixpath.split(place)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._members:
            raise UnreadableBook
        return {
            one.get("Id", ""): (
                one.get("Type", "").rpartition("/")[2],
                _member(posixpath.join("/", folder, one.get("Target", "").replace("\\", "/"))),
            )
            for one in _all(self._xml(relations), "Relationship")
        }

    def _xml(self, place: str) -> Element:
        try:
            return xml_root(self._archive.read(self._members[place]))
        except (ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise UnreadableBook from error


class _RowReader:
    """Makes texts of cells."""

    def __init__(self, texts: list[str], formats: list[str], *, is_1904: bool) -> None:
        self._texts = texts
        self._formatters: dict[str, Callable[[float], str]] = {"": as_general} | {
            str(number): formatter(code, is_1904=is_1904) for number, code in enumerate(formats)
        }
        self._columns: dict[str, int] = {}

    def quickly(self, inside: str) -> dict[int, str] | None:
        """The cells of a row; None where one has not the shape that nearly all have."""
        found = _CELL.findall(inside)
        if inside.count("<c") != len(found) or "<!" in inside:
            return None
        cells, column = {}, -1
        columns, texts = self._columns, self._texts
        for letters, style, kind, late_style, value, inline in found:
            column = columns[letters] if letters in columns else self._column(letters, column)
            if inline:
                cells[column] = _unescaped(inline)
            elif not value:
                continue
            elif kind == "s":
                cells[column] = texts[int(value)]
            elif kind:
                cells[column] = self._text(kind, style or late_style, value)
            else:
                cells[column] = self._number(value, style or late_style)
        return cells

    def by_parser(self, row: Element) -> dict[int, str]:
        """The cells of a row of any shape."""
        cells, column = {}, -1
        for cell in row:
            if local_name(cell) != "c":
                continue
            column = self._column(cell.get("r", "").rstrip("0123456789"), column)
            value = next((one for one in cell if local_name(one) in ("v", "is")), None)
            written = _text_of(value) if value is not None else ""
            if written:
                cells[column] = self._text(cell.get("t", ""), cell.get("s", ""), written)
        return cells

    def _column(self, letters: str, before: int) -> int:
        if not letters:
            return before + 1
        return self._columns.setdefault(letters, column_number(letters))

    def _text(self, kind: str, style: str, value: str) -> str:
        match kind:
            case "" | "n":
                return self._number(value, style)
            case "s":
                return self._texts[int(value)]
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "e":
                return ""
            case "d":
                return self._number(_serial(value), style)
        return _unescaped(value)

    def _number(self, value: str, style: str) -> str:
        show = self._formatters.get(style, as_general)
        if show is as_general and len(value) < 15 and value.isdecimal():
            return value
        try:
            number = float(value)
        except ValueError:
            return value
        return show(number)


def column_number(letters: str) -> int:
    """The column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _serial(written: str) -> str:
    """A day or time in ISO 8601 as the number that formats are for, else as it is written."""
    try:
        at = dt.datetime.fromisoformat(written.removesuffix("Z"))
    except ValueError:
        return written
    return repr((at.replace(tzinfo=dt.UTC) - _FIRST_DAY) / dt.timedelta(days=1))


def _member(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/").lower()


def _all(root: Element, name: str) -> list[Element]:
    return root.findall(f".//{{*}}{name}")


def _related_id(sheet: Element) -> str:
    return next((text for key, text in sheet.items() if key.endswith("}id")), "")


def _text_of(element: Element) -> str:
    """Its text without the hints at how it is pronounced."""
    if local_name(element) in ("v", "t"):
        return element.text or ""
    return "".join(_text_of(one) for one in element if local_name(one) in ("t", "r", "is"))


def _unescaped(text: str) -> str:
    """A text whose control characters stand as in `_x000D_` (ECMA-376 part 1, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\0", "")


def _hidden_columns(head: str) -> set[int]:
    hidden: set[int] = set()
    for column in re.findall(r"<(?:[\w.-]+:)?col\s[^>]*>", head):
        one = dict(_ATTRIBUTE.findall(column))
        if one.get("hidden") in _YES or float(one.get("width", "1")) == 0:
            hidden.update(range(int(one["min"]) - 1, min(int(one["max"]), 16_384)))
    return hidden


def _merges(tail: str) -> Iterator[tuple[int, int, int]]:
    """Cells that were made one over several rows."""
    for cell in re.findall(r"<(?:[\w.-]+:)?mergeCell\s[^>]*>", tail):
        if place := _MERGED.search(cell):
            first, last = int(place[2]), int(place[4])
            if first < last:
                yield first, last, column_number(place[1])
