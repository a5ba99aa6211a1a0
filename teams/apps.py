"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.module_loading import import_string

from teams import proving

# Django-allauth's signals, and who hears them, by name: no model is there yet.
_SIGNALS = "allauth.mfa.signals.authenticator_"
_HEARERS = "teams.second_step_news."


class TeamsConfig(AppConfig):
    """People, teams, roles."""

    name = "teams"

    def ready(self) -> None:
        user_logged_in.connect(proving.note_password)
        user_logged_in.connect(proving.note_sign_in)
        for name in ("added", "removed", "reset"):
            import_string(_SIGNALS + name).connect(import_string(f"{_HEARERS}tell_of_{name}"))
