"""Counting a selection: who would get it, and who would not and why. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from campaigns.audiences.selection import Register, Selection
from recipients.models import Recipient, RecipientList
from recipients.saved_filters import filters
from recipients.saved_filters.filters import EVERYBODY, Definition
from recipients.sql import Sql, integers, sql

RECIPIENTS = Recipient._meta.db_table
# Looking at more rows than these takes longer than a page may.
QUICK = 50_000


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """`rows` of the chosen lists, `people` who will get it, and the rest by reason.

    `unknown`: why nobody can be counted, where the limit of a filter cannot be read.
    """

    rows: int = 0
    people: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def left_out_count(self) -> int:
        """Rows that are not sent to."""
        return sum(self.left_out.values())


def is_quick(chosen: Selection) -> bool:
    """Whether counting takes no time worth waiting for.

    One list as it is comes from its own counters; anything else looks at its rows.
    """
    is_plain = chosen.asks_registers_alone and len(chosen.parts) == 1 and chosen.whole
    return bool(is_plain) or _counters(list_rows.list_id for list_rows in chosen.parts)[0] <= QUICK


def count_selection(chosen: Selection) -> AudienceCount:
    """Count the people of a selection as it would be frozen now."""
    if not chosen.parts:
        return AudienceCount()
    if unknown := unreadable_limits(chosen):
        return AudienceCount(unknown=tuple(unknown))
    sources = _sources(chosen)
    rows, distinct = _counters(chosen.whole)
    rows += sum(_number(list_rows.rows("r")) for list_rows in chosen.parts if list_rows.filters)
    left_out: dict[str, int] = {}
    earlier, registers = EVERYBODY, chosen.registers()
    for code, holds in chosen.reasons("r"):
        if code in registers:
            number = sum(_in_register(registers[code], source, earlier) for source in sources)
        else:
            why = sql("{holds} AND {earlier}", holds=holds, earlier=earlier)
            number = sum(
                _number(sql("{source} AND {why}", source=piece, why=why)) for piece in sources
            )
        left_out[code] = number
        earlier = sql("{earlier} AND NOT {holds}", earlier=earlier, holds=holds)
    gone = sum(left_out.values())
    if chosen.duplicates_allowed:
        people = rows - gone
    elif len(chosen.parts) == 1 and chosen.whole:
        people = distinct if not gone else _first_rows(chosen)
    else:
        people = _distinct(sources, chosen.kept("r"))
    left_out = {"duplicate": rows - gone - people, **left_out}
    return AudienceCount(rows, people, {reason: n for reason, n in left_out.items() if n})


def unreadable_limits(chosen: Selection) -> list[str]:
    """Why nobody knows whom the selection's filters hold, a sentence each."""
    return [
        filters.unreadable_limit(condition)
        for definition in filters_of(chosen)
        for condition in definition.unreadable
    ]


def filters_of(chosen: Selection) -> list[Definition]:
    """What all filters of a selection say, in and out."""
    within = (definition for part in chosen.parts for definition in part.filters)
    return list(dict.fromkeys([*within, *chosen.filters_out]))


def _sources(chosen: Selection) -> list[Sql]:
    """The rows named r: all lists that are taken whole together, each other part by itself."""
    whole = Sql(f"r.recipient_list_id IN ({integers(sorted(chosen.whole))})")
    others = [list_rows.rows("r") for list_rows in chosen.parts if list_rows.filters]
    return [whole, *others] if chosen.whole else others


def _counters(lists: Iterable[int]) -> tuple[int, int]:
    """(rows, different people of each) that the lists say they have."""
    totals = RecipientList.objects.filter(pk__in=list(lists)).aggregate(
        rows=Coalesce(Sum(F("recipient_count") + F("duplicate_count")), 0),
        distinct=Coalesce(Sum("recipient_count"), 0),
    )
    return int(totals["rows"]), int(totals["distinct"])


def _in_register(register: Register, source: Sql, earlier: Sql) -> int:
    # From the register's side: its people are few, the lists are long.
    asked = sql(
        f"SELECT COUNT(*) FROM {register.model._meta.db_table} o JOIN {RECIPIENTS} r "
        "ON r.phone_key = o.phone_key AND {source} WHERE {rows} AND {earlier}",
        source=source,
        rows=register.rows,
        earlier=earlier,
    )
    return _one(asked)


def _number(rows: Sql) -> int:
    return _one(sql(f"SELECT COUNT(*) FROM {RECIPIENTS} r WHERE {{rows}}", rows=rows))


def _first_rows(chosen: Selection) -> int:
    part = chosen.parts[0]
    return _number(
        sql(
            "{rows} AND {first} AND {kept}",
            rows=part.rows("r"),
            first=part.comes_first("r"),
            kept=chosen.kept("r"),
        )
    )


def _distinct(sources: Iterable[Sql], kept: Sql) -> int:
    keys = [
        sql(
            f"SELECT r.phone_key FROM {RECIPIENTS} r WHERE {{source}} AND {{kept}}",
            source=source,
            kept=kept,
        )
        for source in sources
    ]
    text = " UNION ".join(piece.text for piece in keys)
    values = tuple(value for piece in keys for value in piece.values)
    if len(keys) == 1:
        text = text.replace("SELECT r.phone_key", "SELECT DISTINCT r.phone_key", 1)
    return _one(Sql(f"SELECT COUNT(*) FROM ({text}) AS people", values))


def _one(asked: Sql) -> int:
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.values)
        return int(cursor.fetchone()[0])
