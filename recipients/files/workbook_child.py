"""The child process of `workbooks.py`: reads one sheet within limits, writes it as CSV.

    python -m recipients.files.workbook_child WORKBOOK TEXT SHEET COLUMNS MEGABYTES SECONDS MEMORY

Prints {"sheets": […], "chosen": "…"} or {"fault": "…", "details": {…}} as JSON. Without Django, to
start quickly and to have nothing in it worth taking.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from recipients.files.file_problems import FileFault, FileProblem

_MEGABYTE = 1024 * 1024
# Digits that a spreadsheet's number keeps (IEEE 754 double).
_EXACT = 10**15

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def main() -> None:
    """Read the arguments, set the limits, do the work, print the answer."""
    workbook, text, sheet = sys.argv[1:4]
    max_columns, megabytes, seconds, memory = map(int, sys.argv[4:])
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory * _MEGABYTE),
        (resource.RLIMIT_FSIZE, megabytes * _MEGABYTE),
    ):
        resource.setrlimit(kind, (most, most))
    try:
        answer = write_sheet(Path(workbook), Path(text), sheet, max_columns)
    except FileProblem as problem:
        answer = {"fault": problem.fault, "details": problem.details}
    except PasswordError:
        answer = {"fault": FileFault.ENCRYPTED}
    except (MemoryError, OSError):
        answer = {"fault": FileFault.TOO_MUCH_INSIDE}
    except CalamineError:
        answer = {"fault": FileFault.UNREADABLE}
    json.dump(answer, sys.stdout)


def write_sheet(workbook: Path, text: Path, wanted: str, max_columns: int) -> dict[str, object]:
    """Write the wanted sheet, or the first that may hold a table; return the answer."""
    book = CalamineWorkbook.from_path(workbook)
    names = book.sheet_names
    calamine_sheet = _sheet(book, [wanted] if wanted in names else names)
    if calamine_sheet is None:
        raise FileProblem(FileFault.EMPTY_SHEET if wanted in names else FileFault.EMPTY)
    with text.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(sheet_rows(calamine_sheet, max_columns))
    return {"sheets": names, "chosen": calamine_sheet.name}


def _sheet(book: CalamineWorkbook, names: Iterable[str]) -> CalamineSheet | None:
    """The first with more than one row: a cover holds a title. Else the first with anything."""
    only_one_row = None
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.start is not None and sheet.height > 1:
            return sheet
        if sheet.start is not None and only_one_row is None:
            only_one_row = sheet
    return only_one_row


def sheet_rows(sheet: CalamineSheet, max_columns: int) -> Iterator[list[str]]:
    """Yield a sheet's rows from its row 1 and column A, without empty cells at their ends."""
    before = [""] * (sheet.start[1] if sheet.start else 0)
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = before + [cell_text(cell) for cell in cells]
        while row and not row[-1]:
            row.pop()
        if len(row) > max_columns:
            raise FileProblem(
                FileFault.TOO_MANY_COLUMNS, row=number, columns=len(row), most=max_columns
            )
        yield row


def cell_text(cell: Cell) -> str:
    """A cell as the person sees it: whole numbers without a point, dates in ISO 8601.

    A number too long for a spreadsheet's precision keeps its exponent, so that it is recognised as
    cut off: its last digits are lost.
    """
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else _scientific(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _scientific(number: float) -> str:
    return f"{number:E}" if abs(number) >= _EXACT else repr(number)


if __name__ == "__main__":
    main()
