"""What can go wrong at the gateway, sorted by what the caller must do next.

There are three answers to "was it sent?", and the classes keep them apart:

==========================  =====================================================================
provably not sent           :class:`NotSent` and everything below it
nobody can know             :class:`OutcomeUnknown`
accepted                    no exception: the call returns
==========================  =====================================================================

Independent of that, :attr:`GatewayError.halt` says whether the account's key, address or
connection must be looked at by a person before anything else is sent on it.

Every exception can be pickled, and none carries recipients, message texts or API keys: phone
numbers in a vendor's own words are shortened to their last two digits.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a call did not simply succeed. The values are stored; rename none of them."""

    # Before the first byte of the request left this machine.
    DNS = "dns"
    CONNECT = "connect"
    CONNECT_TIMEOUT = "connect_timeout"
    PROXY = "proxy"
    TLS = "tls"
    START_FENCE = "start_fence"
    SETTINGS = "settings"
    NOT_EXPRESSIBLE = "not_expressible"

    # An exception of the caller's own process struck, before or after the first byte.
    INTERRUPTED = "interrupted"

    # The vendor's clear answers.
    RATE_LIMITED = "rate_limited"
    AUTHENTICATION = "authentication"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    INVALID = "invalid"
    STATUS_ERROR = "status_error"

    # After the first byte left, without a clear answer.
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    UNREADABLE_ANSWER = "unreadable_answer"
    ANSWER_CUT_SHORT = "answer_cut_short"
    ANSWER_TOO_LARGE = "answer_too_large"
    ANSWER_NOT_JSON = "answer_not_json"
    ANSWER_INCOMPLETE = "answer_incomplete"
    ANSWER_CONTRADICTORY = "answer_contradictory"
    REDIRECT = "redirect"
    OWN_DOOR = "own_door"
    SERVER_ERROR = "server_error"
    UNEXPECTED_STATUS = "unexpected_status"


class Halt(StrEnum):
    """Why an account must rest until a person has acted."""

    AUTHENTICATION = "auth"
    TLS = "tls"
    REDIRECT = "redirect"
    SETTINGS = "config"
    OWN_DOOR = "door"


class GatewayError(Exception):
    """Anything a call to Sociocs can raise. Catch the subclasses: they say what to do.

    :param reason: why, as a code to store, count and translate.
    :param http_status: the status of the vendor's answer, ``None`` when there was none.
    :param halt: set when nothing more may be sent on this account until a person has acted.
    :param detail: one English sentence for the log, free of personal data.
    """

    def __init__(
        self,
        reason: Reason,
        http_status: int | None = None,
        halt: Halt | None = None,
        detail: str = "",
    ) -> None:
        # Positional, because pickle makes the copy from `args`; the rest travels in `__dict__`.
        super().__init__(reason, http_status, halt, detail)
        self.reason = reason
        self.http_status = http_status
        self.halt = halt
        self.detail = detail

    def __str__(self) -> str:
        words = [self.reason.value]
        if self.http_status is not None:
            words.append(f"HTTP {self.http_status}")
        if self.detail:
            words.append(self.detail)
        return ", ".join(words)


class NotSent(GatewayError):
    """Provably nothing was sent. Catch a subclass to learn whether to repeat or to ask."""


class TryLater(NotSent):
    """Nothing was changed at the vendor, and the same call may work later.

    The caller repeats the call by itself, after ``retry_after`` seconds if that is set, else with
    a back-off of its own. Raised when no connection came about, when the rate limit is reached
    (HTTP 429), when the caller's own ``before_send`` stopped the call, and by calls that only
    read when they got no usable answer (reading changes nothing, so it may be repeated).

    :param retry_after: seconds, between 2 and 900, when the vendor named a time.
    """

    def __init__(
        self,
        reason: Reason,
        http_status: int | None = None,
        halt: Halt | None = None,
        detail: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, http_status, halt, detail)
        self.retry_after = retry_after


class Refused(NotSent):
    """The vendor said no. The caller shows ``messages`` to a person and waits for them.

    Raised for HTTP 400, 403, 404, 405, 413, 415 and 422, and for HTTP 200 with ``"status":
    "error"``. Repeating the same request unchanged would be refused again. A 403 also halts the
    account (``auth``); a 404 or 405 on an address without an id does too (``config``).

    :param messages: the vendor's ``errors[].msg``, cleaned and shortened; show them escaped.
    """

    def __init__(
        self,
        reason: Reason,
        http_status: int | None = None,
        halt: Halt | None = None,
        detail: str = "",
        messages: tuple[str, ...] = (),
    ) -> None:
        super().__init__(reason, http_status, halt, detail)
        self.messages = messages


class NotFound(Refused):
    """The vendor does not know this job, channel, subscription or contact (HTTP 404).

    The caller decides by what it knows. For a job: before its slot it is gone (deleted), after
    its slot it may as well have run; ``server_date`` is when the vendor said so, by its own clock.
    """

    def __init__(
        self,
        reason: Reason,
        http_status: int | None = None,
        halt: Halt | None = None,
        detail: str = "",
        messages: tuple[str, ...] = (),
        server_date: datetime | None = None,
    ) -> None:
        super().__init__(reason, http_status, halt, detail, messages)
        self.server_date = server_date


class AuthenticationFailed(NotSent):
    """The vendor does not accept the API key (HTTP 401).

    The submission itself is fine: the caller keeps it, halts the account and asks a person to
    check the key.
    """


class Misconfigured(NotSent):
    """This machine's own settings stand in the way: a base URL, key, proxy or certificate.

    The submission itself is fine: the caller keeps it, halts the account and asks a person to
    check the settings. Raised when a client is made from settings that cannot work, and when the
    server's certificate or TLS version cannot be trusted.
    """


class NotExpressible(NotSent):
    """The call cannot be said in the vendor's API; nothing was sent. The caller changes it.

    :param code: which rule was broken, to be translated for a person.
    :param detail: one English sentence for the log, free of personal data.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(Reason.NOT_EXPRESSIBLE, None, None, detail)
        self.args = (code, detail)
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class MessageNotExpressible(NotExpressible):
    """A message the vendor's API has no words for. The caller asks its author to change it.

    :param code: one of :class:`sociocs_gateway.messages.MessageFault`.
    """


class OutcomeUnknown(GatewayError):
    """The request may or may not have had its effect. The caller **never** repeats it by itself.

    Only a person may decide to send again, knowing that people may then get it twice, or a proof
    found in the vendor's list may resolve it. Raised for everything after the first byte left
    that is neither a clear yes nor a clear no: time-out, lost connection, every 5xx, every
    redirect, and every answer that cannot be read as documented.

    :param evidence: the first 2,000 characters of the answer, with the key, phone numbers, names
        and texts of the request masked; for a person to read, never to be parsed.
    """

    def __init__(
        self,
        reason: Reason,
        http_status: int | None = None,
        halt: Halt | None = None,
        detail: str = "",
        evidence: str = "",
    ) -> None:
        super().__init__(reason, http_status, halt, detail)
        self.evidence = evidence


class InvalidEvent(Exception):
    """A webhook body that is not one of the vendor's events at all. The caller answers 400.

    :param reason: a code: ``too_large``, ``not_json`` or ``not_an_object``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
