"""Counting a selection: who would get it, and who would not and why. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from campaigns.audiences.selection import Register, Selection
from interface.read_once import read_once
from recipients.models import Recipient, RecipientList
from recipients.saved_filters import filters
from recipients.saved_filters.filters import EVERYBODY, Definition
from recipients.sql import Sql, integers, sql

RECIPIENTS = Recipient._meta.db_table
# Looking at more rows than these takes longer than a page may.
QUICK = 50_000


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """`rows` of the chosen lists, `people` who will get it, and the others by reason.

    Each person counts once, however often they stand there; the other rows are duplicates.

    `unknown`: why nobody can be counted, where the limit of a filter cannot be read.
    """

    rows: int = 0
    people: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def left_out_count(self) -> int:
        """People who get nothing, and duplicates."""
        return sum(self.left_out.values())


def is_quick(chosen: Selection, lists: Iterable[RecipientList]) -> bool:
    """Whether counting takes no time worth waiting for; `lists`: those of its parts.

    One list as it is comes from its own counters; anything else looks at its rows.
    """
    is_plain = chosen.asks_registers_alone and len(chosen.parts) == 1 and chosen.whole
    return bool(is_plain) or sum(recipient_list.row_count for recipient_list in lists) <= QUICK


@read_once
def count_selection(chosen: Selection) -> AudienceCount:
    """Count the people of a selection as it would be frozen now."""
    if not chosen.parts:
        return AudienceCount()
    if unknown := unreadable_limits(chosen):
        return AudienceCount(unknown=tuple(unknown))
    sources, counters = _sources(chosen), _counters_sql(chosen.whole)
    asked = [*counters, *(_rows_sql(part.rows("r")) for part in chosen.parts if part.filters)]
    codes, of_rows = [], len(asked)
    earlier, registers = EVERYBODY, chosen.registers()
    for code, holds in chosen.reasons("r"):
        keys = [
            _keys_in(registers[code], source, earlier)
            if code in registers
            else _keys(source, sql("{holds} AND {earlier}", holds=holds, earlier=earlier))
            for source in sources
        ]
        codes.append(code)
        asked.append(_counted(keys, each_row=chosen.duplicates_allowed))
        earlier = sql("{earlier} AND NOT {holds}", earlier=earlier, holds=holds)
    is_plain = len(chosen.parts) == 1 and bool(chosen.whole)
    if not (chosen.duplicates_allowed or is_plain):
        kept = [_keys(source, chosen.kept("r")) for source in sources]
        asked.append(_counted(kept, each_row=False))
    rows, distinct, *numbers = _numbers(asked)
    rows += sum(numbers[: of_rows - len(counters)])
    left_out = dict(zip(codes, numbers[of_rows - len(counters) :], strict=False))
    gone = sum(left_out.values())
    if chosen.duplicates_allowed:
        people = rows - gone
    else:
        people = distinct - gone if is_plain else numbers[-1]
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


def _counters_sql(lists: Iterable[int]) -> tuple[Sql, Sql]:
    """(rows, different people of each) that the lists say they have, in SQL."""
    which = f"FROM {RecipientList._meta.db_table} WHERE id IN ({integers(lists) or 'NULL'})"
    return (
        Sql(f"SELECT COALESCE(SUM(recipient_count + duplicate_count), 0) {which}"),
        Sql(f"SELECT COALESCE(SUM(recipient_count), 0) {which}"),
    )


def _keys_in(register: Register, source: Sql, earlier: Sql) -> Sql:
    """The keys of those rows of a source whose person is in a register, in SQL."""
    # From the register's side: its people are few, the lists are long.
    return sql(
        f"SELECT r.phone_key FROM {register.model._meta.db_table} o JOIN {RECIPIENTS} r "
        "ON r.phone_key = o.phone_key AND {source} WHERE {rows} AND {earlier}",
        source=source,
        rows=register.rows,
        earlier=earlier,
    )


def _keys(source: Sql, which: Sql) -> Sql:
    return sql(
        f"SELECT r.phone_key FROM {RECIPIENTS} r WHERE {{source}} AND {{which}}",
        source=source,
        which=which,
    )


def _counted(keys: Sequence[Sql], *, each_row: bool) -> Sql:
    """How many rows the queries find; or how many people, however often each stands there."""
    text = (" UNION ALL " if each_row else " UNION ").join(piece.text for piece in keys)
    values = tuple(value for piece in keys for value in piece.values)
    if len(keys) == 1 and not each_row:
        text = text.replace("SELECT r.phone_key", "SELECT DISTINCT r.phone_key", 1)
    return Sql(f"SELECT COUNT(*) FROM ({text}) AS people", values)


def _rows_sql(rows: Sql) -> Sql:
    return sql(f"SELECT COUNT(*) FROM {RECIPIENTS} r WHERE {{rows}}", rows=rows)


def _numbers(asked: Sequence[Sql]) -> list[int]:
    """The number that each of the queries finds, all asked at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"({piece.text})" for piece in asked),
            [value for piece in asked for value in piece.values],
        )
        return [int(number) for number in cursor.fetchone()]
