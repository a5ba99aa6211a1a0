"""Which drafts, templates and saved filters use which columns of which lists, and what is broken.

A text that names a field which none of its lists has cannot be sent: this tells before somebody
presses "send", and before somebody takes a column out of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.audiences import selection
from campaigns.models import Campaign, CampaignList
from campaigns.states import CampaignState
from campaigns.texts import whatsapp_templates
from campaigns.texts.dynamic_fields import PREDEFINED, parse_text
from composer.models import MessageTemplate
from recipients.field_names import is_same_field
from recipients.models import FilterList, RecipientList, SavedFilter
from recipients.saved_filters.conditions import NAME, PHONE
from recipients.saved_filters.filters import column_names
from teams.models import Team, User

# Looked at are the latest of each kind.
LATEST = 200


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A thing that uses columns: its kind ("draft", "template", "filter"), itself, what it needs.

    `missing`: the columns that none of its lists has.
    """

    kind: str
    thing: Any
    fields: tuple[str, ...]
    lists: tuple[RecipientList, ...]
    missing: tuple[str, ...]


@dataclass(slots=True)
class UsedColumn:
    """A column in use: the lists that have it, who uses it, and who uses it in vain."""

    name: str
    lists: list[RecipientList] = field(default_factory=list)
    uses: list[ColumnUse] = field(default_factory=list)
    broken: list[ColumnUse] = field(default_factory=list)


def uses_of(team: Team, user: User) -> list[ColumnUse]:
    """All that uses columns and that `user` may see."""
    return [*_drafts(team), *uses_in_templates(team), *_filters(team, user)]


def columns_of(uses: Iterable[ColumnUse]) -> list[UsedColumn]:
    """The columns in use, those that break something first."""
    columns: dict[str, UsedColumn] = {}
    for use in uses:
        for name in use.fields:
            column = columns.setdefault(name, UsedColumn(name))
            (column.broken if name in use.missing else column.uses).append(use)
            for recipient_list in use.lists:
                if name in recipient_list.field_names and recipient_list not in column.lists:
                    column.lists.append(recipient_list)
    return sorted(columns.values(), key=lambda one: (not one.broken, one.name.lower()))


def fields_in(
    text: str, zone_field: str = "", template: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """The columns that the message names, a text or a vendor's template, and the zones' one.

    A text that stands in a draft while a template goes out is not used, so it breaks nothing.
    """
    texts = whatsapp_templates.read(template).values if template else (text,)
    named = [name for one in texts for name in parse_text(one).fields if name not in PREDEFINED]
    return tuple(dict.fromkeys([*named, *([zone_field] if zone_field else [])]))


def use_of_template(template: MessageTemplate, content: dict[str, Any], chosen: Any) -> ColumnUse:
    """What a version of a template needs."""
    held = {
        what: [key for key, kind in chosen.get(what, ()) if kind == CampaignList.Kind.INCLUDE]
        for what in ("lists", "filters")
    }
    team = template.team_id
    choice = selection.Choice(
        lists=tuple(RecipientList.objects.filter(team=team, pk__in=held["lists"]).order_by("pk")),
        filters=tuple(SavedFilter.objects.filter(team=team, pk__in=held["filters"])),
    )
    names = fields_in(
        content.get("text", ""), content.get("zone_field", ""), content.get("template")
    )
    return _use("template", template, names, selection.people_lists(choice))


def _use(kind: str, thing: Any, names: tuple[str, ...], lists: list[RecipientList]) -> ColumnUse:
    # Without a list nobody can tell yet.
    known = set(column_names(lists)) if lists else set(names)
    if kind == "filter":
        # A filter looks at a field however a list spells it, a text does not.
        known |= {name for name in names if any(is_same_field(name, one) for one in known)}
    missing = tuple(name for name in names if name not in known)
    return ColumnUse(kind, thing, names, tuple(lists), missing)


def _drafts(team: Team) -> Iterator[ColumnUse]:
    drafts = Campaign.objects.filter(team=team, state=CampaignState.DRAFT.value)
    for campaign in drafts.order_by("-pk")[:LATEST]:
        if names := fields_in(campaign.text, campaign.zone_field, campaign.template):
            yield _use(
                "draft", campaign, names, selection.people_lists(selection.choice_of(campaign))
            )


def uses_in_templates(team: Team) -> Iterator[ColumnUse]:
    """What the team's templates use."""
    templates = MessageTemplate.objects.filter(team=team, archived_at=None)
    for template in templates.order_by("-pk")[:LATEST]:
        version = template.versions.filter(number=template.current).first()
        if version is not None:
            use = use_of_template(template, version.content, version.choices)
            if use.fields:
                yield use


def _filters(team: Team, user: User) -> Iterator[ColumnUse]:
    filters = SavedFilter.objects.visible_to(team, user).order_by("-pk")[:LATEST]
    for saved_filter in filters:
        held = FilterList.objects.filter(saved_filter=saved_filter, is_without=False)
        names = [condition["field"] for condition in saved_filter.conditions]
        columns = tuple(dict.fromkeys(name for name in names if name not in (NAME, PHONE)))
        if columns:
            lists = [choice.recipient_list for choice in held.select_related("recipient_list")]
            yield _use("filter", saved_filter, columns, lists)
