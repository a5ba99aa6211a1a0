"""The page behind an invitation's link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import adapters, invitations
from teams.forms import NewPersonForm
from teams.models import Invitation, Membership, User


@login_not_required
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites whom to what; only a POST accepts, and only as the invited person."""
    try:
        invited = invitations.find_invitation(token)
        is_from_mail = invitations.is_from_the_mail(invited, token)
        if isinstance(request.user, User):
            return _as_signed_in(request, invited, request.user, is_from_mail=is_from_mail)
        # Who only looks at the link on their own page does not learn who has an account.
        is_told = is_from_mail or request.method == "POST"
        if is_told and User.objects.filter(email=invited.email).exists():
            return _page(request, invited, "must_sign_in")
        return _as_new_person(request, invited, is_from_mail=is_from_mail)
    except invitations.InvitationNotOpen:
        return render(request, "teams/invitation_not_open.html", status=410)


def _as_signed_in(
    request: HttpRequest, invited: Invitation, user: User, *, is_from_mail: bool
) -> HttpResponse:
    if request.method == "POST":
        try:
            membership = invitations.accept(invited, user, is_from_mail=is_from_mail)
            return _welcome(request, membership)
        except invitations.WrongPerson:
            return _page(request, invited, "somebody_else")
        except invitations.NotProved:
            return _page(request, invited, "not_proved")
    is_invited = user.email == invited.email
    return _page(request, invited, "may_join" if is_invited else "somebody_else")


def _as_new_person(
    request: HttpRequest, invited: Invitation, *, is_from_mail: bool
) -> HttpResponse:
    form = NewPersonForm(request.POST if request.method == "POST" else None, email=invited.email)
    if request.method == "POST" and form.is_valid():
        try:
            membership = invitations.accept_as_new_person(
                invited, **form.cleaned_data, is_from_mail=is_from_mail
            )
        except invitations.AccountExists:
            # The page says what is left to be done now.
            return redirect(request.path)
        adapters.let_in(request, membership.user, "")
        return _welcome(request, membership)
    return _page(request, invited, "new_person", form=form, is_from_mail=is_from_mail)


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    messages.success(request, _("Welcome to %(team)s.") % {"team": membership.team})
    return redirect("overview", team_slug=membership.team.slug)


def _page(request: HttpRequest, invited: Invitation, situation: str, **more: Any) -> HttpResponse:
    context = {"invitation": invited, "situation": situation, **more}
    return render(request, "teams/invitation.html", context)
