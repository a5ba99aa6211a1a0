"""People who were erased and must not be messaged should their number come back.

Who they are is known to an app above, by marks that hold no number; it registers here. A number
that comes back is entered into the register of opt-outs (`opt_outs.enter_erased`), and the mark has
done its work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from django.utils.module_loading import import_string

IsErased = Callable[[str], bool]


class _Memory(NamedTuple):
    tellers: str
    spend: str


_memories: list[_Memory] = []


def remember_by(tellers: str, spend: str) -> None:
    """Register two functions by their dotted paths.

    `tellers(team)` gives a function that tells of a `phone_key` whether its person was erased, or
    None where nobody was. `spend(team, keys)` is told who is in the register from now on.
    """
    if (memory := _Memory(tellers, spend)) not in _memories:
        _memories.append(memory)


def erased_teller(team: Any) -> IsErased | None:
    """Tells of a `phone_key` whether its person was erased; None where nobody was."""
    found = [teller for one in _memories if (teller := import_string(one.tellers)(team))]
    return (lambda key: any(is_erased(key) for is_erased in found)) if found else None


def forget_erased(team: Any, keys: Collection[str]) -> None:
    """The register knows these people from now on, be it as opted out or as lifted."""
    for one in _memories:
        import_string(one.spend)(team, keys)
