"""What waits for browsers and processes is begun first, some of it by each worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.scheduler.worksteal import WorkStealingScheduling

from tests.ordering import longest_first


@dataclass(frozen=True)
class Told:
    """What the order goes by of a test."""

    path: Path
    name: str
    markers: tuple[Any, ...] = ()

    def get_closest_marker(self, name: str) -> Any:
        marks = (marker.mark for marker in self.markers)
        return next((mark for mark in marks if mark.name == name), None)


class Worker:
    """Notes what it is given to do, as xdist tells a worker."""

    shutting_down = False
    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices


def module(name: str, number: int, *markers: Any) -> list[Any]:
    return [Told(Path(f"test_{name}.py"), f"{name}{one}", markers) for one in range(number)]


def stretches(tests: list[Any], workers: int) -> list[list[str]]:
    """The names of what each worker is given at the beginning, in its order."""
    ordered = longest_first(tests, workers)
    assert sorted(map(id, ordered)) == sorted(map(id, tests))
    config: Any = SimpleNamespace(getvalue=lambda _name: ["popen"] * workers)
    schedule, nodes = WorkStealingScheduling(config), [Worker() for _ in range(workers)]
    node: Any
    for node in nodes:
        schedule.add_node(node)
        schedule.add_node_collection(node, [test.name for test in ordered])
    schedule.schedule()
    return [[ordered[index].name for index in node.given] for node in nodes]


def test_each_worker_begins_with_its_share_of_what_is_long() -> None:
    mark = pytest.mark
    tests = [
        *module("page", 23),
        *module("way", 4, mark.journey),
        *module("sum", 30),
        *module("kill", 1, mark.processes),
        *module("machine", 1, mark.processes(seconds=150)),
    ]
    first, second, third = stretches(tests, 3)
    assert first[:2] == ["machine0", "page0"]
    assert second[:5] == ["way0", "way1", "way2", "way3", "page18"]
    assert third[:2] == ["kill0", "sum11"]


def test_a_module_whose_tests_stand_apart_is_put_together() -> None:
    way, page = module("way", 2, pytest.mark.journey), module("page", 2)
    tests = [way[0], page[0], way[1], page[1]]
    assert stretches(tests, 1) == [["way0", "way1", "page0", "page1"]]
