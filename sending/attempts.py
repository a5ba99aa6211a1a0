"""Attempts: the intent that is committed before a call, and the answer that is recorded after it.

`turn` does both in one durable transaction: the answer of the call before and the intent of the
next one. Losing the process between two turns leaves one open attempt, which becomes UNKNOWN at
its deadline (`sending.reconcile`) and never READY.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error, IntegrityError, connection
from django.utils import timezone

from campaigns.moves import durable, lock, shared_clock
from campaigns.states import (
    PauseReason,
    Stopped,
    SubmissionState,
    TakeBack,
)
from interface.database_errors import is_away, is_held_up, name_of
from sending import day_limits, one_by_one, recording, usual_turns
from sending.failpoints import failpoint
from sending.gateway import boot_time
from sending.intents import (
    SUBMISSION_FIELDS,
    Begun,
    Built,
    may_have_gone,
    open_attempt,
    posting,
    refusal_of,
    slice_of,
    slot_still_right,
)
from sending.models import Attempt, Submission
from sending.moves import move_submission
from sending.protocol import (
    START_FENCE,
    Refusal,
    answer_wait,
    slot_candidates,
)
from sending.recording import Answered
from sociocs_accounts.clients import time_out
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import BulkMessage, SingleMessage, at_time

log = logging.getLogger(__name__)

_SLOTS_LOOKED_AT = 500
_PAUSES = {
    Refusal.PAST_SEND_BY: PauseReason.WINDOW,
    Refusal.QUIET_HOURS: PauseReason.QUIET_HOURS,
    Refusal.DAILY_LIMIT: PauseReason.QUOTA,
}


def turn(
    answered: Answered | None, built: Built | None, vendor_now: datetime
) -> Begun | Refusal | None:
    """Store the answer of one call and open the attempt of the next, in one transaction.

    Repeated while the database is away or held up: an answer for as long as it takes, by itself. An
    intent is not waited for: with an answer it is HELD_UP, without one the database's error comes
    out (at once if somebody else holds its rows, else at its start fence), and nothing was sent.
    Returns what is to be sent now, why it must not be sent, or None when nothing was `built`.
    """
    this = _Turn(answered, built, vendor_now)
    pauses = _pauses()
    while True:
        try:
            begun = this.play()
        except IntegrityError as error:
            this.settle_conflict(error)
        except Error as error:
            if not this.may_repeat(error):
                raise
            log.warning("a turn is not stored yet, trying again: %s", name_of(error))
            connection.close()
            time.sleep(next(pauses))
            this.is_repeated = True
        else:
            if isinstance(begun, Begun):
                failpoint("after_intent")
            return begun


def _pauses() -> Iterator[float]:
    pause = 0.1
    while True:
        yield pause
        pause = min(pause * 2, 10)


@dataclass(slots=True)
class _Turn:
    """One turn, however often its transaction has to be repeated.

    `is_repeated`: an earlier try may have been committed although its answer never came.
    `is_contested`: a constraint of the database refused the intent.
    """

    answered: Answered | None
    built: Built | None
    vendor_now: datetime
    intended_at: float = field(default_factory=boot_time)
    is_repeated: bool = False
    is_contested: bool = False

    @property
    def is_too_late(self) -> bool:
        """Whether an intent that was committed now could not be followed by a call any more."""
        return boot_time() - self.intended_at > START_FENCE.total_seconds()

    def may_repeat(self, error: Error) -> bool:
        """Whether to try again: with an answer in hand always, an intent as long as it may go."""
        if not is_away(error):
            return False
        return self.answered is not None or not (is_held_up(error) or self.is_too_late)

    def play(self) -> Begun | Refusal | None:
        answered, built, is_first_try = self.answered, self.built, not self.is_repeated
        if is_first_try and answered is not None and usual_turns.looks_usual(answered, built):
            with suppress(usual_turns.Unusual), durable():
                return usual_turns.play(answered, built, self.vendor_now, self.intended_at)
        with durable():
            if self.answered is not None:
                recording.record(self.answered)
            if self.built is None:
                return None
            if self.is_contested:
                # Another worker's call is open on this lane, or there is a live attempt.
                return Refusal.STILL_OPEN
            return self._begin(self.built)

    def settle_conflict(self, error: IntegrityError) -> None:
        """The database refused: the job id is another attempt's, or so is the lane."""
        contradictory = recording.contradictory(self.answered) if self.answered else None
        if self.built is not None and self.built.slot is not None:
            # Somebody may have used that second meanwhile: look for one once more.
            self.built.slot = None
        elif contradictory is not None and contradictory != self.answered:
            self.answered = contradictory
        elif self.built is not None and not self.is_contested:
            self.is_contested = True
        else:
            raise error

    def _begin(self, built: Built) -> Begun | Refusal:
        """The point of no return: insert an open attempt.

        Pausing and cancelling take the same row lock: either they come first and this finds them,
        or this comes first and one submission is on its way.
        """
        if self.is_repeated and (attempt := Attempt.objects.filter(pk=built.attempt_id).first()):
            assert isinstance(built.message, BulkMessage | SingleMessage)
            attempt.submission = built.submission
            return Begun(attempt, at_time(built.message, attempt.slot), self.intended_at)
        if self.is_repeated and self.answered is not None:
            # Nothing must keep the answer waiting any more.
            return Refusal.HELD_UP
        submission = built.submission
        if self.answered is None or self.answered.submission.campaign is not submission.campaign:
            recording.lock_campaign_and_lane(submission)
        lock(submission, *SUBMISSION_FIELDS)
        slot = slot_still_right(built, self.vendor_now) or free_slot(
            submission.account_id,
            submission.planned_slot,
            self.vendor_now + one_by_one.lead_of(submission),
        )
        refusal = _refusal(built, slot, self.vendor_now)
        if refusal is not None:
            return refusal
        if not isinstance(built.message, BulkMessage | SingleMessage):
            _close_unsent(submission, built.message)
            return Refusal.WRONG_STATE
        message = at_time(built.message, slot)
        return Begun(_opened(built, slot, message), message, self.intended_at)


# --- The intent -----------------------------------------------------------------------------------


def _refusal(built: Built, slot: datetime, vendor_now: datetime) -> Refusal | None:
    """Why there is to be no intent now, noted where people see it; else who opted out is noted."""
    submission, campaign = built.submission, built.submission.campaign

    def fits() -> bool:
        is_sendable = isinstance(built.message, BulkMessage | SingleMessage)
        return not is_sendable or day_limits.count_on_day(campaign, slot, len(built.recipients))

    refusal = refusal_of(built, slot, vendor_now, fits)
    is_second = submission.revoked_for == TakeBack.LATE_LOOK
    if refusal in _PAUSES and is_second:
        # Nobody else has to wait because one person's job cannot go out any more.
        move_submission(
            submission, SubmissionState.REFUSED, refusal=[refusal.value], **recording.UNCLAIMED
        )
    elif refusal in _PAUSES:
        recording.pause_locked(campaign, _PAUSES[refusal])
    if refusal is None and built.left_out:
        people = slice_of(submission).filter(phone_key__in=built.left_out)
        if may_have_gone(submission):
            # Nobody can say that an earlier attempt did not reach them.
            people.update(stopped=Stopped.TOO_LATE.value)
        else:
            stopped = Stopped.TAKEN_OUT.value if submission.revoked_for else ""
            people.update(left_out="opted_out", stopped=stopped)
    return refusal


def _opened(built: Built, slot: datetime, message: BulkMessage | SingleMessage) -> Attempt:
    attempt = open_attempt(built, slot, message)
    attempt.deadline = shared_clock() + answer_wait(time_out())
    attempt.save(force_insert=True)
    move_submission(built.submission, SubmissionState.POSTING, **posting(attempt))
    failpoint("inside_intent")
    return attempt


def _close_unsent(submission: Submission, fault: MessageNotExpressible | None) -> None:
    """Nobody is left in it; or it cannot be said in the vendor's API and waits for a person."""
    changes: dict[str, object] = {"claim_token": None, "lease_until": None}
    if fault is None:
        move_submission(submission, SubmissionState.CANCELLED, **changes)
    else:
        move_submission(submission, SubmissionState.REFUSED, refusal=[fault.code], **changes)


def slots_for(account_id: int, submissions: Sequence[Submission]) -> list[datetime | None]:
    """A free second for each of several jobs, by one question; None where that did not tell.

    Only a proposal: whether it is still free, and far enough ahead, is seen at the intent.
    """
    now = timezone.now()
    starts = [
        next(slot_candidates(submission.planned_slot, now + one_by_one.lead_of(submission)))
        for submission in submissions
    ]
    used = Attempt.objects.filter(account_id=account_id, slot__gte=min(starts)).order_by("slot")
    known = list(used.values_list("slot", flat=True)[:_SLOTS_LOOKED_AT])
    until = known[-1] if len(known) == _SLOTS_LOOKED_AT else None
    taken, found = set(known), list[datetime | None]()
    for start in starts:
        slot = next(moment for moment in slot_candidates(start, start) if moment not in taken)
        taken.add(slot)
        found.append(slot if until is None or slot < until else None)
    return found


def free_slot(account_id: int, planned: datetime, earliest: datetime) -> datetime:
    """The first second of this lane that no attempt has used yet."""
    used = Attempt.objects.filter(account_id=account_id).order_by("slot")
    taken = deque[datetime]()
    for slot in slot_candidates(planned, earliest):
        while taken and taken[0] < slot:
            taken.popleft()
        if not taken:
            following = used.filter(slot__gte=slot).values_list("slot", flat=True)
            taken.extend(following[:_SLOTS_LOOKED_AT])
        if not taken or taken[0] != slot:
            return slot
    raise AssertionError("seconds never end")
