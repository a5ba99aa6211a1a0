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
        lists, filters = "recipients.lists.sharing", "recipients.saved_filters.filters"
        when_a_member_leaves(f"{lists}.hand_over_lists", f"{lists}.lists_held")
        when_a_member_leaves(f"{filters}.hand_over_filters", f"{filters}.filters_held")
