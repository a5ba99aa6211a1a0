"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from teams import proving


class TeamsConfig(AppConfig):
    """People, teams, roles."""

    name = "teams"

    def ready(self) -> None:
        user_logged_in.connect(proving.note_password)
        user_logged_in.connect(proving.note_sign_in)
