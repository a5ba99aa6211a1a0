"""Which processes go behind others on the machine that they share."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

# Beside a process that is as busy, one that gives way has a quarter of a processor.
NICENESS = 5
_GROUP = Path("/proc/self/autogroup")


def give_way() -> None:
    """Let this process, and what it starts from now on, go behind the others.

    On Linux niceness often counts within a session alone: sessions share the processors as groups,
    each with a niceness of its own (sched(7), "The autogroup feature"). Whoever leads a session
    says so for all of it.
    """
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _GROUP.write_text(str(NICENESS))
