"""Calling the door as programs do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.models import Scope
from api.tokens import Made, make_token
from teams.models import Team, User
from tests import world
from tests.client import Client

ANN, BOB = "+12025550101", "12025550102"
PEOPLE = [{"to": ANN, "name": "Ann"}, {"to": BOB, "name": "Bob"}]


@dataclass
class Program:
    """A till that has a token of the team and speaks as it would to Sociocs."""

    made: Made
    client: Client = field(default_factory=Client)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        data = body if isinstance(body, str | bytes) else b""
        if body is not None and not isinstance(body, str | bytes):
            data = json.dumps(body)
        given = {"apikey": self.made.key} | headers
        return self.client.generic(
            method,
            f"/sociocs{path}",
            data,
            content_type,
            headers={name: value for name, value in given.items() if value},
        )

    def data(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """What is in the envelope of a success."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == 200, answer.content
        envelope = answer.json()
        assert envelope["status"] == "success"
        return envelope.get("data")

    def errors(
        self, method: str, path: str, body: object = None, status: int = 400, **headers: str
    ) -> list[str]:
        """The sentences of a refusal."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == status, answer.content
        assert answer["X-Sociocs-Door"] == "1"
        envelope = answer.json()
        assert set(envelope) == {"status", "errors"}
        assert envelope["status"] == "error"
        return [error["msg"] for error in envelope["errors"]]


def a_program(team: Team, by: User | None = None, **options: Any) -> Program:
    """A till with a token that may speak as Sociocs does."""
    values: dict[str, Any] = {"name": "Till", "scopes": [Scope.DOOR]} | options
    return Program(make_token(team, by or world.owner_of(team), **values))


def many_recipients(fields: dict[str, Any], number: int) -> Iterator[bytes]:
    """The body of a call to so many people, in pieces."""
    yield json.dumps(fields).encode()[:-1] + b', "recipients": ['
    for start in range(0, number, 1000):
        rows = (
            f'{{"to": "+1202{5550000 + place}", "name": "Person {place}"}}'
            for place in range(start, min(start + 1000, number))
        )
        yield (", " if start else "").encode() + ", ".join(rows).encode()
    yield b"]}"


def peak_rss_mb(process_id: int) -> float:
    """The most memory that one of the processes which this one started ever had (Linux)."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    peaks = []
    for child in children:
        status = Path(f"/proc/{child}/status").read_text()
        peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        assert peak is not None
        peaks.append(int(peak[1]) / 1024)
    return max(peaks)
