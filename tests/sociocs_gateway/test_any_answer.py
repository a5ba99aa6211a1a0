"""Whatever the server says, only the gateway's own exceptions come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sociocs_gateway import (
    AuthenticationFailed,
    BulkMessage,
    GatewayError,
    MessageRecipient,
    OutcomeUnknown,
    Provider,
    Refused,
    SingleMessage,
    SociocsClient,
    TryLater,
)
from sociocs_gateway.results import BulkAccepted
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.scripted_server import Connection, ScriptedServer, head, running

DAY = date(2026, 1, 1)
PHONE = canaries.PHONE
BULK = BulkMessage(Provider.TWILIO_SMS, "front-desk", [MessageRecipient(PHONE)], text="Hi")
SINGLE = SingleMessage(Provider.TWILIO_SMS, "front-desk", MessageRecipient(PHONE), text="Hi")

CALLS: list[Callable[[SociocsClient], object]] = [
    lambda c: c.send_bulk(BULK),
    lambda c: c.send_message(SINGLE),
    lambda c: c.list_bulk_jobs(),
    lambda c: c.reschedule_bulk_job("1", datetime(2026, 1, 1, tzinfo=UTC)),
    lambda c: c.delete_bulk_job("1"),
    lambda c: c.list_scheduled_messages(),
    lambda c: c.delete_scheduled_message("1"),
    lambda c: c.list_messages(DAY, DAY),
    lambda c: c.list_channels(Provider.TWILIO_SMS),
    lambda c: c.get_channel("k"),
    lambda c: c.list_team_members(),
    lambda c: c.block_contact(PHONE),
    lambda c: c.is_contact_blocked(PHONE),
    lambda c: c.list_webhook_subscriptions(),
    lambda c: c.get_webhook_subscription("s"),
    lambda c: c.delete_webhook_subscription("s"),
]

NAMES = st.sampled_from(
    ["status", "data", "errors", "msg", "job_id", "id", "message_id", "schedule", "is_blocked"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["success", "error", "2026-04-02T09:30:17Z"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 302, 400, 401, 404, 408, 422, 429, 500, 511])


class AnyServer:
    """Answers every request with what is set right now."""

    def __init__(self, server: ScriptedServer) -> None:
        self.url = server.url
        self.answer = b""
        server.will(*[self._serve] * 10_000)

    def _serve(self, connection: Connection) -> None:
        connection.read_request()
        connection.send(self.answer)


@pytest.fixture(scope="module")
def any_server() -> Iterator[AnyServer]:
    with running() as server:
        yield AnyServer(server)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def outcome(server: AnyServer, ask: Callable[[SociocsClient], object]) -> object:
    with SociocsClient(server.url, canaries.API_KEY, total_timeout=5) as client:
        try:
            return ask(client)
        except GatewayError as error:
            assert canaries.found_in(str(error)) == []  # noqa: PT017 - either is fine
            return error


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ask=st.sampled_from(CALLS), status=STATUSES, content=VALUES)
def test_any_json_under_any_status_is_understood_or_refused(
    any_server: AnyServer, ask: Callable[[SociocsClient], object], status: int, content: Any
) -> None:
    body = json.dumps(content).encode()
    any_server.answer = head(status, length=len(body)) + body
    assert outcome(any_server, ask) is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ask=st.sampled_from(CALLS), body=st.binary(max_size=100))
def test_any_body_is_understood_or_refused(
    any_server: AnyServer, ask: Callable[[SociocsClient], object], body: bytes
) -> None:
    any_server.answer = head(200, length=len(body)) + body
    assert outcome(any_server, ask) is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answer=st.binary(max_size=200))
def test_any_bytes_after_a_post_are_unknown_or_clear(any_server: AnyServer, answer: bytes) -> None:
    any_server.answer = answer
    assert isinstance(outcome(any_server, CALLS[0]), OutcomeUnknown)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(status=st.integers(100, 999), content=VALUES)
def test_a_post_is_accepted_for_one_answer_alone(
    any_server: AnyServer, status: int, content: Any
) -> None:
    """The table of the gateway, once more in other words."""
    body = json.dumps(content).encode()
    any_server.answer = head(status, length=len(body)) + body
    found = outcome(any_server, CALLS[0])
    if isinstance(found, BulkAccepted):
        assert status == 200
        assert content["status"] == "success"
        assert str(content["data"]["job_id"]).strip() == found.job_id
    elif isinstance(found, TryLater):
        assert status == 429
    elif isinstance(found, AuthenticationFailed):
        assert status == 401
    elif isinstance(found, Refused):
        is_error = status == 200 and content["status"] == "error"
        assert is_error or status in {400, 403, 404, 405, 413, 415, 422}
    else:
        assert isinstance(found, OutcomeUnknown)
