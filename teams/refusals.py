"""Writing down that something was refused which a stranger can send as often as they like.

An hour has at most one entry of one kind about the same, and so many of a kind at all: it cannot be
used to fill the disk. What this process wrote down within the hour asks no database again.
"""

from __future__ import annotations

import threading
import time

from django.db import models

from teams.throttling import WINDOW, Limit, count_try
from trail.acts import Act
from trail.recording import record

# Of one kind, whoever it is about.
PER_HOUR = 60
_MOST_REMEMBERED = 10_000
_lock = threading.Lock()
_noted: dict[tuple[Act, str], float] = {}


def note_refusal(act: Act, who: str, thing: models.Model | None = None) -> None:
    """Write down `act` about `thing`; `who` or what tells one such entry from another."""
    if _is_news(act, who) and count_try(Limit(f"noted-{act.value}", PER_HOUR), "anybody"):
        record(act, thing)


def _is_news(act: Act, who: str) -> bool:
    now = time.monotonic()
    with _lock:
        if now - _noted.get((act, who), float("-inf")) < WINDOW.total_seconds():
            return False
        if len(_noted) >= _MOST_REMEMBERED:
            _noted.clear()
        _noted[act, who] = now
    return count_try(Limit(f"noted-one-{act.value}", 1), who)
