"""Storing the vendor's calls, those that come at the same time together.

Each is answered only once it is committed. In a burst that would be a commit for each, and on
SQLite a queue of threads that sleep while another writes; so one thread of a process writes for all
that came to it within a moment, in one transaction.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

# So long whoever writes waits for others, unless so many are there: no vendor notices it, and fewer
# commits take less of the processors.
GATHERED_FOR_SECONDS = 0.006
ENOUGH_TO_WRITE = 6
# By hand: building these with every call took longer than all else that a call costs.
_ONE = """
INSERT INTO delivery_webhookevent (endpoint_id, body_sha256, body, received_at, outcome)
VALUES (%s, %s, %s, %s, 'waiting') ON CONFLICT DO NOTHING
"""
_MANY = """
INSERT INTO delivery_webhookevent (endpoint_id, body_sha256, body, received_at, outcome)
SELECT *, 'waiting' FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""

Row = tuple[int, bytes, bytes, datetime | str | None]
"""A call: its endpoint's primary key, its body's SHA-256, its body, and when it came."""


@dataclass
class _Batch:
    """Calls that are written together; `errors`, in their order, once they were tried."""

    calls: list[Row] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)

    def write(self) -> None:
        """Commit them. Where one of them cannot be, that one alone is left out."""
        error = _tried(self.calls)
        if isinstance(error, IntegrityError):
            # Such as an address whose channel is deleted at this moment.
            self.errors = [_tried([call]) for call in self.calls]
        else:
            self.errors = [error] * len(self.calls)


def _tried(calls: list[Row]) -> Exception | None:
    """Commit these; the very same call again changes nothing."""
    try:
        _insert(calls)
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        return error
    return None


def _insert(calls: list[Row]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_MANY, [list(column) for column in zip(*calls, strict=True)])
            return
        with transaction.atomic():
            cursor.executemany(_ONE, calls)


class _Desk:
    """Where the threads of a process put what they were handed."""

    def __init__(self) -> None:
        self._adding, self._writing = threading.Lock(), threading.Lock()
        self._open = _Batch()

    def keep(self, call: Row) -> None:
        """Return once it is committed; raises what the database raised."""
        with self._adding:
            batch, place = self._open, len(self._open.calls)
            batch.calls.append(call)
        with self._writing:
            if not batch.errors:
                if len(batch.calls) < ENOUGH_TO_WRITE:
                    time.sleep(GATHERED_FOR_SECONDS)
                with self._adding:
                    # Whoever comes from now on waits for the next one.
                    self._open = _Batch()
                batch.write()
        error = batch.errors[place]
        if error is not None:
            raise error


_desk = _Desk()


def keep(endpoint_id: int, body: bytes) -> None:
    """Store a genuine call to the endpoint of this primary key; once, however often it comes."""
    received_at = connection.ops.adapt_datetimefield_value(timezone.now())
    _desk.keep((endpoint_id, hashlib.sha256(body).digest(), body, received_at))
