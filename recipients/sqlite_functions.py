"""What SQLite lacks of PostgreSQL: comparing letters beyond ASCII, and JSON; dates and numbers.

Registered on every connection. `conditions` writes the same in PostgreSQL's own words.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from django.db.backends.signals import connection_created

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTS = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4})(?![0-9])")
_NUMBER = re.compile(r"-?[0-9]{1,15}([.][0-9]{1,6})?")


def lower(text: str) -> str:
    """The text in small letters."""
    return text.lower()


def date_key(text: str, day_first: int) -> str:
    """A date as 2026-04-03, from the beginning of a cell; "" for what is none that we read.

    Read are 2026-04-03, 3.4.2026, and 3/4/2026 or 3-4-2026 by `day_first`.
    """
    if iso := _ISO.match(text):
        return iso[0]
    if parts := _PARTS.match(text):
        first, sign, second, year = parts.groups()
        day, month = (first, second) if day_first or sign == "." else (second, first)
        return f"{year}-{month:0>2}-{day:0>2}"
    return ""


def plain_number(text: str) -> float | None:
    """A plain number such as -12.50; None for anything else."""
    return float(text) if _NUMBER.fullmatch(text) else None


def plain_json(text: str) -> str:
    """The same JSON in the one way that equal values are written in."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()


def _register(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        add = connection.connection.create_function
        add("unicode_lower", 1, lower, deterministic=True)
        add("date_key", 2, date_key, deterministic=True)
        add("number_of", 1, plain_number, deterministic=True)
        add("plain_json", 1, plain_json, deterministic=True)


def register_on_every_connection() -> None:
    """Called once, when the app is ready."""
    connection_created.connect(_register, dispatch_uid="recipients.sqlite_functions")
