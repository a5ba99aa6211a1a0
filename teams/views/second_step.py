"""The second step at signing in, and signing in with a passkey alone."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth, flows
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import credentials, next_pages, throttling
from teams.models import User
from teams.second_step_forms import PasskeyAloneForm, PasskeyStepForm, SecondStepForm
from teams.throttling import SIGN_IN_PER_ADDRESS


@login_not_required
@sensitive_post_parameters("code")
@csrf_protect
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask who knew the password for a code or a passkey."""
    if request.user.is_authenticated:
        return next_pages.on_to(request, next_pages.wanted_page(request))
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None:
        messages.info(request, _("That took too long. Enter your password again."))
        return redirect("sign-in")
    user = stage.login.user
    form = SecondStepForm(user=user)
    if request.method == "POST":
        is_passkey = "credential" in request.POST
        kind: Any = PasskeyStepForm if is_passkey else SecondStepForm
        form = kind(user=user, data=request.POST)
        counted = credentials.begin_try(request, user.email)
        if isinstance(counted, credentials.NotSignedIn):
            form = SecondStepForm(user=user)
            return _page(request, user, form, counted.sentence)
        if form.is_valid():
            counted.was_right()
            form.save()
            response: HttpResponse = stage.exit()
            return response
        counted.was_wrong()
        if is_passkey:
            form = SecondStepForm(user=user)
            return _page(request, user, form, _("We do not know this passkey. Try a code."))
    return _page(request, user, form)


def _page(
    request: HttpRequest, user: User, form: SecondStepForm, refused: str = ""
) -> HttpResponse:
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {"form": form, "refused": refused, "has_app": Authenticator.Type.TOTP in kinds}
    if Authenticator.Type.WEBAUTHN in kinds:
        context["options"] = json.dumps(auth.begin_authentication(user))
    return render(request, "teams/second_step.html", context)


@login_not_required
@csrf_protect
@require_http_methods(["GET", "POST"])
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey and nothing else: it asks for a finger, a face or a number itself."""
    if request.user.is_authenticated:
        return next_pages.on_to(request, next_pages.wanted_page(request))
    if request.method != "POST":
        return JsonResponse(auth.begin_authentication(user=None))
    address = throttling.client_address(request)
    form = PasskeyAloneForm(data=request.POST)
    if not throttling.count_try(SIGN_IN_PER_ADDRESS, address):
        minutes = throttling.minutes_left(SIGN_IN_PER_ADDRESS, address)
        messages.error(request, credentials.too_many(minutes))
        return redirect("sign-in")
    if form.is_valid():
        throttling.give_back(SIGN_IN_PER_ADDRESS, address)
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=next_pages.wanted_page(request))
        response: HttpResponse = flows.perform_passwordless_login(request, authenticator, login)
        return response
    messages.error(request, _("We do not know this passkey. Sign in with your password instead."))
    return redirect("sign-in")
