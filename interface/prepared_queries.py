"""Queries that pages ask again and again: written once a process, planned once a connection.

Django writes a query's SQL anew each time it is asked, which costs more than its answer does, and
PostgreSQL plans it anew. A function decorated with `prepared` says the query once for all values.
"""

from __future__ import annotations

import copy
import inspect
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, update_wrapper
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

import psycopg
import psycopg.sql
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler

Values = ParamSpec("Values")
Row = TypeVar("Row")


class Prepared(Generic[Values, Row]):
    """A query that is asked with one value after the other; called, it returns the rows of one."""

    def __init__(self, query: Callable[Values, QuerySet[Any, Row]]) -> None:
        self.query = query
        update_wrapper(self, query)

    def __call__(self, *values: Values.args, **_named: Values.kwargs) -> list[Row]:
        """What the database has for these values now."""
        return _written(self.query, connection.vendor).rows(values)


def prepared(query: Callable[Values, QuerySet[Any, Row]]) -> Prepared[Values, Row]:
    """Decorate a function that makes a query of its arguments: it then returns the rows.

    The arguments are given by position: single values, such as keys and moments, where None is
    equal to nothing, or lists for `Among`. The function sees a place for each, and may do no more
    than put it into the query: whatever else it asks, such as the time, stays as it was the first
    time.
    """
    return Prepared(query)


class Among(Func):
    """A condition: that a field is one of the values of a list, as in `Among("pk", keys)`.

    Django's own `pk__in` is another SQL for each number of values.
    """

    output_field = BooleanField()
    arity = 2

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """An array."""
        return self.as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(")

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **_more: Any) -> tuple[str, Any]:
        """A text of JSON."""
        joiner = " IN (SELECT value FROM json_each("
        return self.as_sql(compiler, connection, template="%(expressions)s))", arg_joiner=joiner)


class _Place(NamedTuple):
    """Where in the SQL the value with this number stands."""

    number: int


@cache
def _written(query: Callable[..., QuerySet[Any, Any]], _vendor: str) -> _Written:
    count = len(inspect.signature(query).parameters)
    return _Written(query(*(Value(_Place(number)) for number in range(count))))


class _Written:
    """A query in SQL, and how its rows are read."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, self._values = _constants_put_in(*self._compiler.as_sql())
        columns = [column for column, *_how in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(columns)

    def rows(self, given: Sequence[Any]) -> list[Any]:
        """The rows for these values."""
        database = connections[DEFAULT_DB_ALIAS]
        stored = [_stored(value, database) for value in given]
        values = [
            stored[value.number] if isinstance(value, _Place) else value for value in self._values
        ]
        with database.cursor() as cursor:
            if database.vendor == "postgresql" and not database.queries_logged:
                # Not Django's kind, which writes the values into the SQL, and remembers it.
                cursor.cursor = psycopg.Cursor(database.connection)
            cursor.execute(self._sql, values)
            found = cursor.fetchall()
        return list(self._answered_by(found, database))

    def _answered_by(self, found: list[Any], database: BaseDatabaseWrapper) -> QuerySet[Any, Any]:
        """The query, to which the database has answered with this."""
        compiler = copy.copy(self._compiler)
        compiler.connection = database
        if compiler.has_extra_select:
            found = [row[: compiler.col_count] for row in found]
        compiler.execute_sql = lambda *_args, **_kwargs: [found]
        compiler.get_converters = lambda _columns: self._converters
        answered = self._queryset.all()
        answered.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        return answered


def _constants_put_in(sql: str, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """The SQL with what is always the same written into it, and what stands in the places left.

    A plan for all values could not use an index of rows that have one of these.
    """
    connection.ensure_connection()
    rest = iter(values)
    places: list[Any] = []

    def put(mark: re.Match[str]) -> str:
        if mark[0] == "%%":
            return "%%"
        value = next(rest)
        literal = None if isinstance(value, _Place) else _literal(value)
        if literal is None:
            places.append(value)
            return "%s"
        return literal.replace("%", "%%")

    return re.sub("%[%s]", put, sql), places


def _literal(value: Any) -> str | None:
    """A value as SQL says it; None for what SQLite is better given."""
    if connection.vendor == "postgresql":
        return psycopg.sql.Literal(value).as_string(connection.connection)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(int(value)) if isinstance(value, int) else None


def _stored(value: Any, database: BaseDatabaseWrapper) -> Any:
    """A value as the database has it."""
    if isinstance(value, UUID) and not database.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    if isinstance(value, list):
        return value if database.vendor == "postgresql" else json.dumps(value)
    return value
