"""Calling the door as programs do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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
