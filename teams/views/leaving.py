"""Leaving a team, or removing somebody: what is handed over, and to whom."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from teams import members
from teams.access import Action, TeamRequest, page_of_team, require
from teams.forms import HeirForm
from teams.leaving import Holding, holdings_of
from teams.models import Membership, User
from teams.views.team import ask_again, last_owner_sentence, member_of_page, to_team_page


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def remove_member(request: TeamRequest, user_id: UUID) -> HttpResponse:
    """End a membership: an owner anybody's, everybody their own."""
    member = member_of_page(request, user_id)
    if member.user != request.user:
        require(request.membership, Action.MANAGE_TEAM)
    if request.method != "POST":
        return _page(request, member, HeirForm(members.possible_heirs(member, request.user)))
    reason = _("Anyone you remove can no longer do anything in the team.")
    if (asked := ask_again(request, reason)) is not None:
        return asked
    form = HeirForm(members.possible_heirs(member, request.user), request.POST)
    if not form.is_valid():
        return _page(request, member, form)
    # What is said afterwards can only be found out before.
    holdings = holdings_of(request.team, member.user)
    try:
        heir = members.end_membership(member, by=request.user, heir=form.cleaned_data["heir"])
    except members.LastOwner:
        messages.error(request, last_owner_sentence())
        return to_team_page(request)
    except members.NotAnHeir:
        form.add_error("heir", form.fields["heir"].error_messages["invalid_choice"])
        return _page(request, member, form)
    messages.success(request, _told(request, member, heir, holdings))
    return redirect("home") if member.user == request.user else to_team_page(request)


def _page(request: TeamRequest, member: Membership, form: HeirForm) -> HttpResponse:
    context = {
        "member": member,
        "leaves": member.user == request.user,
        "obstacle": last_owner_sentence() if members.is_only_owner(member) else "",
        "holdings": holdings_of(request.team, member.user),
        "form": form,
    }
    return render(request, "teams/leave.html", context, status=422 if form.errors else 200)


def _told(request: TeamRequest, member: Membership, heir: User, holdings: list[Holding]) -> str:
    words = {"name": member.user, "team": request.team, "heir": heir}
    leaves = member.user == request.user
    if not holdings:
        sentence = (
            _("You have left %(team)s.") if leaves else _("%(name)s is no longer in the team.")
        )
    elif leaves:
        sentence = _("You have left %(team)s. What was yours here now belongs to %(heir)s.")
    elif heir == request.user:
        sentence = _("%(name)s is no longer in the team. What was theirs is now yours.")
    else:
        sentence = _("%(name)s is no longer in the team. What was theirs now belongs to %(heir)s.")
    return sentence % words
