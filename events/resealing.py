"""Secrets of receivers, sealed anew with the newest key."""

from __future__ import annotations

from events.models import Receiver
from teams.sealing import Unreadable, reseal


def reseal_receivers() -> tuple[int, list[str]]:
    """How many were sealed anew, and those that no key opens; what changes meanwhile stays."""
    done, unreadable = 0, list[str]()
    for pk, sealed in Receiver.objects.exclude(sealed_secret="").values_list("pk", "sealed_secret"):
        try:
            fresh = reseal(sealed)
        except Unreadable:
            unreadable.append(f"events.Receiver {pk}: sealed_secret")
        else:
            same = Receiver.objects.filter(pk=pk, sealed_secret=sealed)
            done += same.update(sealed_secret=fresh)
    return done, unreadable
