"""Errors as RFC 9457 tells them: what was wrong, at which field, and what to do.

`code` is for programs, `detail` and each of `errors` are whole sentences for whoever wrote one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja import Schema

from campaigns.problems import Problem as DraftProblem

CONTENT_TYPE = "application/problem+json"


class FieldError(Schema):
    """What is wrong with one field; `field` is its path in the body, or a parameter."""

    field: str
    detail: str


class Problem(Schema):
    """Why a call was not carried out. Nothing was changed by it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = ""
    errors: list[FieldError] = []


class NotDone(Exception):
    """A call cannot be carried out: answered with `status`, and nothing is changed."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        code: str = "",
        errors: Iterable[tuple[str, str]] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.errors = [FieldError(field=field, detail=what) for field, what in errors]
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


def invalid(errors: Iterable[tuple[str, str]], detail: str = "") -> NotDone:
    """422 for fields that say something wrong."""
    told = list(errors)
    words = detail or " ".join(what for _field, what in told[:3])
    return NotDone(HTTPStatus.UNPROCESSABLE_ENTITY, words, "invalid", told)


def of_draft(problems: Iterable[DraftProblem]) -> list[tuple[str, str]]:
    """What keeps a draft from being sent, by the names of its fields here."""
    names = {"wall_time": "send_at"}
    return [(names.get(one.field, one.field), one.sentence) for one in problems]


def problem_answer(not_done: NotDone) -> HttpResponse:
    """The answer for a call that is not carried out."""
    return _answer(
        not_done.status, not_done.detail, not_done.code, not_done.errors, not_done.headers
    )


def machine_answer(status: int, title: str, sentence: str) -> HttpResponse:
    """What the middleware refuses, in the same form (`interface.machines`)."""
    del title  # That of a page.
    return _answer(HTTPStatus(status), sentence)


def _answer(
    status: HTTPStatus,
    detail: str,
    code: str = "",
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    said: dict[str, Any] = Problem(
        title=status.phrase, status=status.value, detail=detail, code=code, errors=list(errors)
    ).model_dump()
    return JsonResponse(said, status=status.value, content_type=CONTENT_TYPE, headers=headers)


# The errors that every address may answer with, for the schema.
EVERYWHERE: dict[int, Any] = dict.fromkeys(
    (400, 401, 403, 404, 405, 409, 411, 412, 413, 422, 428, 429, 500, 503), Problem
)
