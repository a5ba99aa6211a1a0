"""Whether a byte had left decides between "not sent" and "unknown"."""

from __future__ import annotations

import contextlib
import gc
import signal
import time
import warnings
from collections.abc import Callable, Iterator

import pytest

from sociocs_gateway import (
    BulkMessage,
    GatewayError,
    Halt,
    Misconfigured,
    NotSent,
    Reason,
    Refused,
    SociocsClient,
    TryLater,
)
from tests.sociocs_gateway.asking import MakeClient, unknown_of
from tests.sociocs_gateway.scripted_server import (
    Connection,
    Script,
    ScriptedServer,
    close_after_reading,
    close_at_once,
    endless,
    error,
    head,
    job,
    raw,
    reset_after_reading,
    reset_after_the_head,
    reset_before_reading,
    silence,
)

pytestmark = pytest.mark.thorough

JOB = b'{"status": "success", "data": {"job_id": "1"}}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class TestNothingLeft:
    def test_a_closed_port_is_not_sent(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        server.close()
        with pytest.raises(TryLater) as caught:
            client.send_bulk(message)
        assert caught.value.reason is Reason.CONNECT
        assert (caught.value.halt, caught.value.retry_after) == (None, None)

    def test_a_name_that_does_not_exist_is_not_sent(
        self, make_client: MakeClient, message: BulkMessage
    ) -> None:
        with pytest.raises(TryLater) as caught:
            make_client("https://gateway.invalid").send_bulk(message)
        assert caught.value.reason is Reason.DNS

    def test_a_name_that_cannot_exist_is_a_setting_to_mend(
        self, make_client: MakeClient, message: BulkMessage
    ) -> None:
        with pytest.raises(Misconfigured) as caught:
            make_client("https://gateway..invalid").send_bulk(message)
        assert (caught.value.reason, caught.value.halt) == (Reason.SETTINGS, Halt.SETTINGS)

    def test_a_host_that_does_not_take_connections_is_not_sent(
        self, full_listener: str, make_client: MakeClient, message: BulkMessage
    ) -> None:
        with pytest.raises(TryLater) as caught:
            make_client(full_listener, connect_timeout=0.3).send_bulk(message)
        assert caught.value.reason is Reason.CONNECT_TIMEOUT

    def test_time_that_is_over_before_the_first_byte_is_not_sent(
        self, server: ScriptedServer, make_client: MakeClient, message: BulkMessage
    ) -> None:
        server.will(job())
        client = make_client(total_timeout=0.2)
        with pytest.raises(NotSent):
            client.send_bulk(message, before_send=lambda: time.sleep(0.3))
        assert server.requests == []


class TestTheConnectionBreaks:
    @pytest.mark.parametrize(
        "script",
        [
            close_at_once,
            reset_before_reading,
            reset_after_the_head,
            close_after_reading,
            reset_after_reading,
        ],
    )
    def test_after_the_first_byte_it_is_unknown(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage, script: Script
    ) -> None:
        server.will(script)
        unknown = unknown_of(client, message)
        assert unknown.reason is Reason.CONNECTION_LOST
        assert (unknown.http_status, unknown.halt, unknown.evidence) == (None, None, "")
        assert server.connections == 1

    @pytest.mark.parametrize(
        "start",
        [
            b"HTTP/1.1",
            b"HTTP/1.1 20",
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\nContent-",
            b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n",
            b"220 mail.example.org ESMTP\r\n",
            b"HTTP/1.1 1000 OK\r\n\r\n",
            b"\x15\x03\x01\x00\x02\x02\x16",
        ],
    )
    def test_half_a_head_or_another_protocol_is_unknown(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage, start: bytes
    ) -> None:
        server.will(raw(start))
        assert unknown_of(client, message).halt is None
        assert server.connections == 1

    def test_a_large_request_that_is_cut_off_is_unknown(
        self, server: ScriptedServer, client: SociocsClient, large_message: BulkMessage
    ) -> None:
        server.will(reset_after_the_head)
        assert unknown_of(client, large_message).reason is Reason.CONNECTION_LOST

    def test_a_refusal_before_all_was_read_is_heard(
        self, server: ScriptedServer, client: SociocsClient, large_message: BulkMessage
    ) -> None:
        def too_large(connection: Connection) -> None:
            connection.read_head()
            connection.send(head(413))
            # Reading on lets the answer arrive before the connection breaks.
            while connection.sock.recv(1_000_000):
                pass

        server.will(too_large)
        with pytest.raises(Refused) as caught:
            client.send_bulk(large_message)
        assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.filterwarnings(
    "error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(
    "script", [job(), reset_after_reading, raw(head(length=500)), endless(head(), b"x"), error(500)]
)
def test_no_socket_is_left_to_the_garbage_collector(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, script: Script
) -> None:
    with warnings.catch_warnings(action="ignore"):
        # What others have left.
        gc.collect()
    server.will(script)
    with contextlib.suppress(GatewayError):
        client.send_bulk(message)
    gc.collect()


class TestTheBodyIsNotWhole:
    @pytest.mark.parametrize(
        "answer_bytes",
        [
            head(length=len(JOB) + 1) + JOB,
            head(length=500),
            CHUNKED + b"%x\r\n" % len(JOB) + JOB,
            CHUNKED + b"%x\r\n" % len(JOB) + JOB + b"\r\n",
            CHUNKED + b"zz\r\n" + JOB + b"\r\n0\r\n\r\n",
            CHUNKED + b"-5\r\n" + JOB + b"\r\n0\r\n\r\n",
            CHUNKED + JOB,
        ],
    )
    def test_a_body_cut_short_is_unknown(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        answer_bytes: bytes,
    ) -> None:
        server.will(raw(answer_bytes))
        unknown = unknown_of(client, message)
        assert (unknown.reason, unknown.http_status) == (Reason.ANSWER_CUT_SHORT, 200)

    def test_a_length_that_cuts_the_json_is_unknown(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        server.will(raw(head(length=len(JOB) - 5) + JOB))
        assert unknown_of(client, message).reason is Reason.ANSWER_NOT_JSON

    def test_a_body_that_ends_with_the_connection_is_read(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        server.will(raw(head(length=None) + JOB))
        assert client.send_bulk(message).job_id == "1"

    def test_a_body_in_chunks_is_read(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in JOB)
        server.will(raw(CHUNKED + chunks + b"0\r\n\r\n"))
        assert client.send_bulk(message).job_id == "1"


class TimeLimit(Exception):
    """What a task queue throws into a task that takes too long."""


@pytest.fixture
def time_limit() -> Iterator[Callable[[], object]]:
    """Starts the clock of a time limit of 0.3 seconds."""

    def strike(_signal: int, _frame: object) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, strike)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.3)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class TestInterruptions:
    # urllib3 leaves the socket it was connecting to the garbage collector.
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_before_the_first_byte_it_is_not_sent(
        self,
        full_listener: str,
        make_client: MakeClient,
        message: BulkMessage,
        time_limit: Callable[[], object],
    ) -> None:
        client = make_client(full_listener)
        time_limit()
        with pytest.raises(TryLater) as caught:
            client.send_bulk(message)
        assert (caught.value.reason, caught.value.halt) == (Reason.INTERRUPTED, None)

    def test_after_the_first_byte_it_is_unknown(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        time_limit: Callable[[], object],
    ) -> None:
        server.will(silence)
        time_limit()
        assert unknown_of(client, message).reason is Reason.INTERRUPTED
