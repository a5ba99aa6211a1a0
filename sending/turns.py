"""Accounts have their turns side by side in a worker, each in a thread of its own.

A slow account holds its own thread and nothing that another needs: no place in the worker's pool,
and after a moment not even a connection to the database. So many may be slow at once as there are.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable

from celery.signals import worker_shutdown
from django.db import connections

from campaigns import pulse
from interface import log_ids

log = logging.getLogger(__name__)

# Returns whether it wants another turn.
Work = Callable[[int], bool]
_Turn = tuple[Work, int]

# How many turns go on at once that are not waiting for a slow answer, and how many in all.
_MOVING = 16
_ALL = 256
# Whoever has shown no sign of life for so many seconds waits for a slow answer.
_SLOW_SECONDS = 2.0

_lock = threading.Lock()
_signs: dict[_Turn, float] = {}
# With the ids of whoever asked for it.
_again: dict[_Turn, log_ids.Ids] = {}
_waiting: dict[_Turn, log_ids.Ids] = {}
_mine = threading.local()


def begin(work: Work, account_id: int) -> None:
    """Give an account a turn; outside of a worker with a pulse right here, before it returns.

    Of one kind an account has one turn at a time: asked for meanwhile, it has another afterwards.
    """
    if not pulse.is_beating.is_set():
        work(account_id)
        return
    turn = work, account_id
    with _lock:
        if turn in _signs:
            _again[turn] = log_ids.current()
        else:
            _waiting.setdefault(turn, log_ids.current())
    begin_waiting()


def begin_waiting() -> None:
    """Begin the turns that wait, as far as there is room."""
    while not pulse.closing.is_set():
        with _lock:
            now = time.monotonic()
            moving = sum(now - sign < _SLOW_SECONDS for sign in _signs.values())
            if not _waiting or moving >= _MOVING or len(_signs) >= _ALL:
                return
            turn = next(iter(_waiting))
            ids = _waiting.pop(turn)
            _signs[turn] = now
        threading.Thread(target=_have, args=(turn, ids), name="turn").start()


@worker_shutdown.connect
def wait_for_all(**_: object) -> None:
    """Let every turn end: with the interpreter on its way out none could make its call."""
    pulse.closing.set()
    while _signs:
        time.sleep(0.05)


def is_over() -> bool:
    """Whether this turn is to end now, because its worker does. A sign of life."""
    turn = getattr(_mine, "turn", None)
    if turn is not None:
        _signs[turn] = time.monotonic()
    return pulse.closing.is_set()


def _have(turn: _Turn, ids: log_ids.Ids) -> None:
    log_ids.bear(ids)
    work, account_id = turn
    _mine.turn, wants_more = turn, False
    try:
        wants_more = work(account_id)
    except Exception as error:  # noqa: BLE001 - the tick finds again what is left
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s failed: %s\n%s", work.__name__, type(error).__name__, where)
    finally:
        connections.close_all()
    with _lock:
        del _signs[turn]
        if wants_more or turn in _again:
            # Behind the others.
            _waiting[turn] = _again.pop(turn, ids)
    begin_waiting()
