"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from sending import append_only
from sociocs_accounts import troubles


class SendingConfig(AppConfig):
    """Launch, submit, record, reconcile, take back."""

    name = "sending"
    verbose_name = _("Sending")

    def ready(self) -> None:
        post_migrate.connect(append_only.after_migrating, sender=self)
        troubles.also_ask_of_all("sending.liveness.troubles_to_see")
