"""Nothing the server does can take more time or memory than the client allows."""

from __future__ import annotations

import gzip
import time
import tracemalloc

import pytest

from sociocs_gateway import (
    BulkMessage,
    Reason,
    SociocsClient,
)
from tests.sociocs_gateway.asking import MakeClient, unknown_of
from tests.sociocs_gateway.scripted_server import (
    Connection,
    ScriptedServer,
    answer,
    drip,
    endless,
    head,
    never_read,
    raw,
    silence,
)

pytestmark = pytest.mark.thorough

JOB = b'{"status": "success", "data": {"job_id": "1"}}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class TestTheTotalTime:
    def test_silence_is_unknown_once_the_time_is_over(
        self, server: ScriptedServer, hasty_client: SociocsClient, message: BulkMessage
    ) -> None:
        server.will(silence)
        started = time.monotonic()
        assert unknown_of(hasty_client, message).reason is Reason.TIMEOUT
        assert 0.5 < time.monotonic() - started < 20

    @pytest.mark.parametrize(
        ("dripped", "status"),
        [
            (head(length=len(JOB)) + JOB, None),
            (b"HTTP/1.1 100 Continue\r\n\r\n" * 50, None),
            (CHUNKED, None),
        ],
    )
    def test_one_byte_now_and_then_does_not_stretch_it(
        self,
        server: ScriptedServer,
        hasty_client: SociocsClient,
        message: BulkMessage,
        dripped: bytes,
        status: int | None,
    ) -> None:
        server.will(drip(dripped))
        started = time.monotonic()
        unknown = unknown_of(hasty_client, message)
        assert (unknown.reason, unknown.http_status) == (Reason.TIMEOUT, status)
        assert time.monotonic() - started < 20

    def test_a_dripping_body_keeps_its_status(
        self, server: ScriptedServer, hasty_client: SociocsClient, message: BulkMessage
    ) -> None:
        def script(connection: Connection) -> None:
            connection.read_request()
            connection.send(head(length=len(JOB)))
            for byte in JOB:
                connection.send(bytes([byte]))
                connection.stopped.wait(0.1)

        server.will(script)
        unknown = unknown_of(hasty_client, message)
        assert (unknown.reason, unknown.http_status) == (Reason.TIMEOUT, 200)

    def test_a_server_that_does_not_read_is_unknown_in_time(
        self, server: ScriptedServer, hasty_client: SociocsClient, large_message: BulkMessage
    ) -> None:
        server.will(never_read)
        large_message.body()
        started = time.monotonic()
        assert unknown_of(hasty_client, large_message).reason is Reason.TIMEOUT
        assert time.monotonic() - started < 20

    def test_a_server_that_reads_slowly_is_unknown_in_time(
        self, server: ScriptedServer, hasty_client: SociocsClient, large_message: BulkMessage
    ) -> None:
        def read_slowly(connection: Connection) -> None:
            while connection.sock.recv(65_536):
                connection.stopped.wait(0.1)

        server.will(read_slowly)
        large_message.body()
        started = time.monotonic()
        assert unknown_of(hasty_client, large_message).reason is Reason.TIMEOUT
        assert time.monotonic() - started < 20

    def test_an_answer_within_the_time_may_come_in_pieces(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        server.will(drip(head(length=len(JOB)) + JOB, seconds_per_byte=0.002))
        assert client.send_bulk(message).job_id == "1"


class TestTooMuch:
    @pytest.mark.parametrize(
        ("start", "repeated"),
        [
            (head(length=1_000_000_000), b"x" * 65_536),
            (head(length=None), b"x" * 65_536),
            (CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
            # A trailer that never ends.
            (CHUNKED + b"0\r\n", b"X: %s\r\n" % (b"y" * 60_000)),
        ],
    )
    def test_an_endless_body_is_cut_at_the_limit(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        start: bytes,
        repeated: bytes,
    ) -> None:
        server.will(endless(start, repeated))
        tracemalloc.start()
        unknown = unknown_of(client, message)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (unknown.reason, unknown.http_status) == (Reason.ANSWER_TOO_LARGE, 200)
        assert peak < 20_000_000

    def test_a_chunk_size_that_never_ends_is_unknown(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        server.will(endless(CHUNKED, b"0" * 65_536))
        assert unknown_of(client, message).http_status == 200

    @pytest.mark.parametrize(
        ("start", "repeated"),
        [
            (b"HTTP/1.1 200 OK\r\n", b"X-Filler: y\r\n"),
            (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65_536),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
            (b"", b"x" * 65_536),
        ],
    )
    def test_an_endless_head_is_unknown(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        message: BulkMessage,
        start: bytes,
        repeated: bytes,
    ) -> None:
        server.will(endless(start, repeated))
        unknown = unknown_of(client, message)
        assert unknown.reason in {Reason.UNREADABLE_ANSWER, Reason.ANSWER_TOO_LARGE}
        assert unknown.http_status is None

    @pytest.mark.parametrize("lines", [301, 10_000])
    def test_too_many_headers_are_unknown(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage, lines: int
    ) -> None:
        headers = {f"X-{n}": "y" for n in range(lines)}
        server.will(raw(head(headers=headers, length=len(JOB)) + JOB))
        assert unknown_of(client, message).reason is Reason.UNREADABLE_ANSWER

    def test_a_compressed_bomb_stays_packed(
        self, server: ScriptedServer, client: SociocsClient, message: BulkMessage
    ) -> None:
        bomb = gzip.compress(b" " * 200_000_000, 1)
        server.will(answer(bomb, headers={"Content-Encoding": "gzip"}))
        tracemalloc.start()
        unknown = unknown_of(client, message)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert unknown.reason is Reason.ANSWER_NOT_JSON
        assert peak < 20_000_000

    def test_a_body_of_the_largest_size_is_read(
        self, server: ScriptedServer, make_client: MakeClient, message: BulkMessage
    ) -> None:
        server.will(raw(head(length=1_000) + JOB.ljust(1_000)))
        assert make_client(max_body_bytes=1_000).send_bulk(message).job_id == "1"
        server.will(raw(head(length=1_001) + JOB.ljust(1_001)))
        unknown = unknown_of(make_client(max_body_bytes=1_000), message)
        assert unknown.reason is Reason.ANSWER_TOO_LARGE
