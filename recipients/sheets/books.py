"""What every kind of workbook is read as: sheets of rows, and what of them is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class UnreadableBook(Exception):
    """The file is not what it says, or damaged."""


class EncryptedBook(Exception):
    """The file can only be opened with a password."""


class SheetName(NamedTuple):
    """A sheet of cells, not of a chart, and whether people see its name at the bottom."""

    name: str
    is_hidden: bool


class BookRow(NamedTuple):
    """A row with its number and the texts of its cells from column A on."""

    number: int
    cells: list[str]
    is_hidden: bool = False


@dataclass
class BookSheet:
    """A sheet while it is read.

    `hidden_columns` are known from the first row on, `merges` when the last row is read: the first
    row, the last row and the column of cells that were made one; `without_result` too.
    """

    rows: Iterator[BookRow]
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, int]] = field(default_factory=list)
    # Cells whose formula was never worked out by the program that wrote the file.
    without_result: int = 0


def put(cells: list[str], column: int, text: str) -> None:
    """Write a text into the column, from 0, of a row's cells; those before it may be missing."""
    if column >= len(cells):
        cells.extend([""] * (column + 1 - len(cells)))
    cells[column] = text


class Book(Protocol):
    """A workbook that is open."""

    # Of those with cells, in the order of the file.
    sheets: list[SheetName]
    # The sheet that is seen when the workbook is opened.
    active: str
    # Whether it is known what of its rows and columns is hidden.
    tells_hidden: bool

    def sheet(self, name: str) -> BookSheet:
        """Begin to read a sheet; raises UnreadableBook, also while rows are taken."""
