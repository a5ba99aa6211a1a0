"""The vendor's checks of what callers send; no sentence echoes a number or a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sociocs_sandbox.seeds import CHANNELS, LISTS, PROVIDERS, TEAM_MEMBERS

MEDIA_FIELDS = ("image_url", "video_url", "file_url")
WEBHOOK_EVENTS = frozenset({"messages", "status_updates"})
# GET /messages: how many days the end may follow the start; both are included.
LONGEST_MESSAGE_PERIOD = timedelta(days=31)
# One page of GET /contacts.
MOST_CONTACTS = 1_000
# The searches look so far back where nobody says how far.
SEARCHED_PERIOD = timedelta(days=90)
DIRECTIONS = {"incoming": {"incoming"}, "outbound": {"outgoing"}, "both": {"incoming", "outgoing"}}
LISTED_RECIPIENT_ERRORS = 10
_MATCH_PHONE: Callable[[str], object] = re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII).fullmatch


class ValidationFailed(ValueError):
    """What was sent breaks the contract; ``messages`` go into the envelope, with HTTP 400."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


class TooManyRecipients(ValueError):
    """More people than this sandbox takes in a job; goes into the envelope, with HTTP 413."""


@dataclass(frozen=True)
class MessageRequest:
    """A checked ``POST /messages/bulk`` or ``/message``; ``phones`` are bare digits as integers."""

    provider: str
    channel_key: str
    phones: list[int]
    names: list[str]
    text: str = ""
    media: dict[str, str] = field(default_factory=dict)
    template: dict[str, Any] = field(default_factory=dict)
    duplicates_allowed: bool = True
    schedule_ms: int | None = None
    user_id: str | None = None
    saving: ContactSaving | None = None


@dataclass(frozen=True)
class ContactSaving:
    """That the recipient of a single message is to be kept in a list of contacts."""

    list_id: int
    extra_fields: dict[str, Any]


def bulk_request(body: object, max_recipients: int) -> MessageRequest:
    """Check the body of ``POST /messages/bulk`` (Sociocs API, Bulk messaging, Create a bulk job).

    ``image_urls`` is ignored, as every field nobody documents. Raises ``ValidationFailed`` with all
    mistakes at once, or ``TooManyRecipients``.
    """
    fields, errors = _object(body), list[str]()
    phones, names = _recipients(fields.get("recipients"), max_recipients, errors)
    request = _common(fields, phones, names, errors)
    duplicates_allowed = fields.get("duplicates_allowed", False)
    if not isinstance(duplicates_allowed, bool):
        errors.append("duplicates_allowed must be true or false")
    if not request.text and not request.media:
        errors.append("text is required unless image_url, video_url or file_url is given")
    if errors:
        raise ValidationFailed(*errors)
    return MessageRequest(**{**vars(request), "duplicates_allowed": duplicates_allowed})


def single_request(body: object) -> MessageRequest:
    """Check the body of ``POST /message`` (Sociocs API, Messages, Send a message).

    Raises ``ValidationFailed`` with all mistakes at once.
    """
    fields, errors = _object(body), list[str]()
    to, name = fields.get("to"), fields.get("name", "")
    if not isinstance(to, str) or not _MATCH_PHONE(to):
        errors.append("to must be a phone number that starts with its country code")
    if not isinstance(name, str):
        errors.append("name must be a text")
    phones = [] if errors else [int(str(to))]
    request = _common(fields, phones, [str(name)], errors)
    template = _template(fields.get("template"), request.provider, errors)
    if not request.text and not request.media and not template:
        errors.append("one of text, image_url, video_url, file_url and template is required")
    saving = _contact_saving(fields.get("contact_saving"), errors)
    if errors:
        raise ValidationFailed(*errors)
    return MessageRequest(**{**vars(request), "template": template, "saving": saving})


def schedule_request(body: object) -> int:
    """The new time of ``PUT /messages/bulk/{job_id}`` in milliseconds since 1970.

    Raises ``ValidationFailed``.
    """
    errors: list[str] = []
    schedule_ms = _schedule(_object(body).get("schedule"), errors)
    if schedule_ms is None:
        raise ValidationFailed(*errors or ["schedule is required"])
    return schedule_ms


def message_period(query: Mapping[str, str]) -> tuple[int, int]:
    """``start_date`` to ``end_date`` of ``GET /messages``, both included, UTC, in milliseconds.

    Each is today where it is left out. Gives the first moment and the one after the last. Raises
    ``ValidationFailed``.
    """
    today = datetime.now(UTC).date()
    start, end = _date(query, "start_date", today), _date(query, "end_date", today)
    if not timedelta(0) <= end - start <= LONGEST_MESSAGE_PERIOD:
        raise ValidationFailed("end_date must lie 0 to 31 days after start_date")
    return _start_of_day_ms(start), _start_of_day_ms(end) + 86_400_000


def searched_period(query: Mapping[str, str]) -> tuple[int, int]:
    """The days of ``GET /messages/search`` and ``/unreplied``: the last 90 unless others are given.

    As ``message_period``, of any length.
    """
    end = _date(query, "end_date", datetime.now(UTC).date())
    start = _date(query, "start_date", end - SEARCHED_PERIOD)
    if end < start:
        raise ValidationFailed("end_date must not lie before start_date")
    return _start_of_day_ms(start), _start_of_day_ms(end) + 86_400_000


def search_directions(query: Mapping[str, str]) -> set[str]:
    """The directions that ``GET /messages/search`` asks for. Raises ``ValidationFailed``."""
    directions = DIRECTIONS.get(query.get("direction", "both"))
    if directions is None:
        raise ValidationFailed(f"direction must be one of {', '.join(DIRECTIONS)}")
    return directions


def contact_page(query: Mapping[str, str]) -> tuple[int, int, int]:
    """List (0: all), limit and offset of ``GET /contacts``. Raises ``ValidationFailed``."""
    numbers = [
        query.get(name, usual)
        for name, usual in (("list_id", "0"), ("limit", f"{MOST_CONTACTS}"), ("offset", "0"))
    ]
    if not all(text.isascii() and text.isdecimal() and len(text) <= 9 for text in numbers):
        raise ValidationFailed("list_id, limit and offset must be whole numbers")
    list_id, limit, offset = map(int, numbers)
    if list_id and list_id not in LISTS:
        raise ValidationFailed("list_id is not a list of this account")
    if limit > MOST_CONTACTS:
        raise ValidationFailed(f"limit must be at most {MOST_CONTACTS}")
    return list_id, limit, offset


def _date(query: Mapping[str, str], name: str, usual: date) -> date:
    try:
        return date.fromisoformat(query[name]) if name in query else usual
    except ValueError:
        raise ValidationFailed(f"{name} must be a date as YYYY-MM-DD") from None


def phone_digits(text: str) -> int:
    """A phone number from a URL as bare digits. Raises ``ValidationFailed``."""
    if not _MATCH_PHONE(text):
        raise ValidationFailed("the phone number must start with its country code")
    return int(text)


def provider_filter(query: Mapping[str, str]) -> str:
    """The provider ``GET /channels`` asks for; of Telnyx there are none here.

    Raises ``ValidationFailed``.
    """
    provider = query.get("provider", "")
    if provider not in PROVIDERS | {"tlnx"}:
        raise ValidationFailed(_PROVIDER_ERROR)
    return provider


def subscription_request(body: object) -> dict[str, Any]:
    """Check the body of ``POST /webhook-subscriptions`` and give its known fields.

    ``events`` is ``["messages"]`` where it is left out; without a ``secret`` nothing is signed.
    Raises ``ValidationFailed``.
    """
    fields, errors = _object(body), list[str]()
    texts = ("platform", "provider", "channel_key", "subscriber_reference_id", "webhook_url")
    for name in texts:
        if not isinstance(fields.get(name), str) or not fields[name]:
            errors.append(f"{name} is required")
    if not errors:
        _check_channel(fields["provider"], fields["channel_key"], errors)
        if not _is_web_address(fields["webhook_url"]):
            errors.append("webhook_url must be an http or https address")
    secret = fields.get("secret") or ""
    if not isinstance(secret, str):
        errors.append("secret must be a text")
    events, subevents = fields.get("events"), fields.get("subevents") or {}
    if events is None:
        events = ["messages"]
    if (
        not isinstance(events, list)
        or not events
        or not WEBHOOK_EVENTS.issuperset(map(str, events))
    ):
        errors.append("events must list messages, status_updates or both")
    if not isinstance(subevents, dict) or not isinstance(subevents.get("status_updates", []), list):
        errors.append('subevents must be an object such as {"status_updates": ["delivered"]}')
    if errors:
        raise ValidationFailed(*errors)
    chosen = {"events": events, "subevents": subevents, "secret": secret}
    return {name: fields[name] for name in texts} | chosen


_PROVIDER_ERROR = f"provider must be one of {', '.join(sorted(PROVIDERS))}"


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValidationFailed("the body must be a JSON object")
    return body


def _common(
    fields: Mapping[str, Any], phones: list[int], names: list[str], errors: list[str]
) -> MessageRequest:
    provider, channel_key = fields.get("provider"), fields.get("channel_key")
    _check_channel(provider, channel_key, errors)
    text = fields.get("text") or ""
    if not isinstance(text, str):
        errors.append("text must be a text")
    user_id = fields.get("user_id")
    if user_id is not None and not (isinstance(user_id, str) and user_id in TEAM_MEMBERS):
        errors.append("user_id is not a team member")
    media = _media(fields, errors)
    schedule_ms = _schedule(fields.get("schedule"), errors)
    return MessageRequest(
        provider=str(provider),
        channel_key=str(channel_key),
        phones=phones,
        names=names,
        text=str(text),
        media=media,
        schedule_ms=schedule_ms,
        user_id=user_id,
    )


def _check_channel(provider: object, channel_key: object, errors: list[str]) -> None:
    if not isinstance(provider, str) or provider not in PROVIDERS:
        errors.append(_PROVIDER_ERROR)
        return
    channel = CHANNELS.get(channel_key) if isinstance(channel_key, str) else None
    if channel is None or channel.provider != provider:
        errors.append("channel_key is not a channel of this provider")


def _media(fields: Mapping[str, Any], errors: list[str]) -> dict[str, str]:
    media = {name: fields[name] for name in MEDIA_FIELDS if fields.get(name)}
    for name, url in media.items():
        if not isinstance(url, str) or not _is_web_address(url):
            errors.append(f"{name} must be an http or https address")
    return media


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _schedule(value: object, errors: list[str]) -> int | None:
    """Milliseconds since 1970, or None when there is no time: the vendor then sends at once.

    A time without an offset is one in UTC here; of the vendor it is not known.
    """
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        errors.append("schedule must be an ISO 8601 time with an offset")
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _template(value: object, provider: str, errors: list[str]) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        errors.append("template must be an object with an id")
        return {}
    variables = value.get("variables", {})
    if not isinstance(variables, dict):
        errors.append("template.variables must be an object")
    elif provider == "twlo":
        errors.append("template is for WhatsApp channels only")
    return {"id": value["id"], "variables": variables}


def _contact_saving(value: object, errors: list[str]) -> ContactSaving | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("save", False), bool):
        errors.append('contact_saving must be an object such as {"save": true, "list_id": 1}')
        return None
    list_id, extra_fields = value.get("list_id"), value.get("extra_fields") or {}
    if not value.get("save"):
        return None
    if not isinstance(list_id, int) or list_id not in LISTS:
        errors.append("contact_saving.list_id is not a list of this account")
    elif not isinstance(extra_fields, dict):
        errors.append("contact_saving.extra_fields must be an object")
    else:
        return ContactSaving(list_id, extra_fields)
    return None


def _recipients(
    value: object, max_recipients: int, errors: list[str]
) -> tuple[list[int], list[str]]:
    """Numbers and names side by side; 100,000 a second come through here under load."""
    if not isinstance(value, list) or not value:
        errors.append("recipients must be a list with at least one entry")
        return [], []
    if len(value) > max_recipients:
        raise TooManyRecipients(
            f"recipients has {len(value)} entries, more than the {max_recipients} allowed"
        )
    try:
        phones = [recipient["to"] for recipient in value]
        names = [recipient.get("name") or "" for recipient in value]
        if all(map(_MATCH_PHONE, phones)) and all(type(name) is str for name in names):
            return list(map(int, phones)), names
    except (TypeError, KeyError, AttributeError):
        pass
    errors.extend(_recipient_errors(value))
    return [], []


def _recipient_errors(recipients: list[Any]) -> list[str]:
    """The first few mistakes by position: slow and exact, for lists known to hold some."""
    errors: list[str] = []
    for position, recipient in enumerate(recipients):
        if not isinstance(recipient, dict):
            errors.append(f"recipients[{position}] must be an object with to and name")
        elif not isinstance(recipient.get("to"), str) or not _MATCH_PHONE(recipient["to"]):
            errors.append(f"recipients[{position}].to must start with the country code")
        elif not isinstance(recipient.get("name") or "", str):
            errors.append(f"recipients[{position}].name must be a text")
        if len(errors) == LISTED_RECIPIENT_ERRORS:
            break
    return errors


def _start_of_day_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
