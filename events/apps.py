"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """What happens in a team, told to systems of its own."""

    name = "events"
    verbose_name = _("Events")
