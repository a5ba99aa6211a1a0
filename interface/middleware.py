"""What every response gets, beyond what Django and its packages add."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

Respond = Callable[[HttpRequest], HttpResponseBase]


class HtmxRequest(HttpRequest):
    """A request as it looks after the HTMX middleware."""

    htmx: HtmxDetails


def kept_by_no_cache(get_response: Respond) -> Respond:
    """Mark responses `Cache-Control: no-store` unless their view says otherwise.

    Pages show people and numbers, which must not stay in a browser or proxy (OWASP ASVS 5.0,
    14.3.2). Static files are answered before this.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond


def looser_policy_for_the_admin(get_response: Respond) -> Respond:
    """Allow evaluated expressions and inline styles below the admin's address, and only there.

    The admin's theme runs on Alpine.js, which compiles the expressions in its attributes, and
    hides parts by style attributes. Inline scripts stay forbidden.
    """
    loosened = csp_update({"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]})(get_response)

    def respond(request: HttpRequest) -> HttpResponseBase:
        in_admin = request.path.startswith(reverse("admin:index"))
        return loosened(request) if in_admin else get_response(request)

    return respond


def sign_in_as_a_page(get_response: Respond) -> Respond:
    """Turn the redirect of a signed-out HTMX request into one of the whole page.

    Without it HTMX would follow the redirect and put the sign-in page into the fragment's place.
    """

    def respond(request: HtmxRequest) -> HttpResponseBase:
        response = get_response(request)
        sign_in = resolve_url(settings.LOGIN_URL)
        if request.htmx and urlsplit(response.headers.get("Location", "")).path == sign_in:
            page = urlsplit(request.htmx.current_url_abs_path or "").path
            return HttpResponseClientRedirect(f"{sign_in}?next={page}" if page else sign_in)
        return response

    return respond  # type: ignore[return-value]
