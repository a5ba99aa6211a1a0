"""From SQLite to PostgreSQL: all rows, in one transaction on both sides, and the proof of it.

SQLite's write lock is held from before the first row is read until the end, so nobody writes
meanwhile. PostgreSQL takes the rows by COPY in one transaction, so whatever ends it early leaves
the database as empty as it was. Then every table is read back and compared by count and digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql
from psycopg.types.json import set_json_loads

from recipients.models import Recipient
from recipients.searching import KEPT

# Filled by `migrate` itself; ours take their place.
MADE_BY_MIGRATING = ("django_content_type", "auth_permission")
_MIGRATIONS = "django_migrations"
_ROWS_AT_ONCE = 2_000
_ALL = 1 << 256


class NotMoved(Exception):
    """Nothing was moved: PostgreSQL is as it was. The message says why and what to do."""


@dataclass(slots=True)
class Digest:
    """How many rows, and a digest of all of them that does not hang on their order."""

    rows: int = 0
    total: int = 0

    def add(self, row: Sequence[object]) -> None:
        """Take in a row of values in their common form."""
        found = hashlib.sha256(repr(row).encode()).digest()
        self.rows, self.total = self.rows + 1, (self.total + int.from_bytes(found)) % _ALL

    def __str__(self) -> str:
        return f"{self.total:064x}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of PostgreSQL: its columns with their types, and those that it fills itself.

    Not what it alone keeps, beside the columns of both, so as to find it sooner.
    """

    name: str
    types: dict[str, str] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)

    @property
    def written(self) -> list[str]:
        """The columns that are copied."""
        return [column for column in self.types if column not in self.generated]


def move(address: str, tell: Callable[[str], None]) -> dict[str, Digest]:
    """Move every row of this SQLite database into the PostgreSQL one at `address`.

    `tell` is given a sentence for each table. Returns what each table holds. Raises NotMoved.
    """
    if connection.vendor != "sqlite":
        raise NotMoved("DATABASE_URL has to name the SQLite database that is to be moved.")
    if MigrationExecutor(connection).migration_plan(
        MigrationExecutor(connection).loader.graph.leaf_nodes()
    ):
        raise NotMoved("Run `python manage.py migrate` on the SQLite database first.")
    try:
        # IMMEDIATE, as every transaction of ours: the write lock is ours before a row is read.
        with transaction.atomic(), psycopg.connect(address) as target:
            target.execute("SET TIME ZONE 'UTC'")
            set_json_loads(_json, target)
            return _move(target, tell)
    except psycopg.Error as error:
        said = error.diag.message_primary or "it cannot be reached with this address"
        where = f" (table {error.diag.table_name})" if error.diag.table_name else ""
        raise NotMoved(f"PostgreSQL refused{where}: {said}. It is as it was.") from None


def _move(target: psycopg.Connection[Any], tell: Callable[[str], None]) -> dict[str, Digest]:
    tables = _tables(target)
    _check_is_ready(target, tables)
    names = sql.SQL(", ").join(sql.Identifier(name) for name in tables)
    target.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(names))
    for name in tables:
        if name not in MADE_BY_MIGRATING and _has_rows(target, name):
            raise NotMoved(f"PostgreSQL is not empty: there are rows in {name}.")
    for name in reversed(MADE_BY_MIGRATING):
        target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    # What adding a row makes the database do has happened here already.
    _triggers(target, tables, "DISABLE")
    moved = dict[str, Digest]()
    for table in tables.values():
        moved[table.name] = _copy(target, table)
        tell(f"{table.name}: {moved[table.name].rows} rows, sha256 {moved[table.name]}")
    # Whether each row that another one names is there, which PostgreSQL looks at last.
    target.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _triggers(target, tables, "ENABLE")
    _go_on_counting(target, tables)
    for table in tables.values():
        if _digest(_read_back(target, table), table) != moved[table.name]:
            raise NotMoved(f"{table.name} is not the same in PostgreSQL. Nothing was moved.")
    return moved


def _tables(target: psycopg.Connection[Any]) -> dict[str, Table]:
    found = dict[str, Table]()
    for name, column, kind, generated, identity in target.execute(
        "SELECT table_name, column_name, udt_name, is_generated = 'ALWAYS', is_identity = 'YES' "
        "FROM information_schema.columns JOIN information_schema.tables USING (table_schema, "
        "table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' "
        "ORDER BY table_name, ordinal_position"
    ):
        if generated and (name, column) == (Recipient._meta.db_table, KEPT):
            continue
        table = found.setdefault(name, Table(name))
        table.types[column] = kind
        if generated:
            table.generated.add(column)
        if identity:
            table.counted.add(column)
    return found


def _check_is_ready(target: psycopg.Connection[Any], tables: dict[str, Table]) -> None:
    """Raise NotMoved unless the target has our migrations, and leave their table out."""
    if tables.pop(_MIGRATIONS, None) is None:
        raise NotMoved(
            "PostgreSQL has no tables yet. Run `python manage.py migrate` with a DATABASE_URL of "
            "the role that is to own them."
        )
    asked = f"SELECT app, name FROM {_MIGRATIONS}"  # noqa: S608 - our own table
    with connection.cursor() as cursor:
        cursor.execute(asked)
        ours = set(cursor.fetchall())
        here = set(connection.introspection.table_names(cursor)) - {_MIGRATIONS}
    if set(target.execute(asked.encode())) != ours or here != tables.keys():
        raise NotMoved("PostgreSQL was migrated by another release: use the same for both.")


def _has_rows(target: psycopg.Connection[Any], name: str) -> bool:
    asked = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))
    return target.execute(asked).fetchone() is not None


def _triggers(target: psycopg.Connection[Any], tables: dict[str, Table], word: str) -> None:
    """The owner's own triggers alone: those of foreign keys stay."""
    for (name,) in target.execute(
        "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
    ).fetchall():
        if name in tables:
            statement = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
            target.execute(statement.format(sql.Identifier(name), sql.SQL(word)))


def _copy(target: psycopg.Connection[Any], table: Table) -> Digest:
    """Copy a table's rows as they are read, never more than some of them in memory."""
    digest, forms = Digest(), [_form_of(kind) for kind in table.types.values()]
    places = [place for place, name in enumerate(table.types) if name not in table.generated]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.written))
    )
    with target.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _read(table):
            # As text, which every type reads: it lies here so.
            copy.write_row([row[place] for place in places])
            digest.add(_common(row, forms))
    return digest


def _read(table: Table) -> Iterator[Sequence[Any]]:
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, table.types))
    # Past Django's cursor, which would keep each statement while DEBUG is set.
    rows = connection.connection.execute(f"SELECT {columns} FROM {quote(table.name)}")  # noqa: S608
    while some := rows.fetchmany(_ROWS_AT_ONCE):
        yield from some


def _read_back(target: psycopg.Connection[Any], table: Table) -> Iterator[Sequence[Any]]:
    asked = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, table.types)), sql.Identifier(table.name)
    )
    with target.cursor(name="all_rows") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(asked)
        yield from cursor


def _digest(rows: Iterable[Sequence[Any]], table: Table) -> Digest:
    digest, forms = Digest(), [_form_of(kind) for kind in table.types.values()]
    for row in rows:
        digest.add(_common(row, forms))
    return digest


def _go_on_counting(target: psycopg.Connection[Any], tables: dict[str, Table]) -> None:
    """The next number is the one that SQLite would have given: none is ever used twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        last = dict(cursor.fetchall())
    for table in tables.values():
        for column in table.counted:
            if number := last.get(table.name):
                target.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [f'"{table.name}"', column, number],
                )


# --- One form for the values of both --------------------------------------------------------------


def _common(row: Sequence[Any], forms: Sequence[Callable[[Any], object]]) -> tuple[object, ...]:
    return tuple(
        None if value is None else form(value) for value, form in zip(row, forms, strict=True)
    )


def _instant(value: str | datetime) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat()


def _json(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def _in_order(value: Any) -> str:
    return json.dumps(
        _json(value) if isinstance(value, str) else value, sort_keys=True, default=_number
    )


def _number(value: Any) -> str:
    return str(Decimal(str(value)).normalize())


def _form_of(kind: str) -> Callable[[Any], object]:
    return _FORMS.get(kind, str)


_FORMS: dict[str, Callable[[Any], object]] = {
    "bool": bool,
    "bytea": bytes,
    "date": lambda value: str(value if isinstance(value, date) else date.fromisoformat(value)),
    "float8": float,
    "jsonb": _in_order,
    "numeric": _number,
    "time": lambda value: str(value if isinstance(value, time) else time.fromisoformat(value)),
    "timestamptz": _instant,
    "uuid": lambda value: UUID(str(value)).hex,
}
