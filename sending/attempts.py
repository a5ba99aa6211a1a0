"""Attempts: the intent that is committed before a call, and the answer that is recorded after it.

`turn` does both in one durable transaction: the answer of the call before and the intent of the
next one. Losing the process between two turns leaves one open attempt, which becomes UNKNOWN at
its deadline (`sending.reconcile`) and never READY.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error, IntegrityError, connection
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.message import bulk_message
from campaigns.models import Campaign, CampaignRecipient
from campaigns.moves import durable, lock, shared_clock
from campaigns.states import (
    CampaignState,
    Outcome,
    PauseReason,
    Stopped,
    SubmissionState,
    TakeBack,
)
from interface.database_errors import is_away, is_held_up, name_of
from sending import day_limits, one_by_one, recording, timetable
from sending.failpoints import failpoint
from sending.gateway import boot_time
from sending.models import Attempt, Submission, uuid7
from sending.moves import move_submission
from sending.protocol import (
    START_FENCE,
    Refusal,
    answer_wait,
    intent_refusal,
    slot_candidates,
)
from sending.recording import Answered
from sending.single_messages import next_look_for_message
from sociocs_accounts.clients import time_out
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import BulkMessage, MessageRecipient, SingleMessage, at_time

log = logging.getLogger(__name__)

_SLOTS_LOOKED_AT = 500
# What may have changed since it was claimed.
_SUBMISSION_FIELDS = ("state", "claim_token", "planned_slot", "send_by", "zones", "attempt_count")
_PAUSES = {
    Refusal.PAST_SEND_BY: PauseReason.WINDOW,
    Refusal.QUIET_HOURS: PauseReason.QUIET_HOURS,
    Refusal.DAILY_LIMIT: PauseReason.QUOTA,
}


@dataclass(slots=True)
class Built:
    """A claimed submission with all that its call needs, made while the call before is under way.

    `submission` comes with its campaign and its account. `left_out`: keys of those who
    opted out since the audience was frozen. `message`: what its call says, at a time that may
    change; or why the vendor's API has no words for it, or None for nobody. `slot`: a second that
    was free a moment ago, if one was looked for. `attempt_id`: what its attempt will be called, to
    be looked for when a commit got no answer.
    """

    submission: Submission
    token: uuid.UUID
    recipients: list[MessageRecipient]
    left_out: list[str]
    message: BulkMessage | SingleMessage | MessageNotExpressible | None = None
    slot: datetime | None = None
    attempt_id: uuid.UUID = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True)
class Begun:
    """A committed intent, and the message that is now to be sent once.

    `intended_at`: when it was decided, by `gateway.boot_time`; the call is not made long after it.
    """

    attempt: Attempt
    message: BulkMessage | SingleMessage
    intended_at: float


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
        lock(submission, *_SUBMISSION_FIELDS)
        slot = self._slot(built)
        refusal = _refusal(submission.campaign, submission, built, slot, self.vendor_now)
        if refusal is not None:
            return refusal
        if not isinstance(built.message, BulkMessage | SingleMessage):
            _close_unsent(submission, built.message)
            return Refusal.WRONG_STATE
        message = at_time(built.message, slot)
        return Begun(_opened(submission, built, slot, message), message, self.intended_at)

    def _slot(self, built: Built) -> datetime:
        """The second that was found while building, unless it is not right any more."""
        submission = built.submission
        earliest = self.vendor_now + one_by_one.lead_of(submission)
        planned = submission.planned_slot
        if built.slot is not None and built.slot >= max(planned, earliest):
            return built.slot
        return free_slot(built.submission.account_id, planned, earliest)


# --- The intent -----------------------------------------------------------------------------------


def _refusal(
    campaign: Campaign,
    submission: Submission,
    built: Built,
    slot: datetime,
    vendor_now: datetime,
) -> Refusal | None:
    """Why there is to be no intent now, noted where people see it; else who opted out is noted."""
    assert campaign.send_by is not None

    def fits() -> bool:
        is_sendable = isinstance(built.message, BulkMessage | SingleMessage)
        return not is_sendable or day_limits.count_on_day(campaign, slot, len(built.recipients))

    refusal = intent_refusal(
        CampaignState(campaign.state),
        SubmissionState(submission.state),
        submission.claim_token == built.token,
        slot,
        submission.send_by or campaign.send_by,
        submission.account.lane,
        timezone.now(),
        timetable.is_in_hours(campaign, submission, slot),
        fits,
        one_by_one.is_too_early(submission, slot, vendor_now),
    )
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


def may_have_gone(submission: Submission) -> bool:
    """Whether an attempt was made of which nobody can say that it reached nobody."""
    attempts = submission.attempts.exclude(outcome=Outcome.NOT_SENT.value)
    return attempts.filter(revoked_at=None).exists()


def slice_of(submission: Submission) -> QuerySet[CampaignRecipient]:
    """The people of a submission who are not left out."""
    return CampaignRecipient.objects.filter(
        campaign_id=submission.campaign_id,
        position__gte=submission.first_position,
        position__lte=submission.last_position,
        left_out="",
    )


def message_or_fault(
    submission: Submission, recipients: list[MessageRecipient], slot: datetime
) -> BulkMessage | SingleMessage | MessageNotExpressible | None:
    """What is to be said, why the vendor's API has no words for it, or None for nobody."""
    if not recipients:
        return None
    try:
        return _message_for(submission, recipients, slot)
    except MessageNotExpressible as fault:
        return fault


def _message_for(
    submission: Submission, recipients: list[MessageRecipient], slot: datetime
) -> BulkMessage | SingleMessage:
    if submission.is_single:
        [recipient] = recipients
        return one_by_one.message_for(submission, recipient, slot)
    campaign = submission.campaign
    assert campaign.channel is not None
    assert campaign.message is not None
    return bulk_message(
        campaign.channel,
        recipients,
        submission.text,
        campaign.message.media_kind,
        campaign.message.media_url,
        schedule=slot,
        duplicates_allowed=campaign.duplicates_allowed,
        user_id=campaign.message.user_id or None,
        # Its texts were let through for that one field alone (`rendering.TextLimits`).
        dynamic_fields_allowed=bool(campaign.message.field_rules.get("name_placeholder")),
    )


def _opened(
    submission: Submission,
    built: Built,
    slot: datetime,
    message: BulkMessage | SingleMessage,
) -> Attempt:
    now = timezone.now()
    attempt = Attempt.objects.create(
        id=built.attempt_id,
        submission=submission,
        account_id=submission.account_id,
        n=submission.attempt_count + 1,
        slot=slot,
        token=built.token,
        body_sha256=message.sha256(),
        recipient_count=len(built.recipients),
        started_at=now,
        deadline=shared_clock() + answer_wait(time_out()),
        next_look_at=next_look_for_message(now, slot, now) if submission.is_single else None,
        counted_on=day_limits.day_of(submission.campaign.team, slot),
    )
    move_submission(
        submission,
        SubmissionState.POSTING,
        current_attempt_id=attempt.pk,
        attempt_count=attempt.n,
        lease_until=None,
    )
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
