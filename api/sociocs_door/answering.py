"""Each call of the door: whose it is, what it says, and the answer, in the vendor's form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from api import idempotency
from api.idempotency import Answer, KeyOfAnotherCall, RepeatableCall
from api.models import Scope
from api.sociocs_door import envelope
from api.sociocs_door.bodies import CallBody, read_call
from api.sociocs_door.faults import CallFault
from api.spooling import BodyCutShort, BodyTooLarge, SpooledBody, spool_body
from api.tokens import Caller, Refused, TooMuch, UnknownToken, let_in
from interface.body_limits import limits_its_body
from sociocs_accounts.models import Channel
from sociocs_gateway.client import USER_AGENT

# Of all calls but those that name recipients.
_SMALL_MB = 1


@dataclass
class DoorCall:
    """A call whose token may speak as Sociocs does, with the variable part of its address."""

    request: HttpRequest
    caller: Caller
    part: str = ""

    @property
    def query(self) -> Mapping[str, str]:
        """Its query without the key."""
        return {name: str(value) for name, value in self.request.GET.items()}

    @cached_property
    def channels(self) -> list[Channel]:
        """The team's channels that the token may use."""
        bound = self.caller.token.channel_ids
        channels = Channel.objects.filter(team=self.caller.team, is_active=True)
        if bound:
            channels = channels.filter(public_id__in=bound)
        return list(channels.select_related("account").order_by("pk"))

    def once(self, make: Callable[[CallBody], Answer], most_megabytes: int = _SMALL_MB) -> Answer:
        """What `make` answers of the body; of a call that came before, what that one got.

        `make` sees to it that what it makes is made by `answer_once`.
        """
        with closing(self._spooled(most_megabytes)) as body:
            self.repeatable = self._repeatable(body)
            first = idempotency.first_answer(self.repeatable)
            return make(self._read(body)) if first is None else first

    def answer_once(self, make: Callable[[], Answer]) -> tuple[Answer, bool]:
        """As `idempotency.answer_once`, for the call as it came."""
        return idempotency.answer_once(self.repeatable, make)

    def body(self) -> CallBody:
        """What it says, of a call that may as well be made twice."""
        with closing(self._spooled(_SMALL_MB)) as body:
            return self._read(body)

    def _spooled(self, most_megabytes: int) -> SpooledBody:
        if self.request.headers.get("Content-Encoding", "identity") != "identity":
            raise CallFault("Content-Encoding: send the body as it is, not compressed.")
        return spool_body(self.request, most_megabytes)

    def _read(self, body: SpooledBody) -> CallBody:
        return read_call(body, self.request.headers.get("Content-Type", ""))

    def _repeatable(self, body: SpooledBody) -> RepeatableCall:
        key = self.request.headers.get("Idempotency-Key", "").strip()
        if len(key) > idempotency.LONGEST_KEY:
            raise CallFault(
                f"Idempotency-Key: may have {idempotency.LONGEST_KEY} characters at most."
            )
        request = self.request
        digest = idempotency.call_sha256(request.method or "", request.path, body.sha256)
        return RepeatableCall(self.caller.token, key, digest)


Handler = Callable[[DoorCall], HttpResponse]


def door_address(**handlers: Handler) -> Callable[..., HttpResponse]:
    """The view of an address that answers these methods, and no other."""

    @limits_its_body
    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest, part: str = "") -> HttpResponse:
        answer = _answer(request, handlers.get(request.method or ""), part)
        # Else Django writes a line for each that is refused.
        answer._has_been_logged = True  # type: ignore[attr-defined]
        return answer

    return view


def _answer(request: HttpRequest, handler: Handler | None, part: str) -> HttpResponse:
    key = _key_of(request)
    if handler is None:
        return envelope.refusal(404, ["There is no such address, or not for this method."])
    if request.headers.get("User-Agent") == USER_AGENT:
        # A dashboard whose SOCIOCS_BASE_URL leads here: its messages would go round for ever.
        return envelope.refusal(400, ["This is the address of a dashboard, not Sociocs itself."])
    try:
        caller = let_in(request, key)
        caller.require(Scope.DOOR)
        return handler(DoorCall(request, caller, part))
    except CallFault as fault:
        return envelope.refusal(fault.status, fault.sentences, fault.retry_after)
    except TooMuch as refused:
        return envelope.refusal(429, [str(refused)], refused.retry_after)
    except UnknownToken as refused:
        return envelope.refusal(401, [f"apikey: {refused}"])
    except Refused as refused:
        return envelope.refusal(401, [str(refused)])
    except BodyTooLarge as too_large:
        sentence = f"The body may have {too_large.most_megabytes} MB at most."
        return envelope.refusal(413, [sentence])
    except BodyCutShort:
        return envelope.refusal(400, ["The body ended before all of it was here."])
    except KeyOfAnotherCall:
        return envelope.refusal(
            422, ["Idempotency-Key: came with another call before. Take a new one for each call."]
        )


def _key_of(request: HttpRequest) -> str:
    """The key, in whichever of the vendor's three ways it came; nothing after this sees it."""
    query = request.GET.copy()
    in_query = query.pop("apikey", [""])[-1]
    if in_query:
        # A report of an error shows the address as it is in here.
        request.META["QUERY_STRING"] = urlencode(list(query.lists()), doseq=True)
        request.GET = query  # type: ignore[assignment]
    return request.headers.get("apikey", "") or _basic(request) or str(in_query)


def _basic(request: HttpRequest) -> str:
    """Of basic auth: user and password are the two parts, or all of it is one of them."""
    scheme, _blank, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded.strip(":")


def most_of_lists() -> int:
    """Megabytes that a call with many recipients may have."""
    most: int = settings.API_MAX_MB
    return most
