"""SQLite has one writer at a time: one that is frozen in the middle would stop everybody's work.

A process that is stopped (SIGSTOP) while it holds the write lock is ended after a moment. That is
as safe as any kill: what it had not committed is undone, and before a call its intent is committed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import struct
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.db import connection

log = logging.getLogger(__name__)

FROZEN_SECONDS = 5.0
# Where SQLite locks for writing: WAL_WRITE_LOCK in https://sqlite.org/walformat.html
_WRITE_LOCK = 120
# struct flock of Linux (fcntl(2)): type, whence, start, length, process.
_FLOCK = "hhqqi4x"

_since: dict[int, float] = {}


def end_frozen_writer() -> None:
    """End the process that holds the write lock if it has been stopped for some seconds."""
    path = Path(f"{connection.settings_dict['NAME']}-shm")
    if connection.vendor != "sqlite" or not Path("/proc/self/stat").exists() or not path.exists():
        return
    pid = _writer(path)
    if pid is None or not _is_stopped(pid):
        _since.clear()
    elif time.monotonic() - _since.setdefault(pid, time.monotonic()) >= FROZEN_SECONDS:
        log.error("process %d was frozen in the middle of writing: it is ended", pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _since.clear()


def _writer(path: Path) -> int | None:
    """Which process holds the write lock; None where none does."""
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _WRITE_LOCK, 1, 0)
    answer = struct.unpack(_FLOCK, fcntl.fcntl(_opened(path), fcntl.F_GETLK, asked))
    return None if answer[0] == fcntl.F_UNLCK else int(answer[4])


@cache
def _opened(path: Path) -> int:
    """Opened once and never closed: closing would drop this process's own locks on the file."""
    return os.open(path, os.O_RDWR)


def _is_stopped(pid: int) -> bool:
    """Whether a process is stopped by a signal, and not by somebody who debugs it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    # The name before it may hold anything, also a bracket.
    return stat.rpartition(")")[2].split()[0] == "T"
