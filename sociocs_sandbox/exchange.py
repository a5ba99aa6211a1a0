"""What a handler gets and gives: a request that was read, an answer still to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass
class Response:
    """An HTTP answer before it is put on the wire. ``headers`` come on top of the usual ones."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Request:
    """One request, body included. ``params`` holds the route's placeholders, e.g. ``job_id``."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    params: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON; raises ``MalformedBody`` when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise MalformedBody(f"The body is not valid JSON: {where}") from error


class MalformedBody(ValueError):
    """The body is not JSON: the vendor answers 400, with where it stops being it."""


def json_answer(value: object, status: int = 200) -> Response:
    """``value`` as a JSON answer without the envelope."""
    return Response(status, orjson.dumps(value))


def success(data: object) -> Response:
    """The vendor's envelope around ``data``."""
    return json_answer({"status": "success", "data": data})


def refusal(status: int, *messages: str) -> Response:
    """The vendor's error envelope: one ``{"msg": …}`` per message."""
    errors = [{"msg": message} for message in messages]
    return json_answer({"status": "error", "errors": errors}, status)
