"""How long each kind of process waits for the database, and how long it may hold it up."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from config.databases import SQLITE, Process, process_of, with_limits
from tests.processes import run_to_its_end
from tests.waiting import wait_until

pytestmark = pytest.mark.thorough

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "campaigns"}
ASKED = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]


@pytest.mark.parametrize(
    ("command", "process"),
    [
        ("/usr/bin/celery -A config worker -Q sending -c 2", "sending"),
        ("/site-packages/celery/__main__.py -A config worker --queues=sending,ticks", "sending"),
        ("/usr/bin/celery -A config worker -Qsending", "sending"),
        ("/usr/bin/celery -A config worker -Q background -n sending@here", "background"),
        ("/usr/bin/celery -A config worker -Q sending,background", "background"),
        ("/usr/bin/celery -A config worker", "background"),
        ("/usr/bin/celery -A config beat", "command"),
        ("/srv/manage.py runserver 8000", "web"),
        ("/srv/manage.py migrate", "command"),
        ("/usr/bin/pytest -q worker", "command"),
        ("-c", "command"),
    ],
)
def test_a_process_knows_what_it_is_here_for(command: str, process: str) -> None:
    assert process_of(command.split()) is Process(process)


def test_whoever_serves_pages_is_one_of_the_web() -> None:
    assert process_of(["/usr/bin/gunicorn", "config.wsgi"], serves_pages=True) is Process.WEB
    program = "import config.wsgi; from django.conf import settings as s; print(s.DATABASES)"
    answer = run_to_its_end(sys.executable, "-c", program, env=os.environ)
    assert "statement_timeout=5000" in answer.stdout or "'timeout': 4" in answer.stdout


@pytest.mark.parametrize(
    ("process", "limits"),
    [
        (Process.WEB, ["2s", "5s", "10s"]),
        (Process.SENDING, ["5s", "0", "10s"]),
        (Process.BACKGROUND, ["5s", "0", "1min"]),
        (Process.COMMAND, ["0", "0", "0"]),
    ],
)
def test_the_server_is_told_how_long_each_may_hold_it_up(
    postgres_url: str, process: Process, limits: list[str]
) -> None:
    assert shown(postgres_url, with_limits(POSTGRESQL, process)["OPTIONS"]) == limits


def test_what_the_address_of_the_database_says_wins(postgres_url: str) -> None:
    own = {"connect_timeout": 60, "options": "-c lock_timeout=7s"}
    options = with_limits({**POSTGRESQL, "OPTIONS": own}, Process.WEB)["OPTIONS"]
    assert options["connect_timeout"] == 60
    assert shown(postgres_url, options) == ["7s", "5s", "10s"]
    quick = with_limits({"ENGINE": SQLITE, "OPTIONS": {"timeout": 1}}, Process.WEB)["OPTIONS"]
    assert (quick["timeout"], quick["transaction_mode"]) == (1, "IMMEDIATE")


def test_the_first_people_of_a_large_list_are_not_looked_for_among_all_others(
    postgres_url: str,
) -> None:
    """Whoever reads the table in the order of ids passes everybody who came before the list."""
    options = with_limits(POSTGRESQL, Process.WEB)["OPTIONS"]
    with psycopg.connect(postgres_url, **options) as connection:
        connection.execute("CREATE TABLE people (id bigint PRIMARY KEY, list bigint, name text)")
        connection.execute("CREATE INDEX in_order ON people (list, id)")
        connection.execute(
            "INSERT INTO people SELECT i, CASE WHEN i < 20000 THEN 1 ELSE 2 END, repeat('x', 100) "
            "FROM generate_series(1, 50000) i"
        )
        connection.execute("ANALYZE people")
        plan = connection.execute(
            "EXPLAIN SELECT * FROM people WHERE list = 2 ORDER BY id LIMIT 50"
        ).fetchall()
        assert "in_order" in str(plan), plan


def shown(url: str, options: Mapping[str, object]) -> list[str]:
    with psycopg.connect(url, **options) as connection:  # type: ignore[arg-type]
        return [str(connection.execute(f"SHOW {name}").fetchone()[0]) for name in ASKED]  # type: ignore[index]


def test_who_says_nothing_in_a_transaction_is_ended_by_the_server(postgres_url: str) -> None:
    options = with_limits(POSTGRESQL, Process.SENDING)["OPTIONS"]
    options["options"] += " -c idle_in_transaction_session_timeout=200ms"
    with psycopg.connect(postgres_url, autocommit=True) as watching:
        frozen = psycopg.connect(postgres_url, **options)
        frozen.execute("CREATE TABLE held_up ()")
        sessions = "SELECT pid FROM pg_stat_activity WHERE pid = %s"
        wait_until(lambda: not watching.execute(sessions, [frozen.info.backend_pid]).fetchall())
        with pytest.raises(psycopg.Error):
            frozen.execute("SELECT 1")


def test_a_file_is_waited_for_four_seconds_by_pages_and_longer_by_workers(tmp_path: Path) -> None:
    waits = {process: with_limits({"ENGINE": SQLITE}, process)["OPTIONS"] for process in Process}
    assert {process: options["timeout"] for process, options in waits.items()} == {
        Process.WEB: 4,
        Process.SENDING: 20,
        Process.BACKGROUND: 20,
        Process.COMMAND: 20,
    }
    with sqlite3.connect(tmp_path / "file", timeout=waits[Process.WEB]["timeout"]) as connection:
        connection.executescript(waits[Process.WEB]["init_command"])
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (4000,)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
