"""How an answer leaves the socket: whole, or cut, dripped, withheld or reset by a fault."""

from __future__ import annotations

import contextlib
import email.utils
import os
import socket
import struct
import time
from http import HTTPStatus

from sociocs_sandbox.exchange import Response
from sociocs_sandbox.fault_catalogue import Delivery, Disturbance

# SO_LINGER with a time of zero makes the kernel send a reset instead of an orderly end.
_LINGER_RESET = struct.pack("ii", 1, 0)


def reset_connection(connection: socket.socket) -> None:
    """End a connection with a TCP reset, at once.

    The descriptor is taken out of the socket object first: its owner would otherwise shut it down
    in an orderly way.
    """
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        os.close(connection.detach())


def deliver(
    connection: socket.socket, answer: Response, disturbance: Disturbance, *, closes: bool
) -> bool:
    """Send an answer as the disturbance wants it; says whether the connection can be used again.

    ``closes`` announces to the caller that the connection ends with this answer.
    """
    skew = disturbance.clock_skew_seconds
    match disturbance.delivery:
        case Delivery.WHOLE:
            connection.sendall(_head(answer, skew, closes=closes) + answer.body)
            return not closes
        case Delivery.RESET:
            reset_connection(connection)
        case Delivery.CLOSED:
            pass
        case Delivery.SILENCE:
            _wait_for_hang_up(connection, disturbance.silence_seconds)
        case Delivery.HALF:
            half = answer.body[: len(answer.body) // 2]
            connection.sendall(_head(answer, skew, closes=True) + half)
        case Delivery.DRIP:
            whole = _head(answer, skew, closes=True) + answer.body
            _drip(connection, whole, disturbance.bytes_per_second)
        case Delivery.BROKEN_CHUNKS:
            _send_broken_chunks(connection, answer, skew)
    return False


def _head(answer: Response, skew_seconds: float, *, closes: bool, chunked: bool = False) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    framing = (
        ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(answer.body)))
    )
    headers = [
        ("Date", email.utils.formatdate(time.time() + skew_seconds, usegmt=True)),
        ("Server", "sociocs-sandbox"),
        ("Content-Type", answer.content_type),
        framing,
        ("X-Content-Type-Options", "nosniff"),
        *answer.headers,
    ]
    if closes:
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _wait_for_hang_up(connection: socket.socket, seconds: float) -> None:
    """Stay silent until the caller gives up, or the time is over."""
    connection.settimeout(max(seconds, 0.001))
    with contextlib.suppress(OSError):
        connection.recv(1)


def _drip(connection: socket.socket, data: bytes, bytes_per_second: float) -> None:
    """Send a few bytes at a time: at least one, at most twenty portions a second."""
    portion = max(1, int(bytes_per_second / 20))
    pause = portion / max(bytes_per_second, 0.001)
    for start in range(0, len(data), portion):
        connection.sendall(data[start : start + portion])
        time.sleep(pause)


def _send_broken_chunks(connection: socket.socket, answer: Response, skew_seconds: float) -> None:
    """Announce one chunk of the whole body, send half of it and hang up."""
    head = _head(answer, skew_seconds, closes=True, chunked=True)
    size = f"{len(answer.body):x}\r\n".encode()
    connection.sendall(head + size + answer.body[: len(answer.body) // 2])
