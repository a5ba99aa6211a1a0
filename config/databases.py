"""How long each kind of process waits for the database, and holds it up.

A process that is frozen, or whose machine vanished, must not hold up the others: PostgreSQL ends a
transaction in which nobody says anything, and whoever waits for a row gives up after seconds (and
comes again, or shows a page that says so).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

SQLITE = "django.db.backends.sqlite3"
_QUEUES = re.compile(r"(?:^| )(?:-Q|--queues)[ =]?(\S+)")


class Process(StrEnum):
    """What a process is here for."""

    WEB = "web"
    SENDING = "sending"
    BACKGROUND = "background"
    COMMAND = "command"


def process_of(arguments: Sequence[str], serves_pages: bool = False) -> Process:
    """What the process with these `sys.argv` is here for.

    A worker that listens to several queues is one for the background if that is among them.
    """
    program, *words = arguments
    if serves_pages or words[:1] == ["runserver"]:
        return Process.WEB
    if "celery" not in Path(program).parts or "worker" not in words:
        return Process.COMMAND
    queues = _QUEUES.search(" ".join(words))
    if queues is None or "background" in queues[1].split(","):
        return Process.BACKGROUND
    return Process.SENDING


def with_password(address: str, password: str) -> str:
    """The address of a server with this password in it, "" for none."""
    if not password:
        return address
    scheme, _between, place = address.partition("://")
    user, _at, server = place.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}:{quote(password, safe='')}@{server}"


# Milliseconds; 0: without an end. What is sent leaves within ten seconds of its intent or never
# (`sending.protocol.START_FENCE`), so nothing is lost with a transaction that is ended then.
_LIMITS: dict[Process, dict[str, int]] = {
    Process.WEB: {
        "lock_timeout": 2_000,
        "statement_timeout": 5_000,
        "idle_in_transaction_session_timeout": 10_000,
    },
    Process.SENDING: {"lock_timeout": 5_000, "idle_in_transaction_session_timeout": 10_000},
    Process.BACKGROUND: {"lock_timeout": 5_000, "idle_in_transaction_session_timeout": 60_000},
    # A migration, or a person with a shell, may take what time they need.
    Process.COMMAND: {},
}
# How much dearer a page anywhere in a file is than the next one. The server's own 4 is that of
# disks that turn: it makes the planner look for a list's first people among everybody's.
_PLANNING = {"random_page_cost": 1.1}
# Seconds after which the other end counts as gone: asked after 10, then every 5, three times.
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
# A statement of `interface.statements` is planned once it came again.
_CONNECTION = {
    "prepare_threshold": 1,
    "connect_timeout": 5,
    "keepalives": 1,
    "tcp_user_timeout": 25_000,
    **_KEEPALIVES,
}

# Seconds; a page that waits longer for the one write lock says so instead (`interface.errors`).
_SQLITE_WAIT = {Process.WEB: 4}
_SQLITE_WAIT_OF_OTHERS = 20


def with_limits(database: Mapping[str, Any], process: Process) -> dict[str, Any]:
    """An entry of DATABASES with this process's limits; options it brings itself win."""
    own: dict[str, Any] = database.get("OPTIONS", {})
    if database["ENGINE"] == SQLITE:
        # WAL lets pages read while a worker writes; IMMEDIATE takes the write lock at BEGIN, so
        # that two writers wait instead of failing; FULL keeps a committed intent through a power
        # cut.
        options: dict[str, Any] = {
            "timeout": _SQLITE_WAIT.get(process, _SQLITE_WAIT_OF_OTHERS),
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-20000;"
                "PRAGMA journal_size_limit=67108864;"
            ),
        }
        return {**database, "OPTIONS": options | own}
    told = (
        _PLANNING | _LIMITS[process] | {f"tcp_{name}": value for name, value in _KEEPALIVES.items()}
    )
    words = [f"-c {name}={value}" for name, value in told.items()]
    if "options" in own:
        # The server reads them in turn: the last word is theirs.
        words.append(str(own["options"]))
    return {
        **database,
        "OPTIONS": _CONNECTION | own | {"options": " ".join(words)},
        "CONN_HEALTH_CHECKS": True,
    }
