"""The sandbox's own SQLite file: its tables, one writing connection and a few reading ones."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Values = Sequence[object] | Mapping[str, object]

# A job carries its recipients as two JSON arrays, so that taking 1,000 of them is one small write.
# The big columns come last: SQLite then reads the others without touching the overflow pages they
# live in.
SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    key_sha256 TEXT NOT NULL UNIQUE,
    key_tail TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('bulk', 'message', 'reply')),
    provider TEXT NOT NULL,
    channel_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'running', 'completed', 'deleted')),
    schedule_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    landed_ms INTEGER NOT NULL,
    executed_ms INTEGER,
    deleted_ms INTEGER,
    run INTEGER UNIQUE,
    user_id TEXT,
    duplicates_allowed INTEGER NOT NULL,
    recipient_count INTEGER NOT NULL,
    message_count INTEGER NOT NULL DEFAULT 0,
    body_sha256 TEXT NOT NULL,
    recipients_sha256 TEXT NOT NULL,
    text TEXT NOT NULL,
    media TEXT NOT NULL,
    template TEXT NOT NULL,
    phones TEXT NOT NULL,
    names TEXT NOT NULL
);
-- GET /messages/bulk: an account's jobs, newest scheduled first
CREATE INDEX IF NOT EXISTS jobs_by_schedule ON jobs (account_id, kind, schedule_ms DESC, seq DESC);
-- the next job to start
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_ms, seq) WHERE state = 'scheduled';
-- jobs whose messages are still being put on phones
CREATE INDEX IF NOT EXISTS jobs_running ON jobs (run) WHERE state = 'running';
-- GET /messages: what was sent on a day
CREATE INDEX IF NOT EXISTS jobs_by_execution ON jobs (account_id, executed_ms);
-- One row per message that reached a phone; `position` is the place among the job's recipients.
CREATE TABLE IF NOT EXISTS messages (
    phone INTEGER NOT NULL,
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (phone, run, position)
) WITHOUT ROWID;
-- A block counts for jobs made at or after `since_ms`: mostly 0, for all that have not begun.
CREATE TABLE IF NOT EXISTS contact_blocks (
    account_id INTEGER NOT NULL,
    phone INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, phone)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contacts (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    list_id INTEGER NOT NULL,
    phone INTEGER NOT NULL,
    name TEXT NOT NULL,
    extra_fields TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    UNIQUE (account_id, list_id, phone)
);
CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL,
    subscriber_reference_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    provider TEXT NOT NULL,
    channel_key TEXT NOT NULL,
    webhook_url TEXT NOT NULL,
    events TEXT NOT NULL,
    subevents TEXT NOT NULL,
    secret TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
    -- whether it stays paused when it is asked for again
    sticks INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, subscriber_reference_id)
);
-- One row per job, subscription and step: the calls of a batch are worked out while they are made.
CREATE TABLE IF NOT EXISTS webhook_batches (
    id INTEGER PRIMARY KEY,
    subscription_id TEXT NOT NULL,
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    next_position INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS webhook_batches_due ON webhook_batches (due_ms, id);
-- Calls that failed and are tried again.
CREATE TABLE IF NOT EXISTS webhook_calls (
    id INTEGER PRIMARY KEY,
    subscription_id TEXT NOT NULL,
    body BLOB NOT NULL,
    tries INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS webhook_calls_due ON webhook_calls (due_ms, id);
"""

# Losing the last moments of a sandbox to a power cut is fine, losing them to a kill is not: WAL
# with NORMAL does that.
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA busy_timeout = 20000",
    "PRAGMA temp_store = MEMORY",
)
READERS = 8
# Kibibytes of page cache: plenty for the writer, whose rows lie scattered by phone number.
WRITER_CACHE = 65_536
READER_CACHE = 4_096


class Database:
    """One SQLite file. Writes go through ``transaction``, one at a time; reads never wait."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._write_lock = threading.Lock()
        self._writer = self._connect(WRITER_CACHE)
        self._writer.executescript(SCHEMA)
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        for _ in range(READERS):
            self._readers.put(self._connect(READER_CACHE))

    def _connect(self, cache: int) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"PRAGMA cache_size = -{cache}")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside one transaction; rolled back when the block raises."""
        with self._write_lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading that sees one state of the storage throughout."""
        connection = self._readers.get()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.execute("COMMIT")
            self._readers.put(connection)

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """All rows of one query."""
        with self.reading() as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """The first row of one query, or None."""
        with self.reading() as connection:
            row: sqlite3.Row | None = connection.execute(sql, values).fetchone()
            return row

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row of a query that always has one."""
        row = self.row(sql, values)
        assert row is not None
        return row[0]

    def close(self) -> None:
        """Close every connection, waiting for a write that is under way and for readers at work."""
        for _ in range(READERS):
            self._readers.get().close()
        with self._write_lock:
            self._writer.close()
