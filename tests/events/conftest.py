"""A team with a receiver of events: a real web server on this machine that does as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from events import delivering, receivers
from events.kinds import CHOSEN_KINDS
from events.models import OutgoingEvent, Receiver
from teams.models import Team
from tests import world

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Call:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


def says(status: int, text: str = "", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


@dataclass
class Listener:
    """A web server: takes the next of `script` for each call, and says 200 without any."""

    script: list[Answer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        """An answer that never comes while the test lasts."""
        self.released.wait()

    @property
    def types(self) -> list[str]:
        return [call.json["type"] for call in self.calls]

    def start(self) -> ThreadingHTTPServer:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.calls.append(Call(self.path, headers, body))
                (listener.script.pop(0) if listener.script else says(200))(self)

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/hook?key=k"
        return server


Listen = Callable[[], Listener]


@pytest.fixture(autouse=True)
def to_this_machine(settings: Settings) -> None:
    settings.EVENTS_TO_LOOPBACK = True


@pytest.fixture
def listen() -> Iterator[Listen]:
    """`listen()` starts another web server."""
    started: list[tuple[Listener, ThreadingHTTPServer]] = []

    def start() -> Listener:
        listener = Listener()
        started.append((listener, listener.start()))
        return listener

    yield start
    for listener, server in started:
        listener.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def listener(listen: Listen) -> Listener:
    return listen()


@pytest.fixture
def team(db: None) -> Team:
    return world.a_team()


@pytest.fixture
def receiver(team: Team, listener: Listener) -> Receiver:
    return a_receiver(team, listener.url)


def a_receiver(team: Team, url: str, name: str = "Till", kinds: Any = CHOSEN_KINDS) -> Receiver:
    return receivers.make_receiver(team, world.owner_of(team), name, url, kinds)


def send(receiver: Receiver) -> Receiver:
    """Have everything sent that is due; returns the receiver as it is then."""
    delivering.send_in_order(receiver.pk)
    receiver.refresh_from_db()
    return receiver


def states(receiver: Receiver) -> list[str]:
    """The states of a receiver's events, in order."""
    events = OutgoingEvent.objects.filter(receiver=receiver).order_by("pk")
    return list(events.values_list("state", flat=True))
