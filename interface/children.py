"""Programs of ours that open a stranger's file: few at a time on a machine, and with no secret.

What such a file does to whoever opens it happens in a child that the operating system limits
(`interface.child_limits`). As many of them as visitors wish would still fill the machine; so each
takes one of a few places, which a killed process leaves free.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

AT_ONCE = 2
PATIENCE_SECONDS = 3.0
_LOOKS_EVERY = 0.05
# Beyond the seconds of work: a busy machine lets the child wait.
_SECONDS_TO_WAIT = 30
_ROOT = Path(__file__).resolve().parents[1]
# Of our own environment, with its keys, nothing.
NOTHING_WORTH_TAKING = {
    name: os.environ[name]
    for name in ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
    if name in os.environ
}


class NoPlaceLeft(Exception):
    """Others' files are being opened, and none of them was done in time."""


def run_child(
    kind: str, module: str, arguments: Sequence[str], seconds: int, content: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run one of our modules on a stranger's file; return what it printed.

    `kind`: what is opened; each kind has places of its own. `seconds` of work is what the module
    allows itself. Raises NoPlaceLeft, and subprocess.TimeoutExpired once the child was ended.
    """
    with _place(kind) as place:
        return subprocess.run(  # noqa: S603  our own program, and no shell
            [sys.executable, "-m", module, *arguments],
            cwd=_ROOT,
            env=NOTHING_WORTH_TAKING,
            input=content,
            capture_output=True,
            timeout=seconds + _SECONDS_TO_WAIT,
            check=False,
            # The place stays taken while the child lives, even if whoever waits for it is killed.
            pass_fds=[place],
        )


@contextmanager
def _place(kind: str) -> Iterator[int]:
    """Hold one of the places; the open file is given, which the lock belongs to."""
    folder = settings.DATA_DIR / "places"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = [folder / f"{kind}-{number}" for number in range(AT_ONCE)]
    files = [os.open(name, os.O_RDWR | os.O_CREAT, 0o600) for name in names]
    try:
        yield _taken(files)
    finally:
        for file in files:
            os.close(file)


def _taken(files: Sequence[int]) -> int:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        for file in files:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            return file
        if time.monotonic() >= until:
            raise NoPlaceLeft
        time.sleep(_LOOKS_EVERY)
