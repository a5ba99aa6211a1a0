"""Counting people who lack a value for a field that a text writes, whatever is done about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from campaigns.texts.dynamic_fields import CUSTOMER_NAME, PREDEFINED, Program
from campaigns.texts.rendering import Person

# Fields that nobody lacks: a person has a number, and the others are the team's own.
NEVER_EMPTY = frozenset(PREDEFINED) - {CUSTOMER_NAME}


@dataclass(slots=True)
class EmptyFields:
    """For each of `names`: how many people have nothing there, and the key of one of them."""

    names: Sequence[str]
    people: dict[str, int] = field(default_factory=dict)
    somebody: dict[str, int] = field(default_factory=dict)

    def look(self, keys: Iterable[int], persons: Sequence[Person]) -> None:
        """Count these people; `keys` in the same order."""
        for name in self.names:
            empty = [not str(person.get(name) or "").strip() for person in persons]
            number = sum(empty)
            if not number:
                continue
            self.people[name] = self.people.get(name, 0) + number
            if name not in self.somebody:
                self.somebody[name] = next(
                    key for key, is_empty in zip(keys, empty, strict=True) if is_empty
                )


def lackable(program: Program) -> list[str]:
    """The fields a text writes that a person may lack."""
    return [name for name in program.written_fields if name not in NEVER_EMPTY]
