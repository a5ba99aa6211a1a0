"""Sociocs as the simulation sees it: no idempotency key, jobs go out at their second."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sending.protocol import Deletion, ListedJob


@dataclass
class Job:
    """A job at the vendor: which submission's people it reaches, and when."""

    job_id: str
    submission: int
    slot: datetime
    deleted: bool = False
    executed: bool = False
    # Jobs that somebody makes by hand may say and count anything.
    recipient_count: int = 10
    text: str = "text"
    channel_key: str = "channel"
    # Of a single message: whom it goes to; blank for the one of its submission.
    number: str = ""


# Whose job it is when it is none of ours.
STRANGER = -1
# As many as the list shows; the real one shows a hundred.
LISTED = 3


@dataclass
class Vendor:
    """Makes jobs, shows them, deletes them, and sends at their slot."""

    jobs: list[Job] = field(default_factory=list)
    landing: list[tuple[datetime, int, datetime]] = field(default_factory=list)

    def accept(self, submission: int, slot: datetime, now: datetime) -> str:
        """Make a job. A slot in the past means at once."""
        job = Job(f"job-{len(self.jobs) + 1}", submission, slot)
        self.jobs.append(job)
        self.run(now)
        return job.job_id

    def accept_later(self, submission: int, slot: datetime, at: datetime) -> None:
        """A request that is still under way: it becomes a job only at `at`."""
        self.landing.append((at, submission, slot))

    def accept_by_hand(self, slot: datetime, **differences: Any) -> None:
        """Somebody schedules a job of their own on the same account."""
        self.jobs.append(Job(f"job-{len(self.jobs) + 1}", STRANGER, slot, **differences))

    def run(self, now: datetime) -> None:
        """Let land what is under way and send what is due."""
        due = [one for one in self.landing if one[0] <= now]
        self.landing = [one for one in self.landing if one[0] > now]
        for _, submission, slot in due:
            self.accept(submission, slot, now)
        for job in self.jobs:
            job.executed |= not job.deleted and job.slot <= now

    def listed(self, hidden: int = 0, is_bare: bool = False) -> list[ListedJob]:
        """The list, newest schedule first; a stale one lacks the last `hidden` jobs.

        It never ends between two jobs of one second.
        `is_bare`: it does not say of every job when it goes out.
        """
        shown = self.jobs[: len(self.jobs) - hidden] if hidden else self.jobs
        rows = [job for job in reversed(shown) if not job.deleted]
        rows.sort(key=lambda job: job.slot, reverse=True)
        ends = LISTED
        while ends and len(rows) > ends and rows[ends].slot == rows[ends - 1].slot:
            ends -= 1
        return [
            ListedJob(
                job.job_id,
                None if is_bare and job.slot.second % 2 else job.slot,
                job.recipient_count,
                job.text,
                job.channel_key,
            )
            for job in rows[:ends]
        ]

    def delete(self, job_id: str, now: datetime) -> Deletion:
        """Delete a job that has not begun; one that ran long ago is not there any more."""
        self.run(now)
        job = next(one for one in self.jobs if one.job_id == job_id)
        if job.deleted:
            return Deletion.NOT_THERE
        if job.executed:
            gone = now > job.slot + timedelta(minutes=2)
            return Deletion.NOT_THERE if gone else Deletion.ALREADY_RUNNING
        job.deleted = True
        return Deletion.DELETED

    def executions(self, submission: int) -> int:
        """How often the people of a submission were texted."""
        return sum(job.executed for job in self.jobs if job.submission == submission)
