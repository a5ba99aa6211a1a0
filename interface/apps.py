"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class InterfaceConfig(AppConfig):
    """What belongs to the site and to no subject."""

    name = "interface"
