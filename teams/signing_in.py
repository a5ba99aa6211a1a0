"""Who may sign in: the right password, and not too many wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teams import throttling
from teams.models import User
from teams.throttling import SIGN_IN_PER_ACCOUNT, SIGN_IN_PER_ADDRESS


@dataclass(frozen=True)
class NotSignedIn:
    """Why not, as a sentence that is the same whether or not the account exists."""

    sentence: str


def check_credentials(request: HttpRequest, email: str, password: str) -> User | NotSignedIn:
    """The person with this address and password, unless there were too many tries.

    Tries are counted per account and per visitor's address whether or not the account exists, and
    an unknown account costs the same time as a wrong password (Django's ModelBackend sees to it).
    A right password is not counted.
    """
    account = email.strip().lower()
    address = throttling.client_address(request)
    limits = ((SIGN_IN_PER_ADDRESS, address), (SIGN_IN_PER_ACCOUNT, account))
    # The visitor's own limit comes first: whoever is over it uses up nobody else's tries.
    for limit, who in limits:
        if not throttling.count_try(limit, who):
            return NotSignedIn(_too_many(throttling.minutes_left(limit, who)))
    user = authenticate(request, username=account, password=password)
    if not isinstance(user, User):
        return NotSignedIn(
            _(
                "This e-mail address and password do not belong together. "
                "Check both, or choose a new password."
            )
        )
    for limit, who in limits:
        throttling.give_back(limit, who)
    return user


def _too_many(minutes: int) -> str:
    return ngettext(
        "There were too many tries. Wait %(minutes)d minute, or choose a new password.",
        "There were too many tries. Wait %(minutes)d minutes, or choose a new password.",
        minutes,
    ) % {"minutes": max(1, minutes)}
