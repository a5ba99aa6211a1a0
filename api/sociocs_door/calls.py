"""What the calls of the Sociocs API have to say, checked field by field before anything is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.utils import timezone

from api.sociocs_door.bodies import CallBody
from api.sociocs_door.faults import CallFault, said_of
from recipients.phone_numbers import Phone, PhoneReader
from sociocs_accounts.models import Channel, VendorMember
from sociocs_gateway.providers import MediaKind, Provider

PROVIDERS = sorted([*(one.value for one in Provider), "tlnx"])
LONGEST_NAME = 200
LONGEST_TEXT = 20_000
LONGEST_PERIOD = timedelta(days=31)
SEARCHED_PERIOD = timedelta(days=90)
_LISTED_FAULTS = 10
# No calendar goes further, whatever is added to a day.
_NO_YEAR = 9000
# Begins with its country's code, with + or 00 in front or without; never dialled as at home.
_INTERNATIONAL: Callable[[str], re.Match[str] | None] = re.compile(
    r"\s*(?:\+|00)?([1-9][0-9 ().-]{5,30})\s*", re.ASCII
).fullmatch
_reader = PhoneReader("")


@dataclass(frozen=True, slots=True)
class MessageCall:
    """What `POST /messages/bulk` and `POST /message` have in common. `at` None: now."""

    channel: Channel
    text: str = ""
    media_kind: str = ""
    media_url: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)
    sent_as: VendorMember | None = None
    at: datetime | None = None
    duplicates_allowed: bool = False


@dataclass(slots=True)
class Checked:
    """The fields of a call, and what is wrong with them so far, all at once."""

    fields: Mapping[str, Any]
    faults: list[str] = field(default_factory=list)

    def fault(self, name: str, sentence: str) -> None:
        """Note what is wrong with a field, and what would be right."""
        self.faults.append(said_of(name, sentence))

    def text(self, name: str, longest: int) -> str:
        """A field that holds a text, "" without it."""
        value = self.fields.get(name, "")
        if not isinstance(value, str):
            self.fault(name, "has to be a text.")
        elif len(value) > longest:
            self.fault(name, f"may have {longest:,} characters at most.")
        elif _is_odd(value):
            self.fault(name, "has characters in it that no message can carry.")
        else:
            return value
        return ""

    def refuse(self) -> None:
        """Raise CallFault if anything is wrong."""
        if self.faults:
            raise CallFault(*self.faults)


def _is_odd(text: str) -> bool:
    """Whether a text has what a database or a phone does not take: NUL, half a character."""
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def message_call(checked: Checked, channels: list[Channel], zone: str) -> MessageCall | None:
    """What is to be sent by which of `channels`; None with faults noted."""
    channel = _channel(checked, channels)
    kind, url = _media(checked)
    flag = checked.fields.get("duplicates_allowed", False)
    if flag in ("1", "0"):
        flag = flag == "1"
    if not isinstance(flag, bool):
        checked.fault("duplicates_allowed", "has to be true or false.")
    text = checked.text("text", LONGEST_TEXT)
    at = schedule_of(checked, zone)
    sent_as = _member(checked, channel)
    if channel is None or checked.faults:
        return None
    return MessageCall(channel, text, kind, url, {}, sent_as, at, bool(flag))


def _channel(checked: Checked, channels: list[Channel]) -> Channel | None:
    provider, key = checked.fields.get("provider"), checked.fields.get("channel_key")
    if provider not in PROVIDERS:
        checked.fault("provider", f"has to be one of {', '.join(PROVIDERS)}.")
        return None
    if not isinstance(key, str):
        checked.fault("channel_key", "is required. GET /channels tells it.")
        return None
    mine = [one for one in channels if (one.provider, one.channel_key) == (provider, key)]
    if not mine:
        checked.fault("channel_key", "is no channel of this provider that the token may use.")
    return mine[0] if mine else None


def _media(checked: Checked) -> tuple[str, str]:
    given = [(kind, checked.fields.get(kind.parameter)) for kind in MediaKind]
    given = [(kind, url) for kind, url in given if url]
    if len(given) > 1:
        checked.fault(given[1][0].parameter, "cannot go along with another media address.")
    for kind, url in given[:1]:
        if isinstance(url, str) and len(url) <= 2000 and _is_web_address(url):
            return kind.value, url
        checked.fault(kind.parameter, "has to be a public http or https address.")
    return "", ""


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not _is_odd(url)


def _member(checked: Checked, channel: Channel | None) -> VendorMember | None:
    user_id = checked.fields.get("user_id")
    if user_id is None or channel is None:
        return None
    members = VendorMember.objects.filter(account=channel.account_id, gone_since=None)
    member = members.filter(user_id=str(user_id)[:200].replace("\0", "")).first()
    if member is None:
        checked.fault("user_id", "is nobody of GET /team-members. Leave it out.")
    return member


def schedule_of(checked: Checked, zone: str) -> datetime | None:
    """The time that `schedule` names; without an offset by the clock of `zone`. None: now."""
    value = checked.fields.get("schedule")
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        if moment is not None:
            # Also a year that no clock reaches ends here.
            moment = moment.astimezone(ZoneInfo("UTC"))
            if moment.year < _NO_YEAR:
                return moment
    except (ValueError, OverflowError):
        pass
    checked.fault(
        "schedule", "has to be an ISO 8601 time with its offset, such as 2027-01-31T09:30:00+01:00."
    )
    return None


def phone_of(value: object) -> str | None:
    """The E.164 number of a `to`; None: it is none that begins with its country's code."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    match = _INTERNATIONAL(value) if isinstance(value, str) and len(value) <= 40 else None
    phone = _reader.read(f"+{match[1]}") if match else None
    return phone.e164 if isinstance(phone, Phone) else None


TO_IS = "has to be a phone number that starts with its country code, such as +12025550100."


def people_of(body: CallBody, checked: Checked) -> Iterator[tuple[str, str]]:
    """Yield (E.164, name) of each recipient. Raises CallFault with the first that are wrong."""
    if not body.recipient_count:
        checked.fault("recipients", "has to be a list with at least one object with to and name.")
        checked.refuse()
    for place, recipient in enumerate(body.recipients()):
        to = phone_of(recipient.get("to")) if isinstance(recipient, dict) else None
        if not isinstance(recipient, dict):
            checked.fault(f"recipients[{place}]", "has to be an object with to and name.")
        elif to is None:
            checked.fault(f"recipients[{place}].to", TO_IS)
        else:
            name = name_of(recipient.get("name"))
            if name is not None:
                yield to, name
            else:
                checked.fault(f"recipients[{place}].name", "has to be a text.")
        if len(checked.faults) >= _LISTED_FAULTS:
            break
    checked.refuse()


def name_of(value: object) -> str | None:
    """A name in one line, as a list keeps it; None: it is none."""
    if value is None:
        return ""
    if not isinstance(value, str) or _is_odd(value):
        return None
    return " ".join(value.split())[:LONGEST_NAME]


# --- Questions ------------------------------------------------------------------------------------


def period_of(
    query: Mapping[str, str], zone: str, longest: timedelta | None, usual: timedelta
) -> tuple[datetime, datetime]:
    """(first moment, the one after the last) of `start_date` to `end_date`, both included.

    By the calendar of `zone`; what is left out ends today and begins `usual` before. Raises
    CallFault.
    """
    checked, area = Checked({}), ZoneInfo(zone)
    today = timezone.now().astimezone(area).date()
    end = _day(query, "end_date", checked) or today
    start = _day(query, "start_date", checked) or (end - usual)
    if not checked.faults and end < start:
        checked.fault("end_date", "must not lie before start_date.")
    elif not checked.faults and longest is not None and end - start > longest:
        checked.fault("end_date", f"may lie {longest.days} days after start_date at most.")
    checked.refuse()
    first = datetime(start.year, start.month, start.day, tzinfo=area)
    return first, datetime(end.year, end.month, end.day, tzinfo=area) + timedelta(days=1)


def _day(query: Mapping[str, str], name: str, checked: Checked) -> date | None:
    if not query.get(name):
        return None
    try:
        day = date.fromisoformat(query[name][:10])
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2200:
        checked.fault(name, "has to be a date, such as 2026-11-29.")
        return None
    return day
