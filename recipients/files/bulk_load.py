"""Rows into a table as fast as the database takes them: COPY on PostgreSQL, executemany on SQLite.

The caller holds the transaction. `Model.objects.bulk_create` needs ten times as long, because it
makes an object and an expression of every value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from django.db import connection
from django.db.backends.utils import CursorWrapper

Value = str | int
Row = tuple[Value, ...]

_TO_ESCAPE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_LINES_A_WRITE = 500
_ROWS_A_CALL = 5_000
# SQLite's manual, PRAGMA: NORMAL is 1; the log's pages have 4,096 bytes.
_FOR_BULK = {"synchronous": 1, "wal_autocheckpoint": 16_384}


def load_rows(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
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
            _insert_many(cursor, into, len(columns), rows)


def refresh_statistics(table: str) -> None:
    """Let PostgreSQL count what was loaded, before it is asked about it.

    Its planner takes a table it has not counted for a small one: a join of 100,000 rows then takes
    40 seconds instead of a tenth of one. It would count by itself, but only a minute later. SQLite
    always goes by the index.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


@contextmanager
def quick_commits() -> Iterator[None]:
    """Let commits on SQLite not wait for the disk, for work that can be done again.

    The pages of an index in no order are written to the log again and again; it may grow to 64 MB
    before they go into the database file, instead of 4 MB: that halves the time of an import.
    After a power cut the file is whole and the last of these commits may be missing altogether,
    rows and progress alike (SQLite manual, PRAGMA synchronous, NORMAL in WAL mode). Commits of
    other connections wait as ever, and with them whatever was committed before.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        usual = {}
        for name, value in _FOR_BULK.items():
            cursor.execute(f"PRAGMA {name}")
            (usual[name],) = cursor.fetchone()
            cursor.execute(f"PRAGMA {name} = {value:d}")
        try:
            yield
        finally:
            for name, value in usual.items():
                cursor.execute(f"PRAGMA {name} = {value:d}")


def copy_line(row: Row) -> str:
    """A line of COPY's text format (PostgreSQL manual, COPY, "Text Format")."""
    line = "\t".join(map(str, row))
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(row):
        line = "\t".join(str(value).translate(_TO_ESCAPE) for value in row)
    return line + "\n"


def _insert_many(cursor: CursorWrapper, into: str, width: int, rows: Iterable[Row]) -> None:
    # Some at a time: Django's cursor keeps all that it is given until the end of the call.
    statement = f"INSERT INTO {into} VALUES ({', '.join(['%s'] * width)})"  # noqa: S608
    rest = iter(rows)
    while some := list(islice(rest, _ROWS_A_CALL)):
        cursor.executemany(statement, some)


def _copy(cursor: CursorWrapper, statement: str, rows: Iterable[Row]) -> None:
    lines = map(copy_line, rows)
    with connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        while some := "".join(islice(lines, _LINES_A_WRITE)):
            copy.write(some)
