"""A program that speaks the REST API, as a test drives it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.test import Client

from api.rest.application import api

ROOT = "/api/v1"


@cache
def schema_told() -> Any:
    """The schema as a program reads it; making it takes a second."""
    return json.loads(json.dumps(api.get_openapi_schema()))


@dataclass(frozen=True)
class Program:
    """Calls with one key; every answer that is none is a problem of RFC 9457."""

    key: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call an address below /api/v1 and return Django's answer."""
        content = "" if body is None else json.dumps(body)
        answer: Any = Client().generic(
            method, ROOT + path, content, "application/json", headers=self._headers(headers)
        )
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json", answer.content
            assert answer.json()["status"] == answer.status_code
        return answer

    def get(self, path: str, **headers: str) -> Any:
        """The JSON of an answer that has to be right."""
        answer = self.call("GET", path, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The same of a POST."""
        answer = self.call("POST", path, body, **headers)
        assert answer.status_code < 300, answer.content
        return answer.json()

    def upload(self, path: str, file: Any, **headers: str) -> Any:
        """Send a file in a form."""
        sent = self._headers(headers)
        return Client().post(ROOT + path, {"file": file}, headers=sent)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"authorization": f"Bearer {self.key}"} | named
