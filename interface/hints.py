"""Hints to the workers: what is due stands in the database, a message only says: have a look.

They are sent by a thread of their own, so that no page and no webhook ever waits for the broker,
whether it is missing, refuses, or is frozen. Whatever is lost with it is found by the tick; and
what a worker finds so, and cannot send, it does itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

from celery import Task
from django.db import close_old_connections

from interface import log_ids

log = logging.getLogger(__name__)

_Hint = tuple["Task[..., None]", tuple[int, ...]]
# More of them are dropped: a broker that is away for so long is told of elsewhere.
_MOST_WAITING = 1_000


class _Sender:
    """What waits to be sent, each hint once, and the thread that sends it while anything does.

    A hint goes out with the ids of whoever wanted it first.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[_Hint, log_ids.Ids] = {}
        self._is_sending = False

    def put(self, hint: _Hint) -> None:
        """Let a thread send it, and return at once."""
        with self._changed:
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.setdefault(hint, log_ids.current())
            if not self._is_sending:
                thread = threading.Thread(target=self._send_all, name="hints", daemon=True)
                # While the process ends, or has no thread left, the tick finds what is due.
                with suppress(RuntimeError):
                    thread.start()
                    self._is_sending = True

    def wait_until_sent(self, seconds: float) -> bool:
        """Whether nothing waits any more, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_sending, timeout=seconds)

    def _send_all(self) -> None:
        while hint := self._next():
            _send(*hint)

    def _next(self) -> _Hint | None:
        with self._changed:
            if hint := next(iter(self._waiting), None):
                log_ids.bear(self._waiting.pop(hint))
            else:
                self._is_sending = False
                self._changed.notify_all()
            return hint


def _send(task: Task[..., None], args: tuple[int, ...]) -> None:
    """Send a hint. A broker that is away costs time only, so its failure is no one's error."""
    try:
        # No `expires`: it would be judged by another machine's clock. Late, it finds nothing to do.
        task.apply_async(args=args)
    except Exception as error:  # noqa: BLE001 - the thread must go on, whatever the broker does
        log.warning("no broker for %s: %s", task.name, type(error).__name__)
        if getattr(task, "queue", "") in _done_here:
            _do_here(task, args)


# Queues whose tasks this process does itself while there is no broker: none where it is no worker.
_done_here: frozenset[str] = frozenset()
# Names of tasks that are being done so; of one kind one at a time, the tick comes again.
_doing: set[str] = set()
_doing_lock = threading.Lock()


def stand_in_for_broker(queues: Collection[str]) -> None:
    """Have this process do the tasks of these queues itself when it cannot send their hints."""
    global _done_here  # noqa: PLW0603 - there is one in each process
    _done_here = frozenset(queues)


def _do_here(task: Task[..., None], args: tuple[int, ...]) -> None:
    with _doing_lock:
        if task.name in _doing:
            return
        _doing.add(task.name)
    done = log_ids.carried(_done)
    threading.Thread(target=done, args=(task, args), name="hint done here", daemon=True).start()


def _done(task: Task[..., None], args: tuple[int, ...]) -> None:
    try:
        task(*args)
    except Exception as error:  # noqa: BLE001 - the tick finds again what is left
        log.error("%s failed: %s", task.name, type(error).__name__)
    finally:
        close_old_connections()
        with _doing_lock:
            _doing.discard(task.name)


_sender = _Sender()


def _begin_anew() -> None:
    """A process that was forked has neither the thread nor what waited for it."""
    global _sender  # noqa: PLW0603 - there is one in each process
    _sender = _Sender()
    stand_in_for_broker(())
    _doing.clear()


os.register_at_fork(after_in_child=_begin_anew)


def wait_until_sent(seconds: float = 2.0) -> bool:
    """Whether all hints of this process went out, within so many seconds."""
    return _sender.wait_until_sent(seconds)


def nudge(task: Task[..., None], *args: int) -> None:
    """Send a hint, without waiting for the broker."""
    _sender.put((task, args))


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
