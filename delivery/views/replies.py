"""What people wrote back: to a team's channels, or to one campaign."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from delivery.models import Reply
from recipients.lists.paging import page_of
from teams.access import Action, TeamRequest, page_of_team

REPLIES_PER_PAGE = 50


@require_GET
@page_of_team(Action.VIEW)
def replies(request: TeamRequest) -> HttpResponse:
    """All replies to the team, newest first; `?wish` only those who wish to stop or to start."""
    return _page(request, None)


@require_GET
@page_of_team(Action.VIEW)
def campaign_replies(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The replies to one campaign, newest first."""
    return _page(request, campaign_of(request, campaign_id))


def _page(request: TeamRequest, campaign: Campaign | None) -> HttpResponse:
    replies = Reply.objects.filter(team=request.team)
    if campaign is not None:
        replies = replies.filter(campaign=campaign)
    wishes_only = "wish" in request.GET
    if wishes_only:
        replies = replies.exclude(wish=Reply.Wish.NONE)
    page = page_of(
        replies.select_related("channel", "campaign"),
        REPLIES_PER_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        newest_first=True,
    )
    context = {
        "page": page,
        "campaign": campaign,
        "wishes_only": wishes_only,
        "is_reported": request.team.channels.filter(webhook__wants_replies=True).exists(),
    }
    return render(request, "delivery/replies.html", context)
