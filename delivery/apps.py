"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from sociocs_accounts import troubles


class DeliveryConfig(AppConfig):
    """Webhooks, delivery reports, replies, blocks."""

    name = "delivery"
    verbose_name = _("Delivery")

    def ready(self) -> None:
        troubles.also_ask("delivery.report_troubles.troubles_of")
