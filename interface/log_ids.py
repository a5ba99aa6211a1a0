"""The ids that each log line of one piece of work bears: of its first request, and of the task.

A web process takes a request's id from its proxy or makes one, and gives it back with the answer.
Where nobody asked, as when a worker looks for what is due, each look has an id of its own instead.
The messages to the workers carry it on, and threads take it along (`carried`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple, ParamSpec, TypeVar

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"

_HEADER_OF_MESSAGE = "request_id"
# A UUID, with or without its hyphens, as proxies make them: nobody's number, name or key.
_PLAIN = re.compile(r"[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}", re.IGNORECASE)

P = ParamSpec("P")
T = TypeVar("T")


class Ids(NamedTuple):
    """Each "" where there is none."""

    request_id: str = ""
    task_id: str = ""


_NONE = Ids()
_ids: ContextVar[Ids] = ContextVar("log_ids", default=_NONE)


def current() -> Ids:
    """The ids of what this thread does."""
    return _ids.get()


def bear(ids: Ids) -> None:
    """Have this thread's log lines bear these ids, until it is told others."""
    _ids.set(ids)


def carried(work: Callable[P, T]) -> Callable[P, T]:
    """The same function, which takes the ids of now along into whatever thread does it."""
    ids = _ids.get()

    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        bear(ids)
        return work(*args, **kwargs)

    return done


def begin_request(told: str) -> str:
    """Have this thread bear a request's id: that of the proxy, or one of its own.

    Returns it. `told` is the header, which is believed where there is a proxy to set it; "" where
    this process begins by itself.
    """
    is_believed = settings.TRUSTED_PROXIES > 0 and _PLAIN.fullmatch(told)
    request_id = told if is_believed else str(uuid.uuid4())
    bear(Ids(request_id))
    return request_id


def end_work(**_of_the_signal: object) -> None:
    """Have this thread bear no ids any more."""
    bear(_NONE)


def give_ids(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give each request an id, which its answer has too; stands before all others.

    It is borne until all of the answer is sent: Django logs what it refuses after its middleware.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        request_id = begin_request(request.headers.get(HEADER, ""))
        response = get_response(request)
        response.headers[HEADER] = request_id
        return response

    return respond


@before_task_publish.connect
def _put_into_the_message(headers: dict[str, Any], **_of_the_signal: object) -> None:
    if request_id := current().request_id:
        headers[_HEADER_OF_MESSAGE] = request_id


@task_prerun.connect
def _begin_task(task_id: str, task: Task[..., Any], **_of_the_signal: object) -> None:
    told = str(task.request.get(_HEADER_OF_MESSAGE) or "")
    bear(Ids(told if _PLAIN.fullmatch(told) else "", task_id))


task_postrun.connect(end_work)
request_finished.connect(end_work)
