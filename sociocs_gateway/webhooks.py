"""What Sociocs calls us with: is it really them, and what do they say?

Sociocs API, "Webhooks, introduction" (/api/webhooks/introduction). The order is the caller's:
:func:`verify` over the raw bytes first, and only then :func:`parse_event`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from sociocs_gateway.exceptions import InvalidEvent, NotExpressible
from sociocs_gateway.lenient import (
    UnreadableJsonError,
    id_field,
    moment_field,
    object_field,
    phone_field,
    provider_field,
    read_json,
    text_field,
    texts_field,
)
from sociocs_gateway.providers import Provider
from sociocs_gateway.results import DeliveryStatus, Raw

SIGNATURE_HEADER = "X-Sociocs-Signature"

MAX_BODY_BYTES = 256 * 1024
"""The largest body that is read; the vendor's events are a few kilobytes."""


@dataclass(frozen=True, repr=False)
class SubscriptionRequest:
    """Where the vendor shall report incoming messages and status updates.

    Sociocs API, "Subscribe" (/api/webhooks/add). Saying it again with the same
    ``subscriber_reference_id`` changes the subscription, so it may be said again after an
    unknown outcome.

    :param platform: names the system that hosts the endpoint.
    :param webhook_url: where the vendor calls.
    :param secret: signs the calls; see :func:`sociocs_gateway.webhooks.verify`.
    :param status_updates: report these of the vendor's status words; empty: all of them.
    :raises NotExpressible: one of the texts is empty or cannot be printed.
    """

    provider: Provider
    channel_key: str
    subscriber_reference_id: str
    webhook_url: str
    secret: str
    platform: str = "sociocs-campaigns"
    events: tuple[str, ...] = ("messages", "status_updates")
    status_updates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        texts = (self.channel_key, self.subscriber_reference_id, self.webhook_url, self.secret)
        if not all(text.strip() and text.isprintable() for text in texts):
            raise NotExpressible("subscription", "an empty or unprintable text")

    def __repr__(self) -> str:
        return f"SubscriptionRequest(provider={self.provider.value!r}, events={self.events!r})"

    def body(self) -> bytes:
        """The request body: UTF-8 JSON."""
        parameters: dict[str, Any] = {
            "platform": self.platform,
            "provider": self.provider.value,
            "channel_key": self.channel_key,
            "subscriber_reference_id": self.subscriber_reference_id,
            "webhook_url": self.webhook_url,
            "events": list(self.events),
            "secret": self.secret,
        }
        if self.status_updates:
            parameters["subevents"] = {"status_updates": list(self.status_updates)}
        return orjson.dumps(parameters)

    def private_words(self) -> Iterator[str]:
        """All that must not be repeated in a log or an exception."""
        yield self.secret


@dataclass(frozen=True, repr=False)
class IncomingMessage:
    """Somebody wrote to one of the channels.

    :param phone: the sender in E.164; ``None`` when what came is no phone number.
    :param sent_at: aware, UTC.
    """

    message_id: str | None
    phone: str | None
    channel_key: str | None
    provider: Provider | None
    text: str
    name: str | None = None
    image_urls: tuple[str, ...] = ()
    video_urls: tuple[str, ...] = ()
    file_urls: tuple[str, ...] = ()
    sent_at: datetime | None = None
    raw: Raw = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"IncomingMessage(message_id={self.message_id!r})"


@dataclass(frozen=True)
class StatusUpdate:
    """What became of a message sent earlier. Only ``message_id`` says which one."""

    message_id: str
    status: DeliveryStatus
    vendor_status: str
    error_code: str | None = None
    error_message: str | None = field(default=None, repr=False)
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class UnknownEvent:
    """An event nobody documented, or a documented one without what identifies it.

    The caller stores it and answers 200: refusing it would only make the vendor call again.
    """

    event: str | None
    raw: Raw = field(default_factory=dict, repr=False)


Event = IncomingMessage | StatusUpdate | UnknownEvent


def verify(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``signature`` was made over exactly these bytes with one of ``secrets``.

    The documented form is the lower-case hexadecimal HMAC-SHA256; any other form is refused. All
    secrets are tried in constant time, so that a secret can be changed while both are in use.
    Without a usable secret nothing is ever genuine.

    :param body: the raw request body, before any decoding.
    :param signature: the header :data:`SIGNATURE_HEADER`, ``None`` when there is none.
    :param secrets: the subscription's secrets; empty ones are ignored.
    """
    given = (signature or "").encode("utf-8", "backslashreplace")
    genuine = False
    for secret in secrets:
        if not secret:
            continue
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        genuine |= hmac.compare_digest(expected, given)
    return genuine


def parse_event(body: bytes) -> Event:
    """The event in a webhook body whose signature was verified.

    :raises InvalidEvent: more than :data:`MAX_BODY_BYTES`, or not a JSON object.
    """
    if len(body) > MAX_BODY_BYTES:
        raise InvalidEvent("too_large")
    try:
        raw = read_json(body)
    except UnreadableJsonError:
        raise InvalidEvent("not_json") from None
    if not isinstance(raw, dict):
        raise InvalidEvent("not_an_object")
    event = text_field(raw, "event")
    if event == "message":
        return _incoming_message(raw)
    if event == "status_update":
        return _status_update(raw) or UnknownEvent(event, raw)
    return UnknownEvent(event, raw)


def _incoming_message(raw: Raw) -> IncomingMessage:
    contact = object_field(raw, "contact")
    return IncomingMessage(
        message_id=id_field(raw, "message_id"),
        phone=phone_field(raw, "from"),
        channel_key=text_field(raw, "channel_key"),
        provider=provider_field(raw),
        text=text_field(raw, "text") or "",
        name=text_field(raw, "name") or text_field(contact, "name"),
        image_urls=texts_field(raw, "image_urls"),
        video_urls=texts_field(raw, "video_urls"),
        file_urls=texts_field(raw, "file_urls"),
        sent_at=moment_field(raw, "timestamp"),
        raw=raw,
    )


def _provider_code(data: Raw) -> str | None:
    """The provider's own code, where the vendor only passes the provider's answer on."""
    return text_field(object_field(data, "provider_err_obj"), "ErrorCode", "errorCode", "code")


def _status_update(raw: Raw) -> StatusUpdate | None:
    message_id = id_field(raw, "message_id")
    data = object_field(raw, "event_data")
    word = text_field(data, "status")
    if message_id is None or word is None:
        return None
    error = object_field(data, "error")
    return StatusUpdate(
        message_id,
        DeliveryStatus.of(word),
        word,
        error_code=text_field(error, "code") or _provider_code(data),
        error_message=text_field(error, "message"),
        raw=raw,
    )
