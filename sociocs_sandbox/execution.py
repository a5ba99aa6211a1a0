"""Jobs come due: one thread starts each at its second, another puts the messages on the phones."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable

from sociocs_sandbox.jobs import Jobs, StartedJob, now_ms
from sociocs_sandbox.storage import Database

logger = logging.getLogger(__name__)

# The longest sleep: a clock that was set forward is noticed this late.
LONGEST_WAIT_SECONDS = 1.0
# How many jobs land in one transaction: enough to be cheap, few enough that a POST never waits for
# long.
LANDED_AT_ONCE = 10


class Execution:
    """Starts jobs at their schedule, however many messages of earlier ones are on their way."""

    def __init__(
        self, database: Database, jobs: Jobs, on_landed: Callable[[StartedJob], None]
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._on_landed = on_landed
        self._stopping = threading.Event()
        self._landing: queue.SimpleQueue[StartedJob | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._start_due_jobs, name="starting", daemon=True),
            threading.Thread(target=self._land_messages, name="landing", daemon=True),
        ]

    def start(self) -> None:
        """Begin, with whatever an earlier process left unfinished."""
        for job in self._jobs.unfinished():
            self._landing.put(job)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads; what is unfinished is taken up by the next start."""
        self._stopping.set()
        self._jobs.changed.set()
        self._landing.put(None)
        for thread in self._threads:
            thread.join()

    def _start_due_jobs(self) -> None:
        while not self._stopping.is_set():
            # Cleared before looking: a job that comes in between sets it again.
            self._jobs.changed.clear()
            try:
                wait = self._start_or_wait()
            except sqlite3.Error:
                logger.exception("Jobs could not be started; trying again in a second")
                wait = LONGEST_WAIT_SECONDS
            if wait > 0:
                self._jobs.changed.wait(wait)

    def _start_or_wait(self) -> float:
        """Start what is due; gives the seconds until there is something to do again."""
        due_ms = self._jobs.next_due_ms()
        wait = LONGEST_WAIT_SECONDS
        if due_ms is not None:
            wait = min(wait, (due_ms - now_ms()) / 1000)
        if wait <= 0:
            for job in self._jobs.start_due():
                self._landing.put(job)
        return wait

    def _land_messages(self) -> None:
        while not self._stopping.is_set():
            batch = [self._landing.get()]
            while len(batch) < LANDED_AT_ONCE and not self._landing.empty():
                batch.append(self._landing.get())
            jobs = [job for job in batch if job is not None]
            while not self._stopping.is_set():
                try:
                    self._land(jobs)
                    break
                except sqlite3.Error:
                    logger.exception("Messages could not be stored; trying again in a second")
                    self._stopping.wait(LONGEST_WAIT_SECONDS)

    def _land(self, jobs: list[StartedJob]) -> None:
        with self._database.transaction() as connection:
            for job in jobs:
                landed = connection.execute(_LAND_MESSAGES, vars(job)).rowcount
                connection.execute(
                    "UPDATE jobs SET state = 'completed', message_count = ? WHERE run = ?",
                    (landed, job.run),
                )
        for job in jobs:
            self._on_landed(job)


# A whole job in one statement: SQLite works through it without holding Python's interpreter lock.
_LAND_MESSAGES = """
INSERT INTO messages (phone, run, position)
SELECT value, :run, key FROM json_each(:phones)
WHERE EXISTS (SELECT 1 FROM jobs WHERE run = :run)
  AND (:kind <> 'bulk'
       OR value NOT IN (
           SELECT phone FROM contact_blocks WHERE account_id = :account_id
             AND since_ms <= (SELECT created_ms FROM jobs WHERE run = :run)))
"""
