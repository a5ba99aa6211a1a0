"""The end of a team."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from interface.hints import nudge
from privacy import closing
from privacy.tasks import delete_team
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from teams.models import Team


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def team_delete(request: TeamRequest) -> HttpResponse:
    """Say what belongs to the team, and delete it once its name was typed."""
    if request.method != "POST":
        return _page(request)
    reason = _("A team that is deleted cannot be brought back.")
    if (asked := proving.ask_again(request, request.path, reason)) is not None:
        return asked
    if request.POST.get("name", "").strip() != request.team.name:
        return _page(request, _("Enter the name of the team exactly as shown above."))
    try:
        deletion = closing.delete_team(request.team, request.user)
    except closing.StillSending:
        return _page(
            request, _("Campaigns are still going on. Cancel them, or wait until they are over.")
        )
    nudge(delete_team, deletion.pk)
    messages.success(request, _("The team “%(name)s” is deleted.") % {"name": request.team.name})
    return redirect("home")


def _page(request: TeamRequest, problem: str = "") -> HttpResponse:
    context = {
        "problem": problem,
        "touched": _touched(request.team),
        "in_the_way": closing.campaigns_in_the_way(request.team).order_by("-pk")[:10],
    }
    return render(request, "privacy/team_delete.html", context, status=422 if problem else 200)


def _touched(team: Team) -> dict[str, int]:
    """How much of each kind belongs to the team."""
    lists = team.recipient_lists.filter(deleted_at=None, is_ready=True)
    campaigns = team.campaigns.aggregate(
        drafts=Count("pk", Q(state="draft")), sent=Count("pk", ~Q(state="draft"))
    )
    return {
        _("Members"): team.memberships.count(),
        _("Lists"): lists.count(),
        _("People on them"): sum(lists.values_list("recipient_count", flat=True)),
        _("Drafts"): campaigns["drafts"],
        _("Campaigns that were sent"): campaigns["sent"],
        _("Replies"): team.replies.count(),
        _("Opt-outs"): team.opt_outs.count(),
        _("Channels"): team.channels.count(),
    }
