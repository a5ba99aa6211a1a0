"""A person within a team: a phone number, under a name that may stand in addresses and logs."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

from recipients.models import OptOut, Recipient, RecipientList
from recipients.subscriber_keys import subscriber_key
from teams.models import Team, User

LISTS_SHOWN = 100


@dataclass(frozen=True)
class ListPlace:
    """A list the person is on: the first row there, how many there are, their numbers."""

    recipient_list: RecipientList
    recipient: Recipient
    rows: int
    phones: frozenset[str]


def person_id(team: Team, phone: str) -> str:
    """The person's public id: always the same for a team, and nobody else can read it.

    AES-SIV (RFC 5297) under a key derived from SECRET_KEY; a new SECRET_KEY makes
    new ids, and those of SECRET_KEY_FALLBACKS are still read.
    """
    return urlsafe_b64encode(_sealed(team, phone)).decode().rstrip("=")


def phone_of(team: Team, public_id: str) -> str | None:
    """The phone (E.164) behind an id of this team; None for anything else."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        with suppress(InvalidTag, ValueError):
            sealed = urlsafe_b64decode(public_id + "=" * (-len(public_id) % 4))
            return _cipher(key).decrypt(sealed, _within(team)).decode()
    return None


def lists_with(team: Team, user: User, phone: str) -> list[ListPlace]:
    """The lists that `user` may see with this person on them, newest first."""
    usable = RecipientList.objects.for_member(team, user)
    rows = Recipient.objects.filter(recipient_list__in=usable, phone_key=subscriber_key(phone))
    rows_by_list: dict[int, list[Recipient]] = {}
    for row in rows.select_related("recipient_list__owner").order_by(
        "-recipient_list", "occurrence"
    )[: LISTS_SHOWN * 10]:
        rows_by_list.setdefault(row.recipient_list_id, []).append(row)
    places = [
        ListPlace(rows[0].recipient_list, rows[0], len(rows), frozenset(row.phone for row in rows))
        for rows in rows_by_list.values()
    ]
    return places[:LISTS_SHOWN]


def names_of(team: Team, user: User, phones: Iterable[str]) -> dict[str, str]:
    """Names by subscriber key, as the newest list that `user` may see has each."""
    rows = Recipient.objects.filter(
        recipient_list__in=RecipientList.objects.for_member(team, user),
        phone_key__in={subscriber_key(phone) for phone in phones},
        occurrence=0,
    ).exclude(name="")
    return dict(rows.order_by("recipient_list_id").values_list("phone_key", "name"))


def opt_outs_of(team: Team, phone: str) -> list[OptOut]:
    """The person's opt-outs, the latest first."""
    rows = OptOut.objects.filter(team=team, phone_key=subscriber_key(phone))
    return list(rows.select_related("created_by", "lifted_by").order_by("-pk")[:100])


def _sealed(team: Team, phone: str) -> bytes:
    return _cipher(settings.SECRET_KEY).encrypt(phone.encode(), _within(team))


def _cipher(key: str) -> AESSIV:
    return AESSIV(hashlib.sha512(b"recipients.lists.people:" + key.encode()).digest())


def _within(team: Team) -> list[bytes]:
    # An id of one team means nothing in another.
    return [str(team.public_id).encode()]
