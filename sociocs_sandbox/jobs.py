"""Jobs as the vendor keeps them: made, listed, moved, deleted and started when their time comes.

A single message and a reply typed on a phone are kept as jobs with one recipient. So there is one
time line: every job that has started has a ``run``, a number that only grows, and whatever a phone
shows is ordered by it.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
import time
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

import orjson

from sociocs_sandbox.storage import Database
from sociocs_sandbox.validation import MessageRequest

# GET /messages/bulk answers at most this many, without paging.
LISTED_JOBS = 100
STARTED_AT_ONCE = 200


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class JobNotFound(LookupError):
    """No such job on this account (any more): the vendor answers 404."""


class JobAlreadyStarted(RuntimeError):
    """The job runs or has run, so it can neither be moved nor deleted: the vendor answers 400."""


@dataclass(frozen=True)
class StartedJob:
    """A job whose time has come. ``phones`` is a JSON array of digits."""

    run: int
    account_id: int
    kind: str
    provider: str
    channel_key: str
    phones: str


class Jobs:
    """All jobs of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._runs = itertools.count(database.value("SELECT coalesce(max(run), 0) + 1 FROM jobs"))
        self.changed = threading.Event()

    def create(
        self,
        account_id: int,
        kind: str,
        request: MessageRequest,
        body: bytes,
        *,
        landing_delay_ms: int = 0,
    ) -> str:
        """Keep a job and give its id. Until ``landing_delay_ms`` have passed it is as if unmade."""
        row = _job_row(account_id, kind, request, body, landing_delay_ms)
        with self._database.transaction() as connection:
            connection.execute(_INSERT_JOB, row)
        self.changed.set()
        return str(row["job_id"])

    def listed(self, account_id: int, *, stale_ms: int = 0) -> list[dict[str, Any]]:
        """At most 100 bulk jobs, newest scheduled first, as they stood ``stale_ms`` ago."""
        as_of = now_ms() - stale_ms
        rows = self._database.rows(
            "SELECT job_id, provider, channel_key, state, schedule_ms, due_ms, executed_ms,"
            " created_ms, user_id, duplicates_allowed, recipient_count, text, media FROM jobs"
            " WHERE account_id = ? AND kind = 'bulk' AND landed_ms <= ?"
            " AND (deleted_ms IS NULL OR deleted_ms > ?)"
            " ORDER BY schedule_ms DESC, seq DESC LIMIT ?",
            (account_id, as_of, as_of, LISTED_JOBS),
        )
        return [_listed_job(row, as_of) for row in rows]

    def waiting_messages(self, account_id: int, *, stale_ms: int = 0) -> list[dict[str, Any]]:
        """At most 100 single messages whose time is to come, newest scheduled first.

        As they stood ``stale_ms`` ago.
        """
        as_of = now_ms() - stale_ms
        rows = self._database.rows(
            "SELECT * FROM jobs WHERE account_id = ? AND kind = 'message' AND landed_ms <= ?"
            " AND due_ms > ? AND (deleted_ms IS NULL OR deleted_ms > ?)"
            " ORDER BY schedule_ms DESC, seq DESC LIMIT ?",
            (account_id, as_of, as_of, as_of, LISTED_JOBS),
        )
        return [_waiting_message(row) for row in rows]

    def reschedule(self, account_id: int, job_id: str, schedule_ms: int) -> None:
        """Move a job that has not started; a time in the past starts it now.

        Raises ``JobNotFound`` and ``JobAlreadyStarted``.
        """
        now = now_ms()
        with self._database.transaction() as connection:
            self._refuse_unless_waiting(connection, account_id, job_id, "bulk", now)
            connection.execute(
                "UPDATE jobs SET schedule_ms = ?, due_ms = max(?, ?) WHERE job_id = ?",
                (schedule_ms, schedule_ms, now, job_id),
            )
        self.changed.set()

    def delete(self, account_id: int, job_id: str, kind: str = "bulk") -> None:
        """Delete a job that has not started. Raises ``JobNotFound`` and ``JobAlreadyStarted``."""
        now = now_ms()
        with self._database.transaction() as connection:
            self._refuse_unless_waiting(connection, account_id, job_id, kind, now)
            connection.execute(
                "UPDATE jobs SET state = 'deleted', deleted_ms = ? WHERE job_id = ?", (now, job_id)
            )

    def earlier_job_id(self, account_id: int, job_id: str) -> str:
        """The id of the account's job of its kind made before this one; its own for the first."""
        row = self._database.row(
            "SELECT earlier.job_id FROM jobs AS earlier JOIN jobs AS this ON this.job_id = ?"
            " WHERE earlier.account_id = ? AND earlier.kind = this.kind AND earlier.seq < this.seq"
            " ORDER BY earlier.seq DESC LIMIT 1",
            (job_id, account_id),
        )
        return str(row["job_id"]) if row else job_id

    def next_due_ms(self) -> int | None:
        """When the next waiting job starts."""
        due: int | None = self._database.value(
            "SELECT min(due_ms) FROM jobs WHERE state = 'scheduled'"
        )
        return due

    def start_due(self) -> list[StartedJob]:
        """Start the jobs whose time has come, earliest first, and give them with their runs."""
        now = now_ms()
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT seq, account_id, kind, provider, channel_key, phones FROM jobs"
                " WHERE state = 'scheduled' AND due_ms <= ? ORDER BY due_ms, seq LIMIT ?",
                (now, STARTED_AT_ONCE),
            ).fetchall()
            started = [_started(next(self._runs), row) for row in rows]
            connection.executemany(
                "UPDATE jobs SET state = 'running', executed_ms = ?, run = ? WHERE seq = ?",
                [(now, job.run, row["seq"]) for job, row in zip(started, rows, strict=True)],
            )
        return started

    def unfinished(self) -> list[StartedJob]:
        """Jobs that had started when the process ended before their messages were all out."""
        rows = self._database.rows(
            "SELECT run, account_id, kind, provider, channel_key, phones FROM jobs"
            " WHERE state = 'running' ORDER BY run"
        )
        return [_started(row["run"], row) for row in rows]

    def is_settled(self) -> bool:
        """Whether every job that was due has been executed to its last message."""
        return not self._database.value(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'running')"
            " OR EXISTS (SELECT 1 FROM jobs WHERE state = 'scheduled' AND due_ms <= ?)",
            (now_ms(),),
        )

    @staticmethod
    def _refuse_unless_waiting(
        connection: Connection, account_id: int, job_id: str, kind: str, now: int
    ) -> None:
        row = connection.execute(
            "SELECT state, due_ms FROM jobs WHERE job_id = ? AND account_id = ? AND kind = ?"
            " AND landed_ms <= ?",
            (job_id, account_id, kind, now),
        ).fetchone()
        if row is None or row["state"] == "deleted":
            raise JobNotFound
        # The clock decides, not the thread that starts jobs: it may be a moment late.
        if row["state"] != "scheduled" or row["due_ms"] <= now:
            raise JobAlreadyStarted


_COLUMNS = (
    "job_id",
    "account_id",
    "kind",
    "provider",
    "channel_key",
    "state",
    "schedule_ms",
    "due_ms",
    "created_ms",
    "landed_ms",
    "user_id",
    "duplicates_allowed",
    "recipient_count",
    "body_sha256",
    "recipients_sha256",
    "text",
    "media",
    "template",
    "phones",
    "names",
)
_INSERT_JOB = (
    f"INSERT INTO jobs ({', '.join(_COLUMNS)})"  # noqa: S608 - column names from above
    f" VALUES ({', '.join(':' + column for column in _COLUMNS)})"
)


def _job_row(
    account_id: int, kind: str, request: MessageRequest, body: bytes, landing_delay_ms: int
) -> dict[str, object]:
    now = now_ms()
    schedule_ms = now if request.schedule_ms is None else request.schedule_ms
    phones, names = request.phones, request.names
    if not request.duplicates_allowed and len(set(phones)) < len(phones):
        phones, names = _first_occurrences(phones, names)
    return {
        "job_id": secrets.token_hex(12),
        "account_id": account_id,
        "kind": kind,
        "provider": request.provider,
        "channel_key": request.channel_key,
        "state": "scheduled",
        "schedule_ms": schedule_ms,
        "due_ms": max(schedule_ms, now + landing_delay_ms),
        "created_ms": now,
        "landed_ms": now + landing_delay_ms,
        "user_id": request.user_id,
        "duplicates_allowed": request.duplicates_allowed,
        "recipient_count": len(request.phones),
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "recipients_sha256": recipients_sha256(request.phones),
        "text": request.text,
        "media": orjson.dumps(request.media).decode(),
        "template": orjson.dumps(request.template).decode(),
        "phones": orjson.dumps(phones).decode(),
        "names": orjson.dumps(names).decode(),
    }


def recipients_sha256(phones: list[int]) -> str:
    """SHA-256 over the numbers in the order given, each as ``+digits`` followed by a newline."""
    return hashlib.sha256("".join([f"+{phone}\n" for phone in phones]).encode()).hexdigest()


def _first_occurrences(phones: list[int], names: list[str]) -> tuple[list[int], list[str]]:
    first: dict[int, str] = {}
    for phone, name in zip(phones, names, strict=True):
        first.setdefault(phone, name)
    return list(first), list(first.values())


def _started(run: int, row: Row) -> StartedJob:
    return StartedJob(
        run, row["account_id"], row["kind"], row["provider"], row["channel_key"], row["phones"]
    )


def _listed_job(row: Row, as_of: int) -> dict[str, Any]:
    """A job as ``GET /messages/bulk`` shows it. The vendor does not document these fields."""
    started = row["executed_ms"] is not None and row["executed_ms"] <= as_of
    return {
        "job_id": row["job_id"],
        "provider": row["provider"],
        "channel_key": row["channel_key"],
        "schedule": iso_time(row["schedule_ms"]),
        "status": row["state"] if started else "scheduled",
        "recipients_count": row["recipient_count"],
        "text": row["text"],
        **orjson.loads(row["media"]),
        "duplicates_allowed": bool(row["duplicates_allowed"]),
        "user_id": row["user_id"],
        "created_at": iso_time(row["created_ms"]),
    }


def _waiting_message(row: Row) -> dict[str, Any]:
    """A message as ``GET /messages/scheduled`` shows it. The vendor does not document these fields.

    The number is without its plus, as in the vendor's webhooks.
    """
    [phone], [name] = orjson.loads(row["phones"]), orjson.loads(row["names"])
    return {
        "message_id": row["job_id"],
        "provider": row["provider"],
        "channel_key": row["channel_key"],
        "to": str(phone),
        "name": name,
        "text": row["text"],
        **orjson.loads(row["media"]),
        "template": orjson.loads(row["template"]) or None,
        "schedule": iso_time(row["schedule_ms"]),
        "status": "scheduled",
        "user_id": row["user_id"],
        "created_at": iso_time(row["created_ms"]),
    }


def iso_time(milliseconds: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, e.g. ``2026-11-23T13:04:05.250Z``."""
    seconds, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:03d}Z"
