"""Setting up and taking away what the second step asks for: an app, passkeys, recovery codes."""

from __future__ import annotations

import base64
import json

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as codes
from allauth.mfa.totp.internal import flows as apps
from allauth.mfa.webauthn.internal import auth, flows
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from teams import next_pages, proving, second_factor, sessions
from teams.access import SignedInRequest
from teams.second_step_forms import AppForm, PasskeyForm


@require_http_methods(["GET"])
def overview(request: SignedInRequest) -> HttpResponse:
    """What the person has, why they need it, and where to go on."""
    mine = Authenticator.objects.filter(user=request.user).order_by("created_at")
    context = {
        "app": mine.filter(type=Authenticator.Type.TOTP).first(),
        "passkeys": mine.filter(type=Authenticator.Type.WEBAUTHN),
        "codes": mine.filter(type=Authenticator.Type.RECOVERY_CODES).first(),
        "why": second_factor.why_person(request.user),
        "next": next_pages.wanted_page(request),
    }
    return render(request, "teams/second_steps.html", context)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def add_app(request: SignedInRequest) -> HttpResponse:
    """Show the secret for an app as a picture and as text; its first code puts it in use."""
    if (asked := _prove(request)) is not None:
        return asked
    if Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
        return redirect("second-step")
    form = AppForm(user=request.user, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        apps.activate_totp(request, form)
        _end_older_sessions(request)
        messages.success(request, _("The app is set up. Save these codes in case you lose it."))
        return _to_codes(request)
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, form.secret))
    context = {
        "form": form,
        "next": next_pages.wanted_page(request),
        "picture": base64.b64encode(picture.encode()).decode(),
        "secret": " ".join(form.secret[n : n + 4] for n in range(0, len(form.secret), 4)),
    }
    return render(request, "teams/add_app.html", context)


@require_http_methods(["GET", "POST"])
def add_passkey(request: SignedInRequest) -> HttpResponse:
    """Let the browser make a passkey, and keep it under a name."""
    if (asked := _prove(request)) is not None:
        return asked
    form = PasskeyForm(user=request.user, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        flows.add_authenticator(request, name=said["name"], credential=said["credential"])
        _end_older_sessions(request)
        messages.success(request, _("The passkey is set up. Save these codes in case you lose it."))
        return _to_codes(request)
    if form.errors:
        messages.error(request, _("We could not read your browser's answer. Try again."))
    options = json.dumps(auth.begin_registration(request.user, passwordless=True))
    context = {"form": form, "options": options, "next": next_pages.wanted_page(request)}
    return render(request, "teams/add_passkey.html", context)


@require_http_methods(["GET", "POST"])
def recovery_codes(request: SignedInRequest) -> HttpResponse:
    """Show the codes that are left; a press makes new ones, and the old ones open nothing."""
    if (asked := _prove(request)) is not None:
        return asked
    if not second_factor.has_one(request.user):
        return redirect("second-step")
    if request.method == "POST":
        codes.generate_recovery_codes(request)
        messages.success(request, _("These are your new codes. The old ones no longer work."))
        return _to_codes(request)
    mine = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES)
    left = [code for kept in mine for code in kept.wrap().get_unused_codes()]
    context = {"codes": left, "next": next_pages.wanted_page(request)}
    return render(request, "teams/recovery_codes.html", context)


@require_POST
def remove(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Take an app or a passkey away."""
    if (asked := _prove(request)) is not None:
        return asked
    mine = Authenticator.objects.filter(user=request.user, type__in=second_factor.KINDS)
    authenticator = get_object_or_404(mine, pk=key_id)
    if authenticator.type == Authenticator.Type.TOTP:
        apps.deactivate_totp(request, authenticator)
    else:
        flows.remove_authenticator(request, authenticator)
    _end_older_sessions(request)
    messages.success(request, _("Removed. Nobody can sign in with it any more."))
    return redirect("second-step")


def _end_older_sessions(request: SignedInRequest) -> None:
    """Whoever came in elsewhere did so without what is asked for from now on (ASVS 5.0, 7.4.3)."""
    sessions.end_others(request, request.user)


def _prove(request: SignedInRequest) -> HttpResponse | None:
    reason = _("This decides who can get into your account.")
    return proving.ask_again(request, reverse("second-step"), reason)


def _to_codes(request: SignedInRequest) -> HttpResponse:
    goal = next_pages.wanted_page(request)
    return redirect(reverse("recovery-codes") + (f"?{urlencode({'next': goal})}" if goal else ""))
