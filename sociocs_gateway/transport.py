"""One HTTP request and what is known of it afterwards, down to the first byte.

Whether a failed request may be repeated hangs on one fact: had any of it left this machine?
``requests`` cannot tell, so the sockets used here note it themselves. They also hold the one
deadline of the whole call: the time-outs of ``requests`` only limit the wait for the next byte,
and a server that drips one byte a second keeps them waiting for ever.

What this module does differently from ``requests.get`` and why:

* No ``Session``. A session follows redirects (handing our ``apikey`` header to the other host),
  and even told not to it reads a redirect's body without any limit; it also takes proxies and
  passwords from the environment.
* A connection of its own for every request: no request dies on a stale one.
* The answer's body is never decompressed and never read beyond a limit.
* Nothing is raised. The result is an :class:`Answer` or a :class:`NoAnswer`, so that no chain of
  exceptions with URLs and headers in them can reach a log.
"""

from __future__ import annotations

import http.client
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Literal
from urllib.parse import urlsplit

import requests
import urllib3
import urllib3.exceptions

from sociocs_gateway.connection import CHUNK_BYTES, TooMuchToRead, Watch, WatchedAdapter
from sociocs_gateway.exceptions import Halt, Misconfigured, Reason

log = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Call:
    """One request to make.

    :param route: the path without its variable part, for logs.
    :param target: the variable part, ready for a URL: an id, a phone number, a query.
    :param before_send: called when the connection stands and nothing has left yet; may raise.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    route: str
    target: str = ""
    body: bytes | None = None
    before_send: Callable[[], None] | None = None

    @property
    def only_reads(self) -> bool:
        """Whether the call changes nothing, so that repeating it does no harm."""
        return self.method == "GET"

    @property
    def may_repeat(self) -> bool:
        """Whether repeating the call has no effect beyond that of the first (RFC 9110, 9.2.2).

        A PUT is left out: repeated late, a schedule that has become past means "at once".
        """
        return self.method in {"GET", "DELETE"}

    @property
    def names_an_object(self) -> bool:
        """Whether a 404 speaks of a single thing rather than of the whole endpoint."""
        return self.target.startswith("/")

    def __repr__(self) -> str:
        return f"Call({self.method} {self.route})"


@dataclass(frozen=True, repr=False)
class Answer:
    """The vendor answered: there is a status, whatever became of the body.

    :param trouble: why ``body`` is not all of it; ``None`` when it is.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    trouble: Reason | None = None

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class NoAnswer:
    """There is no status.

    :param bytes_left: whether any part of the request can have left this machine.
    :param stopped_by: what ``before_send`` raised.
    """

    reason: Reason
    bytes_left: bool
    halt: Halt | None = None
    detail: str = ""
    stopped_by: Exception | None = field(default=None, repr=False)


class Transport:
    """Makes requests to one server. Holds no connection and may be shared by threads.

    :param headers: go with every request; the API key is one of them.
    :raises Misconfigured: see :class:`sociocs_gateway.client.SociocsClient`.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        connect_timeout: float,
        max_body_bytes: int,
        proxies: Mapping[str, str] | None,
        ca_bundle: str | None,
    ) -> None:
        self._base_url = _checked_base_url(base_url)
        self._headers = headers
        self._connect_timeout = connect_timeout
        self._max_body_bytes = max_body_bytes
        self._proxies = dict(proxies or {})
        self._tls = None if self._base_url.startswith("http:") else _tls_context(ca_bundle)

    def exchange(self, call: Call, deadline: float) -> Answer | NoAnswer:
        """Make the request once.

        :param deadline: on the clock of ``time.monotonic``.
        """
        watch = Watch(deadline, call.before_send, self._max_body_bytes)
        started = time.monotonic()
        with _quiet_urllib3():
            try:
                result = self._send(call, watch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the byte count decides
                result = _explain(error, watch)
        log.debug(
            "%s %s: %s in %.3f s", call.method, call.route, result, time.monotonic() - started
        )
        return result

    def _send(self, call: Call, watch: Watch) -> Answer | NoAnswer:
        url = self._base_url + call.route + call.target
        headers = {**self._headers, "Accept": "application/json", "Accept-Encoding": "identity"}
        headers["Connection"] = "close"
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        request = requests.Request(call.method, url, headers=headers, data=call.body).prepare()
        connect_timeout = min(self._connect_timeout, watch.remaining())
        with closing(WatchedAdapter(watch, self._tls)) as adapter:
            response = adapter.send(
                request,
                stream=True,
                timeout=(connect_timeout, watch.remaining()),
                verify=True,
                proxies=self._proxies,
            )
            with closing(response):
                return self._read(response)

    def _read(self, response: requests.Response) -> Answer:
        """The body as it came, up to the limit. Once there is a status, nothing raises."""
        body = bytearray()
        trouble = None
        try:
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                body += chunk
                if len(body) > self._max_body_bytes:
                    trouble = Reason.ANSWER_TOO_LARGE
                    break
        except Exception as error:  # noqa: BLE001 - the status stands, whatever happened after it
            trouble = _body_trouble(error)
        return Answer(response.status_code, response.headers, bytes(body), trouble)


def _explain(error: Exception, watch: Watch) -> NoAnswer:
    causes = _causes(error)
    detail = type(causes[-1]).__name__
    if watch.bytes_left:
        return NoAnswer(_reason_after_first_byte(causes), bytes_left=True, detail=detail)
    if watch.stopped_by is not None:
        detail = type(watch.stopped_by).__name__
        return NoAnswer(
            Reason.START_FENCE, bytes_left=False, detail=detail, stopped_by=watch.stopped_by
        )
    reason = _reason_before_first_byte(causes)
    return NoAnswer(reason, bytes_left=False, halt=_HALTS.get(reason), detail=detail)


_HALTS = {Reason.TLS: Halt.TLS, Reason.SETTINGS: Halt.SETTINGS}


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all it is wrapped around, outermost first.

    ``requests`` and urllib3 wrap in three ways: as cause or context, as ``reason``, as argument.
    """
    errors: list[BaseException] = []
    to_see: list[object] = [error]
    while to_see:
        seen = to_see.pop(0)
        if not isinstance(seen, BaseException) or any(seen is known for known in errors):
            continue
        errors.append(seen)
        to_see += [seen.__cause__, seen.__context__, getattr(seen, "reason", None), *seen.args]
    return errors


def _reason_before_first_byte(causes: list[BaseException]) -> Reason:
    if _has(causes, urllib3.exceptions.ProxyError):
        return Reason.PROXY
    if _has(causes, socket.gaierror):
        return Reason.DNS
    # Before the time-outs, of which urllib3 makes it a subclass.
    if _has(causes, urllib3.exceptions.NewConnectionError):
        return Reason.CONNECT
    if _has(causes, TimeoutError, urllib3.exceptions.TimeoutError):
        return Reason.CONNECT_TIMEOUT
    # A connection that breaks during the handshake says nothing about certificates.
    if _has(causes, ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError):
        return Reason.CONNECT
    if _has(causes, ssl.SSLError, urllib3.exceptions.SSLError):
        return Reason.TLS
    if _is_about_the_network(causes):
        return Reason.CONNECT
    # Which is what requests and urllib3 make of URLs, hosts and headers they cannot use.
    if _has(causes, ValueError):
        return Reason.SETTINGS
    return Reason.INTERRUPTED


def _reason_after_first_byte(causes: list[BaseException]) -> Reason:
    if _has(causes, TooMuchToRead):
        return Reason.ANSWER_TOO_LARGE
    if _has(causes, TimeoutError, urllib3.exceptions.TimeoutError):
        return Reason.TIMEOUT
    if _is_about_the_network(causes):
        return Reason.CONNECTION_LOST
    if _has(causes, http.client.HTTPException):
        return Reason.UNREADABLE_ANSWER
    return Reason.INTERRUPTED


def _body_trouble(error: Exception) -> Reason:
    causes = _causes(error)
    if _has(causes, TooMuchToRead):
        return Reason.ANSWER_TOO_LARGE
    if _has(causes, TimeoutError, urllib3.exceptions.TimeoutError):
        return Reason.TIMEOUT
    return Reason.ANSWER_CUT_SHORT


def _has(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _is_about_the_network(causes: list[BaseException]) -> bool:
    # Everything of requests is an OSError, whatever happened.
    return any(
        isinstance(e, OSError) and not isinstance(e, requests.RequestException) for e in causes
    )


def _checked_base_url(url: str) -> str:
    if not url.isprintable() or " " in url:
        raise _unusable("the base URL has blanks or line ends in it")
    try:
        parts = urlsplit(url)
        requests.Request("GET", url).prepare()
    except ValueError:  # which all of requests' complaints about URLs are
        raise _unusable("the base URL cannot be read") from None
    if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
        raise _unusable("the base URL must start with https://")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _unusable("the base URL must start with https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise _unusable("the base URL must be only a host and perhaps a path")
    return parts.geturl().rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# Reading the authorities takes ten times as long as a whole request, and clients come and go.
@cache
def _tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    # PROTOCOL_TLS_CLIENT demands a certificate and checks its host name.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca_bundle or requests.utils.DEFAULT_CA_BUNDLE_PATH)
    except OSError:
        raise _unusable("the certificate authorities cannot be read") from None
    return context


def _unusable(detail: str) -> Misconfigured:
    return Misconfigured(Reason.SETTINGS, None, Halt.SETTINGS, detail)


# urllib3 logs paths, in which there may be phone numbers, and answers it cannot read, in which
# there may be anything. What is worth logging of our calls is logged above.
_under_way: ContextVar[bool] = ContextVar("sociocs_call_under_way", default=False)


@contextmanager
def _quiet_urllib3() -> Iterator[None]:
    token = _under_way.set(True)
    try:
        yield
    finally:
        _under_way.reset(token)


for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(lambda _record: not _under_way.get())
