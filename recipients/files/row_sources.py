"""The rows of an uploaded file, one after another, numbered as the person's spreadsheet shows them.

A file is never held in memory: whoever wants a million rows gets them one by one. A cell over
several lines is one row, as in a spreadsheet; blank rows are passed over, but they count in the
numbering. Every failure is a `FileProblem`.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any, Self, TextIO

from recipients.files.encodings import SAMPLE, FileEncoding, detect_encoding, letters_in_doubt
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.file_types import refuse_other_types
from recipients.files.spreadsheet_cells import bare_cell
from recipients.phone_numbers import Phone, PhoneReader
from recipients.phone_text import PhoneFault

DELIMITERS = ",;\t|"
MAX_CELL_CHARACTERS = 10_000
# Beyond this the reader gives up; up to it we can tell a long text from a quote that swallows rows.
csv.field_size_limit(1_000_000)
# A quote that is never closed swallows the rows below it into one cell.
MAX_CELL_LINES = 100
# Only rows of more characters are worth a look at each cell.
_LONG_ROW = 200
_ROWS_TO_JUDGE_DELIMITERS = 50
# Columns of a file that hold a name and nothing else.
_MOST_NAMES = 5_000
_WIDEST_SHEET = 16_384

# More than one byte order mark, also one that was taken for letters.
_LONGEST_MARK = 12
_MARKS = re.compile("\\A(?:\ufeff|\u00ef\u00bb\u00bf)+")
_SEPARATOR_LINE = re.compile(r"sep=(\t|[^\w\s\"\\\0])([,;\t|]*)", re.IGNORECASE)
# What follows shows that the quote does not end its cell.
_BACKSLASH = re.compile(r'(?:^|[,;\t|])\s*"[^"\r\n]*\\"(?![,;\t|\r\n]|\Z)', re.MULTILINE)
_BLANK_BEFORE_QUOTE = re.compile(r'[,;\t|] +"[^"\r\n]*" *(?=[,;\t|\r\n]|\Z)')

Row = tuple[int, list[str]]
Cells = Iterator[list[str]]


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Read what is not UTF-8 as Windows-1252, byte by byte: files of both kinds exist."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", errors="replace"), error.end


codecs.register_error("windows-1252", _windows_1252)


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file: guessed when it arrives, corrected by a person on the check page."""

    encoding: FileEncoding
    delimiter: str = ","
    # Excel's own first line "sep=;", which it does not show.
    has_separator_line: bool = False
    # The number of the row with the columns' names, 0 when the file has none. What is above that
    # row is not read.
    header_row: int = 1
    has_nul: bool = False
    # A quote within a cell has a backslash before it, as databases write it.
    has_backslashes: bool = False
    # Blanks between a separator and a quote belong to neither.
    has_blanks: bool = False
    # Rows stand whole in one pair of quotes, as of a table that was saved once more.
    is_wrapped: bool = False
    # Bytes in hexadecimal of which only the encoding tells the letters; "" where it is certain.
    letters: str = ""
    # The columns' roles are those of an earlier file with the same headers.
    is_remembered: bool = False
    # Of a workbook: the sheet that was written as text to be read, each row with its number in
    # front, and all that may be chosen.
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    # What of it is hidden, and whether it was taken in all the same.
    hidden_sheets: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0
    with_hidden: bool = False
    # Whether it is known which of its rows and columns are hidden.
    tells_hidden: bool = True
    # Its cells with a formula that nobody has worked out yet.
    without_result: int = 0
    # Of a file with too many columns: those with values, from 0; () for all.
    kept_columns: tuple[int, ...] = ()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what `to_json` made; raise TypeError or ValueError for anything else."""
        known = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        kept = {name: tuple(stored.get(name, ())) for name in ("sheets", "kept_columns")}
        return cls(**{**known, **kept, "encoding": FileEncoding(stored["encoding"])})

    @property
    def has_header(self) -> bool:
        """Whether a row of the file has the columns' names."""
        return self.header_row > 0

    def to_json(self) -> dict[str, Any]:
        """Return the reading as JSON values."""
        lists = {"sheets": list(self.sheets), "kept_columns": list(self.kept_columns)}
        return asdict(self) | lists


def guess_read_options(path: Path, country: str) -> ReadOptions:
    """Find out how to read a stored file; `country` is a hint for letters that are no Unicode.

    Raises FileProblem when it is empty, of another type, or its quotes do not close.
    """
    refuse_other_types(path)
    encoding, has_nul = detect_encoding(path, country)
    letters = "" if encoding.is_unicode else letters_in_doubt(path).hex()
    reading = ReadOptions(encoding=encoding, has_nul=has_nul, letters=letters)
    with _open(path, reading) as lines:
        first = lines.readline(2_000)
        start = first + lines.read(SAMPLE)
    reading = replace(
        reading,
        has_backslashes=bool(_BACKSLASH.search(start)),
        has_blanks=bool(_BLANK_BEFORE_QUOTE.search(start)),
    )
    said = _SEPARATOR_LINE.fullmatch(first.rstrip("\r\n").strip('"'))
    # Behind it other programs put the separators of cells; then the next row has them too.
    if said and (not said[2] or said[1] in start[len(first) :].partition("\n")[0]):
        return replace(reading, delimiter=said[1], has_separator_line=True)
    return _with_delimiter(path, reading, PhoneReader(country))


def read_rows(path: Path, reading: ReadOptions, *, max_columns: int) -> Iterator[Row]:
    """Yield (row number, cells) of every row that is not blank, the header included.

    Raises FileProblem where the file cannot be read on, naming the row, and for a row wider than
    `max_columns`. Raises FileNotFoundError when the file is gone.
    """
    with _open(path, reading) as lines:
        if reading.has_separator_line:
            lines.readline()
        texts = (line.replace("\0", "") for line in lines) if reading.has_nul else lines
        reader = _reader(texts, reading)
        number, text = 0, ""
        try:
            for number, cells in _numbered(_unwrapped_rows(reader, reading), reading):
                text = "".join(cells)
                if not text or text.isspace():
                    continue
                if len(cells) > max_columns:
                    _drop_empty_end(cells, number, max_columns)
                if "'" in text and not reading.sheet:
                    # Our own exports, and those of others, mark what could be a formula.
                    cells = list(map(bare_cell, cells))  # noqa: PLW2901
                if len(text) > _LONG_ROW:
                    _refuse_swollen_cells(cells, number)
                yield number, cells
        except csv.Error as error:
            raise FileProblem(FileFault.UNCLOSED_QUOTE, row=number + 1) from error
    if not reading.sheet and ("\n" in text or "\r" in text or _ends_with_odd_quotes(path)):
        _refuse_unclosed_end(path, reading, number)


def _numbered(rows: Iterable[list[str]], reading: ReadOptions) -> Iterable[Row]:
    """The rows with their numbers, and of their columns those that are kept."""
    numbered: Iterable[Row] = enumerate(rows, 1)
    if reading.sheet:
        numbered = ((int(cells[0]), cells[1:]) for cells in rows)
    if kept := reading.kept_columns:
        return ((number, [cells[n] for n in kept if n < len(cells)]) for number, cells in numbered)
    return numbered


def data_rows(
    path: Path, reading: ReadOptions, *, max_columns: int, max_rows: int
) -> Iterator[Row]:
    """Yield the rows below the header; raise FileProblem after `max_rows` of them."""
    rows = read_rows(path, reading, max_columns=max_columns)
    below = dropwhile(lambda row: row[0] <= reading.header_row, rows)
    for count, row in enumerate(below):
        if count == max_rows:
            raise FileProblem(FileFault.TOO_MANY_ROWS, most=max_rows)
        yield row


def columns_with_values(path: Path, reading: ReadOptions) -> tuple[int, ...]:
    """Return the columns of a file with too many that hold more than a name in its first row.

    Raises FileProblem for a row that no spreadsheet has.
    """
    most = _WIDEST_SHEET if reading.sheet else _MOST_NAMES
    rows = read_rows(path, reading, max_columns=most)
    next(rows, None)
    filled: set[int] = set()
    for _, cells in rows:
        filled.update(n for n, cell in enumerate(cells) if cell and not cell.isspace())
    return tuple(sorted(filled))


def head(path: Path, reading: ReadOptions, count: int, *, max_columns: int) -> list[Row]:
    """Return the first `count` rows that are not blank."""
    first_rows: list[Row] = []
    for row in read_rows(path, reading, max_columns=max_columns):
        first_rows.append(row)
        if len(first_rows) == count:
            break
    return first_rows


def _open(path: Path, reading: ReadOptions) -> TextIO:
    errors = "windows-1252" if reading.encoding is FileEncoding.UTF_8 else "replace"
    lines = path.open(encoding=reading.encoding.codec, errors=errors, newline="")
    start = lines.read(_LONGEST_MARK)
    lines.seek(0)
    lines.read(len(start) - len(_MARKS.sub("", start)))
    return lines


def _reader(lines: Iterable[str], reading: ReadOptions, *, strict: bool = False) -> Cells:
    return csv.reader(
        lines,
        delimiter=reading.delimiter,
        escapechar="\\" if reading.has_backslashes else None,
        skipinitialspace=reading.has_blanks,
        strict=strict,
    )


def _unwrapped_rows(rows: Iterable[list[str]], reading: ReadOptions) -> Iterable[list[str]]:
    """The rows, and of those that are one cell because they stand whole in quotes, its cells."""
    if not reading.is_wrapped:
        return rows
    return (
        next(_reader(row, reading)) if len(row) == 1 and reading.delimiter in row[0] else row
        for row in rows
    )


def _drop_empty_end(cells: list[str], number: int, max_columns: int) -> None:
    """Drop empty cells beyond the limit; raise FileProblem when others are there."""
    if any(map(str.strip, cells[max_columns:])):
        raise FileProblem(
            FileFault.TOO_MANY_COLUMNS, row=number, columns=len(cells), most=max_columns
        )
    del cells[max_columns:]


def _refuse_swollen_cells(cells: Sequence[str], number: int) -> None:
    for cell in cells:
        if cell.count("\n") + cell.count("\r") > MAX_CELL_LINES:
            raise FileProblem(FileFault.UNCLOSED_QUOTE, row=number)
        if len(cell) > MAX_CELL_CHARACTERS:
            raise FileProblem(FileFault.CELL_TOO_LONG, row=number, most=MAX_CELL_CHARACTERS)


def _ends_with_odd_quotes(path: Path) -> bool:
    """Whether the last line has an odd number of quotes: a first sign that one is not closed."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 2 * MAX_CELL_CHARACTERS))
        lines = file.read().splitlines()
    return bool(lines) and lines[-1].count(b'"') % 2 == 1


def _refuse_unclosed_end(path: Path, reading: ReadOptions, number: int) -> None:
    """Raise FileProblem when the last row has a quote that is open at the end of the file.

    The reader itself is lenient and would keep everything below the quote as one cell.
    """
    with _open(path, reading) as lines:
        reader = _reader(lines, reading)
        rows_before = number - 1 + reading.has_separator_line
        for _ in islice(reader, rows_before):
            pass
        last = _reader(lines, reading, strict=True)
        try:
            for _ in last:
                pass
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise FileProblem(FileFault.UNCLOSED_QUOTE, row=number) from error


def _with_delimiter(path: Path, reading: ReadOptions, phones: PhoneReader) -> ReadOptions:
    """The reading with the delimiter under which the first rows agree best.

    They agree on one number of columns, at least two; of those that are as good, the one that
    yields most rows with phone numbers, then the one that leaves fewest quotes in cells: between
    wrong delimiters the quotes around a cell are taken for a part of it. `csv.Sniffer` is no help:
    it fails on files of one column.
    """
    best, best_score = replace(reading, delimiter=","), (0.0, 0, 0, 0)
    for is_wrapped in (False, True):
        before = best_score
        for delimiter in DELIMITERS:
            other = replace(reading, delimiter=delimiter, is_wrapped=is_wrapped)
            agreement, with_phones, _, width = score = _score(path, other, phones)
            # Rows that are taken out of their quotes must show that they were meant to be.
            is_proven = not is_wrapped or (agreement >= before[0] and with_phones > before[1])
            if width >= 2 and score > best_score and is_proven:
                best, best_score = other, score
    return best


def _score(path: Path, reading: ReadOptions, phones: PhoneReader) -> tuple[float, int, int, int]:
    """The share of the first rows that agree on a number of columns, the rows with phones, the
    quotes left in cells (below 0), and that number of columns.
    """
    try:
        rows = head(path, reading, _ROWS_TO_JUDGE_DELIMITERS, max_columns=100_000)
    except FileProblem:
        return 0.0, 0, 0, 0
    widths = Counter(len(cells) for _, cells in rows)
    # Not the first row's: above the header there may be a title.
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    with_phones = sum(any(_is_number(cell, phones) for cell in cells) for _, cells in rows)
    quotes = sum(cell.count('"') for _, cells in rows for cell in cells)
    return count / max(len(rows), 1), with_phones, -quotes, width


def _is_number(cell: str, phones: PhoneReader) -> bool:
    answer = phones.read(cell)
    return isinstance(answer, Phone) or answer.reason is PhoneFault.SEVERAL_NUMBERS
