"""What gunicorn reads by itself where it is started: how the web server ends."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from django.conf import settings

from interface import leaving

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter


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
