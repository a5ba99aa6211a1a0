"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from recipients.sqlite_functions import register_on_every_connection
from teams.leaving import when_a_member_leaves


class RecipientsConfig(AppConfig):
    """Recipient lists before any campaign exists."""

    name = "recipients"
    verbose_name = _("Recipients")

    def ready(self) -> None:
        register_on_every_connection()
        when_a_member_leaves("recipients.lists.sharing.hand_over")
        when_a_member_leaves("recipients.saved_filters.filters.hand_over")
