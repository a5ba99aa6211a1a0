"""Making an account without an invitation, where the settings let everybody (OPEN_SIGN_UP).

The address comes first: only the link that is sent to it makes the account. So nobody makes one for
somebody else, and the page tells nobody who has one.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from teams import proved_addresses
from teams.letters import Letter, put_down
from teams.models import User
from teams.throttling import Limit, count_try

VALID_FOR = timedelta(hours=24)
_PER_NETWORK = Limit("sign-up-network", 20)
# Nobody's mailbox is filled from here.
_PER_RECIPIENT = Limit("sign-up-recipient", 3)
_SALT = "teams.signing_up"


class TooManyAsked(Exception):
    """As many links were asked for from one network as anybody needs in an hour."""


class SignUpNotOpen(Exception):
    """The link is too old, or there is an account for its address by now."""


def ask_for_account(email: str, network: str) -> None:
    """Mail the link that makes an account, or that there is one. Raises TooManyAsked."""
    if not count_try(_PER_NETWORK, network):
        raise TooManyAsked
    if not count_try(_PER_RECIPIENT, email):
        return
    if User.objects.filter(email=email).exists():
        text = _(
            "Someone asked for an account on Sociocs Campaigns with this address. You "
            "already have one, so nothing was changed: sign in, or reset your "
            "password.\n\n%(link)s"
        ) % {"link": settings.BASE_URL + reverse("sign-in")}
        put_down(Letter(email, _("You have an account on Sociocs Campaigns"), text))
        return
    token = signing.dumps(email, salt=_SALT)
    text = _(
        "Open this link to create your account. It works for one day:\n\n%(link)s\n\nIf you "
        "did not ask for one, do nothing."
    ) % {"link": settings.BASE_URL + reverse("sign-up-account", args=[token])}
    put_down(Letter(email, _("Create your account on Sociocs Campaigns"), text))


def address_of(token: str) -> str:
    """The address that a link was sent to. Raises SignUpNotOpen."""
    try:
        email = str(signing.loads(token, salt=_SALT, max_age=VALID_FOR))
    except signing.BadSignature:
        raise SignUpNotOpen from None
    if User.objects.filter(email=email).exists():
        raise SignUpNotOpen
    return email


def make_account(email: str, name: str, password: str, time_zone: str) -> User:
    """Make the account of who opened the link. Raises SignUpNotOpen for the slower of two."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, time_zone=time_zone)
    except IntegrityError:
        raise SignUpNotOpen from None
    proved_addresses.note_proved(user)
    return user
