"""A person's front door and their own account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from interface.lost_updates import Conflict, conflict_between, said_by, seen_of
from teams import sessions
from teams.access import SignedInRequest
from teams.credentials import check_own_password
from teams.forms import ProfileForm
from teams.languages import spoken_by
from teams.members import team_to_open
from teams.models import User
from teams.proved_addresses import is_proved
from teams.second_factor import has_one
from teams.views.addresses import tell_of_link


@require_http_methods(["GET"])
def home(request: SignedInRequest) -> HttpResponse:
    """Go to the overview of the team visited last; without a team, say how to get into one."""
    team = team_to_open(request)
    if team is not None:
        return redirect("overview", team_slug=team.slug)
    return render(request, "teams/no_team.html")


@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """Show and change the person's own name and address."""
    if request.method == "POST":
        return _account_posted(request)
    return _account_page(request, ProfileForm(instance=_oneself(request)))


def _oneself(request: SignedInRequest) -> User:
    # A form writes into its instance even when it is wrong; the header must not show that.
    return User.objects.get(pk=request.user.pk)


def _account_posted(request: SignedInRequest) -> HttpResponse:
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=request.user.pk)
        email_before, stored = person.email, said_by(ProfileForm(instance=person))
        form = ProfileForm(request.POST, instance=person)
        # Only where it is asked for; elsewhere it is typed for nothing, and no try.
        password = request.POST.get("current_password", "") if "email" in form.changed_data else ""
        refused = check_own_password(request, password) if password else ""
        if refused and not form.has_error("current_password"):
            form.add_error("current_password", refused)
        if not form.is_valid():
            return _account_page(request, form)
        # Of a password there are no versions to show.
        typed = {**said_by(form), str(form["current_password"].label): ""}
        if conflict := conflict_between(request.POST, typed, stored):
            return _account_page(request, form, conflict)
        form.instance.save(update_fields=["name", "phone", "time_zone", "language"])
    # As it is from the next page on.
    with spoken_by(form.instance):
        saved = _("Your account is saved.")
    messages.success(request, saved)
    if form.instance.email != email_before:
        tell_of_link(request, form.instance.email)
    return redirect("account")


def _account_page(
    request: SignedInRequest, form: ProfileForm, conflict: Conflict | None = None
) -> HttpResponse:
    seen = request.POST.get("seen") or seen_of(said_by(ProfileForm(instance=_oneself(request))))
    memberships = request.user.memberships.select_related("team").order_by("team__name")
    context: dict[str, Any] = {
        "form": form,
        "memberships": memberships,
        "conflict": conflict,
        "seen": seen,
    }
    context |= {
        "is_proved": is_proved(request.user),
        "has_second_step": has_one(request.user),
        "places": sessions.places_of(request, request.user),
    }
    return render(request, "teams/account.html", context, status=409 if conflict else 200)
