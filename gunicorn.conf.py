"""What gunicorn reads by itself where it is started: its memory, and how the web server ends."""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

from interface import leaving

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter

# Of glibc's mallopt. Threads would get up to 16 heaps of their own, each with holes of its own: a
# process with 16 threads then takes a quarter more, and goes on growing for minutes.
_ARENA_MAX = -8
with suppress(AttributeError):
    ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def on_starting(server: Arbiter) -> None:
    """Have SIGTERM tell the proxy first (`LEAVE_SECONDS`, in which all goes on as before)."""
    end = server.handle_term

    def leave() -> None:
        leaving.say_so()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        # Not read before: whoever serves pages reads the settings as such.
        time.sleep(settings.LEAVE_SECONDS)
        end()

    server.handle_term = leave
