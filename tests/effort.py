"""How often a test plays what could be played for ever: some times, and ten times as many with
`--long`.

A property is broken by one example; many of them are for what only luck finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import hypothesis
import pytest

# What `dev.py test` plays of a property that says nothing of its own.
USUAL = 25
_LONGER = 10
_QUICK = 10


class _Effort:
    """Of this run; set before the first test module is read."""

    is_long = False
    is_quick = False


def choose(config: pytest.Config) -> None:
    """Take the run's effort from its command line."""
    _Effort.is_long = config.getoption("long")
    _Effort.is_quick = config.getoption("quick")
    hypothesis.settings.register_profile(
        # Two cores shared by a browser and two servers say nothing about how long an example takes.
        "effort",
        deadline=None,
        print_blob=True,
        max_examples=times(USUAL),
    )
    hypothesis.settings.load_profile("effort")


def is_long() -> bool:
    """Return whether this run takes the time to look at everything from every side."""
    return _Effort.is_long


def times(number: int) -> int:
    """Return how often this run plays what `dev.py test` plays `number` times."""
    if _Effort.is_long:
        return number * _LONGER
    return min(number, _QUICK) if _Effort.is_quick else number


def examples(number: int, *suppressed: hypothesis.HealthCheck) -> hypothesis.settings:
    """Decorate a property test that is played `number` times, by the rule of `times`."""
    return hypothesis.settings(max_examples=times(number), suppress_health_check=suppressed)


def long_but(telling: Collection[Any], cases: Iterable[Any]) -> list[Any]:
    """Return the cases of one rule for `parametrize`: all but the telling ones marked `long`."""
    return [
        case if case in telling else pytest.param(case, marks=pytest.mark.long) for case in cases
    ]
