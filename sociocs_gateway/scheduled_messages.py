"""The vendor's list of single messages that wait for their time, as typed values.

The vendor documents no field of them, so each is looked for under likely names (as in
:mod:`sociocs_gateway.results`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sociocs_gateway.lenient import id_field, moment_field, phone_field, rows_in, text_field
from sociocs_gateway.results import LIST_LIMIT, SCHEDULE_NAMES, Raw, readable_rows


@dataclass(frozen=True)
class ScheduledMessage:
    """One message that waits; ``None`` is what the row does not show.

    :param schedule: aware, UTC, whole seconds; ``None`` also when the row names no zone.
    :param phone: whom it goes to, in E.164.
    """

    message_id: str
    schedule: datetime | None = None
    phone: str | None = field(default=None, repr=False)
    channel_key: str | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, raw: Raw) -> ScheduledMessage | None:
        """``None`` without a usable id."""
        message_id = id_field(raw, "message_id", "id", "_id")
        if message_id is None:
            return None
        schedule = moment_field(raw, *SCHEDULE_NAMES)
        return cls(
            message_id,
            schedule=schedule.replace(microsecond=0) if schedule else None,
            phone=phone_field(raw, "to", "phone_number", "phone"),
            channel_key=text_field(raw, "channel_key"),
            raw=raw,
        )


@dataclass(frozen=True)
class ScheduledMessageList:
    """What one look at the list showed. Absence from it proves nothing.

    :param is_full: the vendor may have more than it lists.
    :param unreadable_rows: rows without a usable id, left out of ``messages``.
    """

    messages: tuple[ScheduledMessage, ...]
    server_date: datetime | None
    is_full: bool
    unreadable_rows: int = 0

    def __iter__(self) -> Iterator[ScheduledMessage]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    @classmethod
    def read(cls, data: Any, server_date: datetime | None) -> ScheduledMessageList | None:
        """``None`` when there is no list in the answer."""
        rows = rows_in(data)
        if rows is None:
            return None
        messages = readable_rows(rows, ScheduledMessage.read)
        return cls(messages, server_date, len(rows) >= LIST_LIMIT, len(rows) - len(messages))
