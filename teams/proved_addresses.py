"""Whether somebody reads the e-mail of the address they sign in with, and another address.

An address is proved by opening a link that was sent to it. Accounts that whoever runs the site has
made are vouched for; one that was made by the link on an owner's page is not proved until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from teams.languages import spoken_by
from teams.letters import Letter, put_down
from teams.models import User
from teams.throttling import Limit, count_try
from trail.acts import Act
from trail.recording import record

VALID_FOR = timedelta(hours=24)
# Nobody's mailbox is filled from here.
_LINKS_PER_PERSON = Limit("address-links", 5)
_SALT = "teams.proved_addresses"


@dataclass(frozen=True)
class AddressLink:
    """What an opened link says: whose account it is, its address when it was made, and the new."""

    user: User
    email: str


class LinkNotOpen(Exception):
    """It was used, or is too old, or the address belongs to another account by now."""


def is_proved(user: User) -> bool:
    """Whether the person's address counts as theirs."""
    return not EmailAddress.objects.filter(user=user, email=user.email, verified=False).exists()


def note_unproved(user: User) -> None:
    """Of an account that was made without a link from the mail."""
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)


def note_proved(user: User) -> None:
    """A link that was sent to the person's address was opened."""
    EmailAddress.objects.filter(Q(user=user) ^ Q(email=user.email)).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


def ask_to_prove(user: User, email: str) -> bool:
    """Send the link that proves `email` to it; False when too many were asked for.

    Nothing tells whether another account has that address: its owner reads it, nobody else.
    """
    if not count_try(_LINKS_PER_PERSON, str(user.pk)):
        return False
    if email != user.email and User.objects.filter(email=email).exists():
        text = _(
            "Someone asked to use this address for another account on Sociocs Campaigns. "
            "You already have an account with it, so nothing was changed and you do not "
            "need to do anything."
        )
        put_down(Letter(email, _("Your e-mail address on Sociocs Campaigns"), text))
        return True
    token = signing.dumps([user.pk, user.email, email], salt=_SALT)
    text = _(
        "Open this link to confirm that this address is yours. It works for one "
        "day:\n\n%(link)s\n\nIf you have no account on Sociocs Campaigns, do nothing."
    ) % {"link": settings.BASE_URL + reverse("address-proof", args=[token])}
    put_down(Letter(email, _("Is this your e-mail address?"), text))
    return True


def read_link(token: str) -> AddressLink:
    """What the link is for; raises LinkNotOpen."""
    try:
        user_id, before, email = signing.loads(token, salt=_SALT, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkNotOpen from None
    user = User.objects.filter(pk=user_id, email=before, is_active=True).first()
    if user is None or (email == before and is_proved(user)):
        raise LinkNotOpen
    return AddressLink(user, email)


def prove(link: AddressLink) -> None:
    """Let the account have the address from now on, and tell the old one. Raises LinkNotOpen."""
    before = link.user.email
    try:
        with transaction.atomic():
            if not User.objects.filter(pk=link.user.pk, email=before).update(email=link.email):
                raise LinkNotOpen
            record(Act.ADDRESS_PROVED, by=link.user, about_id=link.user.pk)
            if before != link.email:
                changed = {"email": "changed"}
                record(Act.ACCOUNT_CHANGED, by=link.user, about_id=link.user.pk, after=changed)
    except IntegrityError:
        raise LinkNotOpen from None
    link.user.email = link.email
    note_proved(link.user)
    if before != link.email:
        with spoken_by(link.user):
            _tell_old_address(before)


def _tell_old_address(email: str) -> None:
    text = _(
        "The e-mail address of your account on Sociocs Campaigns was changed, and you can "
        "no longer sign in with this one. If you did not do this, tell an owner of your "
        "team now."
    )
    put_down(Letter(email, _("Your e-mail address was changed"), text))
