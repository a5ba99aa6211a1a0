"""Reads the vendor's answer by default-deny: what is not clearly a yes or a no is unknown.

The table, for calls that change something (reading calls raise ``TryLater`` where it says
unknown, because reading again does no harm):

=========================================================  ==============================
nothing left this machine                                  ``TryLater``; TLS and settings:
                                                           ``Misconfigured``
429                                                        ``TryLater``
401                                                        ``AuthenticationFailed``
400, 403, 404, 405, 413, 415, 422                          ``Refused``
200 with ``"status": "error"``                             ``Refused``
200 with ``"status": "success"`` and what it must contain  a result
any with the header of a dashboard's own door              ``Misconfigured``, or
                                                           ``OutcomeUnknown`` after a 200
everything else                                            ``OutcomeUnknown``
=========================================================  ==============================

Sociocs API, "Response" on every page: 200, 400, 401, 404, 429 and 500-511 are documented. A 5xx
is documented as "try again later", but does not say whether the request had its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from sociocs_gateway.exceptions import (
    AuthenticationFailed,
    GatewayError,
    Halt,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    Reason,
    Refused,
    TryLater,
)
from sociocs_gateway.lenient import UnreadableJsonError, read_json, text_field
from sociocs_gateway.masking import Masker
from sociocs_gateway.transport import Answer, Call, NoAnswer

T = TypeVar("T")

EVIDENCE_CHARACTERS = 2_000
SHORTEST_WAIT = 2.0
LONGEST_WAIT = 900.0

_LONGEST_MESSAGE = 300
_MOST_MESSAGES = 20
_OK = 200
# By this header a dashboard's own Sociocs-compatible address shows that it is not Sociocs.
DOOR_HEADER = "X-Sociocs-Door"

_REFUSALS = {
    400: Reason.INVALID,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    405: Reason.METHOD_NOT_ALLOWED,
    413: Reason.TOO_LARGE,
    415: Reason.INVALID,
    422: Reason.INVALID,
}
_HALTING_REFUSALS = {
    403: Halt.AUTHENTICATION,
    404: Halt.SETTINGS,
    405: Halt.SETTINGS,
}

Reader = Callable[[Any, "datetime | None"], T | None]
"""Makes a result of an answer's ``data`` and ``server_date``; ``None``: not as documented."""


@dataclass(frozen=True, repr=False)
class ResultReader:
    """How the result of one call is read.

    :param api_key: to mask it in what the vendor sent back.
    :param private_words: what else to mask; asked for only when there is something to mask.
    """

    call: Call
    api_key: str
    private_words: Callable[[], Iterable[str]] = tuple

    def result(self, result: Answer | NoAnswer, read: Reader[T]) -> T:
        """What ``read`` makes of a clear yes.

        :raises GatewayError: the subclass says what to do; see the table above.
        """
        if isinstance(result, NoAnswer):
            raise self._without_answer(result)
        if DOOR_HEADER in result.headers:
            raise self._from_a_door(result)
        if result.status != _OK:
            raise self._by_status(result)
        made = read(self._data(result), server_date(result.headers))
        if made is None:
            raise self._unclear(Reason.ANSWER_INCOMPLETE, result)
        return made

    def _without_answer(self, result: NoAnswer) -> GatewayError:
        if result.bytes_left:
            return self._unclear(result.reason, result)
        if isinstance(result.stopped_by, GatewayError):
            return result.stopped_by
        kind = Misconfigured if result.halt else TryLater
        return kind(result.reason, None, result.halt, result.detail)

    def _from_a_door(self, answer: Answer) -> GatewayError:
        """Of a dashboard that speaks as Sociocs does: what it is given would come back to it."""
        if answer.status == _OK and not self.call.only_reads:
            return self._unclear(Reason.OWN_DOOR, answer, Halt.OWN_DOOR)
        return Misconfigured(Reason.OWN_DOOR, answer.status, Halt.OWN_DOOR)

    def _by_status(self, answer: Answer) -> GatewayError:
        status = answer.status
        if status == 429:
            wait = retry_after(answer.headers)
            return TryLater(Reason.RATE_LIMITED, status, retry_after=wait)
        if status == 401:
            return AuthenticationFailed(Reason.AUTHENTICATION, status, Halt.AUTHENTICATION)
        if status in _REFUSALS:
            return self._refusal(answer)
        if 300 <= status < 400:
            return self._unclear(Reason.REDIRECT, answer, Halt.REDIRECT)
        reason = Reason.SERVER_ERROR if 500 <= status < 600 else Reason.UNEXPECTED_STATUS
        return self._unclear(reason, answer)

    def _refusal(self, answer: Answer) -> Refused:
        messages = self._messages(_json_or_none(answer.body))
        reason, halt = _REFUSALS[answer.status], _HALTING_REFUSALS.get(answer.status)
        if reason is Reason.NOT_FOUND and self.call.names_an_object:
            said_at = server_date(answer.headers)
            return NotFound(reason, answer.status, messages=messages, server_date=said_at)
        return Refused(reason, answer.status, halt, messages=messages)

    def _data(self, answer: Answer) -> Any:
        """The ``data`` of a success; a reading call may also be answered by a bare list."""
        if answer.trouble:
            raise self._unclear(answer.trouble, answer)
        try:
            content = read_json(answer.body)
        except UnreadableJsonError:
            content = None
        if content is None:
            raise self._unclear(Reason.ANSWER_NOT_JSON, answer)
        if isinstance(content, list) and self.call.only_reads:
            return content
        if not isinstance(content, dict):
            raise self._unclear(Reason.ANSWER_INCOMPLETE, answer)
        data = content.get("data")
        if content.get("status") == "error":
            if data:
                raise self._unclear(Reason.ANSWER_CONTRADICTORY, answer)
            raise Refused(Reason.STATUS_ERROR, answer.status, messages=self._messages(content))
        if content.get("status") != "success":
            raise self._unclear(Reason.ANSWER_INCOMPLETE, answer)
        return data

    def _unclear(
        self, reason: Reason, result: Answer | NoAnswer, halt: Halt | None = None
    ) -> TryLater | OutcomeUnknown:
        if isinstance(result, NoAnswer):
            status, detail, evidence = None, result.detail, ""
        else:
            status, detail = result.status, ""
            evidence = self._mask(result.body.decode(errors="replace"), EVIDENCE_CHARACTERS)
        if self.call.only_reads:
            return TryLater(reason, status, halt, detail)
        return OutcomeUnknown(reason, status, halt, detail, evidence)

    def _messages(self, content: Any) -> tuple[str, ...]:
        """The vendor's ``errors[].msg``, for people."""
        errors = content.get("errors") if isinstance(content, dict) else None
        messages = []
        for error in (errors if isinstance(errors, list) else [])[:_MOST_MESSAGES]:
            text = text_field(error, "msg", "message") if isinstance(error, dict) else error
            if isinstance(text, str) and text.strip():
                messages.append(self._mask(" ".join(text.split()), _LONGEST_MESSAGE))
        return tuple(messages)

    def _mask(self, text: str, limit: int) -> str:
        return Masker(self.api_key, self.private_words())(text, limit)


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """The ``Date`` header in UTC (RFC 9110, 6.6.1), ``None`` when there is none to rely on."""
    return _http_date(headers.get("Date", ""))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The ``Retry-After`` header in seconds (RFC 9110, 10.2.3), kept between 2 and 900.

    A date counts from the server's own clock, ours being none of its business.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        until = _http_date(value)
        if until is None:
            return None
        seconds = (until - (server_date(headers) or datetime.now(UTC))).total_seconds()
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
        return moment.astimezone(UTC) if moment.utcoffset() is not None else None
    except (ValueError, TypeError, OverflowError):
        return None


def _json_or_none(body: bytes) -> Any:
    try:
        return read_json(body)
    except UnreadableJsonError:
        return None
