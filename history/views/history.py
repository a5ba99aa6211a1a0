"""The team's front page, and the history of its campaigns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Campaign
from campaigns.states import CampaignState, PauseReason
from composer import approvals
from history import live_parts, overview_parts, team_marks
from history.campaign_rows import (
    AT_REST,
    Attention,
    CampaignRow,
    HistoryPage,
    Key,
    history_page,
    people_in_question,
    rows_of,
)
from history.charts import month_of
from history.history_filters import Filters, filtered
from history.overview_parts import first_steps, has_drafts
from interface.samples import is_sample
from recipients.lists.people import person_id, phone_of
from recipients.models import RecipientList
from recipients.phone_numbers import Phone, PhoneReader
from sociocs_accounts import seen_troubles
from teams.access import Action, TeamRequest, may, page_of_team

STATUS_LABELS = {
    "draft": gettext_lazy("Drafts"),
    "scheduled": gettext_lazy("Scheduled"),
    "running": gettext_lazy("Sending"),
    "waiting_for_you": gettext_lazy("Needs an answer"),
    "completed": gettext_lazy("Sent"),
    "cancelled": gettext_lazy("Cancelled"),
}
_HELD_BY_THE_CLOCK = (PauseReason.WINDOW.value, PauseReason.QUIET_HOURS.value)
ATTENTION_SHOWN = 3
CHOICES_SHOWN = 200


@require_http_methods(["GET"])
@page_of_team(Action.VIEW)
def overview(request: TeamRequest) -> HttpResponse:
    """What needs somebody, what runs, what goes out next, and what was last.

    To a page that is open 204 while it still shows what is so.
    """
    now = timezone.now()
    # Before all else, so that what changes meanwhile is seen the next time.
    mark = team_marks.overview_mark(request, now)
    if _is_current(request, mark, now):
        return HttpResponse(status=live_parts.NOTHING_NEW)
    context = _overview(request, now)
    if "seen" not in request.GET:
        context["month"] = month_of(request.team)
    templates = ("history/_overview.html", "history/overview.html")
    return live_parts.answer(request, templates, context, mark)


def _is_current(request: TeamRequest, mark: str, now: datetime) -> bool:
    is_told = live_parts.still_counts(request.GET, now, team_marks.SEEN_FOR)
    return is_told and request.GET.get("mark") == mark


def _overview(request: TeamRequest, now: datetime) -> dict[str, Any]:
    shown = _sections(request)
    troubles = seen_troubles.troubles_of_team(request.team).all
    beside = overview_parts.beside(request.team, troubles)
    are_samples = [is_sample(row.campaign.public_id) for _title, rows in shown for row in rows]
    ends = [entry.until for day in beside["next_days"] for entry in day["entries"]]
    return {
        **beside,
        "today": now,
        "zone": request.team.time_zone,
        "sections": shown,
        "is_latest_last": bool(shown) and shown[-1][1][0].campaign.state in AT_REST,
        "approvals": approvals.waiting_in(request.team),
        "has_sample": any(are_samples),
        "first_steps": None
        if not all(are_samples) or has_drafts(request.team)
        else first_steps(request.team, request.user),
        "is_live": bool(troubles)
        or overview_parts.is_anything_ahead(request.team.pk)
        or any(row.campaign.state not in AT_REST for _title, rows in shown for row in rows),
        "troubles": troubles,
        "name": "overview",
        "address": reverse("overview", args=[request.team.slug]),
        "until": live_parts.counts_until(now, team_marks.SEEN_FOR, min(ends, default=None)),
    }


def _sections(request: TeamRequest) -> list[tuple[str, list[CampaignRow]]]:
    """The overview's tables with their titles; empty ones are left out."""
    team = request.team.pk
    decides = may(request.membership, Action.DECIDE)
    shown = [
        (_("Needs you") if decides else _("Needs an answer"), overview_parts.in_question(team)),
        (_("Sending now"), overview_parts.sending(team, timezone.now())),
        (_("Latest"), overview_parts.over(team)),
    ]
    # What they show is read once for all tables.
    rows = iter(rows_of(campaign for _title, campaigns in shown for campaign in campaigns))
    return [(title, list(islice(rows, len(campaigns)))) for title, campaigns in shown if campaigns]


@require_http_methods(["GET"])
@page_of_team(Action.VIEW)
def campaigns(request: TeamRequest) -> HttpResponse:
    """The history, filtered, a page at a time; to an open one 204 while it shows what is so."""
    now, filters = timezone.now(), Filters.read(request.GET)
    page = history_page(
        filtered(request.team, filters, request.user),
        Key.read(request.GET.get("before", "")),
        Key.read(request.GET.get("after", "")),
    )
    mark = team_marks.table_mark(request, page.lines, now)
    if _is_current(request, mark, now):
        return HttpResponse(status=live_parts.NOTHING_NEW)
    context = {
        "page": page,
        "filters": filters,
        "is_filtered": bool(filters.chosen()),
        "is_live": page.is_live,
        **_addresses(request, page, filters),
        "statuses": STATUS_LABELS.items(),
        **_choices(request),
        "person": phone_of(request.team, filters.person) if filters.person else None,
        "attention": _attention(request),
        "first_steps": first_steps(request.team, request.user) if not page.rows else None,
        "name": "history",
        "until": now + team_marks.SEEN_FOR,
    }
    templates = ("history/_table.html", "history/campaigns.html")
    return live_parts.answer(request, templates, context, mark)


@require_POST
@page_of_team(Action.VIEW)
def campaigns_of_person(request: TeamRequest) -> HttpResponse:
    """Go to the history of the number in `phone`, which no address is to hold."""
    filters = Filters.read(request.POST)
    read = PhoneReader(request.team.default_country).read(request.POST.get("phone", "")[:100])
    if isinstance(read, Phone):
        filters = replace(filters, person=person_id(request.team, read.e164))
    else:
        messages.error(
            request, _("This is not a phone number. The other filters are as they were.")
        )
    page = reverse("campaigns", args=[request.team.slug])
    return redirect(f"{page}?{urlencode(filters.chosen())}")


def _choices(request: TeamRequest) -> dict[str, Any]:
    """What the filters offer; their lists are the latest that the person may use."""
    lists = RecipientList.objects.for_member(request.team, request.user).order_by("-created_at")
    people = request.team.members.order_by("name", "email")
    return {
        "channels": request.team.channels.all(),
        "authors": [(str(person.public_id), str(person)) for person in people[:CHOICES_SHOWN]],
        "lists": [
            (str(recipient_list.public_id), recipient_list.name)
            for recipient_list in lists[:CHOICES_SHOWN]
        ],
    }


def _addresses(request: TeamRequest, page: HistoryPage, filters: Filters) -> dict[str, str]:
    """The addresses of this page (for its own renewal) and of its neighbours."""
    address = reverse("campaigns", args=[request.team.slug])
    kept = filters.chosen()

    def to(**place: str) -> str:
        query = urlencode(kept | place)
        return f"{address}?{query}" if query else address

    place = {name: request.GET[name] for name in ("before", "after") if name in request.GET}
    return {
        "address": to(**place),
        "newer_url": to(after=str(page.newer)) if page.newer else "",
        "older_url": to(before=str(page.older)) if page.older else "",
        "without_person_url": f"{address}?{urlencode(kept | {'person': ''})}",
    }


def _attention(request: TeamRequest) -> list[Attention]:
    """Campaigns that ask about people, and about how many; those that are late; the first."""
    asked = people_in_question(request.team, ATTENTION_SHOWN + 1)
    found = Campaign.objects.in_bulk(asked)
    campaigns = {found[pk]: people for pk, people in asked.items()}
    late = Q(state=CampaignState.MISSED.value) | Q(
        state=CampaignState.PAUSED.value,
        state_reason__in=_HELD_BY_THE_CLOCK,
    )
    asking = Campaign.objects.filter(late, team=request.team)
    # One more than is shown tells that there are more.
    for campaign in asking[: ATTENTION_SHOWN + 1]:
        campaigns.setdefault(campaign, 0)
    return [Attention(*entry) for entry in campaigns.items()][: ATTENTION_SHOWN + 1]
