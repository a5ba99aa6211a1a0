"""A new password is recorded wherever it is set."""

from __future__ import annotations

from django.db import models

from trail.acts import Act
from trail.recording import record


class NewPasswordsAreNoted:
    """Stands among Django's password validators, which hear of each new password that is saved."""

    def validate(self, password: str, user: models.Model | None = None) -> None:
        """Any will do."""

    def get_help_text(self) -> str:
        """Nothing that somebody has to heed."""
        return ""

    def password_changed(self, _password: str, user: models.Model | None = None) -> None:
        """It was saved."""
        if user is not None and user.pk:
            record(Act.PASSWORD_CHANGED, about_id=user.pk)
