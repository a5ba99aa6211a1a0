"""What can be said to the vendor: messages that check themselves when they are made.

A :class:`BulkMessage` or :class:`SingleMessage` that exists can be expressed in the vendor's API;
one that cannot raises :class:`~sociocs_gateway.exceptions.MessageNotExpressible` before any HTTP.
Only what the API has no words for is refused here. Whether the vendor likes the content is the
vendor's business.

Nothing in here shows recipients, names or texts in its ``repr``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload
from urllib.parse import urlsplit

import orjson

from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.providers import (
    CAPABILITIES,
    Capabilities,
    MediaKind,
    Provider,
    TemplateVariables,
)

TemplateValues: TypeAlias = "Mapping[str, str | TemplateValues]"

# Recommendation ITU-T E.164: a country code that never starts with 0, 15 digits at most.
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# PostgreSQL stores no NUL, and a lone surrogate has no UTF-8 form.
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
# One recipient of a body, as `orjson`, PostgreSQL and SQLite all write it. Only single characters
# are repeated possessively: Python 3.11.0 to 3.11.4 match groups that are wrongly (gh-106052).
_IN_A_NAME = rb'[^"\\\x00-\x1f]*+'
_ESCAPED = rb'\\(?:["\\bfnrt]|u00(?!00)[01][0-9a-f])'
_PERSON_START = b'{"to":"'
_PERSON = rb'\{"to":"\+[1-9][0-9]{6,14}","name":"%b(?:%b%b)*"\}' % (
    _IN_A_NAME,
    _ESCAPED,
    _IN_A_NAME,
)
_PEOPLE = re.compile(rb"(?:%b(?:,(?!\Z)|\Z))+" % _PERSON)
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f<>\"{}|\\^`]")
_FIELD_OPENING = "{{"


class MessageFault(StrEnum):
    """Why a message cannot be expressed. Stored and translated; rename none."""

    UNKNOWN_PROVIDER = "unknown_provider"
    NO_CHANNEL = "no_channel"
    NO_RECIPIENTS = "no_recipients"
    PHONE_NOT_E164 = "phone_not_e164"
    NO_TEXT_OR_MEDIA = "no_text_or_media"
    TEXT_TOO_LONG = "text_too_long"
    SEVERAL_MEDIA = "several_media"
    MEDIA_URL_NOT_HTTP = "media_url_not_http"
    SCHEDULE_WITHOUT_ZONE = "schedule_without_zone"
    SCHEDULE_OUT_OF_RANGE = "schedule_out_of_range"
    DYNAMIC_FIELD_LEFT = "dynamic_field_left"
    UNSENDABLE_CHARACTER = "unsendable_character"
    TEMPLATE_NOT_SUPPORTED = "template_not_supported"
    TEMPLATE_AND_CONTENT = "template_and_content"
    TEMPLATE_WITHOUT_ID = "template_without_id"
    TEMPLATE_VARIABLES = "template_variables"


class MessageRecipient(NamedTuple):
    """One person: where the message goes and what they are called.

    A tuple, because a million of them are made in ten seconds.

    :param phone: E.164, with the leading ``+``.
    :param name: shown in the vendor's app; may be empty.
    """

    phone: str
    name: str = ""

    def __repr__(self) -> str:
        return "Recipient(…)"


class WrittenRecipients(Sequence[MessageRecipient]):
    """People who are written already as a body names them, and are only read where somebody asks.

    :param written: JSON objects with a comma between each two.
    :raises ValueError: not every person is written as :class:`BulkMessage` would write them.
    """

    def __init__(self, written: str) -> None:
        self.written = written.encode()
        if not _PEOPLE.fullmatch(self.written):
            raise ValueError("not as a body names people")
        # A quotation mark inside of a name has a backslash before it.
        self._count = self.written.count(_PERSON_START)

    def __repr__(self) -> str:
        return f"WrittenRecipients({self._count})"

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> MessageRecipient: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[MessageRecipient]: ...
    def __getitem__(self, place: int | slice) -> MessageRecipient | Sequence[MessageRecipient]:
        return tuple(self)[place]

    def __iter__(self) -> Iterator[MessageRecipient]:
        for one in orjson.loads(b"[%b]" % self.written):
            yield MessageRecipient(one["to"], one["name"])


@dataclass(frozen=True, repr=False)
class BulkMessage:
    """One bulk job: the same message to many people at one time.

    Sociocs API, "Send bulk messages" (/api/messaging/bulk-send).

    :param provider: a :class:`Provider`, or its code.
    :param channel_key: the channel that sends, opaque.
    :param recipients: at least one; their order is kept. :class:`WrittenRecipients` go into the
        body as they are.
    :param text: the message; may be empty when there is a media URL.
    :param image_url: publicly reachable; at most one of the three media URLs may be set.
    :param video_url: see ``image_url``.
    :param file_url: see ``image_url``.
    :param duplicates_allowed: ``False``: the vendor keeps the first occurrence of each number.
    :param schedule: an aware datetime; sent in UTC, whole seconds. ``None`` or past: at once.
    :param user_id: the team member shown as sender; ``None``: "Sociocs API" is shown.
    :param dynamic_fields_allowed: let ``{{…}}`` through, for an account whose fields the vendor
        fills in.
    :raises MessageNotExpressible: see :class:`MessageFault`.
    """

    provider: Provider
    channel_key: str
    recipients: Sequence[MessageRecipient]
    text: str = ""
    image_url: str | None = None
    video_url: str | None = None
    file_url: str | None = None
    duplicates_allowed: bool = False
    schedule: datetime | None = None
    user_id: str | None = None
    dynamic_fields_allowed: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "provider", _known_provider(self.provider))
        if not isinstance(self.recipients, WrittenRecipients):
            object.__setattr__(self, "recipients", tuple(self.recipients))
        if not self.recipients:
            raise MessageNotExpressible(MessageFault.NO_RECIPIENTS)
        _check_recipients(self.recipients, self.dynamic_fields_allowed)
        _check_frame(self)
        _check_content(self)

    def __repr__(self) -> str:
        return (
            f"BulkMessage(provider={self.provider.value!r}, recipients={len(self.recipients)}, "
            f"{_content_in_short(self)})"
        )

    @cached_property
    def _body(self) -> bytes:
        said = orjson.dumps(_common_parameters(self)).removesuffix(b"}")
        duplicates = orjson.dumps(self.duplicates_allowed)
        people = self._people
        return b'%b,"recipients":[%b],"duplicates_allowed":%b}' % (said, people, duplicates)

    @cached_property
    def _people(self) -> bytes:
        """The recipients as the body names them: the same at any time it is sent."""
        if isinstance(self.recipients, WrittenRecipients):
            return self.recipients.written
        return orjson.dumps([{"to": to, "name": name} for to, name in self.recipients])[1:-1]

    def body(self) -> bytes:
        """The request body: UTF-8 JSON, the same bytes at every call."""
        return self._body

    def sha256(self) -> str:
        """The hexadecimal SHA-256 of :meth:`body`, to recognise a content without storing it."""
        return hashlib.sha256(self._body).hexdigest()

    def private_words(self) -> Iterator[str]:
        """The text and the names: what may not be repeated in a log or an exception."""
        yield self.text
        for recipient in self.recipients:
            yield recipient.name


@dataclass(frozen=True, repr=False)
class Template:
    """An approved WhatsApp template with its variables filled in.

    Sociocs API, "Send message", template (/api/messaging/ind-send).

    :param id: the provider's id of the template.
    :param variables: Twilio: ``{"1": "Ann"}``; Gupshup: ``{"MEDIA_URL": "…", "Header": {…},
        "Body": {…}, "Buttons": {…}}``.
    """

    id: str
    variables: TemplateValues = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"Template(id={self.id!r}, variables={len(self.variables)})"

    def texts(self) -> Iterator[str]:
        """Every value, however deep."""
        return _texts_in(self.variables)


@dataclass(frozen=True, repr=False)
class SingleMessage:
    """One message to one person: a test send, or a WhatsApp template.

    Sociocs API, "Send message" (/api/messaging/ind-send).

    :param recipient: who gets it.
    :param template: instead of text and media, where the provider takes templates.

    The other parameters and what is raised are those of :class:`BulkMessage`.
    """

    provider: Provider
    channel_key: str
    recipient: MessageRecipient
    text: str = ""
    image_url: str | None = None
    video_url: str | None = None
    file_url: str | None = None
    template: Template | None = None
    schedule: datetime | None = None
    user_id: str | None = None
    dynamic_fields_allowed: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "provider", _known_provider(self.provider))
        _check_recipients([self.recipient], self.dynamic_fields_allowed)
        _check_frame(self)
        if self.template is None:
            _check_content(self)
        else:
            _check_template(self, self.template)

    def __repr__(self) -> str:
        content = repr(self.template) if self.template else _content_in_short(self)
        return f"Message(provider={self.provider.value!r}, {content})"

    @cached_property
    def _body(self) -> bytes:
        parameters = _common_parameters(self)
        parameters["to"] = self.recipient.phone
        parameters["name"] = self.recipient.name
        if self.template is not None:
            parameters["template"] = {
                "id": self.template.id,
                "variables": _plain(self.template.variables),
            }
        return orjson.dumps(parameters)

    def body(self) -> bytes:
        """The request body: UTF-8 JSON, the same bytes at every call."""
        return self._body

    def sha256(self) -> str:
        """The hexadecimal SHA-256 of :meth:`body`, to recognise a content without storing it."""
        return hashlib.sha256(self._body).hexdigest()

    def private_words(self) -> Iterator[str]:
        """The texts and the name: what may not be repeated in a log or an exception."""
        yield self.text
        yield self.recipient.name
        if self.template is not None:
            yield from self.template.texts()


M = TypeVar("M", bound=BulkMessage | SingleMessage)


def at_time(message: M, schedule: datetime) -> M:
    """The same message at another time, without looking through its recipients again.

    :raises MessageNotExpressible: as by :func:`wire_time`.
    """
    if message.schedule == schedule:
        return message
    wire_time(schedule)
    other = copy(message)
    object.__setattr__(other, "schedule", schedule)
    # A body that is made already says the other time.
    vars(other).pop("_body", None)
    return other


def wire_time(moment: datetime) -> str:
    """The vendor's form of a moment: ISO 8601 in UTC, whole seconds, as in ``…T09:30:17+00:00``.

    Fractions are cut off, because a slot is a whole second.

    :raises MessageNotExpressible: a moment without a zone, or outside the calendar once in UTC.
    """
    if moment.utcoffset() is None:
        raise MessageNotExpressible(MessageFault.SCHEDULE_WITHOUT_ZONE)
    try:
        return moment.astimezone(UTC).replace(microsecond=0).isoformat()
    except OverflowError:
        raise MessageNotExpressible(MessageFault.SCHEDULE_OUT_OF_RANGE) from None


def is_e164(phone: str) -> bool:
    """Whether ``phone`` has the form of E.164 with its ``+``; says nothing of its existence."""
    return _E164.fullmatch(phone) is not None


def _known_provider(provider: str) -> Provider:
    try:
        return Provider(provider)
    except ValueError:
        raise MessageNotExpressible(MessageFault.UNKNOWN_PROVIDER) from None


def _check_recipients(recipients: Sequence[MessageRecipient], fields_allowed: bool) -> None:
    if isinstance(recipients, WrittenRecipients):
        # Looked through already, but for what not every message may say.
        if not fields_allowed and _FIELD_OPENING.encode() in recipients.written:
            raise MessageNotExpressible(MessageFault.DYNAMIC_FIELD_LEFT, "a recipient's name")
        return
    if not all(map(_E164.fullmatch, [phone for phone, _name in recipients])):
        place = next(n for n, r in enumerate(recipients, start=1) if not is_e164(r.phone))
        raise MessageNotExpressible(MessageFault.PHONE_NOT_E164, f"recipient {place}")
    # One search over all names instead of one per person: this runs for a million people.
    _check_text("\n".join([r.name for r in recipients]), "a recipient's name", fields_allowed)


def _check_frame(message: BulkMessage | SingleMessage) -> None:
    if not message.channel_key.strip():
        raise MessageNotExpressible(MessageFault.NO_CHANNEL)
    _check_text(message.channel_key, "the channel key", fields_allowed=True)
    _check_text(message.user_id or "", "the user id", fields_allowed=True)
    if message.schedule is not None:
        wire_time(message.schedule)


def _check_content(message: BulkMessage | SingleMessage) -> None:
    media = _media_urls(message)
    if len(media) > 1:
        raise MessageNotExpressible(MessageFault.SEVERAL_MEDIA)
    if not media and not message.text.strip():
        raise MessageNotExpressible(MessageFault.NO_TEXT_OR_MEDIA)
    for url in media.values():
        _check_media_url(url)
    _check_text(message.text, "the text", message.dynamic_fields_allowed)
    longest = _capabilities(message).max_text_length
    if len(message.text) > longest:
        raise MessageNotExpressible(
            MessageFault.TEXT_TOO_LONG, f"{len(message.text)} characters, at most {longest}"
        )


def _check_template(message: SingleMessage, template: Template) -> None:
    shape = _capabilities(message).template_variables
    if shape is None:
        raise MessageNotExpressible(MessageFault.TEMPLATE_NOT_SUPPORTED)
    if message.text or _media_urls(message):
        raise MessageNotExpressible(MessageFault.TEMPLATE_AND_CONTENT)
    if not template.id.strip():
        raise MessageNotExpressible(MessageFault.TEMPLATE_WITHOUT_ID)
    _check_text(template.id, "the template's id", fields_allowed=True)
    if not _has_shape(template.variables, shape):
        raise MessageNotExpressible(MessageFault.TEMPLATE_VARIABLES)
    for text in template.texts():
        _check_text(text, "a template variable", message.dynamic_fields_allowed)


def _check_text(text: str, what: str, fields_allowed: bool) -> None:
    if _UNSENDABLE.search(text):
        raise MessageNotExpressible(MessageFault.UNSENDABLE_CHARACTER, what)
    if not fields_allowed and _FIELD_OPENING in text:
        raise MessageNotExpressible(MessageFault.DYNAMIC_FIELD_LEFT, what)


def _check_media_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or _NOT_IN_A_URL.search(url) or _UNSENDABLE.search(url):
        raise MessageNotExpressible(MessageFault.MEDIA_URL_NOT_HTTP)


def _capabilities(message: BulkMessage | SingleMessage) -> Capabilities:
    return CAPABILITIES[message.provider]


def _media_urls(message: BulkMessage | SingleMessage) -> dict[MediaKind, str]:
    urls = {
        MediaKind.IMAGE: message.image_url,
        MediaKind.VIDEO: message.video_url,
        MediaKind.FILE: message.file_url,
    }
    return {kind: url for kind, url in urls.items() if url}


def _common_parameters(message: BulkMessage | SingleMessage) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "provider": message.provider.value,
        "channel_key": message.channel_key,
    }
    if message.text:
        parameters["text"] = message.text
    for kind, url in _media_urls(message).items():
        parameters[kind.parameter] = url
    if message.schedule is not None:
        parameters["schedule"] = wire_time(message.schedule)
    if message.user_id:
        parameters["user_id"] = message.user_id
    return parameters


def _content_in_short(message: BulkMessage | SingleMessage) -> str:
    media = ", ".join(kind.value for kind in _media_urls(message)) or "none"
    return f"text={len(message.text)} characters, media={media}, schedule={message.schedule}"


def _texts_in(values: TemplateValues) -> Iterator[str]:
    for value in values.values():
        if isinstance(value, str):
            yield value
        else:
            yield from _texts_in(value)


def _has_shape(values: TemplateValues, shape: TemplateVariables) -> bool:
    """Flat variables hold none; sections may hold one level of variables of their own."""
    deepest = 1 if shape is TemplateVariables.FLAT else 2
    return _depth(values, limit=deepest) <= deepest


def _depth(values: object, limit: int) -> int:
    """How deep the mappings go; more than ``limit`` as soon as anything is not as documented."""
    if not isinstance(values, Mapping) or limit == 0:
        return limit + 1
    below = [
        0 if isinstance(value, str) else _depth(value, limit - 1)
        for key, value in values.items()
        if isinstance(key, str) and key.isprintable()
    ]
    if len(below) < len(values):
        return limit + 1
    return 1 + max(below, default=0)


def _plain(values: TemplateValues) -> dict[str, Any]:
    return {
        key: value if isinstance(value, str) else _plain(value) for key, value in values.items()
    }
