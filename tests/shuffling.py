"""pytest plugin: with `-p tests.shuffling --shuffle=7` the tests run in another order."""

from __future__ import annotations

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", type=int, default=0, help="a number that stands for an order")


# pytest-django then still puts those first that leave the database as it was.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    random.Random(config.getoption("shuffle")).shuffle(items)
