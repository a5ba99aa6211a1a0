"""A team's members, and who is invited."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from teams import invitations, members, proving
from teams.access import Action, TeamRequest, page_of_team
from teams.forms import InviteForm, RoleForm
from teams.letters import printed_note
from teams.models import Membership, Role


@require_http_methods(["GET"])
@page_of_team(Action.VIEW)
def team_page(request: TeamRequest) -> HttpResponse:
    """Show who is in the team; owners find the forms to change that."""
    return _team_page(request)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def team_invite(request: TeamRequest) -> HttpResponse:
    """Make an invitation and show its link, this once: it is stored nowhere."""
    reason = _("Anyone with the link of an invitation can join the team.")
    if (asked := ask_again(request, reason)) is not None:
        return asked
    form = InviteForm(request.POST, team=request.team)
    if not form.is_valid():
        return _team_page(request, invite_form=form)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    try:
        invited = invitations.invite(request.team, email, role, request.user)
    except invitations.TooManyInvitations:
        form.add_error(
            "email",
            _(
                "Too many invitations by you, by your team or to this address. Try again "
                "in an hour."
            ),
        )
        return _team_page(request, invite_form=form)
    return render(request, "teams/invited.html", {"invited": invited, "printed": printed_note()})


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def revoke_invitation(request: TeamRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(request.team.invitations, public_id=invitation_id)
    if invitations.withdraw_invitation(invitation):
        messages.success(
            request, _("The invitation for %(email)s is withdrawn.") % {"email": invitation.email}
        )
    else:
        messages.info(request, _("That invitation was already used, withdrawn or expired."))
    return to_team_page(request)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def member_role(request: TeamRequest, user_id: UUID) -> HttpResponse:
    """Give a member another role."""
    reason = _("A new role changes what someone can do in the team.")
    if (asked := ask_again(request, reason)) is not None:
        return asked
    member = member_of_page(request, user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a role."))
        return to_team_page(request)
    role = Role(form.cleaned_data["role"])
    try:
        members.change_role(member, role)
    except members.LastOwner:
        messages.error(request, last_owner_sentence())
    else:
        messages.success(
            request,
            _("%(name)s has a new role. %(role)s.") % {"name": member.user, "role": role.label},
        )
    return to_team_page(request)


def ask_again(request: TeamRequest, reason: str) -> HttpResponse | None:
    """Ask for the password where somebody at an open browser could let others in."""
    return proving.ask_again(request, reverse("team", args=[request.team.slug]), reason)


def last_owner_sentence() -> str:
    """Why the only owner stays one, and what to do."""
    return _("A team needs an owner, and this is the only one. Make someone else an owner first.")


def member_of_page(request: TeamRequest, user_id: UUID) -> Membership:
    """The member of this team with that id; else 404."""
    of_team = Membership.objects.select_related("user", "team").filter(team=request.team)
    return get_object_or_404(of_team, user__public_id=user_id)


def to_team_page(request: TeamRequest) -> HttpResponse:
    """Back to where the members are."""
    return redirect("team", team_slug=request.team.slug)


def _team_page(request: TeamRequest, invite_form: InviteForm | None = None) -> HttpResponse:
    members_of_team = request.team.memberships.select_related("user").order_by("user__name")
    context = {
        "members": members_of_team,
        "invitations": invitations.open_ones(request.team).select_related(
            "invited_by", "waiting_mail"
        ),
        "roles": Role.choices,
        "invite_form": invite_form or InviteForm(team=request.team),
    }
    return render(request, "teams/team.html", context)
