"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SociocsAccountsConfig(AppConfig):
    """Accounts, channels, call limits."""

    name = "sociocs_accounts"
    verbose_name = _("Sociocs accounts")
