"""XLSX and XLSM files: rows one by one, with what is hidden and how numbers are shown.

An outside library reads the values faster than we do (`other_books`), but no kept one tells hidden
rows and formats, and theirs take room for every cell between the first and the last.
"""

from __future__ import annotations

import datetime as dt
import itertools
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from recipients.sheets.books import BookRow, BookSheet, SheetName, UnreadableBook, put
from recipients.sheets.format_codes import GENERAL, built_in
from recipients.sheets.fragments import Fragments, local_name, xml_root
from recipients.sheets.numbers import as_general, formatter

# A cell (column, other attributes, a sign of a formula, value or text), or a row's start.
_CELL_OR_ROW = re.compile(
    r'<(?:c r="([A-Z]+)[0-9]+"([^<>]*)>(?:(?<=/>)|(?:(<)f(?:[^<>]*/>|[^<>]*>[^<&]*</f>))?'
    r'(?:<(?:v|is><t(?: xml:space="preserve")?)>([^<&\r]*)</(?:v|t></is)></c>'
    r"|(?:<v/>)?</c>))"
    r"|(row(?: [^<>]*)?)>)"
)
_TEXT = re.compile(r'<t(?: xml:space="preserve")?>([^<&\r]*)</t>')
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*["']([^"'<]*)["']""")
_ROW = re.compile(r"""\sr\s*=\s*["']([0-9]+)""")
_HIDDEN = re.compile(r"""\shidden\s*=\s*["'](?:1|true)""")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MERGED = re.compile(r"([A-Z]{1,3})([0-9]+):([A-Z]{1,3})([0-9]+)")
_YES = ("1", "true")
_FIRST_DAY = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)
_FIRST_DAY_1904 = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)


class XlsxBook:
    """An XLSX file. Raises UnreadableBook when it has no sheets where they belong."""

    tells_hidden = True

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
        reader = _RowReader(self._texts or [], self._formats, is_1904=self._is_1904)
        for block in fragments.blocks():
            if not fragments.is_prefixed and (pieces := _usual_pieces(block)) is not None:
                yield from reader.quickly(pieces)
            else:
                parsed = ((one.attributes, fragments.parsed(one)) for one in fragments.each(block))
                yield from itertools.starmap(reader.by_parser, parsed)
        sheet.merges += _merges(fragments.tail)
        sheet.without_result = reader.without_result

    def _shared_texts(self) -> Iterator[str]:
        if self._texts_place not in self._members:
            return
        with self._archive.open(self._members[self._texts_place]) as file:
            fragments = Fragments(file, "sst", "si")
            for fragment in itertools.chain.from_iterable(map(fragments.each, fragments.blocks())):
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
        self._first_day = _FIRST_DAY_1904 if is_1904 else _FIRST_DAY
        self._columns: dict[str, int] = {}
        # By the attributes as they are written: a sheet has few different ones.
        self._shows: dict[str, Callable[[str], str]] = {}
        self._number = 0
        self.without_result = 0

    def quickly(self, pieces: Iterable[tuple[str, ...]]) -> Iterator[BookRow]:
        """The rows of what `_usual_pieces` found."""
        columns, shows, row_before, cells = self._columns, self._shows, "", list[str]()
        for letters, attributes, formula, value, row in pieces:
            if value:
                column = columns[letters] if letters in columns else self._column(letters, -1)
                show = shows[attributes] if attributes in shows else self._show(attributes)
                if column == len(cells):
                    cells.append(show(value))
                else:
                    put(cells, column, show(value))
            elif row:
                if row_before:
                    yield self._row(row_before, cells)
                row_before, cells = row, []
            elif formula and "str" not in attributes:
                self.without_result += 1
        if row_before:
            yield self._row(row_before, cells)

    def _show(self, attributes: str) -> Callable[[str], str]:
        """What makes a text of the values of cells with such attributes."""
        named = dict(_ATTRIBUTE.findall(attributes))
        show = self._shower(named.get("t", ""), named.get("s", ""))
        return self._shows.setdefault(attributes, show)

    def by_parser(self, attributes: str, row: Element) -> BookRow:
        """A row of any shape."""
        cells, column = list[str](), -1
        for cell in row:
            if local_name(cell) != "c":
                continue
            column = self._column(cell.get("r", "").rstrip("0123456789"), column)
            value = next((one for one in cell if local_name(one) in ("v", "is")), None)
            written = _text_of(value) if value is not None else ""
            kind = cell.get("t", "")
            if value is not None and local_name(value) == "is":
                kind = "inlineStr"
            if not written and any(local_name(one) == "f" for one in cell):
                self.without_result += kind != "str"
            if written:
                show = self._shower(kind, cell.get("s", ""))
                put(cells, column, show(written))
        return self._row(attributes, cells)

    def _row(self, attributes: str, cells: list[str]) -> BookRow:
        place = _ROW.search(attributes)
        self._number = int(place[1]) if place else self._number + 1
        is_hidden = "hidden" in attributes and _HIDDEN.search(attributes) is not None
        return BookRow(self._number, cells, is_hidden)

    def _column(self, letters: str, before: int) -> int:
        if not letters:
            return before + 1
        return self._columns.setdefault(letters, column_number(letters))

    def _shower(self, kind: str, style: str) -> Callable[[str], str]:
        """What makes a text of the values of cells of a kind and a style."""
        match kind:
            case "" | "n":
                show = self._formatters.get(style, as_general)
                return _general if show is as_general else partial(_formatted, show)
            case "s":
                return lambda value: self._texts[int(value)]
            case "b":
                return lambda value: "TRUE" if value == "1" else "FALSE"
            case "e":
                return lambda _value: ""
            case "d":
                show = self._formatters.get(style, as_general)
                return lambda value: _formatted(show, _serial(value, self._first_day))
        return _unescaped


def _general(value: str) -> str:
    return value if len(value) < 15 and value.isdecimal() else _formatted(as_general, value)


def _formatted(show: Callable[[float], str], value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return show(number)


def _usual_pieces(block: str) -> list[tuple[str, ...]] | None:
    """The rows' starts and cells; None where one has not the shape that nearly all have."""
    pieces = _CELL_OR_ROW.findall(block)
    is_usual = (
        len(pieces) == block.count("<c") + block.count("<row")
        # A text may stand in a cell that does not say so.
        and block.count("<is") == block.count('"inlineStr"')
        and "<!" not in block
        and ":c" not in block
    )
    return pieces if is_usual else None


def column_number(letters: str) -> int:
    """The column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _serial(written: str, first_day: dt.datetime) -> str:
    """A day or time in ISO 8601 as the number that formats are for, else as it is written."""
    try:
        at = dt.datetime.fromisoformat(written.removesuffix("Z"))
    except ValueError:
        return written
    return repr((at.replace(tzinfo=dt.UTC) - first_day) / dt.timedelta(days=1))


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
