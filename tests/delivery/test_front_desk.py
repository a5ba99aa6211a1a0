"""Calls that are taken in before Django's handler: the same answers, only sooner."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import time
from collections.abc import Callable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import redis
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from delivery.models import WebhookEndpoint, WebhookEvent
from delivery.views.front_desk import FrontDesk
from interface import hints, log_ids
from sociocs_accounts.encrypted_fields import Secret
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

SECRET = "shared between two"
BODY = b'{"event":"status_update","message_id":"m-1","event_data":{"status":"delivered"}}'


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    channel = world.a_channel(world.a_team())
    return WebhookEndpoint.objects.create(channel=channel, secret=Secret.of(SECRET), state="on")


class Door:
    """The desk with the whole dashboard behind it, which notes what came through to there."""

    def __init__(self) -> None:
        self.passed_on = 0
        self.headers: dict[str, str] = {}
        self._pages = WSGIHandler()
        self._desk = FrontDesk(self._behind)

    def _behind(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        self.passed_on += 1
        return self._pages(environ, start_response)

    def call(
        self, endpoint: WebhookEndpoint, body: bytes = BODY, secret: str = SECRET, **more: Any
    ) -> str:
        """Call as the vendor does; the answer's status line."""
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/webhooks/{endpoint.public_id}/",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_X_SOCIOCS_SIGNATURE": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            **more,
        }

        def start(
            status: str, headers: list[tuple[str, str]], *_: object
        ) -> Callable[[bytes], object]:
            said.append(status)
            self.headers = dict(headers)
            # As `wsgiref` does.
            headers.append(("Connection", "close"))
            return lambda _bytes: None

        list(self._desk(environ, start))
        return said[0]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    # The test's own connection is not the handler's to close.
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    return Door()


def test_a_genuine_call_needs_nobody_else_and_is_stored_once(
    door: Door, endpoint: WebhookEndpoint
) -> None:
    assert [door.call(endpoint) for _ in range(3)] == ["200 OK"] * 3
    with CaptureQueriesContext(connection) as asked:
        assert door.call(endpoint, BODY + b" ") == "200 OK"
    assert WebhookEvent.objects.count() == 2
    assert bytes(WebhookEvent.objects.earliest("pk").body or b"") == BODY
    assert door.passed_on == 0
    assert "Connection" not in door.headers
    # It is known who calls: nothing is asked, something is stored.
    assert not [query for query in asked.captured_queries if query["sql"].startswith("SELECT")]


@pytest.mark.parametrize(
    ("status", "more"),
    [
        (403, {"secret": "guessed"}),
        (413, {"CONTENT_LENGTH": str(256 * 1024 + 1)}),
        (413, {"CONTENT_LENGTH": "-5"}),
        (405, {"REQUEST_METHOD": "PUT"}),
        (403, {"CONTENT_LENGTH": ""}),
    ],
)
def test_whatever_is_doubtful_gets_its_answer_from_the_pages(
    door: Door, endpoint: WebhookEndpoint, status: int, more: dict[str, Any]
) -> None:
    door.call(endpoint)
    # Python 3.13 has other words for 413.
    assert int(door.call(endpoint, b"another", **more).split()[0]) == status
    assert WebhookEvent.objects.count() == 1
    assert door.passed_on == 1


def test_a_body_in_chunks_is_read_by_the_page(door: Door, endpoint: WebhookEndpoint) -> None:
    chunks: Any = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert door.call(endpoint, CONTENT_LENGTH="", **chunks) == "200 OK"
    assert bytes(WebhookEvent.objects.get().body or b"") == BODY
    assert door.passed_on == 1


def test_a_changed_secret_is_good_at_once(door: Door, endpoint: WebhookEndpoint) -> None:
    door.call(endpoint)
    WebhookEndpoint.objects.update(secret=Secret.of("the next"))
    assert door.call(endpoint, b"another", secret="the next") == "200 OK"
    assert door.passed_on == 1


def test_an_address_that_is_given_up_is_forgotten_within_a_second(
    door: Door, endpoint: WebhookEndpoint
) -> None:
    door.call(endpoint)
    WebhookEndpoint.objects.all().delete()
    time.sleep(1.1)
    assert door.call(endpoint, b"another") == "404 Not Found"
    assert not WebhookEvent.objects.exists()


def test_while_it_cannot_be_stored_the_vendor_is_asked_to_come_again(
    door: Door, endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.call(endpoint)

    def broken(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as away:
        away.setattr(connections["default"], "cursor", broken)
        assert door.call(endpoint, b"another") == "503 Service Unavailable"
    assert WebhookEvent.objects.count() == 1


def test_a_calls_id_is_in_its_answer_and_in_its_hint(
    door: Door, endpoint: WebhookEndpoint, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "_sent_at", {})
    assert door.call(endpoint) == "200 OK"
    assert door.passed_on == 0
    given = door.headers[log_ids.HEADER]
    assert hints.wait_until_sent()
    (message,) = [json.loads(one) for one in broker.lrange("background", 0, -1)]
    assert message["headers"]["request_id"] == given
    assert log_ids.current() == log_ids.Ids()
