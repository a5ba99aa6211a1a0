"""In which order tests are run: those that wait for browsers and other processes come first.

xdist gives each worker a stretch of the list, and whoever is done with theirs the end of another's.
So each stretch begins with its share of what is long, beside which the others' tests find the
processor free; what is short is left for the ends, so that all are done at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice

import pytest

# How many seconds a test with this marker takes, which may say so itself: `seconds=150`.
USUAL_SECONDS = {"processes": 10.0, "namespaces": 10.0, "journey": 3.0}


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests with those of a module together, the long modules dealt out to the workers'
    stretches by their seconds.
    """
    modules = by_module(items)
    long = sorted(filter(seconds_of, modules), key=seconds_of, reverse=True)
    stretches: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for module in long:
        min(stretches, key=seconds_of).extend(module)
    short = iter([item for module in modules if not seconds_of(module) for item in module])
    left = len(items)
    for others, stretch in zip(reversed(range(workers)), stretches, strict=True):
        # As xdist divides: what is left, by how many workers have nothing yet.
        share = left // (others + 1)
        stretch.extend(islice(short, max(share - len(stretch), 0)))
        left -= len(stretch)
    return [item for stretch in stretches for item in stretch]


def by_module(items: Iterable[pytest.Item]) -> list[list[pytest.Item]]:
    """Tests with the same browser stand together otherwise, wherever they come from."""
    modules: dict[object, list[pytest.Item]] = defaultdict(list)
    for item in items:
        modules[item.path].append(item)
    return list(modules.values())


def seconds_of(tests: Iterable[pytest.Item]) -> float:
    """Return how long tests take beside what the others do; nothing for a usual one."""
    told = [
        marker.kwargs.get("seconds", usual)
        for test in tests
        for name, usual in USUAL_SECONDS.items()
        if (marker := test.get_closest_marker(name))
    ]
    return float(sum(told))
