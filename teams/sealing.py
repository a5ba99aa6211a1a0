"""Texts that wait in the database and that a copy of it must not tell."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """It was sealed with a key that is not there any more."""


def seal(text: str) -> str:
    """The text encrypted with the newest of FIELD_ENCRYPTION_KEYS; without any, by SECRET_KEY."""
    return _cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The clear text. Raises Unreadable when no key fits."""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def reseal(sealed: str) -> str:
    """The same text with the newest key. Raises Unreadable when no key fits."""
    try:
        return _cipher().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _cipher() -> MultiFernet:
    keys: list[str | bytes] = [*settings.FIELD_ENCRYPTION_KEYS]
    for site_key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        digest = hashlib.sha256(f"teams.sealing{site_key}".encode()).digest()
        keys.append(base64.urlsafe_b64encode(digest))
    return MultiFernet([Fernet(key) for key in keys])
