"""Takes the vendor's calls in before Django's own handler, which costs ten times as much.

Only what is certain is done here: a call to an address that was looked up within the last second,
rightly signed. All else goes on to the view (`views.webhooks`), which asks the database: an address
that is unknown, a secret that was just changed, a body in chunks or too large.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from wsgiref.types import StartResponse, WSGIEnvironment

from django.db import close_old_connections

from delivery import receiving, subscriptions, tasks
from delivery.models import WebhookEndpoint
from interface import hints, log_ids
from sociocs_gateway.webhooks import MAX_BODY_BYTES, SIGNATURE_HEADER, verify

# Django's own returns its answer, which is an iterable of bytes and not said to be one.
Application = Callable[[WSGIEnvironment, StartResponse], Any]

# What is switched off or changed in another process is heeded so much later.
_REMEMBERED_SECONDS = 1.0
_MOST_REMEMBERED = 1_000

_ADDRESS = re.compile(r"/webhooks/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
_SIGNATURE = "HTTP_" + SIGNATURE_HEADER.upper().replace("-", "_")
_REQUEST_ID = "HTTP_" + log_ids.HEADER.upper().replace("-", "_")
_KEPT = b"kept\n"
_HEADERS = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_KEPT))),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True, slots=True)
class _Known:
    """An endpoint as it was looked up."""

    endpoint_id: int
    secrets: list[str]
    until: float


class FrontDesk:
    """A WSGI application: calls that are genuine beyond doubt, and `behind` it all the others."""

    def __init__(self, behind: Application) -> None:
        self._behind = behind
        self._known: dict[str, _Known] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        if environ["REQUEST_METHOD"] == "POST":
            request_id = log_ids.begin_request(environ.get(_REQUEST_ID, ""))
            try:
                is_kept = self._keep(environ)
            finally:
                log_ids.end_work()
            if is_kept:
                # A list of its own: servers add to it.
                start_response("200 OK", [*_HEADERS, (log_ids.HEADER, request_id)])
                return [_KEPT]
        return self._behind(environ, start_response)

    def _keep(self, environ: WSGIEnvironment) -> bool:
        """Store a genuine call; returns whether it is stored."""
        address = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        length = environ.get("CONTENT_LENGTH") or ""
        if not address or not re.fullmatch(r"[1-9]\d{0,5}", length) or int(length) > MAX_BODY_BYTES:
            return False
        try:
            known = self._look_up(address[1])
            if known is None:
                return False
            body = environ["wsgi.input"].read(int(length))
            # Whoever stands behind reads it anew.
            environ["wsgi.input"] = io.BytesIO(body)
            if len(body) != int(length):
                return False
            if not verify(body, environ.get(_SIGNATURE), known.secrets):
                return False
            receiving.keep(known.endpoint_id, body)
        except Exception:  # noqa: BLE001 - the view tries again, and says what is the matter
            close_old_connections()
            return False
        hints.nudge_once_a_second(tasks.work_through)
        return True

    def _look_up(self, public_id: str) -> _Known | None:
        known = self._known.get(public_id)
        now = time.monotonic()
        if known is None or known.until < now:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            endpoint = WebhookEndpoint.objects.filter(public_id=UUID(public_id)).first()
            secrets = subscriptions.secrets_of(endpoint) if endpoint else []
            if endpoint is None or not secrets:
                self._known.pop(public_id, None)
                return None
            known = _Known(endpoint.pk, secrets, now + _REMEMBERED_SECONDS)
            self._known[public_id] = known
        return known
