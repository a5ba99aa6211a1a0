"""What SQLite lacks of PostgreSQL: letters beyond ASCII, JSON in one form, days and numbers.

Registered on every connection. The modules that they come from write the same in PostgreSQL's own
words.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.db.backends.signals import connection_created

from recipients.cell_days import day_in, day_kind
from recipients.cell_numbers import number_in, number_kind
from recipients.comparing import comparable


def plain_json(text: str) -> str:
    """The same JSON in the one way that equal values are written in."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()


def _register(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        add = connection.connection.create_function
        add("comparable", 1, comparable, deterministic=True)
        add("day_in", 2, day_in, deterministic=True)
        add("day_kind", 1, day_kind, deterministic=True)
        add("number_in", 2, number_in, deterministic=True)
        add("number_kind", 1, number_kind, deterministic=True)
        add("plain_json", 1, plain_json, deterministic=True)


def register_on_every_connection() -> None:
    """Called once, when the app is ready."""
    connection_created.connect(_register, dispatch_uid="recipients.sqlite_functions")
