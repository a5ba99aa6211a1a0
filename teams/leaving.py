"""What else ends when somebody leaves a team: other apps register it here.

No models are imported, so that an AppConfig's `ready()` may register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.module_loading import import_string

_hand_overs: list[str] = []


def when_a_member_leaves(hand_over: str) -> None:
    """Register `f(team, leaver, heir)` by its dotted path.

    For apps that know of owned things, to give the leaver's to the heir. `teams.members.remove`
    calls it inside the transaction that ends the membership.
    """
    if hand_over not in _hand_overs:
        _hand_overs.append(hand_over)


def hand_overs() -> Iterator[Callable[..., Any]]:
    """The registered functions, in the order of registration."""
    yield from map(import_string, _hand_overs)
