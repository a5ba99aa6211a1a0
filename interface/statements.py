"""SQL of ours that runs a thousand times in a row: planned once, and sent together.

Django writes each query anew and PostgreSQL plans it anew; for what a worker asks for every job of
a campaign that is most of the work. These statements are sent as they stand. PostgreSQL gets them
without waiting for the answers in between (a pipeline), and keeps their plans where the connection
allows it (`prepare_threshold` of `config.databases`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from django.db.models import Field, Model


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `%s` in the places of its values, which are as the database stores them."""

    sql: str
    values: Sequence[Any]


class Done(NamedTuple):
    """What a statement did: how many rows it found or changed, and the first that it returned."""

    rows: int
    row: tuple[Any, ...] | None


def run(*statements: Statement) -> list[Done]:
    """Run all, in this order. Raises the errors of `django.db`; then nothing after it has run."""
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        return _in_a_pipeline(statements)
    return [_alone(statement) for statement in statements]


def _in_a_pipeline(statements: Sequence[Statement]) -> list[Done]:
    database = connection.connection
    with connection.wrap_database_errors:
        with database.pipeline():
            # Not Django's kind of cursor, which writes the values into the SQL.
            cursors = [
                psycopg.Cursor(database).execute(statement.sql, statement.values)
                for statement in statements
            ]
        return [
            Done(cursor.rowcount, cursor.fetchone() if cursor.description else None)
            for cursor in cursors
        ]


def _alone(statement: Statement) -> Done:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.values)
        row = cursor.fetchone() if cursor.description else None
        return Done(cursor.rowcount if row is None else 1, row)


# --- Statements about one row ---------------------------------------------------------------------


class Sql(NamedTuple):
    """What the database works out itself, such as `people + %s`, in the place of a value."""

    text: str
    values: tuple[Any, ...] = ()


def locked(row: Model, fields: Sequence[str]) -> Statement:
    """Lock the row until the transaction ends, and read these of its fields (`take_over`)."""
    return Statement(_lock_sql(type(row), tuple(fields), connection.vendor), [row.pk])


def take_over(row: Model, fields: Sequence[str], found: Done) -> None:
    """Give the row what `locked` found. Raises its DoesNotExist when it is gone."""
    if found.row is None:
        raise type(row).DoesNotExist  # type: ignore[attr-defined]
    readers = _readers(type(row), tuple(fields), connection.vendor)
    for name, value, reading in zip(fields, found.row, readers, strict=True):
        for read in reading:
            value = read(value)  # noqa: PLW2901 - one after the other
        setattr(row, name, value)


def changed(model: type[Model], where: Mapping[str, Any], /, **changes: Any) -> Statement:
    """Change the rows that are as `where` says."""
    texts = tuple((name, _text(value)) for name, value in changes.items())
    values = [stored for name, value in changes.items() for stored in _stored(model, name, value)]
    values += [stored for name, value in where.items() for stored in _stored(model, name, value)]
    return Statement(_change_sql(model, texts, tuple(where)), values)


def inserted(row: Model, **instead: Any) -> Statement:
    """Insert a row as it stands, but for the fields that `instead` names."""
    model = type(row)
    names = [field.attname for field in model._meta.concrete_fields]
    filled = {name: instead.get(name, getattr(row, name)) for name in names}
    values = [stored for name, value in filled.items() for stored in _stored(model, name, value)]
    texts = tuple((name, _text(value)) for name, value in filled.items())
    return Statement(_insert_sql(model, texts), values)


def _text(value: Any) -> str:
    return value.text if isinstance(value, Sql) else "%s"


def _stored(model: type[Model], name: str, value: Any) -> Sequence[Any]:
    if isinstance(value, Sql):
        return value.values
    return [_field(model, name).get_db_prep_save(value, connection)]


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _column(model: type[Model], name: str) -> str:
    return connection.ops.quote_name(str(_field(model, name).column))


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


@cache
def _lock_sql(model: type[Model], fields: tuple[str, ...], vendor: str) -> str:
    # SQLite has one lock for all, which whoever writes has from the start.
    lock = " FOR UPDATE" if vendor == "postgresql" else ""
    columns = ", ".join(_column(model, name) for name in fields)
    key = _column(model, model._meta.pk.name)
    return f"SELECT {columns} FROM {_table(model)} WHERE {key} = %s{lock}"  # noqa: S608 - ours


@cache
def _change_sql(
    model: type[Model], changes: tuple[tuple[str, str], ...], where: tuple[str, ...]
) -> str:
    sets = ", ".join(f"{_column(model, name)} = {text}" for name, text in changes)
    conditions = " AND ".join(f"{_column(model, name)} = %s" for name in where)
    return f"UPDATE {_table(model)} SET {sets} WHERE {conditions}"  # noqa: S608 - ours


@cache
def _insert_sql(model: type[Model], filled: tuple[tuple[str, str], ...]) -> str:
    columns = ", ".join(_column(model, name) for name, _text in filled)
    values = ", ".join(text for _name, text in filled)
    return f"INSERT INTO {_table(model)} ({columns}) VALUES ({values})"  # noqa: S608 - ours


@cache
def _readers(
    model: type[Model], fields: tuple[str, ...], _vendor: str
) -> list[list[Callable[[Any], Any]]]:
    """How what the database gives becomes what each field holds."""
    columns = [_field(model, name).get_col(model._meta.db_table) for name in fields]
    return [
        [
            partial(_converted, converter, column)
            for converter in (
                *connection.ops.get_db_converters(column),
                *column.get_db_converters(connection),
            )
        ]
        for column in columns
    ]


def _converted(converter: Callable[..., Any], column: Any, value: Any) -> Any:
    return converter(value, column, connection)
