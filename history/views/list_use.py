"""Where a list was used, and what archiving or deleting it touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, CampaignFilter, CampaignList
from campaigns.states import CampaignState
from history.campaign_rows import rows_of
from recipients.lists.addressed_lists import may_put_away, usable_or_archived_list
from recipients.lists.exporting import exports_of
from recipients.lists.list_lifecycle import is_being_filled
from recipients.models import ListInOperation, RecipientList, SavedFilter
from teams.access import Action, TeamRequest, page_of_team

Choice = TypeVar("Choice", CampaignList, CampaignFilter)

SHOWN = 100
EXPORTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ListUse:
    """A campaign with the list in it; `is_left_out` where its people were left out by it."""

    campaign: Campaign
    is_left_out: bool


def drafts_with(recipient_list: RecipientList) -> list[ListUse]:
    """Drafts that choose the list, the latest first: none of them can be sent without it."""
    return _uses(recipient_list, is_draft=True)


def launched_with(recipient_list: RecipientList) -> list[ListUse]:
    """Campaigns launched with the list, the latest first. Each has its own frozen audience."""
    return _uses(recipient_list, is_draft=False)


def lists_made_of(recipient_list: RecipientList) -> Iterable[ListInOperation]:
    """The latest copies, merges, parts and differences that people of the list went into."""
    taken = recipient_list.operations.filter(part=ListInOperation.Part.SOURCE)
    made = ListInOperation.objects.filter(
        operation__in=taken.values("operation"), part=ListInOperation.Part.TARGET
    )
    parts = made.select_related("operation__started_by", "recipient_list__owner")
    return parts.order_by("-pk")[:SHOWN]


def filters_with(recipient_list: RecipientList) -> list[SavedFilter]:
    """Saved filters that look at the list: none of them can be used without it."""
    saved_filters = SavedFilter.objects.filter(list_choices__recipient_list=recipient_list)
    return list(saved_filters.filter(archived_at=None).order_by("name", "pk")[:SHOWN])


def _uses(recipient_list: RecipientList, *, is_draft: bool) -> list[ListUse]:
    """Campaigns that choose the list, or a filter that looks at it; each once, latest first."""
    by_filter = {"saved_filter__list_choices__recipient_list": recipient_list}
    choices: list[CampaignList | CampaignFilter] = [
        *_chosen(CampaignList.objects.filter(recipient_list=recipient_list), is_draft),
        *_chosen(CampaignFilter.objects.filter(**by_filter), is_draft),
    ]
    uses = {
        choice.campaign_id: ListUse(choice.campaign, choice.kind == CampaignList.Kind.EXCLUDE)
        for choice in reversed(choices)
    }
    return [uses[pk] for pk in sorted(uses, reverse=True)[:SHOWN]]


def _chosen(choices: QuerySet[Choice], is_draft: bool) -> Iterable[Choice]:
    draft = {"campaign__state": CampaignState.DRAFT.value}
    kept = choices.filter(**draft) if is_draft else choices.exclude(**draft)
    return kept.select_related("campaign__created_by", "campaign__launched_by").order_by(
        "-campaign"
    )[:SHOWN]


@require_GET
@page_of_team(Action.VIEW)
def list_use(request: TeamRequest, list_id: UUID) -> HttpResponse:
    """The campaigns, copies and files that people of the list went into: who, what and when."""
    recipient_list = usable_or_archived_list(request, list_id)
    usable = RecipientList.objects.for_member(request.team, request.user)
    context = _touched(recipient_list) | {
        "made_of_it": lists_made_of(recipient_list),
        "visible": set(usable.values_list("pk", flat=True)),
        "exports": exports_of(recipient_list)[:EXPORTS_SHOWN],
    }
    return render(request, "history/list_use.html", context)


@require_GET
@page_of_team(Action.EDIT_LISTS)
def put_away(request: TeamRequest, list_id: UUID) -> HttpResponse:
    """What archiving or deleting the list touches, with a button for each."""
    recipient_list = usable_or_archived_list(request, list_id)
    context = _touched(recipient_list) | {
        "may_put_away": may_put_away(request, recipient_list),
        "is_being_filled": is_being_filled(recipient_list),
    }
    return render(request, "history/list_put_away.html", context)


def _touched(recipient_list: RecipientList) -> dict[str, object]:
    launched = launched_with(recipient_list)
    words = rows_of(use.campaign for use in launched)
    return {
        "recipient_list": recipient_list,
        "drafts": drafts_with(recipient_list),
        "filters": filters_with(recipient_list),
        "launched": [(use, row) for use, row in zip(launched, words, strict=True)],
    }
