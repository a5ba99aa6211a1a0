"""The far end of the network, byte by byte: a server that does to each connection what it is told.

A script is a function of one :class:`Connection`. The next connection takes the next script, and
a connection without a script is noted and closed: a test that expects one request fails when the
client makes two.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

DATE = "Tue, 03 Feb 2026 10:11:12 GMT"

Script: TypeAlias = "Callable[[Connection], None]"


@dataclass(frozen=True)
class ReceivedRequest:
    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One accepted connection, from the server's side."""

    def __init__(self, sock: socket.socket, stopped: threading.Event) -> None:
        self.sock = sock
        self.stopped = stopped
        self._file = sock.makefile("rb")

    def read_head(self) -> tuple[str, str, dict[str, str]]:
        method, target, _version = self._file.readline().decode().split()
        headers = {}
        while line := self._file.readline().decode().strip():
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return method, target, headers

    def read_request(self) -> ReceivedRequest:
        method, target, headers = self.read_head()
        body = self._file.read(int(headers.get("content-length", 0)))
        return ReceivedRequest(method, target, headers, body)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close with an RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._file.close()
        with contextlib.suppress(OSError):
            self.sock.close()


class ScriptedServer:
    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._scripts: deque[Script] = deque()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()
        self.connections = 0
        self.requests: list[ReceivedRequest] = []
        self.errors: list[BaseException] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def request(self) -> ReceivedRequest:
        """The only request there was."""
        (request,) = self.requests
        return request

    def will(self, *scripts: Script) -> None:
        self._scripts.extend(scripts)

    def close(self) -> None:
        self._stopped.set()
        # close() alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._acceptor, *self._threads]:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            script = self._scripts.popleft() if self._scripts else None
            thread = threading.Thread(target=self._serve, args=(sock, script), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, script: Script | None) -> None:
        sock.settimeout(10)
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        connection = Connection(sock, self._stopped)
        try:
            if script:
                script(_Noting(connection, self.requests))
        except (OSError, ValueError) as error:
            # The client may hang up at any time; what it did is the test's business.
            self.errors.append(error)
        finally:
            connection.close()


class _Noting(Connection):
    """A connection whose requests are kept for the test."""

    def __init__(self, connection: Connection, requests: list[ReceivedRequest]) -> None:
        self.sock = connection.sock
        self.stopped = connection.stopped
        self._file = connection._file
        self._requests = requests

    def read_request(self) -> ReceivedRequest:
        request = super().read_request()
        self._requests.append(request)
        return request


def head(
    status: int = 200, headers: Mapping[str, str] | None = None, length: int | None = 0
) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Date: {DATE}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(
    content: Any = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Script:
    """Answer in full; ``content`` is bytes, or a value to send as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(head(status, headers, len(body)) + body)

    return script


def success(data: Any = None, **options: Any) -> Script:
    return answer({"status": "success", "data": data}, **options)


def job(job_id: str = "job-1") -> Script:
    return success({"job_id": job_id})


def error(status: int = 400, *messages: str, headers: Mapping[str, str] | None = None) -> Script:
    errors = [{"msg": message} for message in messages]
    return answer({"status": "error", "errors": errors}, status, headers)


def raw(data: bytes) -> Script:
    """Read the request, send these bytes, close."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    return script


def close_at_once(connection: Connection) -> None:
    connection.close()


def reset_before_reading(connection: Connection) -> None:
    # Not before the client has sent something: else connect() itself may fail, rightly unsent.
    connection.sock.recv(1, socket.MSG_PEEK)
    connection.reset()


def reset_after_the_head(connection: Connection) -> None:
    connection.read_head()
    connection.reset()


def close_after_the_first_bytes(connection: Connection) -> None:
    """Read what comes in one go and close with a FIN; without a request, a handshake broken off."""
    connection.sock.recv(65_536)


def close_after_reading(connection: Connection) -> None:
    connection.read_request()


def reset_after_reading(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def silence(connection: Connection) -> None:
    connection.read_request()
    connection.stopped.wait(30)


def never_read(connection: Connection) -> None:
    connection.stopped.wait(30)


def drip(data: bytes, seconds_per_byte: float = 0.1) -> Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        for byte in data:
            connection.send(bytes([byte]))
            if connection.stopped.wait(seconds_per_byte):
                return

    return script


def endless(start: bytes, repeated: bytes) -> Script:
    """Send the same bytes over and over until the client hangs up."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(start)
        while not connection.stopped.is_set():
            connection.send(repeated)

    return script


@contextlib.contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    server = ScriptedServer(tls)
    try:
        yield server
    finally:
        server.close()
