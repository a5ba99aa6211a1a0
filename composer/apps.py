"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComposerConfig(AppConfig):
    """Writing a campaign, up to the button."""

    name = "composer"
    verbose_name = _("Composer")
