from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sociocs_gateway import BulkMessage, MessageRecipient, Provider, SociocsClient
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.asking import MakeClient
from tests.sociocs_gateway.scripted_server import ScriptedServer, running


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with running() as server:
        yield server


@pytest.fixture
def other_server() -> Iterator[ScriptedServer]:
    with running() as server:
        yield server


@pytest.fixture
def make_client(server: ScriptedServer) -> MakeClient:
    def make(base_url: str = server.url, **options: Any) -> SociocsClient:
        options = {"total_timeout": 5, "connect_timeout": 2, **options}
        return SociocsClient(base_url, canaries.API_KEY, **options)

    return make


@pytest.fixture
def client(make_client: MakeClient) -> SociocsClient:
    return make_client()


@pytest.fixture
def hasty_client(make_client: MakeClient) -> SociocsClient:
    """A client whose total time is over before a test gets long."""
    return make_client(total_timeout=0.6)


@pytest.fixture
def message() -> BulkMessage:
    return BulkMessage(
        provider=Provider.TWILIO_SMS,
        channel_key="front-desk",
        recipients=[MessageRecipient(canaries.PHONE, canaries.NAME)],
        text=canaries.TEXT,
        schedule=datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC),
    )


@pytest.fixture
def large_message() -> BulkMessage:
    """More than fits into the buffers of both sides."""
    people = [MessageRecipient(f"+1415{n:07d}", "x" * 100) for n in range(100_000)]
    return BulkMessage("twlo", "front-desk", people, text="Hi")  # type: ignore[arg-type]


@pytest.fixture
def full_listener() -> Iterator[str]:
    """A port that answers no SYN: its queue of connections is full and nobody accepts."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
