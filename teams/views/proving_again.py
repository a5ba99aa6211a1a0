"""Is it still them? A password, a code or a passkey once more, and then what was asked is done."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import kept_posts, next_pages, proving, sessions
from teams.access import SignedInRequest
from teams.credentials import check_own, check_own_password
from teams.forms import PasswordAgainForm
from teams.kept_posts import KeptPost
from teams.second_step_forms import CodeAgainForm, PasskeyAgainForm
from teams.views.signing_in import organisation


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def sign_in_again(request: SignedInRequest) -> HttpResponse:
    """Ask who is signed in to show it once more, then do what was asked at `next`."""
    goal = next_pages.wanted_page(request)
    kept = kept_posts.kept_at(request, goal)
    form = PasswordAgainForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, goal, kept, form)
    if "credential" in request.POST or "code" in request.POST:
        form, refused = PasswordAgainForm(), _second_step_refused(request)
    elif form.is_valid():
        refused = check_own_password(request, form.cleaned_data["password"])
        if refused:
            form.add_error(None, refused)
        else:
            reauthenticate_by_password(request)
    else:
        return _page(request, goal, kept, form)
    if refused:
        return _page(request, goal, kept, form, "" if form.errors else refused)
    # Whoever knew the session's key before does not have this one (ASVS 5.0, 7.2.4).
    sessions.renew_key(request)
    proving.note_password(request)
    return _finish(request, kept) if kept and kept.is_post else redirect(goal or "home")


def _second_step_refused(request: SignedInRequest) -> str:
    """Why the code or the passkey is not taken; "" once it is."""
    kind: Any = PasskeyAgainForm if "credential" in request.POST else CodeAgainForm
    form = kind(user=request.user, data=request.POST)
    refused = check_own(
        request, form.is_valid, _("This code or passkey is wrong or has been used. Try again.")
    )
    if not refused:
        form.save()
    return refused


def _page(
    request: SignedInRequest,
    goal: str,
    kept: KeptPost | None,
    form: PasswordAgainForm,
    refused: str = "",
) -> HttpResponse:
    kinds = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    context = {"form": form, "next": goal, "kept": kept, "refused": refused, "has_codes": kinds}
    context["has_password"] = request.user.has_usable_password()
    context["organisation"] = organisation()
    if Authenticator.Type.WEBAUTHN in kinds:
        context["options"] = json.dumps(auth.begin_authentication(request.user))
    return render(request, "teams/sign_in_again.html", context)


def _finish(request: HttpRequest, kept: KeptPost) -> HttpResponse:
    sentence = _("Thank you. We are doing what you asked for; a file downloads by itself.")
    context = {"kept": kept, "sentence": sentence, "at_once": True}
    return render(request, "teams/go_on.html", context)
