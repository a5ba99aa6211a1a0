"""A text kept encrypted in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class Undecryptable(Exception):
    """A stored secret cannot be read with any of FIELD_ENCRYPTION_KEYS; its lane must be halted."""


def _cipher() -> MultiFernet:
    keys = settings.FIELD_ENCRYPTION_KEYS
    if not keys:
        raise ImproperlyConfigured(
            "Set FIELD_ENCRYPTION_KEYS, which API keys are kept encrypted with. Make one with "
            "`openssl rand -base64 32 | tr '+/' '-_'`."
        )
    return MultiFernet([Fernet(key) for key in keys])


class Secret:
    """A secret decrypted on demand; its repr, and so a log line, shows nothing of it."""

    def __init__(self, token: str) -> None:
        self.token = token

    @classmethod
    def of(cls, clear: str) -> Secret:
        """Encrypt `clear` with the newest key."""
        return cls(_cipher().encrypt(clear.encode()).decode())

    def reveal(self) -> str:
        """The clear text. Raises Undecryptable when no key fits."""
        try:
            return _cipher().decrypt(self.token.encode()).decode()
        except InvalidToken:
            raise Undecryptable from None

    def rotated(self) -> Secret:
        """The same secret encrypted with the newest key. Raises Undecryptable when no key fits."""
        try:
            return Secret(_cipher().rotate(self.token.encode()).decode())
        except InvalidToken:
            raise Undecryptable from None

    def __bool__(self) -> bool:
        return bool(self.token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


if TYPE_CHECKING:
    _TextField = models.TextField[Secret, Secret]
else:
    _TextField = models.TextField


class SecretField(_TextField):
    """Holds a `Secret`; the database sees only the ciphertext (OWASP ASVS 5.0, 11.3.2)."""

    def from_db_value(self, value: str | None, *_args: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str | None:
        return value.token if isinstance(value, Secret) else value
