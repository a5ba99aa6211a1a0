"""Who signed in and out, and who tried to: told by Django's own signals, whatever page asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models

from trail.acts import Act
from trail.recording import record
from trail.surroundings import hashed

# By what name the address comes, in whatever way somebody signs in.
_ADDRESSES = ("username", "email", "login")


def signed_in(user: models.Model, **_of_the_signal: Any) -> None:
    """Somebody has signed in: a receiver of `user_logged_in`."""
    record(Act.SIGNED_IN, by=user, about_id=user.pk)


def signed_out(user: models.Model | None, **_of_the_signal: Any) -> None:
    """Somebody signs out: a receiver of `user_logged_out`, which also tells of nobody."""
    if user is not None:
        record(Act.SIGNED_OUT, by=user, about_id=user.pk)


def sign_in_failed(credentials: Mapping[str, Any], **_of_the_signal: Any) -> None:
    """A try failed: a receiver of `user_login_failed`.

    Of an address that is nobody's only a keyed hash is kept, by which the same one is known again.
    """
    typed = next((credentials[name] for name in _ADDRESSES if credentials.get(name)), "")
    _record_about(Act.SIGN_IN_FAILED, str(typed))


def tries_stopped(account: str) -> None:
    """There were too many tries at an account, so no more are looked at for now."""
    _record_about(Act.TRIES_STOPPED, account)


def _record_about(act: Act, typed: str) -> None:
    account = typed.strip().lower()
    ids = get_user_model().objects.filter(email=account).values_list("pk", flat=True)
    about_id = ids.first()
    unknown = {} if about_id else {"unknown_account": hashed("account", account)}
    record(act, about_id=about_id, after=unknown)
