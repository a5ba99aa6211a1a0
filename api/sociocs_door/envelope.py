"""The vendor's envelope: `status`, and `data` or a list of errors; every answer bears our mark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.http import HttpResponse

from sociocs_gateway.answers import DOOR_HEADER

# Codes that the vendor does not know, as those that it does.
_CODES = {403: 401, 405: 404, 411: 400, 413: 413}


def success(data: Any = None) -> HttpResponse:
    """200, with `data` unless there is none to give."""
    envelope = {"status": "success"} if data is None else {"status": "success", "data": data}
    return bare(envelope)


def bare(content: Any, status: int = 200) -> HttpResponse:
    """An answer of just this."""
    answer = HttpResponse(
        orjson.dumps(content), status=status, content_type="application/json; charset=utf-8"
    )
    # By it a dashboard knows that it called another one, or itself, instead of Sociocs.
    answer.headers[DOOR_HEADER] = "1"
    return answer


def refusal(status: int, sentences: Iterable[str], retry_after: int | None = None) -> HttpResponse:
    """An error, with a sentence for each thing that is wrong."""
    errors = [{"msg": str(sentence)} for sentence in sentences]
    answer = bare({"status": "error", "errors": errors}, status)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def answers(status: int, title: str, sentence: str) -> HttpResponse:
    """What went wrong before a view was reached, or in none of them."""
    retry_after = 30 if status == 503 else None
    return refusal(_CODES.get(status, status), [sentence or title], retry_after)
