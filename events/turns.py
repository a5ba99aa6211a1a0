"""Receivers have their turns side by side, each in a thread of its own: a slow one holds nobody.

A process has a few places for them. Who does not answer in time is tried again only after a pause,
so that receivers that are away give their places back at once.
"""

from __future__ import annotations

import logging
import os
import threading

from celery import shared_task
from django.db import connections

from events import delivering
from interface import log_ids

log = logging.getLogger(__name__)

# How many receivers a process sends to at once. Each holds a connection to the database.
_PLACES = 12


class _Places:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    def take(self, receiver_id: int) -> bool:
        """Take a place for this receiver; False where it has one, or none is left."""
        with self._lock:
            is_free = len(self._taken) < _PLACES and receiver_id not in self._taken
            if is_free:
                self._taken.add(receiver_id)
            return is_free

    def give_back(self, receiver_id: int) -> None:
        with self._lock:
            self._taken.discard(receiver_id)

    def are_free(self) -> bool:
        with self._lock:
            return not self._taken


_places = _Places()


def _begin_anew() -> None:
    """A process that was forked has none of the threads."""
    global _places  # noqa: PLW0603 - there is one in each process
    _places = _Places()


os.register_at_fork(after_in_child=_begin_anew)


@shared_task(name="events.send", queue="background")
def send_events() -> None:
    """Give every receiver for which something is due a turn, as far as there are places."""
    for receiver_id in delivering.receivers_due():
        if _places.take(receiver_id):
            # Ended with the process wherever it is: what it did not note is sent once more.
            have = log_ids.carried(_have)
            threading.Thread(target=have, args=(receiver_id,), name="events", daemon=True).start()


def have_ended() -> bool:
    """Whether nobody has a turn in this process."""
    return _places.are_free()


def _have(receiver_id: int) -> None:
    try:
        delivering.send_in_order(receiver_id)
        _places.give_back(receiver_id)
        # Who has waited longest is next, if it is the same receiver again.
        send_events()
    except Exception as error:  # noqa: BLE001 - the tick finds again what is left
        log.error("sending events to %s failed: %s", receiver_id, type(error).__name__)
    finally:
        _places.give_back(receiver_id)
        connections.close_all()
