"""pytest plugin: no test lets a key, a number or a name of `tests.world` out of where it belongs.

What the product writes to its log, sends to the broker and puts into the trail is looked through as
it happens, in this process and in those that a test has started. Whatever is found fails the test.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.db.models import Model
from django.db.models.signals import post_save

from config.logs import LineFormatter, MaskPersonalData

# As `tests.world` makes them.
WATCHED = {
    "a key": re.compile(r"key\d+:secret"),
    "a number": re.compile(r"1202555\d{4}"),
    "a name": re.compile(r"\bPerson \d+\b"),
}
_found: list[str] = []


def look_through(where: str, text: str) -> None:
    """Note each watched word in a text; the test that runs fails by it."""
    for what, pattern in WATCHED.items():
        if seen := pattern.search(text):
            _found.append(f"{what} in {where}: {text[max(0, seen.start() - 60) : seen.end()]}")


def taken() -> list[str]:
    """What was found so far, to be no fault of the test that asks."""
    found = list(_found)
    _found.clear()
    return found


class _Written(logging.Handler):
    """A line as it is written in production."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(MaskPersonalData())
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        look_through("the log", self.format(record))


def _published(body: object = None, headers: object = None, **_of_the_signal: Any) -> None:
    look_through("a broker's message", f"{body!r} {headers!r}")


def _recorded(instance: Model, **_of_the_signal: Any) -> None:
    if instance._meta.label != "trail.Entry":
        return
    values = {
        field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields
    }
    look_through("the trail", repr(values))


_written = _Written()


@pytest.fixture(scope="session", autouse=True)
def _watch() -> Iterator[None]:
    before_task_publish.connect(_published)
    post_save.connect(_recorded)
    yield
    logging.getLogger().removeHandler(_written)
    before_task_publish.disconnect(_published)
    post_save.disconnect(_recorded)


@pytest.fixture(autouse=True)
def _nothing_gets_out(_watch: None) -> Iterator[None]:
    # Whoever sets logging up anew in a test takes all handlers away.
    logging.getLogger().addHandler(_written)
    _found.clear()
    yield
    found = taken()
    assert not found, "\n".join(found)
