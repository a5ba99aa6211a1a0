"""What every response gets, beyond what Django and its packages add."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, resolve
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from interface import errors, machines
from interface.children import NoPlaceLeft

Respond = Callable[[HttpRequest], HttpResponseBase]


class HtmxRequest(HttpRequest):
    """A request as it looks after the HTMX middleware."""

    htmx: HtmxDetails


# What a browser lets none of our pages do, nor whatever is shown in them: W3C, Permissions Policy.
_NOT_USED = (
    *("accelerometer", "autoplay", "bluetooth", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts"),
    *("magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "usb", "web-share", "xr-spatial-tracking"),
)
_HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _NOT_USED),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Of what no page's policy was given to: a file, or a redirect.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def headers_on_everything(get_response: Respond) -> Respond:
    """Give each answer what tells a browser not to trust it further than it must.

    Stands before all others: static files, and the redirect to https, are answered early.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return respond


# Whether this process is well; asked by proxies and watchers, not by browsers.
_PROBES = frozenset({"/healthz", "/readyz"})


def probes_by_any_name(get_response: Respond) -> Respond:
    """Let whoever asks how this process is call it by its machine's address.

    The answer names no host, and all other addresses answer to the site's own names alone.
    """
    own_name = urlsplit(settings.BASE_URL).netloc

    def respond(request: HttpRequest) -> HttpResponseBase:
        if request.path in _PROBES:
            request.META["HTTP_HOST"] = own_name
        return get_response(request)

    return respond


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


class SignedOut:
    """Whose session ended with this request: their browser keeps nothing of it.

    Not "cookies": another install on the same host would be signed out with it.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if getattr(request, "has_signed_out", False):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    @staticmethod
    def note(request: HttpRequest | None, **_of_the_signal: object) -> None:
        """A receiver of `user_logged_out`."""
        if request is not None:
            request.has_signed_out = True  # type: ignore[attr-defined]


_METHODS = ["GET", "HEAD", "POST"]
_OF_MACHINES = ["PUT", "PATCH", "DELETE"]


def known_methods_only(get_response: Respond) -> Respond:
    """Answer 405 to whatever is neither a look nor a form, and a HEAD as the GET it stands for.

    Programs change and delete things by methods of their own.
    No view has to think of it: the web server leaves the body of an answer to HEAD out.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        methods = [*_METHODS, *_OF_MACHINES] if machines.answers_of(request) else _METHODS
        if request.method not in methods:
            return errors.not_allowed(request, ", ".join(methods))
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        request.method = "HEAD"
        return response

    return respond


class FewFilesAtOnce:
    """Says so to whoever waited in vain for their file to be opened."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """503 for NoPlaceLeft; whatever else went wrong is not ours."""
        return errors.no_place_left(request) if isinstance(failure, NoPlaceLeft) else None


def buttons_lead_to_their_page(get_response: Respond) -> Respond:
    """Lead whoever opens a button's address as a page to the page above it; explain other 405s."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.streaming:
            return response
        if machines.answers_of(request):
            return errors.not_allowed(request, response.headers.get("Allow", ""))
        wants_page = "text/html" in request.headers.get("Accept", "")
        if request.method == "GET" and wants_page and "HX-Request" not in request.headers:
            return redirect(_page_above(request.path))
        return errors.not_allowed(request, response.headers.get("Allow", ""))

    return respond


def _page_above(path: str) -> str:
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        with suppress(Resolver404):
            resolve(path)
            break
    return path


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
