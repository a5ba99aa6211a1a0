"""Keeping services running, seen with small programs instead of the real ones."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tooling.supervisor import Service, Supervisor

WAIT = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(said.append)
    yield supervisor
    for service in supervisor.services:
        service.patience = 0
    supervisor.stop_all()


def service(folder: Path, program: str, name: str = "small", patience: float = 5) -> Service:
    command = [sys.executable, "-u", "-c", program]
    return Service(name, command, os.environ, log=folder / f"{name}.log", patience=patience)


def look_after(supervisor: Supervisor, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        supervisor.look_after()
        time.sleep(0.02)


def wait_for(log: Path, words: str) -> None:
    wait_until(lambda: words in log.read_text(), pause=0.02)


def test_what_a_service_says_goes_into_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    talker = service(tmp_path, f"print('hello'); {WAIT}")
    supervisor.start(talker)
    wait_for(talker.log, "hello")


def test_a_dead_service_comes_back_after_a_pause(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    waiter = service(tmp_path, WAIT)
    supervisor.start(waiter)
    first = waiter.process
    assert first
    os.kill(first.pid, signal.SIGKILL)
    look_after(supervisor, 0.8)
    assert waiter.process is first
    look_after(supervisor, 0.6)
    assert waiter.process is not first
    assert waiter.is_running
    assert [line.split(". Its log")[0] for line in said] == [
        "small has stopped (SIGKILL) and starts again in 1 s"
    ]


def test_who_keeps_dying_waits_longer_each_time(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    supervisor.start(service(tmp_path, "raise SystemExit(3)"))
    look_after(supervisor, 4)
    assert [line.partition(" and ")[2].split(".")[0] for line in said[:2]] == [
        "starts again in 1 s",
        "starts again in 2 s",
    ]
    assert "exit code 3" in said[0]


def test_what_a_dead_service_had_started_is_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    program = (
        "import subprocess, sys; "
        f"child = subprocess.Popen([sys.executable, '-c', {WAIT!r}]); "
        f"print('child', child.pid); {WAIT}"
    )
    parent = service(tmp_path, program)
    supervisor.start(parent)
    wait_for(parent.log, "child")
    child = int(parent.log.read_text().split()[1])
    assert parent.process
    os.kill(parent.process.pid, signal.SIGKILL)
    look_after(supervisor, 0.5)
    assert not Path(f"/proc/{child}/exe").exists()


def test_the_first_service_is_stopped_last(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "order"
    say_when_ending = (
        "import signal, sys, time; "
        f"signal.signal(signal.SIGTERM, lambda *_: (open({str(note)!r}, 'a')"
        ".write(sys.argv[1] + ' '), sys.exit())); print('up'); time.sleep(60)"
    )
    for name in ["broker", "web", "worker"]:
        ending = service(tmp_path, say_when_ending, name)
        ending.command.append(name)
        supervisor.start(ending)
        wait_for(ending.log, "up")
    supervisor.stop_all()
    assert sorted(note.read_text().split()[:2]) == ["web", "worker"]
    assert note.read_text().split()[2:] == ["broker"]


def test_who_does_not_end_when_asked_is_made_to(supervisor: Supervisor, tmp_path: Path) -> None:
    stubborn = service(tmp_path, f"{STUBBORN} print('up'); time.sleep(60)", patience=0.2)
    supervisor.start(stubborn)
    wait_for(stubborn.log, "up")
    supervisor.stop_all()
    assert not stubborn.is_running


def test_a_log_that_has_grown_long_is_put_aside(supervisor: Supervisor, tmp_path: Path) -> None:
    waiter = service(tmp_path, WAIT)
    waiter.log.write_bytes(b"x" * 6_000_000)
    supervisor.start(waiter)
    assert waiter.log.stat().st_size < 1000
    assert (tmp_path / "small.log.1").stat().st_size == 6_000_000
