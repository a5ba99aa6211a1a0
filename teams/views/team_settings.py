"""A team's settings, a page for each part of them."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interface.lost_updates import Conflict, conflict_between, said_by, seen_of
from teams import alerts
from teams.access import Action, TeamRequest, page_of_team
from teams.forms import TEAM_PARTS, TeamForm
from teams.models import Team
from teams.views.team import ask_again, to_team_page
from trail.acts import Act
from trail.recording import record_change


@require_GET
@page_of_team(Action.VIEW)
def team_settings_part(request: TeamRequest, part: str) -> HttpResponse:
    """Show one part of the settings: to owners as a form, to all others as it is."""
    if part not in TEAM_PARTS:
        raise Http404
    return _settings_page(request, TeamForm(instance=request.team, part=part), part)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def team_settings(request: TeamRequest) -> HttpResponse:
    """Change the settings of the posted `part`, or all of them where none is named."""
    if (
        asked := ask_again(request, _("The settings decide who has to approve campaigns."))
    ) is not None:
        return asked
    part = request.POST.get("part", "")
    # Another instance than request.team: what is not saved must not show in the header.
    with transaction.atomic():
        locked = Team.objects.select_for_update().get(pk=request.team.pk)
        stored = said_by(TeamForm(instance=locked, part=part))
        guards = alerts.guards_of(locked)
        form = TeamForm(request.POST, instance=locked, part=part)
        if not form.is_valid():
            return _settings_page(request, form, part)
        if conflict := conflict_between(request.POST, said_by(form), stored):
            return _settings_page(request, form, part, conflict)
        before = {name: form.initial[name] for name in form.fields}
        form.instance.save(update_fields=[*form.fields])
        record_change(Act.TEAM_CHANGED, locked, before, form.cleaned_data, team_id=request.team.pk)
        alerts.guards_loosened(form.instance, request.user, guards)
    messages.success(request, _("Settings saved."))
    if part in TEAM_PARTS:
        return redirect("team-settings-part", request.team.slug, part)
    return to_team_page(request)


def _settings_page(
    request: TeamRequest, form: TeamForm, part: str, conflict: Conflict | None = None
) -> HttpResponse:
    stored = said_by(TeamForm(instance=request.team, part=part))
    context = {
        "form": form,
        "part": part,
        "about": TEAM_PARTS.get(part, TEAM_PARTS["general"]),
        "stored": stored,
        "conflict": conflict,
        "seen": request.POST.get("seen") or seen_of(stored),
    }
    return render(request, "teams/team_settings.html", context, status=409 if conflict else 200)
