"""What else ends when somebody leaves a team: other apps register it here.

No models are imported, so that an AppConfig's `ready()` may register.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.module_loading import import_string

# So many names of things are told before they are handed over; the rest is counted.
NAMES_TOLD = 5


@dataclass(frozen=True)
class Holding:
    """What somebody has of one kind: "7 recipient lists", five of their names, "and 2 more"."""

    words: str
    names: list[str]
    more: int


class _Kind(NamedTuple):
    hand_over: str
    holding: str


_kinds: list[_Kind] = []


def when_a_member_leaves(hand_over: str, holding: str) -> None:
    """Register two functions by their dotted paths, for an app that knows of owned things.

    `hand_over(team, leaver, heir)` gives the leaver's to the heir; `members.end_membership` calls
    it inside the transaction that ends the membership. `holding(team, person)` says beforehand what
    that will be, or None for nothing.
    """
    if (kind := _Kind(hand_over, holding)) not in _kinds:
        _kinds.append(kind)


def hand_over_everything(team: Any, leaver: Any, heir: Any) -> None:
    """Call the registered functions, in the order of registration."""
    for kind in _kinds:
        import_string(kind.hand_over)(team, leaver, heir)


def holdings_of(team: Any, person: Any) -> list[Holding]:
    """All that `person` would hand over now."""
    return [holding for kind in _kinds if (holding := import_string(kind.holding)(team, person))]
