"""Waiting for other processes and threads, which take as long as the machine lets them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

# On a machine that is busy with other things seconds say little; where nothing has changed for
# this many, something hangs.
SILENCE = 120.0

T = TypeVar("T")


def wait_until(
    holds: Callable[[], T | None],
    *,
    progress: Callable[[], object] = lambda: None,
    pause: float = 0.05,
) -> T:
    """Ask `holds` every `pause` seconds and return its answer once it is true.

    Between two questions it waits three times as long as one takes, so that what is waited for has
    the processor.

    `progress` returns what changes as long as the others are at work. Raises AssertionError with
    what it returned last, when that has stayed the same for SILENCE seconds.
    """
    last = progress()
    began = since = time.monotonic()
    while not (answer := holds()):
        if (now := progress()) != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > SILENCE:
            raise AssertionError(f"Nothing has changed for {SILENCE:.0f} seconds: {last!r}")
        time.sleep(max(pause, 3 * (time.monotonic() - began)))
        began = time.monotonic()
    return answer
