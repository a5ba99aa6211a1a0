"""Every fault the sandbox can play, and what it changes about the request it hits."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from http import HTTPStatus

import orjson

from sociocs_sandbox.exchange import HTML_TYPE, Response, json_answer, refusal, success

Parameters = dict[str, float | str | bool]
Parameter = float | str


class ReadUntil(Enum):
    """How much of the request is read before the connection is reset."""

    ALL = auto()
    HEAD_ONLY = auto()
    HALF_OF_BODY = auto()


class Delivery(Enum):
    """How the answer leaves, if it does."""

    WHOLE = auto()
    CLOSED = auto()
    RESET = auto()
    SILENCE = auto()
    HALF = auto()
    DRIP = auto()
    BROKEN_CHUNKS = auto()


@dataclass
class Disturbance:
    """What happens to one request. As made, nothing does.

    ``performs`` says whether the call takes effect (a job is made, deleted, …); ``replacement``
    stands in for the true answer, which is else passed through ``alterations``.
    """

    reading: ReadUntil = ReadUntil.ALL
    performs: bool = True
    delay_seconds: float = 0.0
    replacement: Response | None = None
    alterations: list[Callable[[Response], Response]] = field(default_factory=list)
    delivery: Delivery = Delivery.WHOLE
    silence_seconds: float = 0.0
    bytes_per_second: float = 0.0
    clock_skew_seconds: float = 0.0
    landing_delay_seconds: float = 0.0
    stale_seconds: float = 0.0
    repeats_job_id: bool = False
    blocks_later_jobs_only: bool = False


@dataclass(frozen=True)
class FaultKind:
    """One fault: what it does in words and in code, and its parameters with their defaults."""

    name: str
    title: str
    disturb: Callable[[Disturbance, Parameters], None]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def fault_kind(name: str) -> FaultKind | None:
    """The fault of this name: one of the catalogue, or any status from 300 to 599."""
    known = CATALOGUE.get(name)
    if known is None and len(name) == 3 and name.isascii() and name.isdecimal():
        return _status_fault(int(name)) if 300 <= int(name) <= 599 else None
    return known


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unofficial status"


def _status_fault(status: int) -> FaultKind:
    title = _reason(status)
    if status in {301, 302, 303, 307, 308}:
        where = {"location": "/sandbox/elsewhere"}
        return FaultKind(str(status), title, partial(_redirect, status), where)
    if status in {429, 503}:
        title += ", with a Retry-After if you like"
        return FaultKind(str(status), title, partial(_throttle, status), {"retry_after": ""})
    return FaultKind(str(status), title, partial(_answer_status, status))


def _answer_status(status: int, disturbance: Disturbance, _: Parameters) -> None:
    disturbance.performs = False
    disturbance.replacement = refusal(status, f"{_reason(status)} (asked for by a sandbox fault)")


def _throttle(status: int, disturbance: Disturbance, parameters: Parameters) -> None:
    _answer_status(status, disturbance, parameters)
    assert disturbance.replacement is not None
    if parameters.get("retry_after"):
        disturbance.replacement.headers.append(("Retry-After", str(parameters["retry_after"])))


def _redirect(status: int, disturbance: Disturbance, parameters: Parameters) -> None:
    _answer_status(status, disturbance, parameters)
    assert disturbance.replacement is not None
    location = str(parameters.get("location", "/sandbox/elsewhere"))
    disturbance.replacement.headers.append(("Location", location))


def _replaced(answer: Callable[[Parameters], Response], *, performs: bool) -> _Disturb:
    def disturb(disturbance: Disturbance, parameters: Parameters) -> None:
        disturbance.performs = performs
        disturbance.replacement = answer(parameters)

    return disturb


def _delivered(delivery: Delivery, *, performs: bool) -> _Disturb:
    def disturb(disturbance: Disturbance, _: Parameters) -> None:
        disturbance.performs = performs
        disturbance.delivery = delivery

    return disturb


def _read(reading: ReadUntil) -> _Disturb:
    def disturb(disturbance: Disturbance, _: Parameters) -> None:
        disturbance.performs = False
        disturbance.reading = reading

    return disturb


def _altered(alteration: Callable[[Response], Response]) -> _Disturb:
    def disturb(disturbance: Disturbance, _: Parameters) -> None:
        disturbance.alterations.append(alteration)

    return disturb


def _set(attribute: str, parameter: str, default: float) -> _Disturb:
    def disturb(disturbance: Disturbance, parameters: Parameters) -> None:
        setattr(disturbance, attribute, float(parameters.get(parameter, default)))

    return disturb


def _both(first: _Disturb, second: _Disturb) -> _Disturb:
    def disturb(disturbance: Disturbance, parameters: Parameters) -> None:
        first(disturbance, parameters)
        second(disturbance, parameters)

    return disturb


def _repeat_job_id(disturbance: Disturbance, _: Parameters) -> None:
    disturbance.repeats_job_id = True


def _block_later_jobs_only(disturbance: Disturbance, _: Parameters) -> None:
    disturbance.blocks_later_jobs_only = True


def _bad_gateway(_: Parameters) -> Response:
    return Response(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", HTML_TYPE)


def _html_page(_: Response) -> Response:
    return Response(200, b"<!doctype html><title>Sociocs</title><h1>Maintenance</h1>", HTML_TYPE)


def _error_with_200(_: Parameters) -> Response:
    return json_answer({"status": "error", "errors": [{"msg": "The request was refused"}]})


def _huge_body(parameters: Parameters) -> Response:
    size = int(parameters.get("bytes", HUGE_BODY_BYTES))
    return Response(200, b'{"status":"success","data":{"padding":"' + b"x" * size + b'"}}')


def _own_body(parameters: Parameters) -> Response:
    return Response(200, str(parameters.get("body", "")).encode())


def _gzip_bomb(parameters: Parameters) -> Response:
    """Blanks, packed piece by piece so that the sandbox itself never holds them all."""
    packer = zlib.compressobj(1, wbits=31)
    piece = b" " * 1_000_000
    pieces = int(parameters.get("bytes", GZIP_BOMB_BYTES)) // len(piece)
    packed = b"".join(packer.compress(piece) for _ in range(pieces)) + packer.flush()
    return Response(200, packed, headers=[("Content-Encoding", "gzip")])


def _invalid_json(answer: Response) -> Response:
    return Response(answer.status, answer.body[:-1] + b",}", answer.content_type, answer.headers)


def _without_job_id(_: Response) -> Response:
    return success({})


def _deep_json(_: Response) -> Response:
    return Response(200, b"[" * 50_000 + b"]" * 50_000)


def _many_headers(disturbance: Disturbance, parameters: Parameters) -> None:
    count = int(parameters.get("headers", MANY_HEADERS))
    extra = [(f"X-Padding-{number}", "x") for number in range(count)]

    def alteration(answer: Response) -> Response:
        return Response(answer.status, answer.body, answer.content_type, answer.headers + extra)

    disturbance.alterations.append(alteration)


def _empty_list(_: Response) -> Response:
    return success([])


def _without(field_name: str) -> Callable[[Response], Response]:
    """Takes one field out of every row of a list."""

    def alteration(answer: Response) -> Response:
        envelope = orjson.loads(answer.body)
        data = envelope.get("data") if isinstance(envelope, dict) else None
        for row in data if isinstance(data, list) else []:
            row.pop(field_name, None)
        return Response(answer.status, orjson.dumps(envelope), answer.content_type, answer.headers)

    return alteration


_Disturb = Callable[[Disturbance, Parameters], None]
HUGE_BODY_BYTES = 50_000_000.0
GZIP_BOMB_BYTES = 50_000_000.0
MANY_HEADERS = 400.0

GROUPS: tuple[tuple[str, tuple[FaultKind, ...]], ...] = (
    (
        "Refused",
        (
            *(_status_fault(status) for status in (400, 401, 403, 404, 405, 408, 413, 415, 422)),
            _status_fault(429),
            FaultKind(
                "200_error",
                "200 whose envelope says error; nothing happens",
                _replaced(_error_with_200, performs=False),
            ),
        ),
    ),
    ("Their side fails", tuple(_status_fault(status) for status in range(500, 512))),
    ("Redirects", tuple(_status_fault(status) for status in (301, 302, 303, 307, 308))),
    (
        "No answer",
        (
            FaultKind(
                "reset_before_reading",
                "Connection reset before the body is read",
                _read(ReadUntil.HEAD_ONLY),
            ),
            FaultKind(
                "reset_after_part",
                "Connection reset after half of the body",
                _read(ReadUntil.HALF_OF_BODY),
            ),
            FaultKind(
                "reset_after_reading",
                "Connection reset after reading; nothing happens",
                _delivered(Delivery.RESET, performs=False),
            ),
            FaultKind(
                "reset_after_job_made",
                "Connection reset after the job was made",
                _delivered(Delivery.RESET, performs=True),
            ),
            FaultKind(
                "closed_no_answer",
                "Connection closed without an answer; nothing happens",
                _delivered(Delivery.CLOSED, performs=False),
            ),
            FaultKind(
                "job_made_no_answer",
                "The job is made, then the connection is closed",
                _delivered(Delivery.CLOSED, performs=True),
            ),
            FaultKind(
                "job_made_then_502",
                "The job is made, but a proxy answers 502",
                _replaced(_bad_gateway, performs=True),
            ),
            FaultKind(
                "late_landing",
                "Connection closed; the job lands some seconds later",
                _both(
                    _delivered(Delivery.CLOSED, performs=True),
                    _set("landing_delay_seconds", "seconds", 30.0),
                ),
                {"seconds": 30.0},
            ),
            FaultKind(
                "silence",
                "Nothing is ever answered; nothing happens",
                _both(
                    _delivered(Delivery.SILENCE, performs=False),
                    _set("silence_seconds", "seconds", 300.0),
                ),
                {"seconds": 300.0},
            ),
        ),
    ),
    (
        "Broken answers",
        (
            FaultKind(
                "half_body",
                "Only half of the true answer arrives",
                _delivered(Delivery.HALF, performs=True),
            ),
            FaultKind(
                "slow_drip",
                "The true answer, a few bytes a second",
                _both(
                    _delivered(Delivery.DRIP, performs=True),
                    _set("bytes_per_second", "bytes", 1.0),
                ),
                {"bytes": 1.0},
            ),
            FaultKind(
                "broken_chunks",
                "The true answer in chunks that break off",
                _delivered(Delivery.BROKEN_CHUNKS, performs=True),
            ),
            FaultKind("invalid_json", "The true answer as broken JSON", _altered(_invalid_json)),
            FaultKind("deep_json", "200 with JSON nested 50,000 deep", _altered(_deep_json)),
            FaultKind("html_page", "200 with an HTML page", _altered(_html_page)),
            FaultKind(
                "own_body",
                "200 with a body you name; the job is made",
                _replaced(_own_body, performs=True),
                {"body": ""},
            ),
            FaultKind(
                "many_headers",
                "The true answer under hundreds of headers",
                _many_headers,
                {"headers": MANY_HEADERS},
            ),
            FaultKind(
                "huge_body",
                "200 with a body of 50 MB",
                _replaced(_huge_body, performs=True),
                {"bytes": HUGE_BODY_BYTES},
            ),
            FaultKind(
                "gzip_bomb",
                "200 with a small body that unpacks to 50 MB",
                _replaced(_gzip_bomb, performs=True),
                {"bytes": GZIP_BOMB_BYTES},
            ),
            FaultKind("no_job_id", "200 and success, but no job id", _altered(_without_job_id)),
            FaultKind("duplicate_job_id", "200 with the id of an earlier job", _repeat_job_id),
        ),
    ),
    (
        "The list",
        (
            FaultKind(
                "list_without_schedule",
                "Listed jobs lack the schedule",
                _altered(_without("schedule")),
            ),
            FaultKind(
                "list_without_number",
                "Listed messages lack whom they go to",
                _altered(_without("to")),
            ),
            FaultKind(
                "list_stale",
                "The list as it was some seconds ago",
                _set("stale_seconds", "seconds", 300.0),
                {"seconds": 300.0},
            ),
            FaultKind("list_empty", "The list shows no job", _altered(_empty_list)),
            FaultKind("list_html", "The list is an HTML page", _altered(_html_page)),
        ),
    ),
    (
        "Blocks",
        (
            # Not known of the vendor: its documentation is silent.
            FaultKind(
                "block_later_jobs_only",
                "A block counts for later jobs only, not for those that wait",
                _block_later_jobs_only,
            ),
        ),
    ),
    (
        "Time",
        (
            FaultKind(
                "delay",
                "The true answer, some seconds late",
                _set("delay_seconds", "seconds", 5.0),
                {"seconds": 5.0},
            ),
            FaultKind(
                "clock_skew",
                "The Date header is off by some seconds",
                _set("clock_skew_seconds", "seconds", 3600.0),
                {"seconds": 3600.0},
            ),
        ),
    ),
)
CATALOGUE: dict[str, FaultKind] = {kind.name: kind for _, kinds in GROUPS for kind in kinds}
