"""Is it still them? Before much leaves the dashboard, the password is asked for once more.

A browser that was left open is not its owner: what takes a thousand numbers away, or changes who
may do what, wants a password typed within the last ten minutes (OWASP ASVS 5.0, 7.5.1).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

GOOD_FOR = timedelta(minutes=10)
# A file with more people's numbers than this wants it.
MANY_NUMBERS = 1000
_KEY = "proved_at"


def note_password(request: HttpRequest, **_of_the_signal: Any) -> None:
    """The password was right just now (also a receiver of `user_logged_in`)."""
    request.session[_KEY] = int(time.time())


def is_recent(request: HttpRequest) -> bool:
    """Whether the password was typed in the last ten minutes."""
    seconds = time.time() - request.session.get(_KEY, 0)
    return bool(0 <= seconds < GOOD_FOR.total_seconds())


def ask_again(request: HttpRequest, back_to: str) -> HttpResponse | None:
    """Where to go first, and then back to the page with the button; None when it is recent."""
    if is_recent(request):
        return None
    messages.info(request, _("Nothing was done yet. Type your password, then press it again."))
    return redirect(reverse("sign-in-again") + "?" + urlencode({"next": back_to}))
