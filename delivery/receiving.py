"""Storing the vendor's calls, those that come at the same time together.

Each is answered only once it is committed. In a burst that would be a commit for each, and on
SQLite a queue of threads that sleep while another writes; so one thread of a process writes for all
that wait in it, in one transaction.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field

from django.db import IntegrityError

from delivery.models import WebhookEndpoint, WebhookEvent


@dataclass
class _Batch:
    """Calls that are written together; `errors`, in their order, once they were tried."""

    events: list[WebhookEvent] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)

    def write(self) -> None:
        """Commit them. Where one of them cannot be, that one alone is left out."""
        error = _tried(self.events)
        if isinstance(error, IntegrityError):
            # Such as an address whose channel is deleted at this moment.
            self.errors = [_tried([webhook_event]) for webhook_event in self.events]
        else:
            self.errors = [error] * len(self.events)


def _tried(events: list[WebhookEvent]) -> Exception | None:
    """Commit these; the very same call again changes nothing."""
    try:
        WebhookEvent.objects.bulk_create(events, ignore_conflicts=True)
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        return error
    return None


class _Desk:
    """Where the threads of a process put what they were handed."""

    def __init__(self) -> None:
        self._adding, self._writing = threading.Lock(), threading.Lock()
        self._open = _Batch()

    def keep(self, event: WebhookEvent) -> None:
        """Return once it is committed; raises what the database raised."""
        with self._adding:
            batch, place = self._open, len(self._open.events)
            batch.events.append(event)
        with self._writing:
            if not batch.errors:
                with self._adding:
                    # Whoever comes from now on waits for the next one.
                    self._open = _Batch()
                batch.write()
        error = batch.errors[place]
        if error is not None:
            raise error


_desk = _Desk()


def keep(endpoint: WebhookEndpoint, body: bytes) -> None:
    """Store a genuine call; the very same one again changes nothing."""
    digest = hashlib.sha256(body).digest()
    _desk.keep(WebhookEvent(endpoint=endpoint, body=body, body_sha256=digest))
