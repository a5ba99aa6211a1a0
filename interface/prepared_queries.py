"""Queries that pages ask again and again: written once a process, planned once a connection.

Django writes a query's SQL anew each time it is asked, which costs more than its answer does, and
PostgreSQL plans it anew. A function decorated with `prepared` says the query once for all values.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, update_wrapper
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import QuerySet, Value

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

    The arguments are given by position, and are single values, such as keys and moments; None is
    equal to nothing. The function sees a place for each, and may do no more than put it into the
    query: whatever else it asks, such as the time, stays as it was the first time.
    """
    return Prepared(query)


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
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._values = self._compiler.as_sql()

    def rows(self, given: Sequence[Any]) -> list[Any]:
        """The rows for these values."""
        stored = [_stored(value) for value in given]
        values = [
            stored[value.number] if isinstance(value, _Place) else value for value in self._values
        ]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # Not Django's kind, which writes the values into the SQL.
                cursor.cursor = psycopg.Cursor(connection.connection)
            cursor.execute(self._sql, values)
            found = cursor.fetchall()
        return list(self._answered_by(found))

    def _answered_by(self, found: list[Any]) -> QuerySet[Any, Any]:
        """The query, to which the database has answered with this."""
        compiler = copy.copy(self._compiler)
        compiler.connection = connection
        if compiler.has_extra_select:
            found = [row[: compiler.col_count] for row in found]
        compiler.execute_sql = lambda *_args, **_kwargs: [found]
        answered = self._queryset.all()
        answered.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        return answered


def _stored(value: Any) -> Any:
    """A value as the database has it."""
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
