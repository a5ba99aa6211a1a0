"""How a list writes numbers and days, by the values of its columns; and what of them is neither.

A column is looked through once; what it shows is remembered until a row of its list changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recipients.cell_days import day_kind_sql
from recipients.cell_numbers import NumberKind, number_kind_sql
from recipients.field_names import is_same_field
from recipients.models import Recipient, RecipientList
from recipients.saved_filters.conditions import (
    NAME,
    PHONE,
    WITH_DAY,
    WITH_NUMBER,
    Condition,
    Reading,
    trimmed_cell,
)
from recipients.sql import Sql, sql

_TABLE = Recipient._meta.db_table
_REMEMBERED_FOR = 7 * 24 * 60 * 60
# Where 1.234 is a thousand and more (Unicode CLDR 45, the decimal sign of each country).
_WITH_DECIMAL_COMMA = frozenset(
    "AD AL AM AO AR AT AX AZ BA BE BF BG BI BJ BL BO BR BV BY CD CF CG CI CL CM CO CR CU CV CY CZ "
    "DE DJ DK DZ EC EE ES FI FO FR GA GE GF GL GN GP GQ GR GW HR HU ID IS IT KG KZ LA LB LT LU LV "
    "LY MA MC MD ME MF MG MK MQ MR MU MZ NC NL NO PF PL PM PT PY RE RO RS RU RW SC SE SI SJ SK SM "
    "SN ST TF TG TJ TL TM TN TR UA UY UZ VA VE VN WF XK YT ZA".split()
)


@dataclass(frozen=True, slots=True)
class Survey:
    """How many filled values of a column are of each kind (NumberKind or DayKind)."""

    by_kind: Mapping[int, int]

    @property
    def filled(self) -> int:
        """Values that are not empty."""
        return sum(self.by_kind.values())

    @property
    def unread(self) -> int:
        """Of those, the ones that are no number, or no day."""
        return self.by_kind.get(NumberKind.NONE, 0)

    @property
    def either(self) -> int:
        """Values such as 1.234 or 3/4/2026, which alone do not tell what they are."""
        return self.by_kind.get(NumberKind.EITHER, 0)

    @property
    def shows_first(self) -> bool | None:
        """Whether it writes 1.234,50 or 31/12/2026, not 1,234.50 or 12/31/2026; None: not shown."""
        first, second = self.by_kind.get(2, 0), self.by_kind.get(3, 0)
        return None if first == second else first > second

    def __add__(self, other: Survey) -> Survey:
        kinds = {*self.by_kind, *other.by_kind}
        return Survey({k: self.by_kind.get(k, 0) + other.by_kind.get(k, 0) for k in kinds})


def reading_of(
    condition: Condition, lists: Collection[RecipientList], *, day_first: bool
) -> Reading:
    """How these lists write the condition's field; `day_first` where a list does not show it."""
    reading = Reading(names=_other_names(condition.field, lists))
    is_day = condition.op in WITH_DAY
    if not (is_day or condition.op in WITH_NUMBER):
        return reading
    first = []
    for recipient_list in lists:
        usual = day_first if is_day else _writes_decimal_comma(recipient_list)
        shown = survey(condition, recipient_list).shows_first
        if usual if shown is None else shown:
            first.append(recipient_list.pk)
    keys = tuple(first)
    return Reading((), keys, reading.names) if is_day else Reading(keys, (), reading.names)


def _writes_decimal_comma(recipient_list: RecipientList) -> bool:
    return recipient_list.team.default_country in _WITH_DECIMAL_COMMA


def _other_names(field: str, lists: Iterable[RecipientList]) -> tuple[str, ...]:
    """The field's name as the lists spell it, where capital letters differ."""
    if field in (NAME, PHONE):
        return ()
    spelled = {name for one in lists for name in one.field_names if is_same_field(name, field)}
    return tuple(sorted(spelled - {field}))


def survey(condition: Condition, recipient_list: RecipientList) -> Survey:
    """What the list's column shows, as numbers or as days."""
    is_day = condition.op in WITH_DAY
    digest = hashlib.sha256(f"{is_day} {condition.field}".encode()).hexdigest()
    state = f"{recipient_list.updated_at.timestamp()}:{recipient_list.row_count}"
    key = f"habits:{recipient_list.pk}:{state}:{digest}"
    by_kind = cache.get(key)
    if by_kind is None:
        by_kind = _look_through(condition, recipient_list, is_day)
        cache.set(key, by_kind, _REMEMBERED_FOR)
    return Survey(by_kind)


def _look_through(
    condition: Condition, recipient_list: RecipientList, is_day: bool
) -> dict[int, int]:
    cell = trimmed_cell(condition.field, "r", _other_names(condition.field, [recipient_list]))
    text = Sql("written.cell")
    if connection.vendor == "postgresql":
        kind = day_kind_sql(text) if is_day else number_kind_sql(text)
    else:
        kind = Sql("day_kind(written.cell)" if is_day else "number_kind(written.cell)")
    # What stands in many rows is read once.
    asked = sql(
        "SELECT kind, SUM(times) FROM (SELECT {kind} AS kind, times FROM "  # noqa: S608 - a table of ours and an integer
        f"(SELECT {{cell}} AS cell, COUNT(*) AS times FROM {_TABLE} r "
        f"WHERE r.recipient_list_id = {recipient_list.pk:d} GROUP BY 1) AS written "
        "WHERE written.cell <> '') AS looked_at GROUP BY kind",
        kind=kind,
        cell=cell,
    )
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.values)
        return {int(kind): int(count) for kind, count in cursor.fetchall()}


def unread_in_words(
    conditions: Iterable[Condition], lists: Collection[RecipientList], *, day_first: bool
) -> list[str]:
    """What a count leaves out because it cannot be read, and what it reads in one of two ways."""
    sentences: dict[str, None] = {}
    for condition in conditions:
        if condition.op not in WITH_DAY | WITH_NUMBER or not condition.is_readable:
            continue
        found = sum((survey(condition, one) for one in lists), Survey({}))
        if found.unread:
            sentences[_unread(condition, found)] = None
        if found.either:
            reading = reading_of(condition, lists, day_first=day_first)
            sentences |= dict.fromkeys(_two_ways(condition, lists, reading))
    return list(sentences)


def _unread(condition: Condition, found: Survey) -> str:
    names = {"field": condition.field_in_words(), "n": found.unread, "filled": found.filled}
    if condition.op in WITH_DAY:
        sentence = ngettext(
            "%(field)s: %(n)s of %(filled)s values is not a date.",
            "%(field)s: %(n)s of %(filled)s values are not dates.",
            found.unread,
        )
    else:
        sentence = ngettext(
            "%(field)s: %(n)s of %(filled)s values is not a number.",
            "%(field)s: %(n)s of %(filled)s values are not numbers.",
            found.unread,
        )
    return sentence % names


def _two_ways(
    condition: Condition, lists: Collection[RecipientList], reading: Reading
) -> Iterable[str]:
    """How 1.234 or 3/4/2026 is read in lists that have such values and nothing that shows it."""
    unsure = [survey(condition, one) for one in lists]
    keys = [
        one.pk
        for one, found in zip(lists, unsure, strict=True)
        if found.either and found.shows_first is None
    ]
    names = {"field": condition.field_in_words()}
    if condition.op in WITH_DAY:
        with_first = _("%(field)s: 3/4/2026 could mean two dates. It is read as 3 April.")
        otherwise = _("%(field)s: 3/4/2026 could mean two dates. It is read as March 4.")
        first = set(reading.day_first)
    else:
        with_first = _("%(field)s: 1.500 could mean two numbers. It is read as 1500.")
        otherwise = _("%(field)s: 1.500 could mean two numbers. It is read as one and a half.")
        first = set(reading.comma)
    if first.intersection(keys):
        yield with_first % names
    if set(keys) - first:
        yield otherwise % names
