"""Where Sociocs calls: is it really them? Then keep what they say, and answer at once.

Whatever cannot be proven genuine is refused, before anything of it is read (docs/operations.md).
"""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from delivery import receiving, subscriptions, tasks
from delivery.models import WebhookEndpoint
from delivery.refused_calls import refused_calls
from interface import hints
from interface.body_limits import limits_its_body
from sociocs_gateway.webhooks import MAX_BODY_BYTES, SIGNATURE_HEADER, verify
from teams.refusals import note_refusal
from teams.throttling import client_address
from trail.acts import Act


@limits_its_body
@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Take a call in: 200 once it is stored, however often it comes.

    404 for an address nobody subscribed (or whose secret cannot be read), 413 above 256 kB, 403
    without the right signature over the raw bytes, 429 in place of these for an address from which
    many such calls come, 503 while the database is away, so that the vendor comes again.
    """
    try:
        answer = _receive(request, endpoint_id)
    except (InterfaceError, OperationalError):
        return _say(503, "try again later", {"Retry-After": "30"})
    if answer.status_code == HTTPStatus.OK:
        return answer
    if refused_calls.note(client_address(request), answer.status_code):
        answer = _say(429, "too many calls that were refused", {"Retry-After": "60"})
    # Else Django writes a line for each.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _receive(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = WebhookEndpoint.objects.filter(public_id=endpoint_id).first()
    keys = subscriptions.secrets_of(endpoint) if endpoint else []
    if endpoint is None or not keys:
        return _say(404, "there is nothing here")
    body = _body_of(request)
    if body is None:
        return _say(413, "too large")
    if not verify(body, request.headers.get(SIGNATURE_HEADER), keys):
        note_refusal(Act.CALL_REFUSED, str(endpoint.pk), endpoint.channel)
        return _say(403, "the signature is not right")
    receiving.keep(endpoint.pk, body)
    hints.nudge_once_a_second(tasks.work_through)
    return _say(200, "kept")


def _body_of(request: HttpRequest) -> bytes | None:
    """The raw bytes, also of a body sent in chunks; None above what a call may hold."""
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    # Django reads as far as Content-Length says, which such a body has not; the server ends it.
    if is_chunked and request.META.get("wsgi.input_terminated"):
        body: bytes = request.META["wsgi.input"].read(MAX_BODY_BYTES + 1)
        return body if len(body) <= MAX_BODY_BYTES else None
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > len(str(MAX_BODY_BYTES)):
        return None
    if int(length) > MAX_BODY_BYTES:
        return None
    return request.body


def _say(status: int, text: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers=headers)
