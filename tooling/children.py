"""Child processes that end with us, whatever ends us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO

PR_SET_PDEATHSIG = 1
# Systems give ports above 32,767 to calls that go out.
LOWEST_PORT = 10_000


def _die_with_parent() -> Callable[[], None] | None:
    """Return what a child runs before its program so that it dies when its parent's thread does.

    SIGKILL, because a worker asked politely would wait for a broker that has just gone too.
    Linux only, prctl(2); elsewhere there is no such call and None is returned.
    """
    if not sys.platform.startswith("linux"):
        return None
    # Loaded here: between fork and exec nothing may be imported.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return arrange


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
    user: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl+C reaches only us.

    Call it from the main thread: the child's life hangs on the calling thread's.
    `output` takes both its output and its errors; `user` is a user id to run as (root only).
    """
    return subprocess.Popen(
        [os.fspath(part) for part in command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent(),  # noqa: PLW1509 - called from the main thread
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
    )


def signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the child and to everything it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def stop_child(
    child: subprocess.Popen[bytes], *, patience: float, number: int = signal.SIGTERM
) -> bool:
    """Ask the child to end, then make it; return whether asking was enough.

    `patience` is in seconds. What the child left running is ended as well.
    """
    if child.poll() is None:
        child.send_signal(number)
    return end_child(child, patience=patience)


def end_child(child: subprocess.Popen[bytes], *, patience: float) -> bool:
    """Wait until a child that has been asked to end does so, then make it; see `stop_child`."""
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        by_itself = False
    else:
        by_itself = True
    signal_group(child, signal.SIGKILL)
    child.wait()
    return by_itself


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(first: int = 0, host: str = "127.0.0.1", taken: Sequence[int] = ()) -> int:
    """Return a port nobody listens on: `first` or the next free above; any when `first` is 0."""
    # From some higher one a call that goes out may have begun before anybody listens there.
    first = first or LOWEST_PORT + secrets.randbelow(20_000)
    for port in range(first, min(first + 200, 65536)):
        if port not in taken and is_free(port, host):
            return port
    raise OSError(f"No free port between {first} and {first + 199}.")
