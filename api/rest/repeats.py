"""The same call twice: with one `Idempotency-Key`, the second is answered as the first was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from api.idempotency import LONGEST_KEY, RepeatableCall, answer_once, call_sha256
from api.rest.problems import invalid, problem_answer

HEADER = "Idempotency-Key"
_KEPT_HEADERS = ("ETag", "Location")
Run = Callable[..., HttpResponseBase]


class _NotMade(Exception):
    """It was refused: nothing of it stays, and the key is free again."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__(response.status_code)
        self.response = response


def once(run: Run) -> Run:
    """Decorate an operation (`decorate_view`) that must not be done twice by a repeated call."""

    def answered(request: HttpRequest, **values: Any) -> HttpResponseBase:
        key = request.headers.get(HEADER, "").strip()
        if not key:
            return run(request, **values)
        if len(key) > LONGEST_KEY:
            told = f"Use {LONGEST_KEY} characters at most."
            return problem_answer(invalid([(HEADER, told)]))
        # Who calls is asked before the key is looked at: a key is one token's own.
        operation: Any = getattr(run, "__self__", None)
        if (refused := operation._run_checks(request)) is not None:
            checked: HttpResponseBase = refused
            return checked
        caller = request.caller  # type: ignore[attr-defined]
        digest = hashlib.sha256(request.body).hexdigest()
        path = request.get_full_path()
        call = RepeatableCall(caller.token, key, call_sha256(str(request.method), path, digest))
        try:
            answer, _is_first = answer_once(call, lambda: _kept(run(request, **values)))
        except _NotMade as not_made:
            return not_made.response
        except Exception as failure:  # noqa: BLE001 - told as every other is, or raised again
            told_of: HttpResponseBase = operation.api.on_exception(request, failure)
            return told_of
        return JsonResponse(
            answer["body"], status=answer["status"], headers=answer["headers"], safe=False
        )

    # Whoever decorates it once more finds the operation all the same.
    answered.__self__ = getattr(run, "__self__", None)  # type: ignore[attr-defined]
    return answered


def _kept(response: HttpResponseBase) -> dict[str, Any]:
    if response.status_code >= 400 or not isinstance(response, HttpResponse):
        raise _NotMade(response)
    return {
        "status": response.status_code,
        "body": json.loads(response.content) if response.content else None,
        "headers": {name: response[name] for name in _KEPT_HEADERS if name in response},
    }
