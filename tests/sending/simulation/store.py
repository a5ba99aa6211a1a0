"""The database of the simulation: rows, the constraints that hold even if all code is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar

from campaigns.states import (
    CAMPAIGN_MOVES,
    LIVE_OUTCOMES,
    SUBMISSION_MOVES,
    CampaignState,
    How,
    LateLook,
    Outcome,
    SubmissionState,
    TakeBack,
)
from sending.protocol import answer_wait
from sociocs_accounts.lanes import Lane

PEOPLE_PER_JOB = 10
CALL_TIMEOUT = timedelta(seconds=60)


class Violation(Exception):
    """A constraint of the database refused this; the transaction is rolled back."""


class ForbiddenMove(AssertionError):
    """A move that is not in the tables: a bug of the protocol."""


@dataclass
class Attempt:
    number: int
    submission: int
    slot: datetime
    started_at: datetime
    outcome: Outcome = Outcome.OPEN
    job_id: str = ""
    waived: bool = False
    revoked: bool = False
    # It was asked back too late: perhaps it was deleted, perhaps it has gone out.
    is_doubted: bool = False
    # Whoever opted out of it is not in this job.
    is_without: bool = False

    def conclude(self, outcome: Outcome) -> None:
        """What is known for certain stays: a trigger of the database."""
        if self.outcome in {Outcome.ACCEPTED, Outcome.NOT_SENT}:
            raise ForbiddenMove(f"attempt {self.number}: {self.outcome} -> {outcome}")
        self.outcome = outcome

    @property
    def deadline(self) -> datetime:
        """When its answer is waited for no longer."""
        return self.started_at + answer_wait(CALL_TIMEOUT)

    @property
    def is_proven(self) -> bool:
        """Whether it is certain that its people are reached by it."""
        return self.outcome is Outcome.ACCEPTED and not self.revoked and not self.is_doubted

    @property
    def is_live(self) -> bool:
        return self.outcome in LIVE_OUTCOMES and not self.waived and not self.revoked


@dataclass
class Submission:
    number: int
    planned: datetime
    state: SubmissionState = SubmissionState.PLANNED
    version: int = 1
    token: int = 0
    lease_until: datetime | None = None
    not_before: datetime | None = None
    current: int | None = None
    job_id: str = ""
    how: How | None = None
    send_agains: int = 0
    # Somebody of it opted out; and when.
    has_opted_out: bool = False
    opted_out_at: datetime | None = None
    # Why it is taken back; it was not there then; what its one late look came to, and when.
    revoked_for: TakeBack | None = None
    is_gone: bool = False
    late_look: LateLook | None = None
    looked_at: datetime | None = None
    # How often it was taken back for a late look since a person last had it taken back.
    take_outs: int = 0
    # The second it had when it was taken back for a late look.
    first_slot: datetime | None = None
    # Refused for its size: it is cut in two when it is claimed the next time.
    is_too_large: bool = False
    # The job whose second half it is, and the seconds at which both were in one call.
    cut_from: int | None = None
    slots_before: frozenset[datetime] = frozenset()
    # A copy of this database, or a colleague, handed it over as well.
    is_copied: bool = False


@dataclass
class Store:
    """One campaign, its submissions and attempts, and one lane."""

    send_at: datetime
    send_by: datetime
    hand_over_at: datetime
    # People in a day; None: no limit.
    daily_limit: int | None = None
    state: CampaignState = CampaignState.SCHEDULED
    lane: Lane = field(default_factory=Lane)
    submissions: list[Submission] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    tokens: int = 0
    # Constraints that a mutant does without.
    lacks: ClassVar[frozenset[str]] = frozenset()
    # Somebody wants its launch undone, as soon as its jobs are taken back; and: it was.
    is_to_be_undone: bool = False
    is_draft_again: bool = False

    def move_campaign(self, to: CampaignState) -> None:
        if (self.state, to) not in CAMPAIGN_MOVES:
            raise ForbiddenMove(f"{self.state} -> {to}")
        self.state = to

    def move(self, submission: Submission, to: SubmissionState) -> None:
        if (submission.state, to) not in SUBMISSION_MOVES:
            raise ForbiddenMove(f"{submission.state} -> {to}")
        submission.state = to
        submission.version += 1

    def open_attempt(self, submission: int, slot: datetime, now: datetime) -> Attempt:
        """Insert an open attempt under the unique indexes of the schema."""
        if any(one.submission == submission and one.is_live for one in self.attempts):
            raise Violation("one_live_attempt")
        is_calling = any(one.outcome is Outcome.OPEN for one in self.attempts)
        if is_calling and "one_post_in_flight_per_account" not in self.lacks:
            raise Violation("one_post_in_flight_per_account")
        is_used = any(one.slot == slot for one in self.attempts)
        if is_used and "a_slot_is_used_once" not in self.lacks:
            raise Violation("a_slot_is_used_once")
        attempt = Attempt(len(self.attempts), submission, slot, now)
        self.attempts.append(attempt)
        return attempt

    def people_on(self, day: date) -> int:
        """People whom attempts may have reached, or will reach, on a day."""
        return PEOPLE_PER_JOB * sum(
            one.slot.date() == day and one.outcome in LIVE_OUTCOMES and not one.revoked
            for one in self.attempts
        )

    def is_within_daily_limit(self, day: date) -> bool:
        return self.daily_limit is None or self.people_on(day) <= self.daily_limit

    def owns(self, job_id: str) -> bool:
        return any(one.job_id == job_id for one in self.attempts)

    def current_of(self, submission: Submission) -> Attempt | None:
        return None if submission.current is None else self.attempts[submission.current]

    def tally(self) -> dict[SubmissionState, int]:
        counts: dict[SubmissionState, int] = {}
        for submission in self.submissions:
            counts[submission.state] = counts.get(submission.state, 0) + 1
        return counts
