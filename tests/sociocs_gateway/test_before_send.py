"""The last moment at which a send can be stopped, provably unsent."""

from __future__ import annotations

from contextlib import suppress
from queue import SimpleQueue

import pytest

from sociocs_gateway import (
    BulkMessage,
    Halt,
    MessageRecipient,
    Provider,
    Reason,
    Refused,
    SingleMessage,
    SociocsClient,
    TryLater,
)
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.asking import MakeClient
from tests.sociocs_gateway.certificates import Authority
from tests.sociocs_gateway.scripted_server import Connection, ScriptedServer, job, running, success


def test_it_is_asked_once_when_the_connection_stands_and_nothing_has_left(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(job())
    asked: list[tuple[int, int]] = []

    def before_send() -> None:
        asked.append((len(server.requests), 1))

    client.send_bulk(message, before_send=before_send)
    assert asked == [(0, 1)]
    assert server.connections == 1


def test_it_is_not_asked_without_a_connection(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.close()
    asked: list[int] = []
    with pytest.raises(TryLater) as caught:
        client.send_bulk(message, before_send=lambda: asked.append(1))
    assert caught.value.reason is Reason.CONNECT
    assert asked == []


@pytest.mark.parametrize(
    "error", [RuntimeError("too late"), OSError("disk"), TimeoutError(), ConnectionResetError()]
)
def test_whatever_it_raises_nothing_was_sent(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, error: Exception
) -> None:
    received: SimpleQueue[bytes] = SimpleQueue()

    def script(connection: Connection) -> None:
        received.put(connection.sock.recv(1))

    server.will(script)

    def before_send() -> None:
        raise error

    with pytest.raises(TryLater) as caught:
        client.send_bulk(message, before_send=before_send)
    assert caught.value.reason is Reason.START_FENCE
    assert caught.value.detail == type(error).__name__
    assert received.get(timeout=5) == b""


def test_its_own_verdict_comes_out_unchanged(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    verdict = Refused(Reason.FORBIDDEN, None, Halt.AUTHENTICATION, "withdrawn")

    def before_send() -> None:
        raise verdict

    with pytest.raises(Refused) as caught:
        client.send_bulk(message, before_send=before_send)
    assert caught.value is verdict
    assert server.requests == []


def test_an_interrupted_process_stays_interrupted(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    def before_send() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.send_bulk(message, before_send=before_send)
    assert server.requests == []


def test_with_tls_it_is_asked_after_the_handshake(
    tmp_path_factory: pytest.TempPathFactory,
    make_client: MakeClient,
    message: BulkMessage,
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with running(authority.server_context()) as server:
        received: SimpleQueue[bytes] = SimpleQueue()

        def script(connection: Connection) -> None:
            # Closed before it read what a handshake ends with, it may also be reset.
            with suppress(ConnectionResetError):
                received.put(connection.sock.recv(1))
                return
            received.put(b"")

        server.will(script)
        client = make_client(server.url, ca_bundle=authority.bundle)

        def before_send() -> None:
            raise RuntimeError

        with pytest.raises(TryLater) as caught:
            client.send_bulk(message, before_send=before_send)
        # The script only runs once the handshake is done, and then finds an empty connection.
        assert received.get(timeout=5) == b""
        assert caught.value.reason is Reason.START_FENCE


def test_a_single_message_can_be_stopped_too(server: ScriptedServer, client: SociocsClient) -> None:
    server.will(success({"message_id": "1"}))
    recipient = MessageRecipient(canaries.PHONE)

    def before_send() -> None:
        raise RuntimeError

    with pytest.raises(TryLater):
        client.send_message(
            SingleMessage(Provider.TWILIO_SMS, "front-desk", recipient, text="Hi"),
            before_send=before_send,
        )
    assert server.requests == []
