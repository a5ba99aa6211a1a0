"""Settings under which no page is served but to this very machine."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# As `check --deploy` wants it: 256 random bits take 43 letters.
SHORTEST_KEY = 43


def refuse_to_open(settings: Any) -> None:
    """Raise ImproperlyConfigured for settings that would give the site away.

    A trial on loopback (BASE_URL) may have them.
    """
    host = urlsplit(settings.BASE_URL).hostname or ""
    if (
        host in {"localhost", "::1"}
        or re.fullmatch(r"127(\.\d{1,3}){3}", host)
        or host.endswith(".localhost")
    ):
        return
    wrong = (
        (settings.DEBUG, "DEBUG is set: error pages would show settings and data. Unset it."),
        (
            any(map(_is_weak, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])),
            "SECRET_KEY, or one of SECRET_KEY_FALLBACKS, is short enough to be guessed. "
            "Make another one with `openssl rand -base64 48`.",
        ),
        (
            settings.INSECURE_COOKIES,
            "INSECURE_COOKIES is set: sessions would travel in plain text. Unset it.",
        ),
    )
    sentences = [sentence for is_so, sentence in wrong if is_so]
    if sentences:
        raise ImproperlyConfigured("No page is served. " + " ".join(sentences))


def _is_weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < 5
