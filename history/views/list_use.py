"""Where a list was used, and what archiving or deleting it touches."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from history.campaign_rows import rows_of
from history.list_use import drafts_with, filters_with, launched_with, lists_made_of
from recipients.lists.addressed_lists import may_put_away, usable_or_archived_list
from recipients.lists.exporting import exports_of
from recipients.lists.list_lifecycle import is_being_filled
from recipients.models import RecipientList
from teams.access import Action, TeamRequest, page_of_team

EXPORTS_SHOWN = 50


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
