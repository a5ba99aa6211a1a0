"""Whether an address and a password belong together, and how often that may be asked."""

from __future__ import annotations

from collections.abc import Callable
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
from trail.signing_in import tries_stopped

_STOP_IS_NOTED = Limit("stop-noted", 1)


@dataclass(frozen=True)
class NotSignedIn:
    """Why not, as a sentence that is the same whether or not the account exists."""

    sentence: str


@dataclass(frozen=True)
class CountedTry:
    """A try at an account that was counted, until it is known whether it was right."""

    account: str
    counts: list[tuple[Limit, str]]

    def was_right(self) -> None:
        """A right one is not counted."""
        for limit, who in self.counts:
            throttling.give_back(limit, who)

    def was_wrong(self) -> None:
        """A wrong one also counts for the account wherever it is tried."""
        throttling.count_try(SIGN_IN_ANYWHERE, self.account)


def begin_try(
    request: HttpRequest, account: str, *, is_password: bool = False
) -> CountedTry | NotSignedIn:
    """Count a try at an account, whether or not it exists, unless there were too many."""
    words = _too_many_passwords if is_password else too_many
    counts: list[tuple[Limit, str]] = []
    for limit, who in _sign_in_limits(request, account):
        if not throttling.count_try(limit, who):
            # Once an hour: whoever tries without end fills nothing with it.
            if throttling.count_try(_STOP_IS_NOTED, f"{limit.name} {who}"):
                tries_stopped(account)
            return NotSignedIn(words(throttling.minutes_left(limit, who)))
        counts.append((limit, who))
    return CountedTry(account, counts)


def check_credentials(request: HttpRequest, email: str, password: str) -> User | NotSignedIn:
    """The person with this address and password, unless there were too many tries.

    An unknown account costs the same time as a wrong password (Django's ModelBackend sees to it).
    """
    account = email.strip().lower()
    counted = begin_try(request, account, is_password=True)
    if isinstance(counted, NotSignedIn):
        return counted
    user = authenticate(request, username=account, password=password)
    if not isinstance(user, User):
        counted.was_wrong()
        return NotSignedIn(_wrong())
    counted.was_right()
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
    """Why the password of who is signed in is not taken, as a sentence; "" if it is right."""
    return check_own(request, lambda: request.user.check_password(password), _wrong())


def check_own(request: SignedInRequest, is_right: Callable[[], bool], wrong: str) -> str:
    """Why what somebody who is signed in shows is not taken; "" where it `is_right`.

    Counted for this session alone: what strangers try does not keep its owner from going on.
    """
    session = request.session.session_key or str(request.user.pk)
    if not throttling.count_try(PASSWORD_PER_SESSION, session):
        return _too_many_passwords(throttling.minutes_left(PASSWORD_PER_SESSION, session))
    if not is_right():
        return wrong
    throttling.give_back(PASSWORD_PER_SESSION, session)
    return ""


def _wrong() -> str:
    return _("This e-mail address and password do not match. Check both, or reset your password.")


def too_many(minutes: int) -> str:
    """That it is not looked at now, and after how many minutes again."""
    return ngettext(
        "Too many tries. Wait %(minutes)d minute, then try again.",
        "Too many tries. Wait %(minutes)d minutes, then try again.",
        minutes,
    ) % {"minutes": max(1, minutes)}


def _too_many_passwords(minutes: int) -> str:
    return ngettext(
        "Too many tries. Wait %(minutes)d minute, or reset your password.",
        "Too many tries. Wait %(minutes)d minutes, or reset your password.",
        minutes,
    ) % {"minutes": max(1, minutes)}
