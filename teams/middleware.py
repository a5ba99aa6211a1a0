"""Who is not signed in signs in first, and loses nothing by it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from teams import kept_posts, second_factor, sessions
from teams.models import User
from teams.throttling import KEPT_PER_ADDRESS, client_address, count_try

Respond = Callable[[HttpRequest], HttpResponseBase]


def keep_for_sign_in(request: HttpRequest) -> bool:
    """Keep what a visitor sent off until they have signed in; whether that was possible."""
    if not count_try(KEPT_PER_ADDRESS, client_address(request)):
        return False
    request.session.clear_expired()
    return kept_posts.keep_post(request, kept_posts.post_of(request))


class SignInFirst(LoginRequiredMiddleware):
    """Leads to the sign-in page, and keeps what was sent off meanwhile."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], *arguments: Any
    ) -> HttpResponseBase | None:
        """Forget what was kept once it is asked for again; ask who is not signed in to sign in."""
        if request.user.is_authenticated and request.method == "POST":
            kept_posts.forget_post(request, request.get_full_path())
        return super().process_view(request, view_func, *arguments)

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        """The way to the sign-in page."""
        # What no token protects is read by its own view: a file may be as large as it likes.
        is_read = not getattr(view_func, "csrf_exempt", False)
        is_wanted = request.method == "POST" and is_read and kept_posts.is_page(request)
        if is_wanted and not keep_for_sign_in(request):
            sentence = _("We could not keep what you sent. Send it again after you sign in.")
            messages.warning(request, sentence)
        return super().handle_no_permission(request, view_func)


def second_step_for_the_admin(get_response: Respond) -> Respond:
    """Let whoever may open the admin set up a second step before they do."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and request.path.startswith(reverse("admin:index")):
            why = second_factor.why_staff(user)
            if (first := second_factor.set_up_first(request, user, why)) is not None:
                return first
        return get_response(request)

    return respond


def end_old_sessions(get_response: Respond) -> Respond:
    """Sign out whoever signed in too long ago, or has a staff account and was away (ASVS 7.3).

    However busy it is, no session outlives `SESSION_COOKIE_AGE`: each save alone would prolong it.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(time.time())
            signed_in_at = request.session.setdefault("signed_in_at", now)
            seen_at = request.session.setdefault("seen_at", now)
            is_away = request.user.is_staff and now - seen_at > settings.STAFF_IDLE_SECONDS
            if is_away or now - signed_in_at > settings.SESSION_COOKIE_AGE:
                logout(request)
            else:
                sessions.note_seen(request, request.user)
        return get_response(request)

    return respond
