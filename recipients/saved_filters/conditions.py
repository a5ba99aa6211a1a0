"""Conditions on a person's fields: what they mean in SQL, on both databases, and in words.

Capital letters and spaces around a value make no difference. A field that somebody lacks is empty:
it "is not" London, and it is neither before nor after any day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Self

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recipients.sql import NOTHING, Sql, joined_sql, sql, value

# The names that Sociocs gives to a recipient's own columns; a list's field of that name is hidden.
NAME, PHONE = "CUSTOMER_NAME", "PHONE_NUMBER"


class Op(StrEnum):
    """How a field is looked at."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    STARTS = "starts"
    EMPTY = "empty"
    FILLED = "filled"
    BEFORE = "before"
    AFTER = "after"
    BELOW = "below"
    ABOVE = "above"


OP_WORDS: Mapping[Op, str | Promise] = {
    Op.IS: gettext_lazy("is"),
    Op.IS_NOT: gettext_lazy("is not"),
    Op.ONE_OF: gettext_lazy("is one of"),
    Op.CONTAINS: gettext_lazy("contains"),
    Op.STARTS: gettext_lazy("begins with"),
    Op.EMPTY: gettext_lazy("is empty"),
    Op.FILLED: gettext_lazy("is filled"),
    Op.BEFORE: gettext_lazy("is a day before"),
    Op.AFTER: gettext_lazy("is a day after"),
    Op.BELOW: gettext_lazy("is a number below"),
    Op.ABOVE: gettext_lazy("is a number above"),
}
# The whole of a condition; what is compared with stands in quotation marks.
_SENTENCES: Mapping[Op, str | Promise] = {
    Op.IS: gettext_lazy("%(field)s is %(values)s"),
    Op.IS_NOT: gettext_lazy("%(field)s is not %(values)s"),
    Op.ONE_OF: gettext_lazy("%(field)s is one of %(values)s"),
    Op.CONTAINS: gettext_lazy("%(field)s contains %(values)s"),
    Op.STARTS: gettext_lazy("%(field)s begins with %(values)s"),
    Op.EMPTY: gettext_lazy("%(field)s is empty"),
    Op.FILLED: gettext_lazy("%(field)s is filled"),
    Op.BEFORE: gettext_lazy("%(field)s is a day before %(values)s"),
    Op.AFTER: gettext_lazy("%(field)s is a day after %(values)s"),
    Op.BELOW: gettext_lazy("%(field)s is a number below %(values)s"),
    Op.ABOVE: gettext_lazy("%(field)s is a number above %(values)s"),
}
WITHOUT_VALUE = frozenset({Op.EMPTY, Op.FILLED})
WITH_DAY = frozenset({Op.BEFORE, Op.AFTER})
WITH_NUMBER = frozenset({Op.BELOW, Op.ABOVE})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: `field` is a list's column, NAME or PHONE. `values`: one, several or none.

    A day is `2026-04-03`; a number is written as people write it, `-12.50`.
    """

    field: str
    op: Op
    values: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The condition that `to_json` made."""
        return cls(stored["field"], Op(stored["op"]), tuple(stored["values"]))

    def to_json(self) -> dict[str, Any]:
        """The condition as JSON values."""
        return {"field": self.field, "op": self.op.value, "values": list(self.values)}

    def in_words(self) -> str:
        """`City is one of London, Leeds`."""
        known = {NAME: _("Name"), PHONE: _("Phone")}
        return str(_SENTENCES[self.op]) % {
            "field": known.get(self.field, self.field),
            "values": ", ".join(f"“{value}”" for value in self.values),
        }


def where(condition: Condition, row: str, *, day_first: bool) -> Sql:
    """The condition in SQL on a row of recipients named `row`. Never NULL.

    `day_first` reads 3/4/2026 as the third of April.
    """
    cell = sql("TRIM({cell}, {spaces})", cell=_cell(condition.field, row), spaces=value(_SPACES))
    if condition.op is Op.EMPTY:
        return sql("({cell} = '')", cell=cell)
    if condition.op is Op.FILLED:
        return sql("({cell} <> '')", cell=cell)
    if condition.op in WITH_DAY:
        return _day(condition, cell, day_first)
    if condition.op in WITH_NUMBER:
        return _number(condition, cell)
    return _letters(condition, cell)


# PostgreSQL's TRIM takes off spaces alone unless it is told what else.
_SPACES = " \t\r\n\u00a0"


def _cell(field: str, row: str) -> Sql:
    """A recipient's field as text, "" where they lack it."""
    if field == NAME:
        return Sql(f"{row}.name")
    if field == PHONE:
        return Sql(f"{row}.phone")
    if connection.vendor == "postgresql":
        return Sql(f"COALESCE({row}.fields ->> %s, '')", (field,))
    if field.isascii() and '"' not in field and "\\" not in field:
        path = f'$."{field}"'
        return Sql(f"COALESCE(CAST(json_extract({row}.fields, %s) AS TEXT), '')", (path,))
    # Paths are compared with the stored text, in which such letters are written as \u00e9.
    return Sql(
        f"COALESCE((SELECT CAST(f.value AS TEXT) FROM json_each({row}.fields) f "
        "WHERE f.key = %s), '')",
        (field,),
    )


@cache
def _collation() -> str:
    """What makes PostgreSQL's LOWER know letters beyond ASCII, whatever the database's locale."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collname FROM pg_collation WHERE collname IN ('und-x-icu', 'C.utf8') "
            "ORDER BY collname DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return f' COLLATE "{row[0]}"' if row else ""


def _letters(condition: Condition, cell: Sql) -> Sql:
    is_postgresql = connection.vendor == "postgresql"
    lower = f"LOWER({{cell}}{_collation()})" if is_postgresql else "unicode_lower({cell})"
    small = sql(lower, cell=cell)
    wanted = [one.strip().lower() for one in condition.values]
    if not wanted:
        return NOTHING
    first = value(wanted[0])
    match condition.op:
        case Op.IS_NOT:
            return sql("({cell} <> {wanted})", cell=small, wanted=first)
        case Op.ONE_OF:
            one_of = joined_sql(map(value, wanted), ",")
            return sql("({cell} IN {wanted})", cell=small, wanted=one_of)
        case Op.CONTAINS:
            place = "STRPOS" if is_postgresql else "INSTR"
            return sql(f"({place}({{cell}}, {{wanted}}) > 0)", cell=small, wanted=first)
        case Op.STARTS:
            start = f"SUBSTR({{cell}}, 1, {len(wanted[0]):d})"
            return sql(f"({start} = {{wanted}})", cell=small, wanted=first)
        case _:
            return sql("({cell} = {wanted})", cell=small, wanted=first)


def _day(condition: Condition, cell: Sql, day_first: bool) -> Sql:
    if connection.vendor == "postgresql":
        key = _postgresql_day(cell, day_first)
    else:
        key = sql(f"date_key({{cell}}, {day_first:d})", cell=cell)
    sign = "<" if condition.op is Op.BEFORE else ">"
    day = value(date.fromisoformat(condition.values[0]).isoformat())
    return sql(f"({{key}} <> '' AND {{key}} {sign} {{day}})", key=key, day=day)


def _postgresql_day(cell: Sql, day_first: bool) -> Sql:
    """`sqlite_functions.date_key` in PostgreSQL's words."""
    parts = "REGEXP_MATCH({cell}, '^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})(?![0-9])')"
    pieces = [f"({parts})[{n}]" for n in (1, 2, 3)]
    first, second = (f"LPAD({piece}, 2, '0')" for piece in pieces[:2])
    with_day_first = f"{pieces[2]} || '-' || {second} || '-' || {first}"
    otherwise = with_day_first if day_first else f"{pieces[2]} || '-' || {first} || '-' || {second}"
    return sql(
        "(CASE WHEN {cell} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' THEN SUBSTR({cell}, 1, 10) "
        "WHEN {cell} ~ '^[0-9]{1,2}[.]' THEN COALESCE(" + with_day_first + ", '') "
        "ELSE COALESCE(" + otherwise + ", '') END)",
        cell=cell,
    )


def _number(condition: Condition, cell: Sql) -> Sql:
    if connection.vendor == "postgresql":
        number = sql(
            r"(CASE WHEN {cell} ~ '^-?[0-9]{1,15}([.][0-9]{1,6})?$' "
            "THEN CAST({cell} AS double precision) END)",
            cell=cell,
        )
    else:
        number = sql("number_of({cell})", cell=cell)
    sign = "<" if condition.op is Op.BELOW else ">"
    limit = value(float(condition.values[0]))
    return sql(f"COALESCE({{number}} {sign} {{limit}}, (1 = 0))", number=number, limit=limit)
