"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from recipients.opting_out.erased_people import remember_by


class PrivacyConfig(AppConfig):
    """How long what is known of people is kept, and a person erased everywhere."""

    name = "privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        remember_by("privacy.tombstones.tombstones_of", "privacy.tombstones.spend")
