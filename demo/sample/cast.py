"""The sample's made-up people. Their numbers are from ranges set aside for fiction.

North America: 555-0100 to 555-0199 of any area code; the United Kingdom: 07700 900000 to 900999.
None of them is in the sample file, so that a file uploaded beside the sample is as it looks.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from demo.names import DENTISTS, FIRST_NAMES, LAST_NAMES

PATIENT_FIELDS = ["Dentist", "Last visit", "City"]
_CITIES = {"206": "Seattle", "303": "Denver", "512": "Austin", "617": "Boston", "503": "Portland"}
# Not for secrets: the same people every time is the point.
_SEED = 42


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a list."""

    phone: str
    name: str
    fields: dict[str, str] = field(default_factory=dict)


def patients(count: int) -> list[Person]:
    """Patients in the United States, at most 500."""
    chance = random.Random(_SEED)  # noqa: S311
    numbers = [(area, line) for area in _CITIES for line in range(100, 200)]
    chance.shuffle(numbers)
    return [
        Person(
            f"+1{area}5550{line}",
            _name(chance),
            {
                "Dentist": chance.choice(DENTISTS),
                "Last visit": f"2026-{chance.randint(1, 9):02d}-{chance.randint(1, 28):02d}",
                "City": _CITIES[area],
            },
        )
        for area, line in numbers[:count]
    ]


def guests(count: int) -> list[Person]:
    """People in the United Kingdom who are written to on WhatsApp, at most 1,000."""
    chance = random.Random(_SEED + 1)  # noqa: S311
    return [Person(f"+447700900{n:03d}", _name(chance)) for n in range(count)]


def _name(chance: random.Random) -> str:
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
