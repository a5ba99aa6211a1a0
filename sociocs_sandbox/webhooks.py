"""Calls subscribers when messages move on or a phone replies (Sociocs API, Webhooks).

One thread makes the calls, in order and at a bounded speed. What is still to be called is kept in
the storage as one row per job, subscription and step; the single calls are worked out only when
they are made.
"""

from __future__ import annotations

import http.client
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from sqlite3 import Row

import orjson

from sociocs_sandbox.address_book import AddressBook
from sociocs_sandbox.jobs import StartedJob, now_ms
from sociocs_sandbox.messages import (
    STATUS_AFTER_MS,
    delivery_steps,
    landed_message,
    landed_positions,
)
from sociocs_sandbox.storage import Database
from sociocs_sandbox.subscriptions import Subscription, Subscriptions
from sociocs_sandbox.webhook_call import (
    RemoteAddress,
    incoming_message,
    post_webhook,
    status_update,
)

logger = logging.getLogger(__name__)

CALLS_PER_SECOND = 200
CALLS_AT_ONCE = 50
RETRY_AFTER_MS = (1_000, 5_000, 30_000)
LONGEST_WAIT_SECONDS = 1.0
INCOMING = "message"


class WebhookSender:
    """Turns landed jobs into calls, and makes them in a thread of its own."""

    def __init__(
        self,
        database: Database,
        subscriptions: Subscriptions,
        address_book: AddressBook,
        *,
        allow_remote: bool,
    ) -> None:
        self._database = database
        self._address_book = address_book
        self._subscriptions = subscriptions
        self._allow_remote = allow_remote
        self._counts: Counter[str] = Counter()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin, with whatever an earlier process left to be called."""
        self._thread.start()

    def stop(self) -> None:
        """End after the call that is under way, or leave it where it takes too long."""
        self._stopping.set()
        self._changed.set()
        self._thread.join(LONGEST_WAIT_SECONDS)

    def counts(self) -> dict[str, int | bool]:
        """Calls answered, failed for good and withheld since the start; whether none is left."""
        is_idle = not self._database.value(
            "SELECT EXISTS (SELECT 1 FROM webhook_batches) OR EXISTS (SELECT 1 FROM webhook_calls)"
        )
        kinds = ("answered", "failed", "withheld")
        return {kind: self._counts[kind] for kind in kinds} | {"idle": is_idle}

    def clear_counts(self) -> None:
        """Begin to count again at zero."""
        self._counts.clear()

    def job_landed(self, job: StartedJob) -> None:
        """Plan the calls that a job's messages, or a phone's reply, bring about."""
        is_reply = job.kind == "reply"
        event, steps = "status_updates", delivery_steps(job.provider)
        if is_reply:
            event, steps = "messages", (INCOMING,)
        subscriptions = self._subscriptions.matching(
            job.account_id, job.provider, job.channel_key, event
        )
        if not subscriptions:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO webhook_batches (subscription_id, run, step, due_ms)"
                " VALUES (?, ?, ?, ?)",
                [
                    (subscription.id, job.run, step, now_ms() + STATUS_AFTER_MS.get(step, 0))
                    for subscription in subscriptions
                    for step in steps
                ],
            )
        self._changed.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.clear()
            try:
                wait = self._work_or_wait()
            except sqlite3.Error:
                if self._stopping.is_set():
                    return
                logger.exception("Webhooks could not be read; trying again in a second")
                wait = LONGEST_WAIT_SECONDS
            if wait > 0:
                self._changed.wait(wait)

    def _work_or_wait(self) -> float:
        """Make the calls that are due; gives the seconds until there is something to do again."""
        due_ms: int | None = self._database.value(
            "SELECT min(due_ms) FROM (SELECT min(due_ms) AS due_ms FROM webhook_batches"
            " UNION ALL SELECT min(due_ms) FROM webhook_calls)"
        )
        if due_ms is None:
            return LONGEST_WAIT_SECONDS
        if due_ms > now_ms():
            return min(LONGEST_WAIT_SECONDS, (due_ms - now_ms()) / 1000)
        self._try_again()
        self._work_on_batch()
        return 0.0

    def _try_again(self) -> None:
        """Make the calls that failed before, once more."""
        calls = self._database.rows(
            "SELECT * FROM webhook_calls WHERE due_ms <= ? ORDER BY due_ms, id LIMIT ?",
            (now_ms(), CALLS_AT_ONCE),
        )
        for call in calls:
            if self._stopping.is_set():
                return
            subscription = self._subscriptions.by_id(call["subscription_id"])
            is_last = call["tries"] >= len(RETRY_AFTER_MS)
            done = subscription is None or self._call(subscription, call["body"], is_last=is_last)
            self._record_try(call, done=done or is_last)

    def _record_try(self, call: Row, *, done: bool) -> None:
        with self._database.transaction() as connection:
            if done:
                connection.execute("DELETE FROM webhook_calls WHERE id = ?", (call["id"],))
            else:
                connection.execute(
                    "UPDATE webhook_calls SET tries = tries + 1, due_ms = ? WHERE id = ?",
                    (now_ms() + RETRY_AFTER_MS[call["tries"]], call["id"]),
                )

    def _work_on_batch(self) -> None:
        """Make the next few calls of the batch that is due first."""
        batch = self._database.row(
            "SELECT * FROM webhook_batches WHERE due_ms <= ? ORDER BY due_ms, id LIMIT 1",
            (now_ms(),),
        )
        if batch is None:
            return
        subscription = self._subscriptions.by_id(batch["subscription_id"])
        positions = self._next_positions(batch) if subscription else []
        called, failed = 0, list[bytes]()
        if subscription is not None:
            for body in self._bodies(batch, subscription, positions):
                if self._stopping.is_set():
                    break
                if body is not None and not self._call(subscription, body):
                    failed.append(body)
                called += 1
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO webhook_calls (subscription_id, body, tries, due_ms)"
                " VALUES (?, ?, 1, ?)",
                [(batch["subscription_id"], body, now_ms() + RETRY_AFTER_MS[0]) for body in failed],
            )
            if not positions:
                connection.execute("DELETE FROM webhook_batches WHERE id = ?", (batch["id"],))
            elif called:
                connection.execute(
                    "UPDATE webhook_batches SET next_position = ? WHERE id = ?",
                    (positions[called - 1] + 1, batch["id"]),
                )

    def _next_positions(self, batch: Row) -> list[int]:
        with self._database.reading() as connection:
            job = connection.execute("SELECT * FROM jobs WHERE run = ?", (batch["run"],)).fetchone()
            positions = landed_positions(connection, job) if job else []
        return [position for position in positions if position >= batch["next_position"]][
            :CALLS_AT_ONCE
        ]

    def _bodies(
        self, batch: Row, subscription: Subscription, positions: list[int]
    ) -> Iterator[bytes | None]:
        job = self._database.row("SELECT * FROM jobs WHERE run = ?", (batch["run"],))
        if job is None:
            return
        phones, names = orjson.loads(job["phones"]), orjson.loads(job["names"])
        for position in positions:
            message = landed_message(job, phones, names, position)
            if batch["step"] == INCOMING:
                contact = self._address_book.find(job["account_id"], message.phone)
                yield incoming_message(message, contact)
            else:
                yield status_update(message, batch["step"], subscription)

    def _call(self, subscription: Subscription, body: bytes, *, is_last: bool = False) -> bool:
        """Whether it is done with: the subscriber took it, or must not be called at all."""
        self._stopping.wait(1 / CALLS_PER_SECOND)
        try:
            status = post_webhook(subscription, body, allow_remote=self._allow_remote)
        except RemoteAddress:
            self._counts["withheld"] += 1
            if self._counts["withheld"] == 1:
                logger.warning(
                    "A webhook beyond this machine was withheld; --allow-remote would send it"
                )
            return True
        except (OSError, http.client.HTTPException):
            status = 0
        answered = 200 <= status < 300
        if answered:
            self._counts["answered"] += 1
        elif is_last:
            self._counts["failed"] += 1
        return answered
