"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out

from interface.middleware import SignedOut


class InterfaceConfig(AppConfig):
    """What belongs to the site and to no subject."""

    name = "interface"

    def ready(self) -> None:
        user_logged_out.connect(SignedOut.note)
