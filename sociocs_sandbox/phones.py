"""What phones show: which got something lately, and what stands on one phone's screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection, Row

import orjson

from sociocs_sandbox.messages import LandedMessage, message_id
from sociocs_sandbox.storage import Database

PHONES_ON_A_PAGE = 50
MESSAGES_ON_A_SCREEN = 60
# A page looks through so many messages at most: where few phones got very many it ends early.
EXAMINED_ON_A_PAGE = 20_000
JOBS_READ_AT_ONCE = 20

# Enough of a job and one of its recipients to make a LandedMessage of.
_MESSAGE = (
    "SELECT m.phone, m.run, m.position, j.account_id, j.job_id, j.kind, j.provider, j.channel_key,"
    " j.text, j.media, j.template, j.executed_ms,"
    " json_extract(j.names, '$[' || m.position || ']') AS name"
    " FROM messages AS m JOIN jobs AS j ON j.run = m.run"
)


@dataclass(frozen=True)
class PhoneSummary:
    """One phone and the last thing that happened on it."""

    phone: int
    messages: int
    last: LandedMessage


@dataclass(frozen=True)
class PhoneList:
    """One page of phones, newest first; ``older`` is where the next page begins, or None."""

    phones: list[PhoneSummary]
    older: tuple[int, int] | None


@dataclass(frozen=True)
class Conversation:
    """What a channel and one phone said to each other; ``messages`` is oldest first."""

    account_id: int
    provider: str
    channel_key: str
    messages: list[LandedMessage]
    older: int | None


def recent_phones(database: Database, before: tuple[int, int] | None) -> PhoneList:
    """Phones by their last message, newest first, from the place ``before`` (run, position) on.

    No table keeps that order: the newest jobs are walked, and a phone is shown where its last
    message is met. So taking a job stays cheap, and a page costs the same for 1,000 phones and for
    1,000,000.
    """
    phones: list[PhoneSummary] = []
    examined = 0
    with database.reading() as connection:
        for run, position, phone in _newest_messages(connection, before):
            examined += 1
            if _last_place(connection, phone) == (run, position):
                phones.append(_summary(connection, phone, run, position))
            if len(phones) == PHONES_ON_A_PAGE or examined == EXAMINED_ON_A_PAGE:
                return PhoneList(phones, (run, position))
    return PhoneList(phones, None)


def phones_with(database: Database, digits: str, before: tuple[int, int] | None) -> PhoneList:
    """Phones with ``digits`` in their number, last message first, after ``before`` (run, phone)."""
    run, phone = before or (1 << 62, 0)
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT phone, max(run) AS last_run FROM messages WHERE phone LIKE ? GROUP BY phone"
            " HAVING last_run < ? OR (last_run = ? AND phone > ?)"
            " ORDER BY last_run DESC, phone LIMIT ?",
            (f"%{digits}%", run, run, phone, PHONES_ON_A_PAGE),
        ).fetchall()
        phones = []
        for row in rows:
            last = _last_place(connection, row["phone"])
            phones.append(_summary(connection, row["phone"], *last))
    is_full = len(rows) == PHONES_ON_A_PAGE
    return PhoneList(phones, (rows[-1]["last_run"], rows[-1]["phone"]) if is_full else None)


def conversations(database: Database, phone: int) -> list[tuple[str, int]]:
    """The channels a phone has spoken with, last one first, each with its number of messages."""
    rows = database.rows(
        "SELECT j.channel_key, count(*) AS messages FROM messages AS m JOIN jobs AS j"
        " ON j.run = m.run WHERE m.phone = ? GROUP BY j.channel_key ORDER BY max(m.run) DESC",
        (phone,),
    )
    return [(row["channel_key"], row["messages"]) for row in rows]


def conversation(
    database: Database, phone: int, channel_key: str, before_run: int | None = None
) -> Conversation | None:
    """The last messages between a phone and a channel, or those before ``before_run``."""
    rows = database.rows(
        f"{_MESSAGE} WHERE m.phone = ? AND j.channel_key = ? AND m.run < ?"
        " ORDER BY m.run DESC, m.position DESC LIMIT ?",
        (phone, channel_key, before_run or 1 << 62, MESSAGES_ON_A_SCREEN),
    )
    if not rows:
        return None
    return Conversation(
        account_id=rows[0]["account_id"],
        provider=rows[0]["provider"],
        channel_key=channel_key,
        messages=[_message(row) for row in reversed(rows)],
        older=rows[-1]["run"] if len(rows) == MESSAGES_ON_A_SCREEN else None,
    )


def _newest_messages(
    connection: Connection, before: tuple[int, int] | None
) -> Iterator[tuple[int, int, int]]:
    """Run, position and phone of every recipient, newest job first, in the order of the job."""
    before_run, after_position = before or (1 << 62, 0)
    while True:
        jobs = connection.execute(
            "SELECT run, phones FROM jobs WHERE run <= ? AND state = 'completed'"
            " ORDER BY run DESC LIMIT ?",
            (before_run, JOBS_READ_AT_ONCE),
        ).fetchall()
        for job in jobs:
            start = after_position + 1 if before and job["run"] == before[0] else 0
            for position, phone in enumerate(orjson.loads(job["phones"])[start:], start):
                yield job["run"], position, phone
        if len(jobs) < JOBS_READ_AT_ONCE:
            return
        before_run = jobs[-1]["run"] - 1


def _last_place(connection: Connection, phone: int) -> tuple[int, int]:
    """Run and position of a phone's last message; (0, 0) where every message to it was withheld."""
    row = connection.execute(
        "SELECT run, position FROM messages WHERE phone = ?"
        " ORDER BY run DESC, position DESC LIMIT 1",
        (phone,),
    ).fetchone()
    return (row["run"], row["position"]) if row else (0, 0)


def _summary(connection: Connection, phone: int, run: int, position: int) -> PhoneSummary:
    row = connection.execute(
        f"{_MESSAGE} WHERE m.phone = ? AND m.run = ? AND m.position = ?", (phone, run, position)
    ).fetchone()
    count = connection.execute("SELECT count(*) FROM messages WHERE phone = ?", (phone,))
    return PhoneSummary(phone, int(count.fetchone()[0]), _message(row))


def _message(row: Row) -> LandedMessage:
    return LandedMessage(
        message_id=message_id(row["job_id"], row["kind"], row["position"]),
        job_id=row["job_id"],
        kind=row["kind"],
        provider=row["provider"],
        channel_key=row["channel_key"],
        phone=row["phone"],
        name=row["name"] or "",
        text=row["text"],
        media=orjson.loads(row["media"]),
        template=orjson.loads(row["template"]),
        at_ms=row["executed_ms"],
    )
