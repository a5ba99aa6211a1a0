"""A worker's pulse: each app's tick, by a clock that nobody can set, whoever else is away.

A tick is due when its row has not changed for a while, and how long is measured by each worker's
own monotonic clock: no scheduler is needed, no broker, and no two machines that agree on the time.
Of several workers that find it due the one ticks that changes the row first.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from celery import current_app
from celery.concurrency.prefork import TaskPool
from celery.signals import celeryd_after_setup, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from campaigns.models import Heartbeat
from campaigns.moves import database_now
from interface import log_ids
from interface.hints import stand_in_for_broker

if TYPE_CHECKING:
    from celery.apps.worker import Worker

log = logging.getLogger(__name__)

# Whoever is not the first to give a tick gives it when it is so many seconds late.
_LATE_SECONDS = 2
_LOOK_SECONDS = 1.0
# A machine whose clock is off leaves the tick to the others, as long as there is one.
_CLOCK_SKEW = timedelta(seconds=60)
_GIVES_WAY_SECONDS = 60.0

closing = threading.Event()
"""Set when this worker was told to end: nothing new begins."""

is_beating = threading.Event()
"""Set where this process is a worker with a pulse."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What a worker of `queue` does by itself, every so many seconds."""

    queue: str
    seconds: float
    work: Callable[[], None]


_rounds: list[_Round] = []


Work = TypeVar("Work", bound=Callable[[], None])


def every(seconds: float, queue: str) -> Callable[[Work], Work]:
    """Have the workers of this queue call the decorated function every so many seconds."""

    def register(work: Work) -> Work:
        _rounds.append(_Round(queue, seconds, work))
        return work

    return register


class Tick:
    """One app's tick as one worker sees it.

    It is due after `patience` seconds without it, by this machine's own clock, and where the worker
    `is_first` at once after its start, so that after a restart nobody waits.
    """

    def __init__(
        self, app: str, patience: float, *, is_first: bool, monotonic: Callable[[], float]
    ) -> None:
        self._part = f"{app}.tick"
        self._patience = self._wait = patience
        self._monotonic = monotonic
        self._seen: datetime | None = None
        self._seen_at = monotonic() - (patience if is_first else 0.0)

    def is_mine(self) -> bool:
        """Whether it is due and this worker's to give; then nobody else gives it."""
        rows = Heartbeat.objects.filter(part=self._part)
        at = rows.values_list("at", flat=True).first()
        now = self._monotonic()
        if self._seen not in {None, at}:
            self._seen_at, self._wait = now, self._patience
        self._seen = at
        if at is not None and now - self._seen_at < self._wait:
            return False
        if self._is_clock_off() and now - self._seen_at < self._wait + _GIVES_WAY_SECONDS:
            return False
        given = timezone.now()
        if at is None:
            is_mine = Heartbeat.objects.get_or_create(part=self._part, defaults={"at": given})[1]
        else:
            # The row has to change, whatever the clock says.
            is_mine = bool(rows.filter(at=at).exclude(at=given).update(at=given))
        if is_mine:
            # As long as nobody else does.
            self._seen, self._seen_at, self._wait = given, now, settings.TICK_SECONDS
        return is_mine

    @staticmethod
    def _is_clock_off() -> bool:
        """Whether what is due now by this machine's clock is not by the one that all share."""
        return abs(timezone.now() - database_now()) > _CLOCK_SKEW


def _ticks(queues: Collection[str]) -> Iterator[_Round]:
    for app, givers in settings.TICKS.items():
        if mine := [queue for queue in givers if queue in queues]:
            is_first = mine[0] == givers[0]
            patience = settings.TICK_SECONDS + (0 if is_first else _LATE_SECONDS)
            tick = Tick(app, patience, is_first=is_first, monotonic=time.monotonic)
            yield _Round(mine[0], _LOOK_SECONDS, partial(_tick_if_due, tick, app))


def _tick_if_due(tick: Tick, app: str) -> None:
    if tick.is_mine():
        current_app.tasks[f"{app}.tick"]()


def _beat(one: _Round) -> None:
    """Do this round until the worker ends; what fails once is tried again the next time."""
    while not closing.wait(one.seconds):
        # Whatever it finds, and whatever is done about it, is told from what others find.
        log_ids.begin_request("")
        try:
            one.work()
        except Exception as error:  # noqa: BLE001 - a pulse must not stop
            log.warning("a round of %s failed: %s", one.queue, type(error).__name__)
        finally:
            close_old_connections()
            log_ids.end_work()


def _begin_rounds(queues: Collection[str]) -> None:
    is_beating.set()
    # What a tick finds is done though there is no broker. Of the background's work every worker
    # finds some.
    stand_in_for_broker({*queues, "background"})
    for one in (*_rounds, *_ticks(queues)):
        if one.queue in queues:
            threading.Thread(target=_beat, args=(one,), name="pulse", daemon=True).start()


@celeryd_after_setup.connect
def begin(instance: Worker, **_: object) -> None:
    """Begin the rounds of the worker's queues, before and without its broker."""
    queues = set(instance.app.amqp.queues.consume_from)
    if not issubclass(vars(instance)["pool_cls"], TaskPool):
        _begin_rounds(queues)
        return
    # Whoever forks a pool must not have SQLite at work in another thread: the pool would believe
    # that it holds that thread's locks, for ever ("How to corrupt an SQLite database file", 2.6).
    pulse = multiprocessing.get_context("fork").Process(
        target=_beat_beside, args=(os.getpid(), queues), name="pulse", daemon=True
    )
    pulse.start()
    worker_shutting_down.connect(lambda **_: pulse.terminate(), weak=False)


def _beat_beside(worker: int, queues: Collection[str]) -> None:
    """Be the pulse of the worker with this process id, for as long as that lives."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ctrl+C reaches everybody at the terminal; the worker tells when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _begin_rounds(queues)
    while os.getppid() == worker:
        time.sleep(_LOOK_SECONDS)


@worker_shutting_down.connect
def _end(**_: object) -> None:
    closing.set()


# The threads do not live in the processes of a pool.
os.register_at_fork(after_in_child=is_beating.clear)
