"""Attempts: the intent that is committed before a call, and the answer that is recorded after it.

`turn` does both in one durable transaction: the answer of the call before and the intent of the
next one. Losing the process between two turns leaves one open attempt, which becomes UNKNOWN at
its deadline (`campaigns.reconcile`) and never READY.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from campaigns import plan, timetable
from campaigns.failpoints import failpoint
from campaigns.message import bulk_message
from campaigns.models import (
    Attempt,
    Campaign,
    CampaignEvent,
    CampaignRecipient,
    GatewayAccount,
    Submission,
)
from campaigns.moves import (
    durable,
    locked_campaign,
    move_campaign,
    move_submission,
    record_event,
    save_lane,
)
from campaigns.protocol import (
    ATTEMPT_DEADLINE,
    Answer,
    AnswerKind,
    Refusal,
    after_answer,
    intent_refusal,
    lane_after,
    next_look,
    pause_after,
    retry_delay,
    slot_candidates,
)
from campaigns.states import CampaignState, How, Outcome, PauseReason, SubmissionState
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import BulkMessage, Recipient

log = logging.getLogger(__name__)

_SLOT_LOOK_AHEAD = 300
_PAUSES = {
    Refusal.PAST_SEND_BY: PauseReason.WINDOW,
    Refusal.QUIET_HOURS: PauseReason.QUIET_HOURS,
}


@dataclass(slots=True)
class Built:
    """A claimed submission with all that its call needs, except the slot.

    `left_out`: primary keys of those who opted out since the audience was frozen.
    """

    submission: Submission
    token: uuid.UUID
    recipients: list[Recipient] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Begun:
    """A committed intent, and the message that is now to be sent once."""

    attempt: Attempt
    message: BulkMessage


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in hand that is not stored yet. It exists only here."""

    attempt_id: uuid.UUID
    submission: Submission
    answer: Answer
    evidence: dict[str, str]


def turn(
    answered: Answered | None, built: Built | None, vendor_now: datetime
) -> Begun | Refusal | None:
    """Store the answer of one call and open the attempt of the next, in one transaction.

    Repeated while the database is away. Returns what is to be sent now, why it must not be sent, or
    None when nothing was `built`.
    """
    pause_before_next = 0.1
    while True:
        try:
            with durable():
                if answered is not None:
                    _record(answered)
                begun = _begin(built, vendor_now) if built is not None else None
        except OperationalError:
            if answered is None:
                raise
            log.warning("attempt %s: answer not stored yet, trying again", answered.attempt_id)
            connection.close()
            time.sleep(pause_before_next)
            pause_before_next = min(pause_before_next * 2, 10)
        else:
            if isinstance(begun, Begun):
                failpoint("after_intent")
            return begun


# --- The intent -----------------------------------------------------------------------------------


def _begin(built: Built, vendor_now: datetime) -> Begun | Refusal:
    """B4, the point of no return: insert an open attempt.

    Pausing and cancelling take the same row lock: either they come first and this finds them, or
    this comes first and one submission is on its way.
    """
    try:
        with transaction.atomic():
            return _begin_locked(built, vendor_now)
    except IntegrityError:
        # Another worker's call is open on this lane, or this submission has a live attempt.
        return Refusal.STILL_OPEN


def _begin_locked(built: Built, vendor_now: datetime) -> Begun | Refusal:
    campaign = locked_campaign(built.submission.campaign_id)
    submission = Submission.objects.select_for_update().get(pk=built.submission.pk)
    account = GatewayAccount.objects.get(pk=submission.account_id)
    assert campaign.send_by is not None
    slot = free_slot(account.pk, submission.planned_slot, vendor_now + plan.lead())
    refusal = intent_refusal(
        CampaignState(campaign.state),
        SubmissionState(submission.state),
        submission.claim_token == built.token,
        slot,
        submission.send_by or campaign.send_by,
        account.lane,
        timezone.now(),
        timetable.is_in_hours(campaign, submission, slot),
    )
    if refusal in _PAUSES:
        pause(campaign, _PAUSES[refusal])
    if refusal is not None:
        return refusal
    if built.left_out:
        CampaignRecipient.objects.filter(pk__in=built.left_out).update(left_out="opted_out")
    if not built.recipients:
        move_submission(submission, SubmissionState.CANCELLED, claim_token=None, lease_until=None)
        return Refusal.WRONG_STATE
    try:
        message = message_for(built, slot)
    except MessageNotExpressible as fault:
        _refuse_unbuilt(submission, fault)
        return Refusal.WRONG_STATE
    return Begun(_open_attempt(submission, slot, message, built.token), message)


def message_for(built: Built, slot: datetime) -> BulkMessage:
    """The gateway's message for this submission. Raises MessageNotExpressible."""
    campaign = built.submission.campaign
    assert campaign.channel is not None
    assert campaign.message is not None
    return bulk_message(
        campaign.channel,
        built.recipients,
        built.submission.text,
        campaign.message.media_kind,
        campaign.message.media_url,
        schedule=slot,
        duplicates_allowed=campaign.duplicates_allowed,
        user_id=campaign.message.user_id or None,
    )


def _open_attempt(
    submission: Submission, slot: datetime, message: BulkMessage, token: uuid.UUID
) -> Attempt:
    now = timezone.now()
    attempt = Attempt.objects.create(
        submission=submission,
        account_id=submission.account_id,
        n=submission.attempt_count + 1,
        slot=slot,
        token=token,
        body_sha256=message.sha256(),
        recipient_count=len(message.recipients),
        started_at=now,
        deadline=now + ATTEMPT_DEADLINE,
    )
    move_submission(
        submission,
        SubmissionState.POSTING,
        current_attempt=attempt,
        attempt_count=attempt.n,
        recipient_count=attempt.recipient_count,
        lease_until=None,
    )
    failpoint("inside_intent")
    return attempt


def _refuse_unbuilt(submission: Submission, fault: MessageNotExpressible) -> None:
    """A submission that cannot be said in the vendor's API waits for a person; nothing was sent."""
    move_submission(
        submission,
        SubmissionState.REFUSED,
        refusal=[fault.code],
        claim_token=None,
        lease_until=None,
    )


def free_slot(account_id: int, planned: datetime, earliest: datetime) -> datetime:
    """The first second of this lane that no attempt has used yet."""
    candidates = slot_candidates(planned, earliest)
    first = next(candidates)
    used = Attempt.objects.filter(account_id=account_id, slot__gte=first).order_by("slot")
    taken = set(used.values_list("slot", flat=True)[:_SLOT_LOOK_AHEAD])
    if first not in taken:
        return first
    return next(slot for slot in candidates if slot not in taken)


# --- The answer -----------------------------------------------------------------------------------


def _record(answered: Answered) -> None:
    """B5-B8, B11, B16, B17: store what the vendor said. Doing it twice changes nothing."""
    try:
        with transaction.atomic():
            _record_locked(answered)
    except IntegrityError:
        # The job id belongs to another attempt: the vendor contradicts itself, so we know nothing.
        unclear = Answer(AnswerKind.UNKNOWN, "job_id_known", http_status=200)
        _record_locked(replace(answered, answer=unclear))


def _record_locked(answered: Answered) -> None:
    campaign = locked_campaign(answered.submission.campaign_id)
    account = GatewayAccount.objects.select_for_update().get(pk=answered.submission.account_id)
    submission = Submission.objects.select_for_update().get(pk=answered.submission.pk)
    attempt = Attempt.objects.select_for_update().get(pk=answered.attempt_id)
    verdict = after_answer(
        Outcome(attempt.outcome),
        SubmissionState(submission.state),
        How(submission.how) if submission.how else None,
        submission.current_attempt_id == attempt.pk,
        answered.answer,
    )
    if verdict.outcome is None:
        return
    now = timezone.now()
    _finish(attempt, verdict.outcome, answered, now)
    lane = lane_after(account.lane, answered.answer, now, random.random())  # noqa: S311 - no secret
    if lane != account.lane:
        save_lane(account, lane)
    if verdict.state is not None:
        changes = _changes(submission, attempt, answered.answer, verdict.state, verdict.how, now)
        if verdict.contradicted:
            changes["is_contradicted"] = True
        move_submission(submission, verdict.state, **changes)
    _tell(campaign, submission, answered.answer)
    reason = pause_after(lane, answered.answer)
    if reason is not None:
        pause(campaign, reason)


def _finish(attempt: Attempt, outcome: Outcome, answered: Answered, now: datetime) -> None:
    attempt.outcome = outcome.value
    attempt.reason = answered.answer.reason
    attempt.http_status = answered.answer.http_status
    attempt.finished_at = now
    attempt.job_id = answered.answer.job_id
    attempt.evidence = answered.evidence
    unclear = outcome is Outcome.AMBIGUOUS
    attempt.next_look_at = next_look(now, attempt.slot, 0, now) if unclear else None
    attempt.save(
        update_fields=[
            "outcome",
            "reason",
            "http_status",
            "finished_at",
            "job_id",
            "evidence",
            "next_look_at",
        ]
    )


def _changes(
    submission: Submission,
    attempt: Attempt,
    answer: Answer,
    state: SubmissionState,
    how: How | None,
    now: datetime,
) -> dict[str, object]:
    """What is written to a submission together with the state its answer leads to."""
    changes: dict[str, object] = {"claim_token": None, "lease_until": None}
    if state is SubmissionState.ACCEPTED:
        changes |= {"job_id": answer.job_id, "how": how.value if how else "", "not_sent_count": 0}
        changes |= {"current_attempt": attempt}
    elif state is SubmissionState.READY:
        wait = retry_delay(submission.not_sent_count, random.random())  # noqa: S311 - no secret
        changes |= {"not_before": now + wait, "not_sent_count": submission.not_sent_count + 1}
    elif state is SubmissionState.REFUSED:
        changes |= {"refusal": attempt.evidence.get("messages", "").splitlines(), "how": ""}
    return changes


def _tell(campaign: Campaign, submission: Submission, answer: Answer) -> None:
    """Put what a person should know into the campaign's timeline."""
    kinds = {
        AnswerKind.UNKNOWN: CampaignEvent.Kind.UNCLEAR,
        AnswerKind.REFUSED: CampaignEvent.Kind.REFUSED,
    }
    if answer.kind in kinds:
        record_event(
            campaign,
            kinds[answer.kind],
            seq=submission.seq,
            people=submission.recipient_count,
            reason=answer.reason,
            http_status=answer.http_status,
        )


# --- Pausing by the system ------------------------------------------------------------------------


def pause(campaign: Campaign, reason: PauseReason) -> None:
    """C7; the caller holds the campaign's row lock. Nothing in flight is touched."""
    if campaign.state == CampaignState.SENDING and move_campaign(
        campaign, CampaignState.PAUSED, reason.value
    ):
        record_event(campaign, CampaignEvent.Kind.PAUSED, reason=reason.value)


def pause_halted(account: GatewayAccount) -> None:
    """A halted lane pauses every campaign that is sending through it."""
    account.refresh_from_db()
    if not account.halt_reason:
        return
    sending = Campaign.objects.filter(
        channel__account=account, state=CampaignState.SENDING.value
    ).values_list("pk", flat=True)
    for campaign_id in list(sending):
        with transaction.atomic():
            pause(locked_campaign(campaign_id), PauseReason(account.halt_reason))
