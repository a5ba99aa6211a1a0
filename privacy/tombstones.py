"""Who was erased from a team, known only by an HMAC of their `phone_key`.

A number has ten digits or so: a plain hash of it is read back within minutes. The key is random,
one for each team, and lies encrypted in the database as the keys of Sociocs accounts do.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection

from privacy.models import Tombstone, TombstoneKey
from sociocs_accounts.encrypted_fields import Secret
from teams.models import Team


def tombstones_of(team: Team) -> Callable[[str], bool] | None:
    """Tells of a `phone_key` whether it has a tombstone; None where the team has none.

    Raises Undecryptable when the team's key cannot be read.
    """
    marks = {bytes(mark) for mark in team.tombstones.values_list("mark", flat=True)}
    if not marks:
        return None
    key = _key_of(team)
    return lambda phone_key: _mark(key, phone_key) in marks


def put_tombstone(team: Team, phone_key: str) -> Tombstone:
    """The person's tombstone, made unless it is there."""
    return Tombstone.objects.get_or_create(team=team, mark=_mark(_key_of(team), phone_key))[0]


def spend(team: Team, keys: Collection[str]) -> None:
    """Take the tombstones of people away who are in the register of opt-outs.

    Those of people who are being erased at this moment stay.
    """
    key = _key_of(team)
    marks = [_mark(key, phone_key) for phone_key in keys]
    mine = Tombstone.objects.filter(team=team, mark__in=marks)
    mine.exclude(erasures__in=team.erasures.filter(done_at=None)).delete()


def _key_of(team: Team) -> bytes:
    fresh = Secret.of(secrets.token_hex(32))
    kept, _is_new = TombstoneKey.objects.get_or_create(team=team, defaults={"key": fresh})
    return bytes.fromhex(kept.key.reveal())


def _mark(key: bytes, phone_key: str) -> bytes:
    return hmac.digest(key, phone_key.encode(), "sha256")
