"""Whether an address and a password belong together, and how often that may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teams import known_devices, throttling
from teams.access import SignedInRequest
from teams.models import User
from teams.throttling import (
    PASSWORD_PER_SESSION,
    SIGN_IN_ANYWHERE,
    SIGN_IN_PER_ACCOUNT,
    SIGN_IN_PER_ADDRESS,
    SIGN_IN_PER_DEVICE,
    SIGN_IN_UNDER_ATTACK,
    Limit,
)


@dataclass(frozen=True)
class NotSignedIn:
    """Why not, as a sentence that is the same whether or not the account exists."""

    sentence: str


def check_credentials(request: HttpRequest, email: str, password: str) -> User | NotSignedIn:
    """The person with this address and password, unless there were too many tries.

    Tries are counted whether or not the account exists, and an unknown account costs the same time
    as a wrong password (Django's ModelBackend sees to it). A right password is not counted.
    """
    account = email.strip().lower()
    counted: list[tuple[Limit, str]] = []
    for limit, who in _sign_in_limits(request, account):
        if not throttling.count_try(limit, who):
            return NotSignedIn(_too_many(throttling.minutes_left(limit, who)))
        counted.append((limit, who))
    user = authenticate(request, username=account, password=password)
    if not isinstance(user, User):
        throttling.count_try(SIGN_IN_ANYWHERE, account)
        return NotSignedIn(_wrong())
    for limit, who in counted:
        throttling.give_back(limit, who)
    return user


def _sign_in_limits(request: HttpRequest, account: str) -> list[tuple[Limit, str]]:
    """What a try counts against: never against what somebody else tries from somewhere else."""
    if device := known_devices.device_of(request, account):
        return [(SIGN_IN_PER_DEVICE, device)]
    is_attacked = throttling.minutes_left(SIGN_IN_ANYWHERE, account) > 0
    from_here = SIGN_IN_UNDER_ATTACK if is_attacked else SIGN_IN_PER_ACCOUNT
    return [
        # The visitor's own limit comes first: whoever is over it uses up nobody else's tries.
        (SIGN_IN_PER_ADDRESS, throttling.client_address(request)),
        (from_here, f"{account} {throttling.client_network(request)}"),
    ]


def check_own_password(request: SignedInRequest, password: str) -> str:
    """Why the password of who is signed in is not taken, as a sentence; "" if it is right.

    Counted for this session alone: what strangers try does not keep its owner from going on.
    """
    session = request.session.session_key or str(request.user.pk)
    if not throttling.count_try(PASSWORD_PER_SESSION, session):
        return _too_many(throttling.minutes_left(PASSWORD_PER_SESSION, session))
    if not request.user.check_password(password):
        return _wrong()
    throttling.give_back(PASSWORD_PER_SESSION, session)
    return ""


def _wrong() -> str:
    return _(
        "This e-mail address and password do not belong together. "
        "Check both, or choose a new password."
    )


def _too_many(minutes: int) -> str:
    return ngettext(
        "There were too many tries. Wait %(minutes)d minute, or choose a new password.",
        "There were too many tries. Wait %(minutes)d minutes, or choose a new password.",
        minutes,
    ) % {"minutes": max(1, minutes)}
