"""What is sealed in the rows of this app, sealed anew with the newest key."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator

from teams.models import WaitingMail
from teams.sealing import Unreadable, reseal

# Of apps with codes, and of recovery codes; a passkey has nothing secret on this side.
_SEALED = ("secret", "seed")


def reseal_rows() -> tuple[int, list[str]]:
    """How many rows were sealed anew, and those that no key opens; what changes meanwhile stays."""
    done, unreadable = 0, list[str]()
    for kept in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).iterator():
        try:
            fresh: dict[str, Any] = kept.data | {
                name: reseal(kept.data[name]) for name in _SEALED if name in kept.data
            }
        except Unreadable:
            unreadable.append(f"mfa.Authenticator {kept.pk}: data")
        else:
            done += Authenticator.objects.filter(pk=kept.pk, data=kept.data).update(data=fresh)
    for mail in WaitingMail.objects.iterator():
        try:
            done += WaitingMail.objects.filter(pk=mail.pk).update(sealed=reseal(mail.sealed))
        except Unreadable:
            unreadable.append(f"teams.WaitingMail {mail.pk}: sealed")
    return done, unreadable
