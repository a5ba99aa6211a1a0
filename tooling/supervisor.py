"""Keeps a set of processes running until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tooling import children
from tooling.places import ROOT

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# Who has run this long before it died starts again without a longer pause than the first time.
STEADY_AFTER = 60.0
LOG_LIMIT = 5_000_000


@dataclass
class Service:
    """A process to keep running: how to start it, and what is known of it."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    # Where its output goes.
    log: Path
    # Seconds it may take to end when asked.
    patience: float = 10.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    pause: float = field(default=0.0, init=False)
    start_again_at: float | None = field(default=None, init=False)

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start its process; its output is added to its log."""
        with self.log.open("ab") as output:
            self.process = children.spawn(self.command, env=self.env, cwd=ROOT, output=output)
        self.started_at = time.monotonic()
        self.start_again_at = None

    def ask_to_stop(self) -> None:
        """Send its process SIGTERM, if it still runs."""
        if self.process is not None and self.is_running:
            self.process.terminate()

    def end(self) -> None:
        """Wait until its process has ended, and end it when that takes too long."""
        if self.process is not None:
            children.end_child(self.process, patience=self.patience)


class Supervisor:
    """Starts services in order, starts again those that die, stops them in reverse order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` is told, in a line for the user, what happens meanwhile."""
        self.services: list[Service] = []
        self.is_stopping = False
        self._say = say
        self._signals = 0

    def listen_for_signals(self) -> None:
        """Let Ctrl+C, SIGTERM and a closed terminal ask for the stop; the second time kills."""
        # Only a flag is set: an Event's lock could be held by the very code the signal interrupts.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def start(self, service: Service) -> None:
        """Start a service and keep it running from now on."""
        service.log.parent.mkdir(parents=True, exist_ok=True)
        _shorten(service.log)
        self.services.append(service)
        service.start()

    def look_after(self) -> None:
        """Notice who has died and start again whose pause is over. Call it often."""
        for service in self.services:
            if service.is_running:
                continue
            if service.start_again_at is None:
                self._plan_restart(service)
            elif time.monotonic() >= service.start_again_at:
                service.start()

    def stop_all(self) -> None:
        """Stop everything: all at once, but the first, on which the others lean, after them."""
        for group in (self.services[1:], self.services[:1]):
            for service in group:
                service.ask_to_stop()
            for service in group:
                service.end()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.is_stopping = True
        self._signals += 1
        if self._signals > 1:
            for service in self.services:
                if service.process:
                    children.signal_group(service.process, signal.SIGKILL)

    def _plan_restart(self, service: Service) -> None:
        if service.process is not None:
            # What it started may hold its port.
            children.signal_group(service.process, signal.SIGKILL)
        ran = time.monotonic() - service.started_at
        longer = max(FIRST_PAUSE, min(service.pause * 2, LONGEST_PAUSE))
        service.pause = FIRST_PAUSE if ran > STEADY_AFTER else longer
        service.start_again_at = time.monotonic() + service.pause
        code = service.process.returncode if service.process else None
        self._say(
            f"{service.name} has stopped ({_words(code)}) and starts again in "
            f"{service.pause:.0f} s. Its log: {os.path.relpath(service.log)}"
        )


def _words(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


def _shorten(log: Path) -> None:
    """Put a long log of earlier runs aside; one is kept."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
