"""The sentences that the next page shows, in a cookie of this install's own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class OwnCookie(CookieStorage):
    """Django's, by a name that no other install on this host has."""

    cookie_name = settings.MESSAGES_COOKIE_NAME


class OwnMessages(FallbackStorage):
    """In the cookie as far as they fit, else in the session."""

    storage_classes = (OwnCookie, SessionStorage)
