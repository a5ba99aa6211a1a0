"""Who needs a second step at signing in besides the password, and whether they have one.

A team says of whom it wants one. Owners of a team that asks for approval need one always, since
they could switch that off, and so does whoever may open the admin.
"""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from teams import kept_posts
from teams.models import Membership, NeedsSecondStep, Role, User

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_one(user: User) -> bool:
    """Whether the person has an app with codes or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=KINDS).exists())


def why_member(membership: Membership) -> str:
    """Why this member needs one, as a sentence; "" where they need none."""
    team, is_owner = membership.team, membership.role == Role.OWNER
    if not settings.SECOND_FACTOR_REQUIRED:
        return ""
    if is_owner and team.approval_above is not None:
        sentence = _(
            "Owners of %(team)s need it, because a second person approves campaigns there."
        )
    elif team.second_step_for == NeedsSecondStep.EVERYBODY:
        sentence = _("Everyone in %(team)s needs it.")
    elif team.second_step_for == NeedsSecondStep.SENDERS and (
        is_owner or membership.role == Role.SENDER
    ):
        sentence = _("Senders and owners in %(team)s need it.")
    else:
        return ""
    return sentence % {"team": team}


def why_staff(user: User) -> str:
    """Why whoever may open the admin needs one; "" for others."""
    if not (settings.SECOND_FACTOR_REQUIRED and user.is_staff):
        return ""
    return _("Everyone who can open the administration needs it.")


def why_person(user: User) -> str:
    """The first reason of all that there are for this person; "" where there is none."""
    memberships = user.memberships.select_related("team").order_by("team__name")
    return next(filter(None, map(why_member, memberships)), "") or why_staff(user)


def set_up_first(request: HttpRequest, user: User, why: str) -> HttpResponse | None:
    """Where somebody who needs one (`why`) sets it up; None for who has one, or needs none.

    What was sent off is kept, and done once they have one.
    """
    if not why or has_one(user):
        return None
    goal = request.get_full_path()
    if request.method == "POST":
        kept = kept_posts.is_page(request) and kept_posts.keep_post(
            request, kept_posts.post_of(request)
        )
        goal = goal if kept else reverse("home")
    url = reverse("second-step") + "?" + urlencode({"next": goal})
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)
