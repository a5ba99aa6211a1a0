"""Is it still them? Before much leaves the dashboard, the password is asked for once more.

A browser that was left open is not its owner: what takes a thousand numbers away, or changes who
may do what, wants a password typed within the last ten minutes (OWASP ASVS 5.0, 7.5.1).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from teams import kept_posts

GOOD_FOR = timedelta(minutes=10)
# More people's numbers than this, taken along in a day, want it.
MANY_NUMBERS = 1000
_KEY = "proved_at"


def note_password(request: HttpRequest, **_of_the_signal: Any) -> None:
    """The password was right just now (also a receiver of `user_logged_in`)."""
    request.session[_KEY] = int(time.time())


def note_sign_in(request: HttpRequest, **_of_the_signal: Any) -> None:
    """Somebody has signed in just now: a receiver of `user_logged_in`."""
    request.session["signed_in_at"] = request.session["seen_at"] = int(time.time())


def is_recent(request: HttpRequest) -> bool:
    """Whether the password was typed in the last ten minutes."""
    seconds = time.time() - request.session.get(_KEY, 0)
    return bool(0 <= seconds < GOOD_FOR.total_seconds())


def ask_again(request: HttpRequest, back_to: str, reason: str) -> HttpResponse | None:
    """Where to go first; None when it is recent.

    Once the password is typed, what this request asks for is done. Whoever does not type it comes
    `back_to` the page with the button. `reason` is a sentence: what is so special about it.
    """
    if is_recent(request):
        return None
    kept = kept_posts.post_of(request, back_to, reason)
    goal = kept.path if kept_posts.keep_post(request, kept) else back_to
    return redirect(reverse("sign-in-again") + "?" + urlencode({"next": goal}))
