"""The HTTP server: one thread per connection, on real sockets so that faults can be real."""

from __future__ import annotations

import logging
import re
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sociocs_sandbox import api, control, pages
from sociocs_sandbox.delivery import deliver, reset_connection
from sociocs_sandbox.exchange import MalformedBody, Request, Response, refusal
from sociocs_sandbox.fault_catalogue import Disturbance, ReadUntil
from sociocs_sandbox.faults import InvalidFault
from sociocs_sandbox.routing import RouteMatch
from sociocs_sandbox.sandbox import Sandbox
from sociocs_sandbox.webhook_call import is_this_machine

logger = logging.getLogger(__name__)

IDLE_SECONDS = 60
DISCARDED_BYTES = 200_000_000
UNDISTURBED = Disturbance()
_DIGITS = re.compile(r"\d{5,}")


class SandboxServer(ThreadingHTTPServer):
    """Listens, and gives every connection a thread with a ``SandboxHandler``."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__((sandbox.options.host, sandbox.options.port), SandboxHandler)

    @property
    def url(self) -> str:
        """Where it listens, with the port the system chose when it was asked for port 0."""
        return f"http://{self.server_name_in_url}:{self.server_port}"

    @property
    def server_name_in_url(self) -> str:
        """The host, in brackets where it is an IPv6 address."""
        host = self.sandbox.options.host
        return f"[{host}]" if ":" in host else host

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the standard library, which can take seconds."""
        if ":" in self.sandbox.options.host:
            self.address_family = socket.AF_INET6
            self.socket.close()
            self.socket = socket.socket(self.address_family, self.socket_type)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name = self.sandbox.options.host
        self.server_port = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - fixed by the base class
        """Callers that hang up are everyday life here; anything else is a mistake of ours."""
        error = sys.exception()
        if not isinstance(error, OSError):
            logger.error("A request could not be answered", exc_info=error)


class SandboxHandler(BaseHTTPRequestHandler):
    """One connection: reads requests, has them answered, puts the answers on the wire."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def serve(self) -> None:
        """Answer one request, whatever its method."""
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=dict(parse_qsl(query)),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        started = time.monotonic()
        own = control.ROUTES.find(self.command, path) or pages.ROUTES.find(self.command, path)
        status = self._serve_own(request, own) if own else self._serve_vendor(request)
        if logger.isEnabledFor(logging.INFO):
            spent = round((time.monotonic() - started) * 1000)
            # Paths may hold phone numbers, query strings keys: neither is logged.
            logger.info("%s %s %s %s ms", self.command, _DIGITS.sub("…", path), status, spent)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - fixed by the base class
        """Say nothing: the base class would log the whole request line, query string included."""

    def _serve_vendor(self, request: Request) -> object:
        sandbox = self.server.sandbox
        route = api.ROUTES.find(request.method, request.path)
        sandbox.requests.count(f"{request.method} {route.pattern if route else 'unknown'}")
        try:
            disturbance = sandbox.faults.disturbance(request.method, request.path, request.headers)
        except InvalidFault as error:
            self._read_body()
            return self._deliver(refusal(400, str(error)), UNDISTURBED)
        if disturbance.reading is not ReadUntil.ALL:
            if disturbance.reading is ReadUntil.HALF_OF_BODY:
                self.rfile.read(self._content_length() // 2)
            reset_connection(self.connection)
            self.close_connection = True
            return "reset"
        problem = self._read_into(request)
        if problem is not None:
            return self._deliver(problem, UNDISTURBED)
        answer = disturbance.replacement
        if disturbance.performs:
            true_answer = api.answer(sandbox, request, disturbance)
            answer = answer or true_answer
        answer = answer or Response(200)
        for alteration in disturbance.alterations:
            answer = alteration(answer)
        if disturbance.delay_seconds > 0:
            time.sleep(disturbance.delay_seconds)
        return self._deliver(answer, disturbance)

    def _serve_own(self, request: Request, route: RouteMatch[control.Handler]) -> object:
        """Control calls and pages: no key, no faults, but only for callers of this very site."""
        refused = self._refuse_strangers(request) or self._read_into(request)
        if refused is not None:
            return self._deliver(refused, UNDISTURBED)
        request.params = route.params
        try:
            answer = route.handler(self.server.sandbox, request)
        except MalformedBody:
            answer = refusal(400, "The body is not valid JSON")
        except InvalidFault as error:
            answer = refusal(400, str(error))
        return self._deliver(answer, UNDISTURBED)

    def _refuse_strangers(self, request: Request) -> Response | None:
        """Keep other sites in the browser from reading (DNS rebinding) or changing (CSRF)."""
        host = request.headers.get("host", "")
        allow_remote = self.server.sandbox.options.allow_remote
        if not allow_remote and not _is_local_name(_host_name(host)):
            return refusal(403, "The sandbox answers under this machine's own names only")
        origin = request.headers.get("origin")
        if request.method != "GET" and origin and origin.partition("://")[2] != host:
            return refusal(403, "Another site may not change the sandbox")
        return None

    def _read_into(self, request: Request) -> Response | None:
        """Read the body; gives the answer instead where that cannot be done."""
        if "chunked" in request.headers.get("transfer-encoding", "").lower():
            self.close_connection = True
            return refusal(400, "A Content-Length is required")
        if self._content_length() > self.server.sandbox.options.max_body_bytes:
            self.close_connection = True
            self._discard_body()
            return refusal(413, "The body is too large")
        request.body = self._read_body()
        if len(request.body) < self._content_length():
            self.close_connection = True
            return refusal(400, "The body is incomplete")
        return None

    def _content_length(self) -> int:
        length = self.headers.get("Content-Length", "")
        return int(length) if length.isascii() and length.isdecimal() else 0

    def _read_body(self) -> bytes:
        return self.rfile.read(self._content_length())

    def _discard_body(self) -> None:
        """Read on for a while: a caller that is still sending would see a reset, not the answer."""
        left = min(self._content_length(), DISCARDED_BYTES)
        while left > 0 and (read := len(self.rfile.read(min(left, 65_536)))):
            left -= read

    def _deliver(self, answer: Response, disturbance: Disturbance) -> int:
        if self.command == "HEAD":
            answer.body = b""
        is_reusable = deliver(self.connection, answer, disturbance, closes=self.close_connection)
        self.close_connection = not is_reusable
        return answer.status


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_local_name(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost") or is_this_machine(name)
