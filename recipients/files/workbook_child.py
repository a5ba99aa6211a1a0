"""The child process of `workbooks.py`: reads one sheet within limits, writes it as CSV.

    python -m recipients.files.workbook_child WORKBOOK TEXT SHEET HIDDEN COUNTRY MEGABYTES SECONDS
        MEMORY

HIDDEN is 1 to take in what is hidden. Prints the sheets and what was left out, or {"fault": "…"},
or {"errno": …} where the disk fails, as JSON. Without Django, to start quickly and to have nothing
in it worth taking.
"""

from __future__ import annotations

import csv
import errno
import gc
import json
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from interface.child_limits import limit_this_process
from recipients.files.file_problems import FileFault, FileProblem
from recipients.sheets.books import Book, BookRow, BookSheet, EncryptedBook, UnreadableBook, put
from recipients.sheets.dates import short_date
from recipients.sheets.ods import OdsBook
from recipients.sheets.other_books import OtherBook
from recipients.sheets.xls import XlsBook
from recipients.sheets.xlsx import XlsxBook

# How archives and numbers in them fail when a file is damaged.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, IndexError),
    *(NotImplementedError, RuntimeError, OverflowError),
)


def main() -> None:
    """Read the arguments, set the limits, do the work, print the answer."""
    # Nothing here goes round in circles, and looking for circles takes a fifth of the time.
    gc.disable()
    workbook, text, sheet, hidden, country = sys.argv[1:6]
    megabytes, seconds, memory = map(int, sys.argv[6:])
    limit_this_process(seconds=seconds, memory_megabytes=memory, file_megabytes=megabytes)
    try:
        answer = write_sheet(Path(workbook), Path(text), sheet, country, with_hidden=hidden == "1")
    except FileProblem as problem:
        answer = {"fault": problem.fault, "details": problem.details}
    except EncryptedBook:
        answer = {"fault": FileFault.ENCRYPTED}
    except MemoryError:
        answer = {"fault": FileFault.TOO_MUCH_INSIDE}
    except OSError as error:
        is_limit = error.errno in (errno.EFBIG, errno.ENOMEM, None)
        answer = {"fault": FileFault.TOO_MUCH_INSIDE} if is_limit else {"errno": error.errno}
    except UnreadableBook:
        answer = {"fault": FileFault.UNREADABLE}
    json.dump(answer, sys.stdout)


def write_sheet(
    workbook: Path, text: Path, wanted: str, country: str, *, with_hidden: bool
) -> dict[str, object]:
    """Write the wanted sheet, or the first that may hold a table; return the answer."""
    for books in (_own_books, _other_books):
        with suppress(UnreadableBook, *_DAMAGED):
            return _written(books(workbook, country), text, wanted, with_hidden=with_hidden)
    raise UnreadableBook


def _own_books(workbook: Path, country: str) -> Book:
    """A workbook by the reader that knows most of its kind."""
    if not zipfile.is_zipfile(workbook):
        return XlsBook(workbook, short_date(country))
    with zipfile.ZipFile(workbook) as archive:
        is_ods = "content.xml" in archive.namelist() or "mimetype" in archive.namelist()
    return OdsBook(workbook) if is_ods else XlsxBook(workbook, short_date(country))


def _other_books(workbook: Path, _country: str) -> Book:
    return OtherBook(workbook)


def _written(book: Book, text: Path, wanted: str, *, with_hidden: bool) -> dict[str, object]:
    names = [one.name for one in book.sheets if with_hidden or not one.is_hidden]
    chosen = wanted if wanted in names else _chosen(book, names, with_hidden=with_hidden)
    left_out = len(book.sheets) - len(names)
    if not chosen:
        raise FileProblem(FileFault.ALL_HIDDEN if left_out else FileFault.EMPTY)
    content = SheetContent(book.sheet(chosen), with_hidden=with_hidden)
    content.write(text)
    if merges := content.merges_to_fill:
        content = SheetContent(book.sheet(chosen), with_hidden=with_hidden, merges=merges)
        content.write(text)
    if not content.count:
        if content.hidden_rows or content.hidden_columns:
            raise FileProblem(FileFault.ALL_HIDDEN)
        raise FileProblem(FileFault.EMPTY_SHEET if wanted in names else FileFault.EMPTY)
    return {
        "sheets": names,
        "chosen": chosen,
        "hidden_sheets": sum(one.is_hidden for one in book.sheets),
        "hidden_rows": content.hidden_rows,
        "hidden_columns": len(content.hidden_columns),
        "tells_hidden": book.tells_hidden,
        "without_result": content.sheet.without_result,
    }


def _chosen(book: Book, names: Sequence[str], *, with_hidden: bool) -> str:
    """The sheet seen first, or the first with more than one row: a cover holds a title.

    Else the first with anything.
    """
    only_one_row = ""
    for name in sorted(names, key=lambda name: name != book.active):
        content = SheetContent(book.sheet(name), with_hidden=with_hidden)
        rows = len(list(islice(content.rows(), 2)))
        if rows > 1:
            return name
        if rows or content.hidden_rows:
            only_one_row = only_one_row or name
    return only_one_row


@dataclass
class SheetContent:
    """What is written of a sheet, and what is hidden in it.

    `merges` are the cells of several rows to be filled in each of them. Rows and columns count as
    hidden where they hold a value.
    """

    sheet: BookSheet
    with_hidden: bool
    merges: Sequence[tuple[int, int, int]] = ()
    count: int = 0
    hidden_rows: int = 0
    hidden_columns: set[int] = field(default_factory=set)

    @property
    def merges_to_fill(self) -> Sequence[tuple[int, int, int]]:
        """What is known only when all rows are read, and not filled yet."""
        return () if self.merges else self.sheet.merges

    def write(self, text: Path) -> None:
        """Write each row that is not blank as CSV, with its number in front."""
        # Not "\n": older Pythons leave a carriage return without quotes then, and it ends the row.
        with text.open("w", encoding="utf-8", errors="replace", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows(self.rows())

    def rows(self) -> Iterator[list[str]]:
        """Yield a row's number and its cells from column A, without empty ones at their end."""
        hidden = self.sheet.hidden_columns
        for row in self._filled():
            texts = row.cells
            if hidden:
                filled = enumerate(texts)
                self.hidden_columns |= {at for at, text in filled if at in hidden and text.strip()}
                if not self.with_hidden:
                    texts = [text for at, text in enumerate(texts) if at not in hidden]
            end = len(texts)
            while end and not texts[end - 1].strip():
                end -= 1
            if not end:
                continue
            if row.is_hidden:
                self.hidden_rows += 1
                if not self.with_hidden:
                    continue
            self.count += 1
            yield [str(row.number), *(texts if end == len(texts) else texts[:end])]

    def _filled(self) -> Iterator[BookRow]:
        """The rows with the value of a cell over several rows in each of them."""
        if not self.merges:
            yield from self.sheet.rows
            return
        waiting = sorted(self.merges, reverse=True)
        open_merges: list[tuple[int, int, str]] = []
        for row in self.sheet.rows:
            while waiting and waiting[-1][0] <= row.number:
                _first, last, column = waiting.pop()
                text = row.cells[column] if column < len(row.cells) else ""
                open_merges.append((last, column, text))
            open_merges = [one for one in open_merges if one[0] >= row.number]
            for _last, column, text in open_merges:
                if text and any(row.cells) and not "".join(row.cells[column : column + 1]):
                    put(row.cells, column, text)
            yield row


if __name__ == "__main__":
    main()
