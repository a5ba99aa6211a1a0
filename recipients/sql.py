"""Pieces of SQL with their values, put together without ever writing a value into the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

# Regular expressions in SQL say {2} or {1,2}: only words are slots.
_SLOT = re.compile(r"\{([a-z_]+)\}")


class Sql(NamedTuple):
    """A piece of SQL with `%s` for each of its values, in their order."""

    text: str
    values: tuple[Any, ...] = ()


NOTHING = Sql("(1 = 0)")


def sql(text: str, **pieces: Sql) -> Sql:
    """`text` with each `{name}` replaced by the piece of that name, wherever it stands.

    `text` is written by us; it holds no value.
    """
    values: list[Any] = []

    def filled(slot: re.Match[str]) -> str:
        piece = pieces[slot[1]]
        values.extend(piece.values)
        return piece.text

    return Sql(_SLOT.sub(filled, text), tuple(values))


def value(of: Any) -> Sql:
    """A single value."""
    return Sql("%s", (of,))


def joined_sql(pieces: Iterable[Sql], word: str, empty: Sql = NOTHING) -> Sql:
    """The pieces in brackets with AND or OR between them; `empty` when there are none."""
    parts = list(pieces)
    if not parts:
        return empty
    text = f" {word} ".join(piece.text for piece in parts)
    return Sql(f"({text})", tuple(v for piece in parts for v in piece.values))


def integers(numbers: Iterable[int]) -> str:
    """`3, 5, 8`: keys of ours, which need no slot."""
    return ", ".join(f"{number:d}" for number in numbers)
