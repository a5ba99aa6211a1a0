"""`manage.py rotate_keys`: what is kept encrypted, encrypted with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sociocs_accounts.key_rotation import rotate_secrets


class Command(BaseCommand):
    """Encrypt all secrets with the first of FIELD_ENCRYPTION_KEYS."""

    help = "Encrypt all secrets with the first of FIELD_ENCRYPTION_KEYS; older keys can go then."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Raises CommandError when a secret could not be read: then no key may be taken away."""
        rotated = rotate_secrets()
        self.stdout.write(f"Encrypted with the newest key: {rotated.done}")
        if rotated.unreadable:
            raise CommandError(
                "No key opens these, so keep every key that you have:\n"
                + "\n".join(rotated.unreadable)
            )
