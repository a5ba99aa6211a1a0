"""Looking at a typed address: only the public web, judged when the connection is made."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from interface import public_addresses
from interface.public_addresses import (
    Fetched,
    FetchFault,
    FetchRules,
    NotFetched,
    fetch,
    is_public,
)

pytestmark = pytest.mark.thorough

WEB = FetchRules()
CLOSED = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1
169.254.169.254 100.64.0.1 100.127.255.254 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1
198.51.100.7 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:808:808:: 2001::1 2001:db8::1 3fff::1
fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd12:3456::1 ff02::1 100::1 4000::1 nonsense
""".split()
OPEN = [
    "64:ff9b::808:808",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:4700::1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_what_is(address: str) -> None:
    assert is_public(address)


def resolved(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these addresses, one list after the other; returns what is connected."""
    waiting = list(answers)
    connected: list[str] = []

    def getaddrinfo(*_args: object, **_more: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in waiting.pop(0)]

    def create_connection(address: tuple[str, int], **_more: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return connected


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "100.64.0.9", "::ffff:7f00:1"])
def test_a_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    connected = resolved(monkeypatch, [address])
    assert fault_of("https://looks-public.example/a.jpg") is FetchFault.NOT_PUBLIC
    # One open address beside it changes nothing.
    connected += resolved(monkeypatch, ["8.8.8.8", address])
    assert fault_of("https://looks-public.example/a.jpg") is FetchFault.NOT_PUBLIC
    assert connected == []


def test_the_address_that_was_judged_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A second answer for the same name, as in DNS rebinding, is never asked for.
    connected = resolved(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    assert fault_of("https://rebinds.example/a.jpg") is FetchFault.NO_CONNECTION
    assert connected == ["8.8.8.8"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.jpg",
        "https://example.org:8443/a.jpg",
        "https://user:secret@example.org/a.jpg",
        "ftp://example.org/a.jpg",
        "file:///etc/passwd",
        "https:///a.jpg",
        "https://[::1/a.jpg",
        "https://example.org:99999/",
    ],
)
def test_only_https_on_its_own_port(url: str) -> None:
    assert fault_of(url) is FetchFault.NOT_HTTPS


@pytest.mark.parametrize(
    "url", ["https://2130706433/", "https://0177.0.0.1/", "https://127.1/", "https://[::1]/"]
)
def test_numbers_in_other_spellings_are_judged_as_what_they_lead_to(url: str) -> None:
    assert fault_of(url) in {FetchFault.NOT_PUBLIC, FetchFault.UNKNOWN_NAME}


def test_an_operator_can_name_the_sites() -> None:
    rules = FetchRules(hosts=("media.example.org",))
    assert fault_of("https://example.org/a.jpg", rules) is FetchFault.HOST_NOT_ALLOWED
    assert fault_of("https://evilmedia.example.org.com/", rules) is FetchFault.HOST_NOT_ALLOWED


def fault_of(url: str, rules: FetchRules = WEB) -> FetchFault:
    with pytest.raises(NotFetched) as caught:
        fetch(url, rules)
    return caught.value.fault


# --- Over a real socket, on this machine ----------------------------------------------------------

LOCAL = FetchRules(allows_loopback=True)
Answers = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def site() -> Iterator[Callable[[Answers], str]]:
    """`site(answer)` starts a server that answers every GET in this way; returns its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            do_GET = answer  # noqa: N815 - the library's name

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/a.jpg"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def answers(status: int, body: bytes = b"", **headers: str) -> Answers:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_what_is_there_is_told(site: Callable[[Answers], str]) -> None:
    body = b"\xff\xd8\xff" + b"x" * 5000
    url = site(answers(200, body, Content_Type="image/jpeg; charset=x", Content_Length="5003"))
    assert fetch(url, LOCAL) == Fetched("image/jpeg", 5003, body[:4096])
    assert fault_of(url) is FetchFault.NOT_HTTPS


def test_a_size_that_is_not_told_is_counted_up_to_a_megabyte(
    site: Callable[[Answers], str],
) -> None:
    assert fetch(site(answers(200, b"x" * 9000)), LOCAL).size == 9000
    assert fetch(site(answers(200, b"x" * 1_500_000)), LOCAL).size is None


@pytest.mark.parametrize(
    ("status", "fault"), [(302, FetchFault.REDIRECT), (404, FetchFault.STATUS)]
)
def test_nothing_is_followed(
    site: Callable[[Answers], str], status: int, fault: FetchFault
) -> None:
    assert fault_of(site(answers(status, Location="http://127.0.0.1:1/")), LOCAL) is fault


def test_one_byte_a_moment_is_too_slow(
    site: Callable[[Answers], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_addresses, "SECONDS", 0.3)
    ended = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200:
            if ended.wait(0.05):
                return
            handler.wfile.write(bytes([byte]))

    started = time.monotonic()
    assert fault_of(site(drip), LOCAL) is FetchFault.TOO_SLOW
    ended.set()
    assert time.monotonic() - started < 8


def test_loopback_alone_is_let_in_by_the_switch_for_trials() -> None:
    assert LOCAL.permit("127.0.0.1")
    assert not LOCAL.permit("10.0.0.1")
    assert fault_of("http://10.0.0.1/", LOCAL) is FetchFault.NOT_HTTPS


GOOD = FetchRules(hosts=("good.example",))
# Of which programs do not agree whose host they name.
AMBIGUOUS = [
    "https://evil.example\\.good.example/x",
    "https://evil.example\\@good.example/x",
    "https:\\\\evil.example\\.good.example/x",
    "https://evil.example\t.good.example/x",
    "https://evil.example\n.good.example/x",
    "https://evil.example .good.example/x",
    " https://good.example/x",
    "https://good.example/a b",
    "https://evil.example\x00.good.example/x",
    "https://evil.example\x7f.good.example/x",
    "https://evil.example\u00a0.good.example/x",
    "https://evil.example\u2028.good.example/x",
]


@pytest.mark.parametrize("url", AMBIGUOUS)
def test_an_address_that_can_be_read_in_two_ways_is_not_asked_at_all(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert fault_of(url, GOOD) is FetchFault.NOT_HTTPS
    assert fault_of(url) is FetchFault.NOT_HTTPS


@pytest.mark.parametrize(
    "url",
    [
        *AMBIGUOUS,
        "https://evil.example#@good.example/x",
        "https://evil.example?.good.example/x",
        "https://evil.example/.good.example",
        "https://evil.example%2f.good.example/x",
        "https://evil.example%00.good.example/x",
        "https://evil.example;.good.example/x",
        "https://notgood.example/x",
        "https://good.example.evil.example/x",
        "https://evil.example\u3002good.example/x",
        "https://evil.example\uff0f.good.example/x",
        "https://[::ffff:8.8.8.8]/x",
    ],
)
def test_however_it_is_written_no_other_host_is_asked_than_those_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, *_args: object, **_more: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(NotFetched):
        fetch(url, GOOD)
    assert [host for host in asked if not host.endswith(".good.example")] == []


def test_a_slow_resolver_takes_no_longer_than_the_rest_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(public_addresses, "SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: answered.wait(60) and [])
    try:
        assert fault_of("https://slow.example/a.jpg") is FetchFault.TOO_SLOW
        assert not answered.is_set()
    finally:
        answered.set()
