"""Mails about a passkey, an app or codes that came or went, whoever's page it was done on."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from teams import alerts
from teams.models import User


def tell_of_added(user: User, authenticator: Authenticator, **_of_the_signal: Any) -> None:
    """Something more signs them in. Codes that come along with it are not told of."""
    if authenticator.type == Authenticator.Type.TOTP:
        alerts.account_changed(user, _("An app with codes was set up for your account."))
    elif authenticator.type == Authenticator.Type.WEBAUTHN:
        alerts.account_changed(user, _("A passkey was added to your account."))


def tell_of_removed(user: User, authenticator: Authenticator, **_of_the_signal: Any) -> None:
    """Something signs them in no more."""
    if authenticator.type == Authenticator.Type.TOTP:
        alerts.account_changed(user, _("The app with codes was taken away from your account."))
    elif authenticator.type == Authenticator.Type.WEBAUTHN:
        alerts.account_changed(user, _("A passkey was taken away from your account."))


def tell_of_reset(user: User, **_of_the_signal: Any) -> None:
    """They have new recovery codes."""
    alerts.account_changed(user, _("New recovery codes were made for your account."))
