"""Rows into a table as fast as the database takes them: COPY on PostgreSQL, executemany on SQLite.

The caller holds the transaction. `Model.objects.bulk_create` needs ten times as long, because it
makes an object and an expression of every value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

Value = str | int
Row = tuple[Value, ...]

_TO_ESCAPE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_LINES_A_WRITE = 500


def load(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows (strings and integers, no NULL) into `table`, in the order given.

    On PostgreSQL the rows are taken one by one while the server already works on those before, so
    that making them and storing them overlap. `table` and `columns` are names from the models,
    never a person's text. Raises django.db.DatabaseError for whatever the database does not take;
    then nothing is kept once the caller's transaction is rolled back.
    """
    names = ", ".join(map(connection.ops.quote_name, columns))
    into = f"{connection.ops.quote_name(table)} ({names})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, f"COPY {into} FROM STDIN", rows)
        else:
            marks = ", ".join(["%s"] * len(columns))
            # Any iterable will do, whatever the stubs say.
            values = cast("list[Row]", rows)
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", values)  # noqa: S608


@contextmanager
def quick_commits() -> Iterator[None]:
    """Let commits on SQLite not wait for the disk, for work that can be done again.

    After a power cut the file is whole and the last of these commits may be missing altogether,
    rows and progress alike (SQLite manual, PRAGMA synchronous, NORMAL in WAL mode). Commits of
    other connections wait as ever, and with them whatever was committed before.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        (usual,) = cursor.fetchone()
        cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA synchronous = {usual:d}")


def copy_line(row: Row) -> str:
    """A line of COPY's text format (PostgreSQL manual, COPY, "Text Format")."""
    line = "\t".join(map(str, row))
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(row):
        line = "\t".join(str(value).translate(_TO_ESCAPE) for value in row)
    return line + "\n"


def _copy(cursor: CursorWrapper, statement: str, rows: Iterable[Row]) -> None:
    lines = map(copy_line, rows)
    with connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        while some := "".join(islice(lines, _LINES_A_WRITE)):
            copy.write(some)
