"""Places where a test can kill, freeze or break a process. They do nothing unless asked.

`FAILPOINTS="after_intent=kill,after_answer=sleep:5"` in the environment of a worker asks for it;
a system check refuses that in production.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from django.conf import settings


class FailpointReached(Exception):
    """Raised where a test asked for `raise`."""


def failpoint(name: str) -> None:
    """Do what settings.FAILPOINTS says for `name`: kill, stop, sleep:SECONDS or raise.

    With `once:PATH:` in front it happens only while the file PATH exists, which is then removed:
    a worker that is started again goes on.
    """
    action = settings.FAILPOINTS.get(name)
    if not action:
        return
    if action.startswith("once:"):
        _, path, action = action.split(":", 2)
        try:
            Path(path).unlink()
        except FileNotFoundError:
            return
    verb, _, argument = action.partition(":")
    if verb == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif verb == "stop":
        # To this very thread: another one would stop a moment later, with this one gone on.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    elif verb == "sleep":
        time.sleep(float(argument))
    elif verb == "raise":
        raise FailpointReached(name)
