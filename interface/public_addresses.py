"""Asking a web address that somebody typed, without becoming their way into this network.

The address is judged when the connection is made, by the very numbers it is made to: a name that
points elsewhere a moment later (DNS rebinding) gains nothing. Only https on port 443, no redirect,
some seconds, a megabyte (OWASP ASVS 5.0, 1.3.6 and 15.3.2). `ipaddress.is_global` does not do:
it lets 64:ff9b::7f00:1, 2002:7f00:1:: and 224.0.0.1 through on the Pythons we run on.

No Django in here.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

SECONDS = 5.0
POST_SECONDS = 10.0
MOST_BYTES = 1_000_000
# As much as tells what a file is.
HEAD_BYTES = 4096
# As much of an answer to a POST as tells a person what went wrong.
ANSWER_BYTES = 1000

# IANA IPv4 and IPv6 Special-Purpose Address Registries; multicast; what embeds other addresses.
_CLOSED_V4 = [
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
# Only 2000::/3 is given out to anybody at all.
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = [
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_NAT64 = IPv6Network("64:ff9b::/96")
# Of what no address has, programs disagree where a host's name begins and ends.
_NEVER_IN_AN_ADDRESS = re.compile(r"[\\\s\x00-\x20\x7f]")


class FetchFault(StrEnum):
    """Why nothing was fetched."""

    NOT_HTTPS = "not_https"
    HOST_NOT_ALLOWED = "host_not_allowed"
    NOT_PUBLIC = "not_public"
    UNKNOWN_NAME = "unknown_name"
    NO_CONNECTION = "no_connection"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow"
    REDIRECT = "redirect"
    STATUS = "status"


class NotFetched(Exception):
    """The address gave nothing to look at; `status` is its HTTP status where there was one."""

    def __init__(self, fault: FetchFault, status: int | None = None) -> None:
        super().__init__(fault.value, status)
        self.fault = fault
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stands at an address: its type as told, its size if known, and its first bytes."""

    content_type: str
    size: int | None
    head: bytes


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched beyond the public web, and how much less of it.

    `allows_loopback`: also plain http and any port, but only on this machine: for trials and tests.
    `hosts`: only these and what is below them; empty: any.
    """

    allows_loopback: bool = False
    hosts: tuple[str, ...] = ()

    def name(self, host: str) -> bool:
        """Whether the host with this name may be asked."""
        bare = host.rstrip(".").lower()
        return not self.hosts or any(
            bare == known or bare.endswith(f".{known}") for known in self.hosts
        )

    def permit(self, address: str) -> bool:
        """Whether a connection to this IP address may be made."""
        return is_public(address) or (self.allows_loopback and _is_loopback(address))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever way it is written."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(number, IPv4Address):
        return not any(number in network for network in _CLOSED_V4)
    return _is_public_v6(number)


def _is_public_v6(number: IPv6Address) -> bool:
    if number.ipv4_mapped is not None:
        return is_public(str(number.ipv4_mapped))
    if number in _NAT64:
        # How the IPv4 internet is reached from a network that has only IPv6.
        return is_public(str(IPv4Address(int(number) & 0xFFFFFFFF)))
    return number in _OPEN_V6 and not any(number in network for network in _CLOSED_V6)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Answered:
    """What an address answered to a POST: its status, and the beginning of what it said."""

    status: int
    head: bytes


def fetch(url: str, rules: FetchRules) -> Fetched:
    """Look at what stands at `url`. Raises NotFetched."""
    with _asked("GET", url, rules, SECONDS, headers=_OURS) as answer:
        return _read(answer)


def post(url: str, rules: FetchRules, body: bytes, headers: Mapping[str, str]) -> Answered:
    """Send `body` to `url`; whatever it answers, also a redirect, is only told.

    Raises NotFetched where no answer came.
    """
    sent = {**_OURS, **headers}
    with _asked("POST", url, rules, POST_SECONDS, headers=sent, data=body) as answer:
        try:
            head = answer.raw.read(ANSWER_BYTES)
        except (urllib3.exceptions.HTTPError, OSError):
            # The status is there, and says it all.
            head = b""
        return Answered(answer.status_code, head)


_OURS = {"User-Agent": "sociocs-campaigns", "Accept-Encoding": "identity", "Accept": "*/*"}


@contextlib.contextmanager
def _asked(
    method: str, url: str, rules: FetchRules, seconds: float, **request: Any
) -> Iterator[requests.Response]:
    check_url(url, rules)
    with requests.Session() as session, _Deadline(seconds) as deadline:
        # Neither the environment's proxies nor its .netrc.
        session.trust_env = False
        adapter = _Adapter(rules, deadline)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        asking: dict[str, Any] = {"stream": True, "allow_redirects": False, "timeout": seconds}
        try:
            with session.request(method, url, **asking, **request) as answer:
                yield answer
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            fault = FetchFault.TOO_SLOW if deadline.is_over else _fault_of(error)
            raise NotFetched(fault) from None


def check_url(url: str, rules: FetchRules) -> None:
    """Raise NotFetched where `url` is none that may be asked, whatever its name leads to."""
    if _NEVER_IN_AN_ADDRESS.search(url):
        raise NotFetched(FetchFault.NOT_HTTPS)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise NotFetched(FetchFault.NOT_HTTPS) from None
    is_open = parts.scheme == "https" and port in {None, 443}
    is_local = rules.allows_loopback and parts.scheme in {"http", "https"} and _is_local_name(host)
    if not host or not (is_open or is_local) or parts.username or parts.password:
        raise NotFetched(FetchFault.NOT_HTTPS)
    if not rules.name(host):
        raise NotFetched(FetchFault.HOST_NOT_ALLOWED)


def _is_local_name(host: str) -> bool:
    return host == "localhost" or _is_loopback(host)


def _read(answer: requests.Response) -> Fetched:
    status = answer.status_code
    if 300 <= status < 400:
        raise NotFetched(FetchFault.REDIRECT, status)
    if status != requests.codes.ok:
        raise NotFetched(FetchFault.STATUS, status)
    announced_length = answer.headers.get("Content-Length", "")
    size = (
        int(announced_length)
        if announced_length.isascii()
        and announced_length.isdecimal()
        and len(announced_length) < 16
        else None
    )
    head, read = b"", 0
    for chunk in answer.iter_content(HEAD_BYTES):
        head += chunk[: HEAD_BYTES - len(head)]
        read += len(chunk)
        if read >= MOST_BYTES or (size is not None and len(head) >= HEAD_BYTES):
            break
    else:
        # All of it came: that is its size, whatever was told.
        size = read
    return Fetched(answer.headers.get("Content-Type", "").partition(";")[0].strip(), size, head)


def _fault_of(error: BaseException) -> FetchFault:
    """What lies at the bottom of a chain of exceptions."""
    seen: BaseException | None = error
    for one in _causes(error):
        if isinstance(one, _Closed):
            return one.fault
        seen = one
    if isinstance(error, requests.exceptions.SSLError):
        return FetchFault.CERTIFICATE
    if isinstance(error, requests.Timeout) or isinstance(seen, TimeoutError):
        return FetchFault.TOO_SLOW
    return FetchFault.NO_CONNECTION


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting: list[Any] = [error]
    known: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in known:
            continue
        known.add(id(cause))
        yield cause
        waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]


class _Deadline:
    """Ends the connections made under it when the time is over, however slowly bytes drip."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        for connection in self._sockets:
            connection.close()

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._ends_at - time.monotonic())

    def watch(self, made: socket.socket) -> None:
        """End this connection too; TLS takes the socket itself over, hence a copy."""
        self._sockets.append(made.dup())
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


# --- Judged when the connection is made -----------------------------------------------------------


class _Closed(urllib3.exceptions.NewConnectionError):
    """No connection is made to this address."""

    def __init__(self, connection: HTTPConnection, fault: FetchFault) -> None:
        super().__init__(connection, fault.value)
        self.fault = fault


def _connect(connection: HTTPConnection, rules: FetchRules, deadline: _Deadline) -> socket.socket:
    """Judge the name, resolve it once, judge every address, and connect to one of just these."""
    # Whatever the address looked like: this is the host that would be asked.
    if not rules.name(connection.host):
        raise _Closed(connection, FetchFault.HOST_NOT_ALLOWED)
    addresses = _resolved(connection, deadline)
    # One that leads inside is enough to stay away: the name is not that of a public server.
    if not addresses or not all(rules.permit(address) for address in addresses):
        raise _Closed(connection, FetchFault.NOT_PUBLIC)
    failure: OSError | None = None
    for address in addresses[:2]:
        try:
            made = socket.create_connection((address, connection.port), timeout=SECONDS / 2)
        except OSError as error:
            failure = error
        else:
            deadline.watch(made)
            return made
    raise _Closed(
        connection,
        FetchFault.TOO_SLOW if isinstance(failure, TimeoutError) else FetchFault.NO_CONNECTION,
    )


def _resolved(connection: HTTPConnection, deadline: _Deadline) -> list[str]:
    """The addresses of a name; a resolver that takes longer than there is time is left alone."""
    answers: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            answers.put(None)
        else:
            answers.put([str(info[4][0]) for info in infos])

    threading.Thread(target=ask, daemon=True).start()
    try:
        addresses = answers.get(timeout=deadline.seconds_left)
    except queue.Empty:
        raise _Closed(connection, FetchFault.TOO_SLOW) from None
    if addresses is None:
        raise _Closed(connection, FetchFault.UNKNOWN_NAME)
    return addresses


def _connection_classes(
    rules: FetchRules, deadline: _Deadline
) -> Mapping[str, type[urllib3.HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, rules, deadline)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, rules, deadline)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Adapter(HTTPAdapter):
    """Sends through connections that judge the address they are made to."""

    def __init__(self, rules: FetchRules, deadline: _Deadline) -> None:
        self._classes = _connection_classes(rules, deadline)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._classes
