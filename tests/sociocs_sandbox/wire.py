"""HTTP spoken by hand: what really arrives on the socket, byte by byte."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.sociocs_sandbox.conftest import Vendor, bulk_body


@dataclass
class Heard:
    """All that came back until the connection ended, was reset or the listener had enough."""

    received: bytes
    ending: str
    seconds: float

    @property
    def status(self) -> int:
        return int(self.received.split(b" ")[1])

    @property
    def head(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.decode().partition(": ")
            if key.lower() == name.lower():
                return value
        raise KeyError(name)


def request_bytes(vendor: Vendor, method: str, path: str, fault: str, body: bytes) -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\napikey: {vendor.sandbox.api_key}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    return (head + (f"X-Sandbox-Fault: {fault}\r\n" if fault else "") + "\r\n").encode() + body


def post_job(vendor: Vendor, fault: str, *, patience: float = 5) -> Heard:
    """POST a small job under a fault."""
    body = json.dumps(bulk_body()).encode()
    return exchange(vendor, request_bytes(vendor, "POST", "/messages/bulk", fault, body), patience)


def get_jobs(vendor: Vendor, fault: str, *, patience: float = 5) -> Heard:
    """GET the list of jobs under a fault."""
    return exchange(vendor, request_bytes(vendor, "GET", "/messages/bulk", fault, b""), patience)


def exchange(vendor: Vendor, sent: bytes, patience: float = 5) -> Heard:
    """Send these bytes and listen; `ending` is closed, reset or silence."""
    address = urlsplit(vendor.url)
    received, ending, started = b"", "closed", time.monotonic()
    with socket.create_connection((str(address.hostname), address.port or 0)) as connection:
        connection.settimeout(patience)
        try:
            connection.sendall(sent)
            while (left := patience - (time.monotonic() - started)) > 0:
                connection.settimeout(left)
                part = connection.recv(65_536)
                if not part:
                    break
                received += part
            else:
                ending = "silence"
        except TimeoutError:
            ending = "silence"
        except (ConnectionResetError, BrokenPipeError):
            ending = "reset"
    return Heard(received, ending, time.monotonic() - started)
