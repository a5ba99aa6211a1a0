"""Connections that note their first byte and keep one deadline, for a single request each.

``requests`` sends through an adapter, the adapter through a urllib3 pool, the pool through
connections, and these through a socket. Only the socket knows whether anything left, so what is
known of a request (:class:`Watch`) is handed all the way down to it.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, cast

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

CHUNK_BYTES = 64 * 1024

# Lines of a chunked body's framing have no limit of their own in urllib3, so what comes from the
# socket is limited as well: generously, as tiny chunks carry more framing than content.
_RAW_BYTES_PER_BODY_BYTE = 2
_HEAD_BYTES = 128 * 1024


class Watch:
    """What is known of one request while it is under way."""

    def __init__(
        self, deadline: float, before_send: Callable[[], None] | None, max_body_bytes: int
    ) -> None:
        self._deadline = deadline
        self._before_send = before_send
        self._readable_bytes = max_body_bytes * _RAW_BYTES_PER_BODY_BYTE + _HEAD_BYTES
        self.bytes_left = False
        self.stopped_by: Exception | None = None

    def remaining(self) -> float:
        """Seconds until the deadline, more than none.

        :raises TimeoutError: there are none left.
        """
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the total time is over")
        return seconds

    def before_bytes_leave(self) -> None:
        """Note that bytes leave now, unless the caller objects or the time is over."""
        if self.bytes_left:
            return
        if self._before_send is not None:
            try:
                self._before_send()
            except Exception as error:
                self.stopped_by = error
                raise
        self.remaining()
        self.bytes_left = True

    def count_read(self, size: int) -> None:
        """Count what came from the server.

        :raises TooMuchToRead: it is more than any answer of acceptable size can be.
        """
        self._readable_bytes -= size
        if self._readable_bytes < 0:
            raise TooMuchToRead


class TooMuchToRead(Exception):
    """The server sends more than any answer of acceptable size can be."""


class _WatchedSocket:
    """A connected socket that notes its first byte and whose every wait ends by the deadline."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._sock = sock
        self._watch = watch

    def sendall(self, data: bytes) -> None:
        self._watch.before_bytes_leave()
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._watch.remaining())
            rest = rest[self._sock.send(rest[:CHUNK_BYTES]) :]

    def makefile(self, mode: Literal["rb"]) -> io.BufferedReader:
        """What ``http.client`` reads the answer from."""
        reader = self._sock.makefile(mode, buffering=0)
        return io.BufferedReader(_WatchedReader(reader, self._sock, self._watch))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _WatchedReader(io.RawIOBase):
    def __init__(self, reader: io.RawIOBase, sock: socket.socket, watch: Watch) -> None:
        super().__init__()
        self._reader = reader
        self._sock = sock
        self._watch = watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._watch.remaining())
        size = self._reader.readinto(buffer)
        self._watch.count_read(size or 0)
        return size

    def close(self) -> None:
        # The socket stays open until its last reader is closed.
        self._reader.close()
        super().close()


class _WatchedHTTPConnection(HTTPConnection):
    def __init__(self, *args: Any, watch: Watch, **options: Any) -> None:
        super().__init__(*args, **options)
        self._watch = watch

    def connect(self) -> None:
        super().connect()
        self.sock = cast("socket.socket", _WatchedSocket(self.sock, self._watch))


class _WatchedHTTPSConnection(HTTPSConnection):
    def __init__(self, *args: Any, watch: Watch, **options: Any) -> None:
        super().__init__(*args, **options)
        self._watch = watch

    def connect(self) -> None:
        # A proxy's CONNECT and the TLS handshake happen in here and carry nothing of the request.
        super().connect()
        self.sock = cast("ssl.SSLSocket", _WatchedSocket(self.sock, self._watch))


class WatchedAdapter(HTTPAdapter):
    """Sends one request over a connection that belongs to it alone."""

    def __init__(self, watch: Watch, tls: ssl.SSLContext | None) -> None:
        self._watch = watch
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.ProxyManager:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, **options)
        return cast("urllib3.ProxyManager", manager)

    def cert_verify(self, *args: Any, **options: Any) -> None:
        """Nothing to add: the context made by :func:`_tls_context` verifies already."""

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = _WatchedHTTPSConnection if pool.scheme == "https" else _WatchedHTTPConnection
        pool.ConnectionCls = partial(kind, watch=self._watch)
        return pool
