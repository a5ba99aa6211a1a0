"""What an audience is made of: rows of lists, and the reasons for which some are left out.

Each row of each list counts once, however many chosen lists and filters hold it. A reason to leave
somebody out speaks of the person (`phone_key`), so that it holds for all their rows alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.utils import timezone

from campaigns.audiences import earlier_campaigns
from campaigns.audiences.choices import earlier_of, filters_by_age, in_and_out, list_choices
from campaigns.audiences.earlier_campaigns import Span
from campaigns.models import Campaign, CampaignList
from recipients.field_names import each_field_once, renamed_sql, renames
from recipients.models import (
    OPEN_OPT_OUT_IN_SQL,
    FailingNumber,
    OptOut,
    Recipient,
    RecipientList,
    SavedFilter,
)
from recipients.saved_filters import filters
from recipients.saved_filters.filters import Definition
from recipients.sql import Sql, integers, joined_sql, sql

_RECIPIENTS = Recipient._meta.db_table


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a campaign; campaigns by primary key."""

    lists: tuple[RecipientList, ...] = ()
    filters: tuple[SavedFilter, ...] = ()
    lists_out: tuple[RecipientList, ...] = ()
    filters_out: tuple[SavedFilter, ...] = ()
    campaigns_out: tuple[int, ...] = ()
    days_out: int | None = None
    duplicates_allowed: bool = False


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """The rows of one list: all of them, or those that one of the filters holds.

    `repeats`: whether somebody may stand there more than once. `renames`: which of its fields an
    earlier list spells otherwise, and how: `City` and `city` are one field.
    """

    list_id: int
    repeats: bool
    filters: tuple[Definition, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()

    def fields(self, row: str) -> Sql:
        """The fields of `row`, in SQL."""
        return renamed_sql(f"{row}.fields", dict(self.renames))

    def rows(self, row: str) -> Sql:
        """Whether `row` is one of them, in SQL."""
        on_list = Sql(f"{row}.recipient_list_id = {self.list_id:d}")
        if not self.filters:
            return on_list
        fits = joined_sql((definition.fits(row) for definition in self.filters), "OR")
        return sql("({on_list} AND {fits})", on_list=on_list, fits=fits)

    def comes_first(self, row: str) -> Sql:
        """Whether no row of the part before `row` is of its person, in SQL."""
        if not self.filters:
            return Sql(f"{row}.occurrence = 0")
        if not self.repeats:
            return filters.EVERYBODY
        return sql(
            f"NOT EXISTS (SELECT 1 FROM {_RECIPIENTS} d WHERE {{rows}} "
            f"AND d.phone_key = {row}.phone_key AND d.occurrence < {row}.occurrence)",
            rows=self.rows("d"),
        )


@dataclass(frozen=True, slots=True)
class Register:
    """A table of a team's people who are left out: those of its rows, named o, that `counts`."""

    model: type[OptOut | FailingNumber]
    team_id: int
    counts: Sql

    @property
    def rows(self) -> Sql:
        """The condition on a row of it, in SQL."""
        return sql(f"o.team_id = {self.team_id:d} AND {{counts}}", counts=self.counts)

    def __call__(self, row: str) -> Sql:
        """Whether the person of `row` is in it, in SQL."""
        return sql(
            f"EXISTS (SELECT 1 FROM {self.model._meta.db_table} o WHERE {{rows}} "
            f"AND o.phone_key = {row}.phone_key)",
            rows=self.rows,
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """An audience as it is frozen: it keeps its meaning when lists' filters change."""

    team_id: int
    parts: tuple[ChosenRows, ...] = ()
    lists_out: tuple[int, ...] = ()
    filters_out: tuple[Definition, ...] = ()
    reached: tuple[Span, ...] = ()
    recent: tuple[Span, ...] = ()
    duplicates_allowed: bool = False
    # (medium, failures): numbers that failed so often by that medium are left out; None: none is.
    failing: tuple[str, int] | None = None
    # The lists of the parts that are taken whole.
    whole: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        whole = frozenset(list_rows.list_id for list_rows in self.parts if not list_rows.filters)
        object.__setattr__(self, "whole", whole)

    def reasons(self, row: str) -> list[tuple[str, Sql]]:
        """(code, whether it holds for `row`), in the order in which they are asked about."""
        reasons = [(code, holds(row)) for code, holds in self.registers().items()]
        if self.lists_out:
            reasons.append(("excluded", _on_lists(self.lists_out, row)))
        if self.filters_out:
            reasons.append(("filtered", _held_elsewhere(self.filters_out, row)))
        if self.reached:
            reasons.append(("earlier_campaign", earlier_campaigns.holds(self.reached, row)))
        if self.recent:
            reasons.append(("recent", earlier_campaigns.holds(self.recent, row)))
        return reasons

    def registers(self) -> dict[str, Register]:
        """The team's registers of people who are left out, by code."""
        registers = {"opted_out": Register(OptOut, self.team_id, Sql(OPEN_OPT_OUT_IN_SQL))}
        if self.failing:
            medium, failures = self.failing
            often = Sql(f"o.failures >= {failures:d} AND o.medium = %s", (medium,))
            registers["failing_number"] = Register(FailingNumber, self.team_id, often)
        return registers

    @property
    def asks_registers_alone(self) -> bool:
        """Whether nobody is left out for what was chosen."""
        return not (self.lists_out or self.filters_out or self.reached or self.recent)

    def kept(self, row: str) -> Sql:
        """Whether no reason to leave `row` out holds, in SQL."""
        nots = (sql("NOT {one}", one=piece) for _code, piece in self.reasons(row))
        return joined_sql(nots, "AND", empty=filters.EVERYBODY)

    def people_rows(self, number: int) -> Sql:
        """The rows named r of the part `number` that stand for a person each, in SQL.

        Whoever stands there again, or in an earlier part, is a duplicate; where duplicates are
        allowed, every row stands for itself.
        """
        part = self.parts[number]
        if self.duplicates_allowed:
            return part.rows("r")
        return sql(
            "{rows} AND {first} AND NOT {before}",
            rows=part.rows("r"),
            first=part.comes_first("r"),
            before=self.stands_before(number, "r"),
        )

    def stands_before(self, number: int, row: str) -> Sql:
        """Whether the person of `row`, of the part `number`, is in an earlier part, in SQL."""
        earlier = self.parts[:number]
        whole = [list_rows.list_id for list_rows in earlier if not list_rows.filters]
        conditions = [_on_lists(whole, row)] if whole else []
        conditions += [
            _held(list_rows.rows("x"), row) for list_rows in earlier if list_rows.filters
        ]
        return joined_sql(conditions, "OR")

    def to_json(self) -> dict[str, Any]:
        """The selection as JSON values."""
        return {
            "team": self.team_id,
            "parts": [
                [
                    *(list_rows.list_id, list_rows.repeats),
                    *([f.to_json() for f in list_rows.filters], list_rows.renames),
                ]
                for list_rows in self.parts
            ],
            "lists_out": list(self.lists_out),
            "filters_out": [definition.to_json() for definition in self.filters_out],
            "reached": [list(span) for span in self.reached],
            "recent": [list(span) for span in self.recent],
            "duplicates_allowed": self.duplicates_allowed,
            "failing": self.failing,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The selection that `to_json` made."""
        return cls(
            team_id=stored["team"],
            parts=tuple(
                ChosenRows(
                    list_id,
                    repeats,
                    tuple(map(Definition.from_json, stored_filters)),
                    tuple((old, new) for old, new in names),
                )
                for list_id, repeats, stored_filters, names in stored["parts"]
            ),
            lists_out=tuple(stored["lists_out"]),
            filters_out=tuple(map(Definition.from_json, stored["filters_out"])),
            reached=tuple(Span(*span) for span in stored["reached"]),
            recent=tuple(Span(*span) for span in stored["recent"]),
            duplicates_allowed=stored["duplicates_allowed"],
            failing=(stored["failing"][0], stored["failing"][1]) if stored["failing"] else None,
        )


def lists_of(campaign: Campaign, kind: CampaignList.Kind) -> list[RecipientList]:
    """The campaign's lists of a kind, in the order they were chosen."""
    return [choice.recipient_list for choice in list_choices(campaign) if choice.kind == kind]


def choice_of(campaign: Campaign) -> Choice:
    """What a campaign's draft has chosen."""
    lists, lists_out = in_and_out(list_choices(campaign), "recipient_list")
    filters, filters_out = filters_by_age(campaign)
    return Choice(
        lists=lists,
        filters=filters,
        lists_out=lists_out,
        filters_out=filters_out,
        campaigns_out=tuple(earlier.pk for earlier in earlier_of(campaign)),
        days_out=campaign.days_left_out,
        duplicates_allowed=campaign.duplicates_allowed,
    )


def of(campaign: Campaign) -> Selection:
    """The selection that a campaign's draft makes now."""
    return select(campaign, choice_of(campaign))


def select(campaign: Campaign, choice: Choice, now: datetime | None = None) -> Selection:
    """The selection that `choice` makes for a campaign now."""
    recent: tuple[Span, ...] = ()
    others: tuple[int, ...] = ()
    if choice.days_out:
        moment = earlier_campaigns.since(campaign.team, choice.days_out, now or timezone.now())
        others = earlier_campaigns.campaigns_since(campaign.team_id, moment, campaign.pk)
        recent = earlier_campaigns.spans(others, moment, beside=choice.campaigns_out)
    return Selection(
        team_id=campaign.team_id,
        parts=parts_of(choice.lists, choice.filters),
        lists_out=tuple(recipient_list.pk for recipient_list in choice.lists_out),
        filters_out=tuple(filters.definitions_of(choice.filters_out)),
        reached=earlier_campaigns.spans(choice.campaigns_out, beside=others),
        recent=recent,
        duplicates_allowed=choice.duplicates_allowed,
        failing=_failing(campaign),
    )


def _failing(campaign: Campaign) -> tuple[str, int] | None:
    """By which medium it goes out, and after how many failures its team leaves a number out."""
    failures = campaign.team.failures_until_left_out
    if not failures or campaign.channel is None:
        return None
    return campaign.channel.capabilities.medium.value, failures


def parts_of(
    lists: Iterable[RecipientList], saved_filters: Sequence[SavedFilter]
) -> tuple[ChosenRows, ...]:
    """Every list once: whole where it is chosen itself, else by the filters over it."""
    whole = {recipient_list.pk: recipient_list for recipient_list in lists}
    over: dict[int, list[Definition]] = {}
    for definition in filters.definitions_of(saved_filters):
        for list_id in definition.lists:
            if list_id not in whole:
                over.setdefault(list_id, []).append(definition)
    under = {
        row.recipient_list_id: row.recipient_list for row in filters.lists_under(saved_filters)
    }
    people_of = [*whole.values(), *(under[list_id] for list_id in sorted(over))]
    spelled = field_names_of(people_of)
    return tuple(
        ChosenRows(
            recipient_list.pk,
            recipient_list.duplicate_count > 0,
            tuple(over.get(recipient_list.pk, ())),
            tuple(renames(recipient_list.field_names, spelled).items()),
        )
        for recipient_list in people_of
    )


def field_names_of(lists: Iterable[RecipientList]) -> list[str]:
    """The columns that these lists have, each once, as the first of them spells it."""
    return each_field_once(name for one in lists for name in one.field_names)


def people_lists(choice: Choice) -> list[RecipientList]:
    """All lists that people may come from: the chosen ones, and those under the filters."""
    lists_by_key = {recipient_list.pk: recipient_list for recipient_list in choice.lists}
    for row in filters.lists_under(choice.filters):
        if not row.is_without:
            lists_by_key.setdefault(row.recipient_list_id, row.recipient_list)
    return list(lists_by_key.values())


# The pieces of SQL below hold table names of ours and integers (`:d`), never anything typed.


def _on_lists(list_ids: Iterable[int], row: str) -> Sql:
    return _held(Sql(f"x.recipient_list_id IN ({integers(list_ids)})"), row)


def _held(rows: Sql, row: str) -> Sql:
    """Whether the person of `row` is in one of the `rows` named x."""
    return sql(
        f"EXISTS (SELECT 1 FROM {_RECIPIENTS} x WHERE {{rows}} AND x.phone_key = {row}.phone_key)",
        rows=rows,
    )


def _held_elsewhere(definitions: Sequence[Definition], row: str) -> Sql:
    if any(definition.unreadable for definition in definitions):
        # Whom it would leave out nobody knows: rather all than one too few.
        return filters.EVERYBODY
    return joined_sql((_held(definition.holds("x"), row) for definition in definitions), "OR")
