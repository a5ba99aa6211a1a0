"""`dev.py run` as a newcomer meets it: all real, on ports and in a folder of the test's own."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import requests

from tests.processes import Child
from tests.waiting import wait_until
from tooling import children
from tooling.places import ROOT

READY = re.compile(
    r"Sociocs Campaigns is ready at (\S+) - sign in as demo@example\.org "
    r"with the password \S+ - Ctrl\+C stops it\n"
)
SERVICES = {"broker", "sandbox", "web", "worker-sending", "worker-background", "worker-ticking"}

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Run:
    """A `dev.py run` that is ready."""

    child: Child
    data: Path
    env: dict[str, str]
    url: str

    def processes(self) -> dict[int, str]:
        """Return the command lines, by process id, of all that works in its data folder."""
        found: dict[int, str] = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._is_ours(process):
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(process.name)] = command.decode()
            except OSError:  # it has just ended, or is somebody else's
                continue
        return {pid: command for pid, command in found.items() if command}

    def _is_ours(self, process: Path) -> bool:
        mark = f"DATA_DIR={self.data}".encode()
        # Valkey writes its title over its environment, but works in its data folder.
        return mark in (process / "environ").read_bytes().split(b"\0") or (
            process / "cwd"
        ).readlink().is_relative_to(self.data)

    def oldest(self, words: str) -> int:
        """Return the id of the first process with these words in its command line."""
        return min(pid for pid, command in self.processes().items() if words in command)

    def is_well(self) -> bool:
        """Return whether the dashboard answers and the tick goes round."""
        try:
            answer = requests.get(f"{self.url}/healthz", timeout=10)
        except requests.ConnectionError:
            return False
        return bool(answer.json() == {"ok": True, "ticking": True})


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Run]:
    """Start `dev.py run` with its data in `folder`, wait until it is ready, and end it."""
    env = {
        "DATA_DIR": str(folder / "data"),
        "HOME": os.environ["HOME"],
        "PATH": os.environ["PATH"],
        "PORT": str(children.free_port()),
        "SANDBOX_PORT": str(children.free_port()),
    } | more
    log = folder / f"run-{env['PORT']}.log"
    child = Child("run", [sys.executable, str(ROOT / "dev.py"), "run"], env, log)
    try:
        line = READY.fullmatch(child.wait_for(READY.pattern))
        assert line
        yield Run(child, folder / "data", env, line.group(1))
    finally:
        child.terminate(patience=40)


@dataclass
class Runs:
    """The runs of one data folder, one after the other."""

    folder: Path
    until_the_end: ExitStack
    all: list[Run] = field(default_factory=list)

    def running(self) -> Run:
        """Return the one that runs, started if there is none."""
        if not self.all or not self.all[-1].child.is_running:
            self.all.append(self.until_the_end.enter_context(running(self.folder)))
        return self.all[-1]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The runs of a folder in which an older version has left its database.

    The first one makes everything anew, which takes more than all that the tests ask of it.
    """
    folder = tmp_path_factory.mktemp("run")
    (folder / "data").mkdir()
    with closing(sqlite3.connect(folder / "data" / "campaigns.sqlite3")) as older:
        older.execute("CREATE TABLE campaigns_submission (text TEXT)")
        older.execute("INSERT INTO campaigns_submission VALUES ('from before')")
        older.commit()
    with ExitStack() as until_the_end:
        yield Runs(folder, until_the_end)


@pytest.fixture
def run(runs: Runs) -> Run:
    """A `dev.py run` that is ready, whatever the tests before did to it."""
    return runs.running()


def test_one_command_brings_up_everything(run: Run) -> None:
    assert run.is_well()
    assert requests.get(run.url, timeout=10).status_code == 200
    assert {log.stem for log in (run.data / "log").glob("*.log")} == SERVICES


def test_it_says_so_in_one_line(run: Run) -> None:
    assert len(READY.findall(run.child.output)) == 1


def test_a_second_run_says_what_is_running_and_disturbs_nothing(run: Run, tmp_path: Path) -> None:
    before = run.processes().keys()
    command = [sys.executable, str(ROOT / "dev.py"), "run"]
    second = Child("second", command, run.env, tmp_path / "second.log")
    assert second.wait() == 0
    assert f"already running: {run.url} (process {run.child.pid}, since " in second.output
    assert before <= run.processes().keys()


@pytest.mark.parametrize(
    ("service", "words"),
    [("broker", "valkey-server"), ("worker-sending", "-Q sending"), ("web", "gunicorn")],
)
def test_a_service_that_dies_is_started_again(run: Run, service: str, words: str) -> None:
    before = run.processes()
    os.kill(run.oldest(words), signal.SIGKILL)
    run.child.wait_for(rf"{service} has stopped \(SIGKILL\) and starts again in 1 s")
    wait_until(
        lambda: any(
            words in command for pid, command in run.processes().items() if pid not in before
        )
    )
    wait_until(run.is_well)
    assert f"{service} has stopped (exit code" not in run.child.output


def test_the_data_of_an_older_version_is_set_aside_in_one_sentence(runs: Runs, run: Run) -> None:
    first = runs.all[0].child
    said = re.findall(
        r"^The data of an older version was set aside as (\S+); this one begins anew\.$",
        first.output,
        re.MULTILINE,
    )
    assert "Traceback" not in first.output
    assert run.is_well()
    assert len(said) == 1
    with closing(sqlite3.connect(run.data / said[0])) as aside:
        rows = aside.execute("SELECT text FROM campaigns_submission").fetchall()
    assert rows == [("from before",)]


def test_one_signal_ends_everything(run: Run) -> None:
    os.kill(run.child.pid, signal.SIGINT)
    assert run.child.wait(40) == 0
    assert run.processes() == {}


def test_nothing_is_left_when_the_runner_itself_is_killed(runs: Runs) -> None:
    """With a port of the user's own that is taken, to see that it is left alone."""
    if runs.all:
        runs.all[-1].child.terminate(patience=40)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = str(somebody.getsockname()[1])
        with running(runs.folder, PORT=port) as run:
            assert f"Port {port} is taken by another program: using " in run.child.output
            is_killed_without_a_trace(run)


@pytest.mark.long
def test_servers_of_the_users_own_are_used_and_left_alone(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with running(tmp_path, DATABASE_URL=postgres_url, REDIS_URL=redis_url) as run:
        assert_uses_only(postgres_url, run)
        is_killed_without_a_trace(run)


def is_killed_without_a_trace(run: Run) -> None:
    assert run.is_well()
    os.kill(run.child.pid, signal.SIGKILL)
    run.child.wait()
    wait_until(lambda: not run.processes())


def assert_uses_only(postgres_url: str, run: Run) -> None:
    with psycopg.connect(postgres_url) as connection:
        people = connection.execute("SELECT email FROM teams_user").fetchall()
    assert ("demo@example.org",) in people
    assert not (run.data / "campaigns.sqlite3").exists()
    assert not any("valkey-server" in command for command in run.processes().values())
