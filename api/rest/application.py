"""The REST API as a whole: its addresses, its errors, and the schema that tells of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from api.idempotency import KeyOfAnotherCall
from api.rest import (
    campaign_acts,
    campaigns,
    filters,
    imports,
    lists,
    looking,
    matching,
    opt_outs,
)
from api.rest.access import Token
from api.rest.problems import CONTENT_TYPE, NotDone, invalid, problem_answer
from api.rest.repeats import HEADER
from api.tokens import Refused, TooMuch, UnknownToken
from interface.body_limits import takes_file
from interface.children import NoPlaceLeft
from interface.errors import RETRY_SECONDS
from sending.control import NotPossible

# Where it is found.
ROOT = "/api/v1"
DESCRIPTION = """\
Send `Authorization: Bearer` and the key of a token. Changes want the `ETag` of what they
change as `If-Match`. With an `Idempotency-Key`, a POST that is repeated within 30 days is answered
as the first was. Errors are `application/problem+json` (RFC 9457). Moments have a zone.
"""


class _Parser(Parser):
    """Reads a body; of a field that stands there twice, nobody knows which one is meant."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body's JSON. Raises ValueError."""
        body: dict[str, Any] = json.loads(request.body, object_pairs_hook=_each_once)
        return body


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a field stands there twice")
    return said


# Where something is done with a campaign as a whole.
_IS_ACT = re.compile(rf"{ROOT}/campaigns/{{campaign_id}}/[a-z-]+").fullmatch


class Api(NinjaAPI):
    """Ninja's API, whose schema also tells what ninja does not know of."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        """The function's own name: what a generated client calls it."""
        name: str = operation.view_func.__name__
        return name

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The schema, with the form of errors and the headers that are asked for."""
        schema = super().get_openapi_schema(**kwargs)
        for path, method, operation in _operations(schema):
            for status, answer in operation["responses"].items():
                if status >= 400 and "content" in answer:
                    answer["content"] = {CONTENT_TYPE: next(iter(answer["content"].values()))}
            if method == "post":
                told = "The same key within 30 days: the answer of the first call."
                operation["parameters"].append(_header(HEADER, told))
            if method in {"patch", "delete"} or (method == "post" and _IS_ACT(path)):
                needed = " A change wants it." if method == "patch" else ""
                told = f"The ETag of what was seen, or *.{needed}"
                operation["parameters"].append(_header(matching.HEADER, told))
        return schema


def _operations(schema: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": False,
        "description": description,
        "schema": {"type": "string", "maxLength": 255},
    }


api = Api(
    title="Sociocs Campaigns",
    version="1",
    description=DESCRIPTION,
    urls_namespace="rest",
    openapi_url="/openapi.json",
    docs_url=None,
    parser=_Parser(),
)
for part in (campaigns, campaign_acts, lists, filters, opt_outs, imports, looking):
    api.add_router("", part.router)


# --- Errors ---------------------------------------------------------------------------------------


def _answers(*kinds: type[Exception]) -> Callable[[Callable[[Any], NotDone]], None]:
    """Have exceptions of these kinds answered with what the decorated function makes of them."""

    def register(make: Callable[[Any], NotDone]) -> None:
        def answer(_request: HttpRequest, failure: Any) -> HttpResponse:
            response = problem_answer(make(failure))
            if response.status_code == HTTPStatus.UNAUTHORIZED:
                response["WWW-Authenticate"] = "Bearer"
            return response

        for kind in kinds:
            api.add_exception_handler(kind, answer)

    return register


@_answers(NotDone)
def _not_done(failure: NotDone) -> NotDone:
    return failure


@_answers(Refused)
def _refused(refused: Refused) -> NotDone:
    if isinstance(refused, TooMuch):
        return NotDone(
            HTTPStatus.TOO_MANY_REQUESTS,
            str(refused),
            "too_much",
            retry_after=refused.retry_after,
        )
    if isinstance(refused, UnknownToken):
        return NotDone(HTTPStatus.UNAUTHORIZED, str(refused), "unknown_token")
    return NotDone(HTTPStatus.FORBIDDEN, str(refused), "may_not")


@_answers(NotPossible)
def _not_possible(failure: NotPossible) -> NotDone:
    return NotDone(HTTPStatus.CONFLICT, failure.sentence, "not_possible")


@_answers(KeyOfAnotherCall)
def _key_of_another_call(_failure: KeyOfAnotherCall) -> NotDone:
    return invalid([(HEADER, "This key came with another call before. Send a new one.")])


@_answers(NoPlaceLeft)
def _no_place_left(_failure: NoPlaceLeft) -> NotDone:
    sentence = "Other files are being opened first. Send it again in half a minute."
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return NotDone(status, sentence, "busy", retry_after=RETRY_SECONDS)


@_answers(Http404)
def _not_found(_failure: Http404) -> NotDone:
    return NotDone(HTTPStatus.NOT_FOUND, "There is nothing here that this token may see.")


@_answers(PermissionDenied)
def _forbidden(failure: PermissionDenied) -> NotDone:
    return NotDone(HTTPStatus.FORBIDDEN, str(failure), "may_not")


@_answers(AuthenticationError)
def _without_key(_failure: AuthenticationError) -> NotDone:
    sentence = "Send the key of a token as “Authorization: Bearer”."
    return NotDone(HTTPStatus.UNAUTHORIZED, sentence, "unknown_token")


@_answers(HttpError)
def _other(failure: HttpError) -> NotDone:
    told = "The body is no JSON that can be read, or has a field twice."
    sentences = {HTTPStatus.BAD_REQUEST: told}
    status = HTTPStatus(failure.status_code)
    return NotDone(status, sentences.get(status, status.description))


@_answers(ValidationError)
def _invalid(failure: ValidationError) -> NotDone:
    return invalid(
        (
            ".".join(str(part) for part in _place(error["loc"])),
            _SAID.get(error["type"], str(error["msg"]).removeprefix("Value error, ")),
        )
        for error in failure.errors
    )


_SAID = {"extra_forbidden": "There is no such field here."}


def _place(loc: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where it is, without what only this program calls so: `body`, and its parameter's name."""
    return loc[2:] or ("",) if loc[0] == "body" else loc[1:]


@api.exception_handler(Exception)
def _broken(_request: HttpRequest, failure: Exception) -> HttpResponse:
    # Django tells of it, and answers through `interface.errors`.
    raise failure


# --- Addresses ------------------------------------------------------------------------------------

_FILES: dict[str, Callable[[], int]] = {
    "upload_list": lambda: settings.UPLOAD_MAX_MB,
    "upload_into_list": lambda: settings.UPLOAD_MAX_MB,
    "upload_media": lambda: settings.MEDIA_MAX_MB,
}


def _prepared(patterns: list[Any]) -> list[Any]:
    """Let nobody sign in here, and files be as large as on the pages."""
    for pattern in patterns:
        login_not_required(pattern.callback)
        if pattern.name in _FILES:
            takes_file(_FILES[pattern.name])(pattern.callback)
    return patterns


_patterns, _app_name, _namespace = api.urls
addresses = (_prepared(_patterns), _app_name, _namespace)


def scopes_by_operation() -> dict[str, str]:
    """The scope that each address wants, by the id of its operation."""
    return {
        api.get_openapi_operation_id(operation): callback.scope.value
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
        for callback in operation.auth_callbacks
        if isinstance(callback, Token)
    }
