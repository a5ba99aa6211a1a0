"""Pages by key instead of by number: the ten-thousandth is as quick as the first.

The place in the list travels as a signed text, so that database ids stay inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
_SALT = "recipients.lists.paging"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of a page, and the places before and after it ("" where there are none)."""

    rows: list[Row]
    before: str = ""
    after: str = ""


def page_of(
    found: QuerySet[Row],
    size: int,
    *,
    after: str = "",
    before: str = "",
    newest_first: bool = False,
    keys: Sequence[str] = ("pk",),
) -> Page[Row]:
    """One page of `found` in the order of `keys`: "pk", or two that together tell rows apart.

    `after` or `before` is a place from an earlier page; one that was tampered with, or whose row is
    gone, means the first page.
    """
    backwards = bool(before) and not after
    place = read_place(before if backwards else after)
    descending = newest_first != backwards
    rows = found.order_by(*(f"-{key}" if descending else key for key in keys))
    values = _values_at(found, place, keys)
    if values is not None:
        rows = rows.filter(_beyond(keys, values, descending))
    some = list(rows[: size + 1])
    more, some = len(some) > size, some[:size]
    if backwards:
        some.reverse()
    has_before = more if backwards else values is not None
    has_after = values is not None if backwards else more
    return Page(
        rows=some,
        before=write_place(some[0].pk) if some and has_before else "",
        after=write_place(some[-1].pk) if some and has_after else "",
    )


def _values_at(rows: QuerySet[Row], place: int | None, keys: Sequence[str]) -> Sequence[Any] | None:
    """The keys' values of the row at a place: only its id travels, for a key may be a phone."""
    if place is None or len(keys) == 1:
        return None if place is None else [place]
    return rows.model._default_manager.filter(pk=place).values_list(*keys).first()


def _beyond(keys: Sequence[str], values: Sequence[Any], descending: bool) -> Q:
    way = "lt" if descending else "gt"
    if len(keys) == 1:
        return Q(**{f"{keys[0]}__{way}": values[0]})
    # The first condition says nothing new, but it is one that an index can begin at.
    from_here = Q(**{f"{keys[0]}__{way}e": values[0]})
    return from_here & (
        Q(**{f"{keys[0]}__{way}": values[0]}) | Q(**{f"{keys[1]}__{way}": values[1]})
    )


def write_place(key: int) -> str:
    """A database id as it may stand in an address."""
    return signing.Signer(salt=_SALT).sign(f"{key:x}")


def read_place(place: str) -> int | None:
    """The id that `write_place` wrote; None for anything else."""
    try:
        return int(signing.Signer(salt=_SALT).unsign(place), 16)
    except (signing.BadSignature, ValueError):
        return None
