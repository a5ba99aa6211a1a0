"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from teams.leaving import when_a_member_leaves


class SociocsAccountsConfig(AppConfig):
    """Accounts, channels, call limits."""

    name = "sociocs_accounts"
    verbose_name = _("Sociocs accounts")

    def ready(self) -> None:
        rights = "sociocs_accounts.channel_rights"
        when_a_member_leaves(f"{rights}.forget_sender", f"{rights}.nothing_held")
