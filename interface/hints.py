"""Hints to the workers: what is due stands in the database, a message only says: have a look."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from celery import Task
from kombu.exceptions import OperationalError as BrokerError

log = logging.getLogger(__name__)


def nudge(task: Task[..., None], *args: int) -> None:
    """Send a hint. A broker that is away costs time only, so its failure is no one's error."""
    try:
        task.apply_async(args=args, expires=60)
    except (BrokerError, OSError) as error:
        log.warning("no broker for %s: %s", task.name, type(error).__name__)


# When this process last sent a hint, by task; only for those that would come by hundreds.
_sent_at: dict[str, float] = {}


def nudge_once_a_second(task: Task[..., None]) -> None:
    """Send a hint unless this process did within a second; the tick finds what came after it."""
    now = time.monotonic()
    if now - _sent_at.get(task.name, -1) >= 1:
        _sent_at[task.name] = now
        nudge(task)


def nudge_each(task: Task[..., None], ids: Iterable[int]) -> None:
    """Send a hint for each row."""
    for row_id in ids:
        nudge(task, row_id)
