"""The way to the organisation's own server and back."""

from __future__ import annotations

from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from requests import RequestException

from teams.single_sign_on import PROVIDER, TYPE_IT_NOW


@login_not_required
@require_http_methods(["GET"])
def sign_in_elsewhere(request: HttpRequest) -> HttpResponse:
    """Go to the organisation's server: to sign in, or to show there that it is still them."""
    if not settings.OIDC_SERVER:
        return redirect("sign-in")
    # What it is asked is for us to say, and not for the address.
    asked = request.GET.copy()
    asked.pop("auth_params", None)
    if request.user.is_authenticated:
        asked["auth_params"] = TYPE_IT_NOW
    request.GET = asked  # type: ignore[assignment]
    try:
        response: HttpResponse = views.login(request, PROVIDER)
    except RequestException:
        messages.error(
            request, _("Your organisation's sign-in does not answer. Sign in with your password.")
        )
        return redirect("sign-in")
    return response


@login_not_required
@require_http_methods(["GET"])
def back_from_elsewhere(request: HttpRequest, provider_id: str = PROVIDER) -> HttpResponse:
    """Come back from it, signed in or with a sentence why not."""
    if not settings.OIDC_SERVER:
        return redirect("sign-in")
    response: HttpResponse = views.callback(request, provider_id)
    return response
