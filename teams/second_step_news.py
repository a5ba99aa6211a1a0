"""A passkey, an app or codes that come or go are told by mail and in the trail."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from teams import alerts
from teams.models import User
from trail.acts import Act
from trail.recording import record


def tell_of_added(user: User, authenticator: Authenticator, **_of_the_signal: Any) -> None:
    """Something more signs them in. Codes that come along with it are not told of."""
    record(Act.SECOND_STEP_ADDED, by=user, about_id=user.pk, after={"kind": authenticator.type})
    if authenticator.type == Authenticator.Type.TOTP:
        alerts.account_changed(user, _("A code app was set up for your account."))
    elif authenticator.type == Authenticator.Type.WEBAUTHN:
        alerts.account_changed(user, _("A passkey was added to your account."))


def tell_of_removed(user: User, authenticator: Authenticator, **_of_the_signal: Any) -> None:
    """Something signs them in no more."""
    record(Act.SECOND_STEP_REMOVED, about_id=user.pk, before={"kind": authenticator.type})
    if authenticator.type == Authenticator.Type.TOTP:
        alerts.account_changed(user, _("The code app was removed from your account."))
    elif authenticator.type == Authenticator.Type.WEBAUTHN:
        alerts.account_changed(user, _("A passkey was removed from your account."))


def tell_of_reset(user: User, **_of_the_signal: Any) -> None:
    """They have new recovery codes."""
    record(Act.CODES_RENEWED, about_id=user.pk)
    alerts.account_changed(user, _("New recovery codes were created for your account."))
