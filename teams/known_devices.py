"""A browser in which somebody has signed in before: what strangers try does not count against it.

The cookie says who that was and is signed. It opens nothing: it gives its browser tries of its own.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from teams.models import User

KEPT_FOR = timedelta(days=180)
_SALT = "teams.known_devices"


def device_of(request: HttpRequest, account: str) -> str:
    """Which device this is, if the owner of that e-mail address has signed in on it; else ""."""
    try:
        user_id, device = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=KEPT_FOR
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    is_theirs = User.objects.filter(pk=user_id, email=account).exists()
    return f"{user_id}.{device}" if is_theirs else ""


def remember_device(response: HttpResponse, user: User) -> None:
    """Let this browser be known as one of `user`, who has just proved who they are."""
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([user.pk, secrets.token_hex(8)], salt=_SALT),
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
