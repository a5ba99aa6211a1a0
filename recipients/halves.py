"""SQLite looks through a long list with one core of the processor; so each half is asked for apart.

PostgreSQL shares such a question among its workers by itself.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.db.models import QuerySet

FEWEST = 50_000
"""Keys apart from which on a list is worth a second connection (which costs a millisecond)."""


def some_keys(rows: QuerySet[Any], everybody: QuerySet[Any], most: int) -> list[int]:
    """The primary keys of at most `most` of `rows`, in no order.

    `everybody`: whom the rows are among; its first and last key have to be found by an index.
    """
    keys = rows.order_by().values_list("pk", flat=True)
    middle = _middle(everybody)
    if middle is None:
        return list(keys[:most])
    with ThreadPoolExecutor(max_workers=1) as helper:
        behind = helper.submit(_read_apart, keys.filter(pk__gt=middle)[:most])
        return [*keys.filter(pk__lte=middle)[:most], *behind.result()][:most]


def _middle(everybody: QuerySet[Any]) -> int | None:
    # What a transaction has not committed is not there for another connection.
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return None
    in_order = everybody.order_by("pk").values_list("pk", flat=True)
    first, last = in_order.first(), in_order.last()
    if first is None or last - first < FEWEST:
        return None
    return int(first + last) // 2


def _read_apart(keys: QuerySet[Any]) -> list[int]:
    try:
        return list(keys)
    finally:
        connection.close()
