"""Conditions on a person's fields: what they mean in SQL, on both databases, and in words.

Capital letters, spaces around a value and the way in which its letters are composed make no
difference. A field that somebody lacks is empty: it "is not" London, and it is neither before nor
after any day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recipients.cell_days import day_sql
from recipients.cell_numbers import NumberKind, number_in, number_kind, number_sql
from recipients.comparing import comparable, comparable_sql
from recipients.sql import NOTHING, Sql, integers, joined_sql, sql, value

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
    Op.FILLED: gettext_lazy("is not empty"),
    Op.BEFORE: gettext_lazy("is a date before"),
    Op.AFTER: gettext_lazy("is a date after"),
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
    Op.FILLED: gettext_lazy("%(field)s is not empty"),
    Op.BEFORE: gettext_lazy("%(field)s is a date before %(values)s"),
    Op.AFTER: gettext_lazy("%(field)s is a date after %(values)s"),
    Op.BELOW: gettext_lazy("%(field)s is a number below %(values)s"),
    Op.ABOVE: gettext_lazy("%(field)s is a number above %(values)s"),
}
WITHOUT_VALUE = frozenset({Op.EMPTY, Op.FILLED})
WITH_DAY = frozenset({Op.BEFORE, Op.AFTER})
WITH_NUMBER = frozenset({Op.BELOW, Op.ABOVE})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: `field` is a list's column, NAME or PHONE. `values`: one, several or none.

    A day is `2026-04-03`; a number is written as the list writes its own, `-12.50` or `1.000,00`.
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

    @property
    def is_readable(self) -> bool:
        """Whether what it compares with can be read: a day as a day, a limit as a number."""
        if self.op in WITHOUT_VALUE:
            return True
        first = self.values[0] if self.values else ""
        if self.op in WITH_DAY:
            return day_of(first) is not None
        if self.op in WITH_NUMBER:
            return number_kind(first.strip(SPACES)) != NumberKind.NONE
        return bool(self.values)

    def in_words(self) -> str:
        """`City is one of London, Leeds`."""
        return str(_SENTENCES[self.op]) % {
            "field": self.field_in_words(),
            "values": ", ".join(f"“{value}”" for value in self.values),
        }

    def field_in_words(self) -> str:
        """The field as people call it."""
        return {NAME: _("Name"), PHONE: _("Phone")}.get(self.field, self.field)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one field of several lists is read.

    `comma`: keys of the lists that write 1.234,50; `day_first`: of those that write 31/12/2026.
    `names`: how some of them spell the field besides.
    """

    comma: tuple[int, ...] = ()
    day_first: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


def day_of(text: str) -> int | None:
    """The day `2026-12-05` as 20261205; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day.year * 10_000 + day.month * 100 + day.day


def where(condition: Condition, row: str, reading: Reading) -> Sql:
    """The condition in SQL on a row of recipients named `row`. Never NULL.

    What cannot be read holds nobody; whoever counts asks `is_readable` first.
    """
    if not condition.is_readable:
        return NOTHING
    cell = trimmed_cell(condition.field, row, reading.names)
    if condition.op is Op.EMPTY:
        return sql("({cell} = '')", cell=cell)
    if condition.op is Op.FILLED:
        return sql("({cell} <> '')", cell=cell)
    if condition.op in WITH_DAY:
        return _day(condition, cell, _on_one_of(reading.day_first, row))
    if condition.op in WITH_NUMBER:
        return _number(condition, cell, _on_one_of(reading.comma, row))
    return _letters(condition, cell)


def trimmed_cell(field: str, row: str, names: Iterable[str] = ()) -> Sql:
    """A recipient's field as text without spaces around it, "" where they lack it.

    `names`: what other lists call it.
    """
    cells = [_cell(name, row) for name in (field, *names)]
    cell = cells[0] if len(cells) == 1 else joined_sql(cells, "||")
    return sql("TRIM({cell}, {spaces})", cell=cell, spaces=value(SPACES))


# PostgreSQL's TRIM takes off spaces alone unless it is told what else.
SPACES = " \t\r\n\u00a0"


def _on_one_of(lists: tuple[int, ...], row: str) -> Sql:
    return Sql(f"({row}.recipient_list_id IN ({integers(lists)}))") if lists else NOTHING


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


def _letters(condition: Condition, cell: Sql) -> Sql:
    small = comparable_sql(cell)
    wanted = [comparable(text.strip(SPACES)) for text in condition.values]
    first = value(wanted[0])
    match condition.op:
        case Op.IS_NOT:
            return sql("({cell} <> {wanted})", cell=small, wanted=first)
        case Op.ONE_OF:
            one_of = joined_sql(map(value, wanted), ",")
            return sql("({cell} IN {wanted})", cell=small, wanted=one_of)
        case Op.CONTAINS:
            place = "STRPOS" if connection.vendor == "postgresql" else "INSTR"
            return sql(f"({place}({{cell}}, {{wanted}}) > 0)", cell=small, wanted=first)
        case Op.STARTS:
            start = f"SUBSTR({{cell}}, 1, {len(wanted[0]):d})"
            return sql(f"({start} = {{wanted}})", cell=small, wanted=first)
        case _:
            return sql("({cell} = {wanted})", cell=small, wanted=first)


def _day(condition: Condition, cell: Sql, day_first: Sql) -> Sql:
    if connection.vendor == "postgresql":
        day = day_sql(cell, day_first)
    else:
        day = sql("day_in({cell}, {day_first})", cell=cell, day_first=day_first)
    sign = "<" if condition.op is Op.BEFORE else ">"
    limit = value(day_of(condition.values[0]))
    return sql(f"COALESCE({{day}} {sign} {{limit}}, (1 = 0))", day=day, limit=limit)


def _number(condition: Condition, cell: Sql, comma: Sql) -> Sql:
    if connection.vendor == "postgresql":
        number = number_sql(cell, comma)
    else:
        number = sql("number_in({cell}, {comma})", cell=cell, comma=comma)
    sign = "<" if condition.op is Op.BELOW else ">"
    written = condition.values[0].strip(SPACES)
    with_comma, with_point = number_in(written, True), number_in(written, False)
    limit = value(with_point)
    if with_comma != with_point:
        limit = sql(
            "(CASE WHEN {comma} THEN {with_comma} ELSE {with_point} END)",
            comma=comma,
            with_comma=value(with_comma),
            with_point=limit,
        )
    return sql(f"COALESCE({{number}} {sign} {{limit}}, (1 = 0))", number=number, limit=limit)
