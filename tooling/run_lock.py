"""One `run` at a time in one folder."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another `run` holds the lock; the message is a sentence about it for the user."""


class RunLock:
    """Held as long as this process lives; the file says who holds it."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises AlreadyRunning."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("a+")
        self._since = time.time()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_who(path)) from None
        self.tell("")

    def tell(self, url: str) -> None:
        """Note where the dashboard is; empty while it is still starting."""
        self._file.truncate(0)
        json.dump({"pid": os.getpid(), "since": self._since, "url": url}, self._file)
        self._file.flush()

    def release(self) -> None:
        """Let another `run` begin."""
        self._file.truncate(0)
        self._file.close()


def _who(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
    except ValueError:  # just being written
        return "Sociocs Campaigns is already running from this folder."
    since = time.strftime("%H:%M:%S on %d %B", time.localtime(holder["since"]))
    process = f"process {holder['pid']}, since {since}"
    if not holder["url"]:
        return f"Sociocs Campaigns is already starting from this folder ({process})."
    return (
        f"Sociocs Campaigns is already running: {holder['url']} ({process}). "
        f"To stop it: kill {holder['pid']}"
    )
