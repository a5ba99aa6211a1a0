"""What every test may ask for. Real servers, processes and browsers: see servers.py and others."""

from __future__ import annotations

import gc
import os
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.conf import settings
from django.utils import timezone, translation

from interface import hints
from tests import effort, ordering
from tests.containers import rooms
from tooling import words

# Here and not in pyproject.toml: they replace fixtures of plugins that are loaded in between.
pytest_plugins = [
    # Others import it.
    "tests.watched_words",
    *("tests.databases", "tests.processes", "tests.browser", "tests.people"),
    *("tests.engine", "tests.desks", "tests.pseudo", "tests.installed", "tests.buckets"),
]

QUEUES = ["sending", "ticking", "background"]
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
# What `dev.py check`, which is for every few changes, leaves to `dev.py test`.
LONG = ("journey", "processes", "thorough")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--first-run",
        action="store_true",
        help="of two runs: leave out the tests marked `either_database` or `both_databases` whose "
        "turn is the second",
    )
    parser.addoption(
        "--second-run",
        action="store_true",
        help="only what a run on the other database is for: tests marked `both_databases`, those "
        "marked `either_database` that the first left out; with `--long` all that ask a database",
    )
    parser.addoption(
        "--quick",
        action="store_true",
        help="leave out `journey`, `processes` and `thorough`; try fewer examples of each property",
    )
    parser.addoption(
        "--long",
        action="store_true",
        help="also what is marked `long`; try ten times as many examples of each property, "
        "look at each page from every side, and keep pictures of it",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A hash that takes half a second is right for people and wrong for a thousand tests.
    # The product's own is kept beside it, for whom a web server of its own signs in.
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = [quick, settings.PASSWORD_HASHERS[0]]
    # A power cut is not tested here: it need not be waited for.
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    # Looked up when asked for: hundreds of files would be listed anew for each test's client.
    settings.WHITENOISE_AUTOREFRESH = True
    effort.choose(config)
    words.compile_all()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("database") == "sqlite":
        keep_only(is_for_any_database, config, items)
    else:
        keep_only(lambda item: item.get_closest_marker("sqlite") is None, config, items)
    if "CLOCK_SHIFT" in os.environ:
        keep_only(lambda item: item.get_closest_marker("real_clock") is None, config, items)
    if any(map(needs_namespaces, items)) and not rooms.can_be_made():
        keep_only(lambda item: not needs_namespaces(item), config, items)
    if config.getoption("first_run"):
        keep_only(is_for_first_run, config, items)
    if config.getoption("second_run"):
        keep_only(is_for_second_run, config, items)
    if config.getoption("quick"):
        keep_only(is_quick, config, items)
    if not config.getoption("long"):
        keep_only(is_no_long_one, config, items)
    # A shuffled run is to keep its own order.
    if not config.getoption("shuffle", 0):
        workers = getattr(config, "workerinput", {}).get("workercount", 1)
        items[:] = ordering.longest_first(items, workers)


def pytest_collection_finish() -> None:
    # What is there now stays until the end; the collector need not look at it a thousand times.
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    # A page leaves the language and the zone of its reader behind.
    translation.deactivate()
    timezone.deactivate()


def keep_only(
    wanted: Callable[[pytest.Item], bool], config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Take the tests that are not wanted out of the run, counted as deselected."""
    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]


def is_for_any_database(item: pytest.Item) -> bool:
    """Return whether a test is not for PostgreSQL alone."""
    return item.get_closest_marker("postgresql") is None


def needs_namespaces(item: pytest.Item) -> bool:
    """Return whether a test is for Linux, and for whoever may make namespaces there."""
    return item.get_closest_marker("namespaces") is not None


def is_quick(item: pytest.Item) -> bool:
    """Return whether a test belongs to those that are run every few minutes."""
    return not any(map(item.get_closest_marker, LONG))


def is_no_long_one(item: pytest.Item) -> bool:
    """Return whether a test belongs to `dev.py test`, as all do but the longest."""
    return item.get_closest_marker("long") is None


def is_for_first_run(item: pytest.Item) -> bool:
    """Return whether a test is for a run that another one on another database follows."""
    if item.get_closest_marker("either_database"):
        is_left = is_second_ones_turn(item)
    else:
        # The second plays them all.
        is_left = bool(item.get_closest_marker("both_databases")) and turn_of(item, 8) != 0
    is_shared = asks_a_database(item) and not item.get_closest_marker("sqlite")
    return effort.is_long() or not (is_left and is_shared)


def is_for_second_run(item: pytest.Item) -> bool:
    """Return whether a test asks a database what another one may answer differently."""
    if item.get_closest_marker("either_database"):
        is_wanted = is_second_ones_turn(item)
    else:
        is_wanted = item.get_closest_marker("both_databases") is not None
    return asks_a_database(item) and (is_wanted or effort.is_long())


def asks_a_database(item: pytest.Item) -> bool:
    """Return whether a test has a database at all."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return bool(item.get_closest_marker("django_db") or not DATABASE_FIXTURES.isdisjoint(fixtures))


def is_second_ones_turn(item: pytest.Item) -> bool:
    """Return whether the second of two runs plays a test that one of them plays."""
    return turn_of(item, 2) == 1


def turn_of(item: pytest.Item, number: int) -> int:
    """Return which of so many equal shares a test belongs to, which hangs on its name alone."""
    return zlib.crc32(item.nodeid.encode()) % number


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files unread in which nothing is for this run: reading all takes each worker eight
    seconds.
    """
    if not collection_path.match("test_*.py"):
        return None
    text = collection_path.read_text()
    is_of_second_run = "_database" in text or not config.getoption("second_run")
    of_all_tests = re.search(r"^pytestmark = .*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)
    left_out = (*LONG, "long") if config.getoption("quick") else ("long",)
    is_left_out = of_all_tests and re.search(rf"mark\.({'|'.join(left_out)})\b", of_all_tests[0])
    is_read = config.getoption("long") or (is_of_second_run and not is_left_out)
    return None if is_read else True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test proves nothing, so a run with one has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller]:
    """Moves the clock of a test that is marked `at`: `clock.move_to("2027-03-29T12:00Z")`.

    Other processes and the browser stay where they are, so no test with them may name a day that
    they would have to agree on.
    """
    marker = request.node.get_closest_marker("at")
    with time_machine.travel(*marker.args, **marker.kwargs) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _at_its_moment(request: pytest.FixtureRequest) -> None:
    """Set the clock before anything else of the test is made."""
    if request.node.get_closest_marker("at"):
        request.getfixturevalue("clock")


@pytest.fixture
def run_tasks() -> Callable[[], list[str]]:
    """Does here and now what a worker would: `run_tasks()` takes every waiting Celery message,
    runs its task in this process and goes on until no queue has any; returns the tasks' names.

    Messages sent by `transaction.on_commit` are there only once the test's transaction is
    committed: use `django_db(transaction=True)` or `django_capture_on_commit_callbacks`.
    """

    def sent() -> bool:
        assert hints.wait_until_sent()
        return True

    def drain() -> list[str]:
        ran: list[str] = []
        with current_app.connection_for_read() as connection:
            channel: Any = connection.default_channel
            waiting = (channel.basic_get(queue) for queue in cycle(QUEUES))
            while sent() and (message := next(filter(None, islice(waiting, len(QUEUES))), None)):
                message.ack()
                args, kwargs, _ = message.payload
                name: str = message.headers["task"]
                ran.append(name)
                current_app.tasks[name](*args, **kwargs)
        return ran

    return drain
