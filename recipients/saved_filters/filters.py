"""What a saved filter means: which rows of which lists it holds, counted and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Self

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interface.read_once import read_once
from recipients.field_names import each_field_once
from recipients.models import FilterList, Recipient, RecipientList, SavedFilter
from recipients.saved_filters import habits
from recipients.saved_filters.conditions import WITH_DAY, WITH_NUMBER, Condition, Reading, where
from recipients.sql import NOTHING, Sql, integers, joined_sql, sql
from teams.leaving import NAMES_TOLD, Holding
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

_RECIPIENTS = Recipient._meta.db_table
EVERYBODY = Sql("(1 = 1)")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a filter says: rows of `lists` that fit, whose phone is on none of `without`.

    Lists by primary key. It keeps its meaning when the saved filter is changed. `readings`: how the
    lists write the fields of the conditions, in their order (`with_readings`).
    """

    lists: tuple[int, ...]
    without: tuple[int, ...] = ()
    conditions: tuple[Condition, ...] = ()
    any_of_them: bool = False
    day_first: bool = True
    readings: tuple[Reading, ...] = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The definition that `to_json` made."""
        return cls(
            lists=tuple(stored["lists"]),
            without=tuple(stored["without"]),
            conditions=tuple(map(Condition.from_json, stored["conditions"])),
            any_of_them=stored["any_of_them"],
            day_first=stored["day_first"],
            readings=tuple(
                Reading(*(tuple(some) for some in reading)) for reading in stored["readings"]
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """The definition as JSON values."""
        return {
            "lists": list(self.lists),
            "without": list(self.without),
            "conditions": [condition.to_json() for condition in self.conditions],
            "any_of_them": self.any_of_them,
            "day_first": self.day_first,
            "readings": [(one.comma, one.day_first, one.names) for one in self.readings],
        }

    @property
    def unreadable(self) -> list[Condition]:
        """The conditions whose limit cannot be read: nobody knows who fits."""
        return [condition for condition in self.conditions if not condition.is_readable]

    def fits(self, row: str) -> Sql:
        """Whether a row named `row` of one of its lists is held by it, in SQL."""
        if self.unreadable:
            return NOTHING
        word = "OR" if self.any_of_them else "AND"
        usual = Reading(day_first=self.lists if self.day_first else ())
        readings = self.readings or [usual] * len(self.conditions)
        pieces = [
            where(condition, row, reading)
            for condition, reading in zip(self.conditions, readings, strict=True)
        ]
        conditions = joined_sql(pieces, word, empty=EVERYBODY)
        if not self.without:
            return conditions
        elsewhere = (
            f"NOT EXISTS (SELECT 1 FROM {_RECIPIENTS} w "
            f"WHERE w.recipient_list_id IN ({integers(self.without)}) "
            f"AND w.phone_key = {row}.phone_key)"
        )
        return sql(
            "({conditions} AND {elsewhere})", conditions=conditions, elsewhere=Sql(elsewhere)
        )

    def holds(self, row: str) -> Sql:
        """Whether a row named `row` of whatever list is held by it, in SQL."""
        if not self.lists:
            return Sql("(1 = 0)")
        on_lists = Sql(f"{row}.recipient_list_id IN ({integers(self.lists)})")
        return sql("({on_lists} AND {fits})", on_lists=on_lists, fits=self.fits(row))


@dataclass(frozen=True, slots=True)
class FilterCount:
    """How many people a filter holds: phones, however often they are on its lists.

    `people` is None where a limit cannot be read (`unknown` says which): then nobody knows.
    """

    people: int | None
    unknown: tuple[str, ...] = ()


def definitions_of(filters: Iterable[SavedFilter]) -> list[Definition]:
    """What these filters say now, in their order."""
    saved_filters = list(filters)
    chosen: dict[int, list[FilterList]] = {saved_filter.pk: [] for saved_filter in saved_filters}
    for choice in lists_under(saved_filters):
        chosen[choice.saved_filter_id].append(choice)
    definitions = [
        Definition(
            lists=tuple(c.recipient_list_id for c in chosen[saved_filter.pk] if not c.is_without),
            without=tuple(c.recipient_list_id for c in chosen[saved_filter.pk] if c.is_without),
            conditions=tuple(map(Condition.from_json, saved_filter.conditions)),
            any_of_them=saved_filter.match == SavedFilter.Match.ANY,
            day_first=saved_filter.day_first,
        )
        for saved_filter in saved_filters
    ]
    return with_readings(definitions)


def lists_under(filters: Iterable[SavedFilter]) -> tuple[FilterList, ...]:
    """The lists that these filters look at, whether for their people or without them."""
    return _lists_under(tuple(saved_filter.pk for saved_filter in filters))


@read_once
def _lists_under(filters: tuple[int, ...]) -> tuple[FilterList, ...]:
    if not filters:
        return ()
    chosen = FilterList.objects.filter(saved_filter__in=filters)
    chosen = chosen.select_related("recipient_list__owner", "recipient_list__team")
    return tuple(chosen.order_by("recipient_list"))


def with_readings(definitions: Iterable[Definition]) -> list[Definition]:
    """The definitions, reading each list's numbers and days as it writes them now."""
    given = list(definitions)
    lists = _lists_by_key(key for one in given if one.conditions for key in one.lists)
    return [
        replace(
            definition,
            readings=tuple(
                habits.reading_of(
                    condition,
                    [lists[key] for key in definition.lists if key in lists],
                    day_first=definition.day_first,
                )
                for condition in definition.conditions
            ),
        )
        for definition in given
    ]


def unread_values(definitions: Iterable[Definition]) -> list[str]:
    """What the definitions' lists have in columns of numbers or days that is none, in words."""
    given = list(definitions)
    lists = _lists_by_key(key for one in given if one.conditions for key in one.lists)
    sentences: dict[str, None] = {}
    for definition in given:
        there = [lists[key] for key in definition.lists if key in lists]
        words = habits.unread_in_words(definition.conditions, there, day_first=definition.day_first)
        sentences |= dict.fromkeys(words)
    return list(sentences)


def _lists_by_key(keys: Iterable[int]) -> dict[int, RecipientList]:
    return {row.pk: row for row in _lists_with_teams(frozenset(keys))}


@read_once
def _lists_with_teams(keys: frozenset[int]) -> tuple[RecipientList, ...]:
    return tuple(RecipientList.objects.select_related("team").filter(pk__in=keys)) if keys else ()


def unreadable_limit(condition: Condition) -> str:
    """Why nobody knows whom the condition holds."""
    value = condition.values[0] if condition.values else ""
    names = {"field": condition.field_in_words(), "value": value}
    if condition.op in WITH_DAY:
        return _("%(field)s is compared with “%(value)s”, which is not a date.") % names
    if condition.op in WITH_NUMBER:
        return _("%(field)s is compared with “%(value)s”, which is not a number.") % names
    return _("%(field)s has no value to compare with.") % names


def count_matches(definition: Definition) -> FilterCount:
    """Count whom a filter holds now."""
    if definition.unreadable:
        return FilterCount(None, tuple(map(unreadable_limit, definition.unreadable)))
    if not definition.lists:
        return FilterCount(0)
    asked = sql(
        f"SELECT COUNT(*) FROM (SELECT DISTINCT r.phone_key FROM {_RECIPIENTS} r WHERE {{holds}}) "
        "AS people",
        holds=definition.holds("r"),
    )
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.values)
        return FilterCount(int(cursor.fetchone()[0]))


def sample(definition: Definition, size: int, after: int = 0) -> list[Recipient]:
    """The first people of a filter behind the row `after`, in the order of the rows."""
    if not definition.lists:
        return []
    asked = sql(
        f"SELECT r.* FROM {_RECIPIENTS} r WHERE {{holds}} AND r.id > {after:d} "
        f"ORDER BY r.id LIMIT {size:d}",
        holds=definition.holds("r"),
    )
    return list(Recipient.objects.raw(asked.text, list(asked.values)))


def column_names(lists: Iterable[RecipientList]) -> list[str]:
    """The columns of these lists, each once, in their order."""
    return each_field_once(name for one in lists for name in one.field_names)


def describe_filter(saved_filter: SavedFilter) -> str:
    """`City is “London” and Dentist is filled`; "" for a filter without conditions."""
    conditions = [Condition.from_json(one).in_words() for one in saved_filter.conditions]
    if not conditions:
        return ""
    is_any = saved_filter.match == SavedFilter.Match.ANY
    both = _("%(one)s or %(other)s") if is_any else _("%(one)s and %(other)s")
    return reduce(lambda one, other: both % {"one": one, "other": other}, conditions)


def delete_filter(saved_filter: SavedFilter, by: User) -> None:
    """Delete it for people; drafts that use it say so, sent campaigns still name it."""
    with transaction.atomic():
        SavedFilter.objects.filter(pk=saved_filter.pk).update(archived_at=timezone.now())
        record(Act.FILTER_DELETED, saved_filter, by=by)


def hand_over_filters(team: Team, leaving: User, heir: User) -> int:
    """Give all filters of somebody who leaves the team to `heir`; return how many."""
    SavedFilter.lent_to.through.objects.filter(user=leaving, savedfilter__team=team).delete()
    return SavedFilter.objects.filter(team=team, owner=leaving).update(owner=heir)


def filters_held(team: Team, person: User) -> Holding | None:
    """The filters that somebody would hand over, the latest first."""
    filters = SavedFilter.objects.filter(team=team, owner=person, archived_at=None)
    if not (count := filters.count()):
        return None
    names = filters.order_by("-pk").values_list("name", flat=True)[:NAMES_TOLD]
    words = ngettext("%(n)s saved filter", "%(n)s saved filters", count) % {"n": count}
    return Holding(words, list(names), max(count - NAMES_TOLD, 0))
