"""The vendor's answers as typed values. What the vendor does not document is read leniently.

Every answer carries ``server_date``: the ``Date`` header of the answer as an aware UTC datetime
(whole seconds, ``None`` when the server sent none that can be read). Slots are counted on the
vendor's clock, not on ours, and this is where that clock can be read.

``raw`` is what the vendor sent, cleaned of what no database stores (NUL, lone surrogates, numbers
beyond 64 bits), so that a field nobody knew of can still be found later. It may hold phone
numbers and texts: store it, never log it; no ``repr`` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar

from sociocs_gateway.lenient import (
    count_field,
    id_field,
    moment_field,
    phone_field,
    provider_field,
    rows_in,
    text_field,
    texts_field,
)
from sociocs_gateway.providers import Provider

Raw: TypeAlias = Mapping[str, Any]

LIST_LIMIT = 100
"""The most jobs, or waiting messages, that the vendor lists."""

SCHEDULE_NAMES = ("schedule", "scheduled_at", "scheduled_date", "schedule_date")
"""Names under which the vendor may show when something goes out; it documents none."""

T = TypeVar("T")


class DeliveryStatus(StrEnum):
    """What became of a message, in our words."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"

    @classmethod
    def of(cls, vendor_word: str) -> DeliveryStatus:
        """Our word for the vendor's; a word nobody documented stays ``UNKNOWN``."""
        return VENDOR_STATUSES.get(vendor_word.strip().lower(), cls.UNKNOWN)

    @property
    def rank(self) -> int:
        """Statuses come in any order; only a higher rank may replace a lower one.

        Delivered outranks failed, because networks report a message as undelivered that arrives
        later, and never the reverse.
        """
        return list(DeliveryStatus).index(self)


VENDOR_STATUSES: Mapping[str, DeliveryStatus] = MappingProxyType(
    {
        "queued": DeliveryStatus.QUEUED,
        "enqueued": DeliveryStatus.QUEUED,
        "sending": DeliveryStatus.QUEUED,
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.READ,
        "undelivered": DeliveryStatus.FAILED,
        "failed": DeliveryStatus.FAILED,
    }
)
"""The vendor's words for a message's fate -> ours (Sociocs API, /api/webhooks/introduction)."""


@dataclass(frozen=True)
class BulkAccepted:
    """The vendor made a bulk job, or changed one; ``job_id`` is its name for it."""

    job_id: str
    server_date: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, data: Any, server_date: datetime | None) -> BulkAccepted | None:
        """``None`` without an id: then nothing says that the vendor took it."""
        raw = data if isinstance(data, dict) else {}
        job_id = id_field(raw, "job_id")
        return cls(job_id, server_date, raw) if job_id else None

    @classmethod
    def read_change(
        cls, data: Any, server_date: datetime | None, *, job_id: str
    ) -> BulkAccepted | None:
        """The answer about a known job; ``None`` when it names another one."""
        raw = data if isinstance(data, dict) else {}
        named = id_field(raw, "job_id") or job_id
        return cls(job_id, server_date, raw) if named == job_id else None


@dataclass(frozen=True)
class BulkJob:
    """One row of the vendor's list of bulk jobs; ``None`` is what the row does not show.

    :param schedule: aware, UTC, whole seconds; ``None`` also when the row names no zone, because
        a guessed zone would prove the wrong thing.
    """

    job_id: str
    schedule: datetime | None = None
    recipient_count: int | None = None
    text: str | None = field(default=None, repr=False)
    channel_key: str | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, raw: Raw) -> BulkJob | None:
        """The vendor documents no field of a job, so each is looked for under likely names."""
        job_id = id_field(raw, "job_id", "id", "_id")
        if job_id is None:
            return None
        schedule = moment_field(raw, *SCHEDULE_NAMES)
        return cls(
            job_id,
            schedule=schedule.replace(microsecond=0) if schedule else None,
            recipient_count=count_field(raw, "recipient_count", "recipients_count", "recipients"),
            text=text_field(raw, "text", "message"),
            channel_key=text_field(raw, "channel_key"),
            raw=raw,
        )


@dataclass(frozen=True)
class BulkJobList:
    """What one look at the vendor's list showed. Absence from it proves nothing.

    :param is_full: the vendor may have more jobs than it lists.
    :param unreadable_rows: rows without a usable id, left out of ``jobs``.
    """

    jobs: tuple[BulkJob, ...]
    server_date: datetime | None
    is_full: bool
    unreadable_rows: int = 0

    def __iter__(self) -> Iterator[BulkJob]:
        return iter(self.jobs)

    def __len__(self) -> int:
        return len(self.jobs)

    @classmethod
    def read(cls, data: Any, server_date: datetime | None) -> BulkJobList | None:
        """``None`` when there is no list in the answer."""
        rows = rows_in(data)
        if rows is None:
            return None
        jobs = readable_rows(rows, BulkJob.read)
        return cls(jobs, server_date, len(rows) >= LIST_LIMIT, len(rows) - len(jobs))


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A list from the vendor.

    :param unreadable_rows: rows that lack what identifies them, left out of ``items``.
    """

    items: tuple[T, ...]
    server_date: datetime | None = None
    unreadable_rows: int = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def reader(
        cls, read_row: Callable[[Raw], T | None]
    ) -> Callable[[Any, datetime | None], Listing[T] | None]:
        """Reads a list whose rows are read by ``read_row``; ``None`` when there is no list."""

        def read(data: Any, server_date: datetime | None) -> Listing[T] | None:
            rows = rows_in(data)
            if rows is None:
                return None
            items = readable_rows(rows, read_row)
            return Listing(items, server_date, len(rows) - len(items))

        return read


@dataclass(frozen=True)
class MessageAccepted:
    """The vendor took one message; status updates will name its ``message_id``."""

    message_id: str
    server_date: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, data: Any, server_date: datetime | None) -> MessageAccepted | None:
        """``None`` without an id: then nothing says that the vendor took it."""
        raw = data if isinstance(data, dict) else {}
        message_id = id_field(raw, "message_id")
        return cls(message_id, server_date, raw) if message_id else None


@dataclass(frozen=True)
class ListedMessage:
    """One message of ``GET /messages``; ``None`` is what it does not show.

    :param phone: the recipient in E.164.
    :param job_id: the bulk job it was part of.
    :param sent_at: aware, UTC.
    """

    message_id: str
    phone: str | None = field(default=None, repr=False)
    job_id: str | None = None
    text: str | None = field(default=None, repr=False)
    is_incoming: bool = False
    status: DeliveryStatus = DeliveryStatus.UNKNOWN
    vendor_status: str | None = None
    sent_at: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, raw: Raw) -> ListedMessage | None:
        """The vendor documents no field of a message but what its webhooks name."""
        message_id = id_field(raw, "message_id", "id", "_id")
        if message_id is None:
            return None
        word = text_field(raw, "status")
        return cls(
            message_id,
            phone=phone_field(raw, "to", "phone_number"),
            job_id=id_field(raw, "job_id", "bulk_job_id"),
            text=text_field(raw, "text", "message"),
            is_incoming=text_field(raw, "direction") == "incoming",
            status=DeliveryStatus.of(word or ""),
            vendor_status=word,
            sent_at=moment_field(raw, "timestamp", "created_at"),
            raw=raw,
        )


@dataclass(frozen=True)
class ListedChannel:
    """A sending line of the account.

    :param provider: ``None`` for a provider this project does not know.
    """

    channel_key: str
    name: str
    provider: Provider | None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, raw: Raw, *, asked_for: Provider) -> ListedChannel | None:
        """A row, in which ``id`` and ``channel_key`` are the same."""
        key = id_field(raw, "channel_key", "id")
        if key is None:
            return None
        provider = provider_field(raw) if "provider" in raw else asked_for
        return cls(key, text_field(raw, "name") or key, provider, raw)


@dataclass(frozen=True)
class ChannelDetails:
    """A sending line with its number, as far as the vendor shows it."""

    channel_key: str
    name: str
    provider: Provider | None
    country_code: str | None = None
    phone_number: str | None = None
    server_date: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(
        cls, data: Any, server_date: datetime | None, *, channel_key: str
    ) -> ChannelDetails | None:
        """The vendor does not repeat the key in its answer, so it is given here."""
        if not isinstance(data, dict):
            return None
        return cls(
            channel_key,
            text_field(data, "name") or channel_key,
            provider_field(data),
            country_code=text_field(data, "country_code"),
            phone_number=text_field(data, "phone_number"),
            server_date=server_date,
            raw=data,
        )


@dataclass(frozen=True)
class TeamMember:
    """A person of the Sociocs account; ``user_id`` may be named as a message's sender."""

    user_id: str
    name: str | None = None
    email: str | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, raw: Raw) -> TeamMember | None:
        """The vendor documents no field, so each is looked for under likely names."""
        user_id = id_field(raw, "user_id", "id")
        if user_id is None:
            return None
        return cls(user_id, text_field(raw, "name"), text_field(raw, "email"), raw)


@dataclass(frozen=True)
class ContactBlock:
    """Whether the vendor keeps bulk and automated messages from a contact."""

    is_blocked: bool
    server_date: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(
        cls, data: Any, server_date: datetime | None, *, otherwise: bool | None = None
    ) -> ContactBlock | None:
        """:param otherwise: what a success without data means; ``None``: nothing."""
        raw = data if isinstance(data, dict) else {}
        is_blocked = raw.get("is_blocked", otherwise)
        return cls(is_blocked, server_date, raw) if isinstance(is_blocked, bool) else None


@dataclass(frozen=True)
class WebhookSubscription:
    """A webhook subscription as the vendor has it; ``None`` is what it does not show."""

    id: str
    subscriber_reference_id: str | None = None
    provider: Provider | None = None
    channel_key: str | None = None
    webhook_url: str | None = None
    status: str | None = None
    events: frozenset[str] | None = None
    server_date: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, data: Any, server_date: datetime | None = None) -> WebhookSubscription | None:
        """Sociocs API, "Get subscription" (/api/webhooks/get), subscription object."""
        raw = data if isinstance(data, dict) else {}
        subscription_id = id_field(raw, "id")
        if subscription_id is None:
            return None
        return cls(
            subscription_id,
            subscriber_reference_id=text_field(raw, "subscriber_reference_id"),
            provider=provider_field(raw),
            channel_key=text_field(raw, "channel_key"),
            webhook_url=text_field(raw, "webhook_url"),
            status=text_field(raw, "status"),
            events=frozenset(texts_field(raw, "events")) or None,
            server_date=server_date,
            raw=raw,
        )

    @property
    def is_paused(self) -> bool:
        """Whether the vendor says that it reports nothing at present."""
        return (self.status or "").strip().lower() == "paused"


@dataclass(frozen=True)
class Deleted:
    """The vendor deleted what it was asked to delete."""

    server_date: datetime | None = None

    @classmethod
    def read(cls, _data: Any, server_date: datetime | None) -> Deleted:
        """A success says it all."""
        return cls(server_date)


def readable_rows(rows: Sequence[Any], read: Callable[[Raw], T | None]) -> tuple[T, ...]:
    """What ``read`` makes of each row; rows it makes nothing of are left out."""
    items = (read(row) for row in rows if isinstance(row, dict))
    return tuple(item for item in items if item is not None)
