"""Messages one by one: what ``GET /messages`` lists, and the status words each passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from sqlite3 import Connection, Row
from typing import Any

import orjson

from sociocs_sandbox.jobs import now_ms
from sociocs_sandbox.seeds import CHANNELS, DELIVERY_STEPS
from sociocs_sandbox.storage import Database

# GET /messages: the vendor documents neither paging nor a limit; this keeps one answer to a few
# megabytes.
LISTED_MESSAGES = 10_000

# Milliseconds after a job has started at which a message reaches each status.
STATUS_AFTER_MS = {
    "queued": 0,
    "enqueued": 100,
    "sent": 300,
    "delivered": 1_000,
    "undelivered": 1_000,
    "failed": 1_000,
    "read": 3_000,
}
# Numbers with this ending cannot be reached, so that failures can be seen on purpose.
UNREACHABLE_ENDING = 404
UNREACHABLE_MODULUS = 1_000_000
UNREACHABLE_ERROR = {"code": 30003, "message": "Unreachable destination handset"}


@dataclass(frozen=True)
class LandedMessage:
    """One message that reached a phone."""

    message_id: str
    job_id: str
    kind: str
    provider: str
    channel_key: str
    phone: int
    name: str
    text: str
    media: dict[str, str]
    template: dict[str, Any]
    at_ms: int

    @property
    def is_reply(self) -> bool:
        """Whether the phone sent it."""
        return self.kind == "reply"


def message_id(job_id: str, kind: str, position: int) -> str:
    """The vendor's id of one message; that of a single message is the id of its job."""
    return f"{job_id}{position:06x}" if kind == "bulk" else job_id


def is_unreachable(phone: int) -> bool:
    """Whether messages to this number fail: those that end in 000404 do."""
    return phone % UNREACHABLE_MODULUS == UNREACHABLE_ENDING


def delivery_steps(provider: str) -> tuple[str, ...]:
    """The status words of a message that arrives, in order."""
    return DELIVERY_STEPS[provider]


def status_word(provider: str, step: str, phone: int) -> str | None:
    """What a message reports at this step: the unreachable fail where others are delivered."""
    if not is_unreachable(phone) or step in {"queued", "enqueued", "sent"}:
        return step
    if step != "delivered":
        return None
    return "undelivered" if provider == "twlo" else "failed"


def current_status(provider: str, phone: int, started_ms: int) -> str:
    """The status word a message has by now."""
    passed = "queued"
    for step in delivery_steps(provider):
        word = status_word(provider, step, phone)
        if word is not None and started_ms + STATUS_AFTER_MS[step] <= now_ms():
            passed = word
    return passed


def landed_positions(connection: Connection, job: Row) -> list[int]:
    """The positions in a finished job whose message really went out: all but the blocked."""
    rows = connection.execute(
        "SELECT entry.key FROM json_each(?) AS entry WHERE EXISTS (SELECT 1 FROM messages"
        " WHERE phone = entry.value AND run = ? AND position = entry.key) ORDER BY entry.key",
        (job["phones"], job["run"]),
    )
    return [int(row[0]) for row in rows]


def landed_message(job: Row, phones: list[int], names: list[str], position: int) -> LandedMessage:
    """One message of a job whose recipients were unpacked."""
    return LandedMessage(
        message_id=message_id(job["job_id"], job["kind"], position),
        job_id=job["job_id"],
        kind=job["kind"],
        provider=job["provider"],
        channel_key=job["channel_key"],
        phone=phones[position],
        name=names[position],
        text=job["text"],
        media=orjson.loads(job["media"]),
        template=orjson.loads(job["template"]),
        at_ms=job["executed_ms"],
    )


def listed_messages(
    database: Database, account_id: int, start_ms: int, end_ms: int
) -> list[dict[str, Any]]:
    """At most 10,000 messages of the half-open span, newest first; the fields are undocumented."""
    return list(islice(_every_message(database, account_id, start_ms, end_ms), LISTED_MESSAGES))


def found_messages(
    database: Database,
    account_id: int,
    period: tuple[int, int],
    is_wanted: Callable[[dict[str, Any]], bool],
) -> list[dict[str, Any]]:
    """Those of ``listed_messages`` that are wanted, out of all in the span."""
    every = _every_message(database, account_id, *period)
    return list(islice(filter(is_wanted, every), LISTED_MESSAGES))


class Unreplied:
    """Tells, newest first, which incoming messages were not answered on their channel since."""

    def __init__(self) -> None:
        self._answered: set[tuple[str, str]] = set()

    def __call__(self, message: dict[str, Any]) -> bool:
        """Whether nobody has answered this one; asked of every message in turn."""
        if message["direction"] == "incoming":
            return (message["channel_key"], message["from"]) not in self._answered
        self._answered.add((message["channel_key"], message["to"]))
        return False


def _every_message(
    database: Database, account_id: int, start_ms: int, end_ms: int
) -> Iterator[dict[str, Any]]:
    with database.reading() as connection:
        jobs = connection.execute(
            "SELECT * FROM jobs WHERE account_id = ? AND executed_ms >= ? AND executed_ms < ?"
            " AND state = 'completed' ORDER BY executed_ms DESC, run DESC",
            (account_id, start_ms, end_ms),
        )
        for job in jobs:
            phones, names = orjson.loads(job["phones"]), orjson.loads(job["names"])
            for position in landed_positions(connection, job):
                yield _listed(landed_message(job, phones, names, position))


def _listed(message: LandedMessage) -> dict[str, Any]:
    channel_number = CHANNELS[message.channel_key].phone_number
    phone = f"+{message.phone}"
    sender, receiver = (phone, channel_number) if message.is_reply else (channel_number, phone)
    return {
        "message_id": message.message_id,
        "job_id": message.job_id if message.kind == "bulk" else None,
        "provider": message.provider,
        "channel_key": message.channel_key,
        "direction": "incoming" if message.is_reply else "outgoing",
        "from": sender,
        "to": receiver,
        "name": message.name,
        "text": message.text,
        **message.media,
        "status": "received"
        if message.is_reply
        else current_status(message.provider, message.phone, message.at_ms),
        "timestamp": message.at_ms,
    }
