"""pytest plugin: the real processes of the product, to be looked at and to be killed."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests
from django.conf import settings
from django.db import connection

from tests import watched_words
from tests.waiting import wait_until
from tooling import children
from tooling.demo_services import WORKER_OPTIONS
from tooling.places import ROOT


class Child:
    """One process of the product, with everything it starts."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command, self._env = command, env
        self.start()

    def start(self, code: Path = ROOT) -> None:
        """Start it, or start it again, with all that it was started with at first."""
        with self.log.open("ab") as output:
            self.process = children.spawn(self._command, env=self._env, cwd=code, output=output)

    @property
    def pid(self) -> int:
        """The process id; its process group has the same number."""
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process itself (not what it started) still runs."""
        return self.process.poll() is None

    @property
    def output(self) -> str:
        """All it has written until now."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """End it and everything it started at once, as a power cut would."""
        children.signal_group(self.process, signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP) until `thaw`."""
        children.signal_group(self.process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        children.signal_group(self.process, signal.SIGCONT)

    def terminate(self, patience: float = 30) -> bool:
        """Ask it to end; kill it after `patience` seconds. Return whether asking was enough."""
        self.thaw()
        return children.stop_child(self.process, patience=patience)

    def wait(self, timeout: float = 30) -> int:
        """Wait until it ends by itself and return its exit code."""
        return self.process.wait(timeout)

    def wait_for(self, pattern: str) -> str:
        """Wait until its output has a match for the regular expression and return that match.

        Raises AssertionError with the end of the output when it has been silent or has ended.
        """

        def match() -> re.Match[str] | None:
            ended = not self.is_running
            found = re.search(pattern, self.output)
            assert found or not ended, f"{self.name}: no {pattern!r} in\n{self.output[-3000:]}"
            return found

        return wait_until(match, progress=lambda: self.output[-3000:], pause=0.02).group()


@dataclass(frozen=True)
class WebServer:
    """gunicorn in a process of its own."""

    url: str
    child: Child


@dataclass(frozen=True)
class Sandbox:
    """The vendor's stand-in in a process of its own."""

    url: str
    api_key: str
    storage: Path
    child: Child


class Processes:
    """Starts processes on this test's database and broker and ends them after the test."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.started: list[Child] = []
        self._folder = folder

    def start(
        self, name: str, *command: str | os.PathLike[str], env: Mapping[str, str] | None = None
    ) -> Child:
        """Start any command; `env` is added to the environment that all of them share."""
        log = self._folder / f"{name}-{len(self.started)}.log"
        child = Child(name, [os.fspath(part) for part in command], self.env | dict(env or {}), log)
        self.started.append(child)
        return child

    def worker(
        self, queue: str, env: Mapping[str, str] | None = None, also: str = "ticking"
    ) -> Child:
        """Start the Celery worker of a queue ("sending" or "background") and wait for it.

        The worker for sending is the one for `also` as well, unless that is "".
        """
        queues = f"{queue},{also}" if queue == "sending" and also else queue
        child = self.start(
            f"worker-{queue}",
            *(sys.executable, "-m", "celery", "-A", "config", "worker"),
            *("-Q", queues, *WORKER_OPTIONS[queue]),
            *("-n", f"{queue}-{len(self.started)}@%h"),
            *("--without-mingle", "--without-gossip"),
            # Nothing less: that it is ready is told at this level.
            *("--loglevel", "DEBUG" if env and env.get("LOG_LEVEL") == "DEBUG" else "INFO"),
            env=env,
        )
        child.wait_for(r"@\S+ ready\.")
        return child

    def start_workers_again(self) -> None:
        """Start again the workers that have died, as a supervisor does."""
        for child in self.dead_workers():
            child.start()

    def dead_workers(self) -> list[Child]:
        """The workers that were started and do not run."""
        workers = (child for child in self.started if child.name.startswith("worker-"))
        return [child for child in workers if not child.is_running]

    def web(self, env: Mapping[str, str] | None = None) -> WebServer:
        """Start the web server on a free port and wait until it answers."""
        port = children.free_port()
        child = self.start(
            "web",
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread"),
            *("--workers", "1", "--threads", "4", "--bind", f"127.0.0.1:{port}"),
            env={"BASE_URL": f"http://127.0.0.1:{port}"} | dict(env or {}),
        )
        wait_until_answered(f"http://127.0.0.1:{port}/", child)
        return WebServer(f"http://127.0.0.1:{port}", child)

    def stop_all(self) -> None:
        """Kill whatever still runs."""
        for child in reversed(self.started):
            child.kill()


def wait_until_answered(url: str, child: Child) -> None:
    """Wait until a server answers this URL with anything at all."""

    def answers() -> bool:
        assert child.is_running, f"{child.name} has ended:\n{child.output[-3000:]}"
        try:
            requests.get(url, timeout=30, allow_redirects=False)
        except (requests.ConnectionError, requests.Timeout):
            return False
        return True

    wait_until(answers, progress=lambda: child.output[-3000:], pause=0.02)


def start_sandbox(folder: Path) -> Sandbox:
    """Start a sandbox on a free port with an empty storage in `folder` and wait for it."""
    port, storage = children.free_port(), folder / "sandbox.sqlite3"
    api_key = f"tests{secrets.token_hex(4)}:{secrets.token_hex(12)}"
    child = Child(
        "sandbox",
        [
            *(sys.executable, "-m", "sociocs_sandbox"),
            *("--host", "127.0.0.1", "--port", str(port), "--storage", str(storage)),
        ],
        os.environ | {"SANDBOX_API_KEY": api_key},
        folder / "sandbox.log",
    )
    wait_until_answered(f"http://127.0.0.1:{port}/", child)
    return Sandbox(f"http://127.0.0.1:{port}", api_key, storage, child)


def run_to_its_end(
    *command: str, env: Mapping[str, str], timeout: float = 60, code: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout with exactly this environment and return what it wrote."""
    return subprocess.run(
        command,
        env=dict(env),
        cwd=code,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def database_url() -> str:
    """Return the URL of the database that this test uses, for other processes."""
    used = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{used['NAME']}"
    return f"postgresql://{used['USER']}@/{used['NAME']}?host={used['OPTIONS']['host']}"


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this pytest process, as starting one takes half a second."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    try:
        yield running
    finally:
        running.child.terminate(patience=5)


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """A sandbox that has seen nothing yet and answers as it should: .url, .api_key, .storage."""
    requests.post(f"{sandbox_process.url}/sandbox/reset", timeout=30).raise_for_status()
    return sandbox_process


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failure what this test's processes do, and what they wrote last."""
    report = yield
    if report.when == "call" and report.failed:
        for kept in item.funcargs.values():
            for child in kept.started if isinstance(kept, Processes) else ():
                told = f"{doings_of(child)}\n{child.output[-3000:]}"
                report.sections.append((f"{child.name}, {child.pid}", told))
    return report


def doings_of(child: Child) -> str:
    """The processes of a child that are still there, in lines: state and seconds of processor."""
    lines = []
    with suppress(psutil.NoSuchProcess):
        for one in (family := psutil.Process(child.pid)), *family.children(recursive=True):
            took = one.cpu_times()
            lines.append(f"{one.pid} {one.status()} {took.user:.1f} {took.system:.1f}")
    return "\n".join(lines) or "has ended"


@pytest.fixture
def processes(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """Starts real workers and web servers on this test's database and broker.

    The test prepares and reads the database itself: what it writes is committed at once.
    """
    with processes_in(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def lasting_processes(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """The same for a whole module: what it starts finds the database and the broker emptied."""
    with processes_in(tmp_path_factory.mktemp("processes")) as started:
        yield started


@contextmanager
def processes_in(folder: Path) -> Iterator[Processes]:
    """What is started there ends with the block, and must not have written what is watched for."""
    env = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    started = Processes(folder, env)
    try:
        yield started
    finally:
        started.stop_all()
        for child in started.started:
            watched_words.look_through(f"what {child.name} wrote", child.output)
