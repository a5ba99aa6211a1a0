"""What an answer does: to its attempt and submission, to the lane, and to the campaign.

Everything here runs inside a transaction of `sending.attempts` or
`sending.reconcile`, with the campaign's row locked. Doing it twice changes nothing.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import (
    lock,
    move_campaign,
    record_event,
    with_each_free,
)
from campaigns.states import (
    CampaignState,
    How,
    LateLook,
    Outcome,
    PauseReason,
    SubmissionState,
    TakeBack,
)
from sending import day_limits, intents
from sending.models import Attempt, Submission
from sending.moves import move_submission
from sending.protocol import (
    TOO_LARGE,
    AnswerKind,
    PostAnswer,
    Verdict,
    after_answer,
    after_cancel,
    lane_after,
    next_look,
    pause_after,
    retry_delay,
    smaller_jobs,
    when_too_large,
)
from sociocs_accounts.models import GatewayAccount

# What may have changed since a submission was claimed, and a turn looks at.
CAMPAIGN_FIELDS = ("state", "version", "send_by", "hours_from", "hours_to", "time_zone")
LANE_FIELDS = (
    "state",
    "halt_reason",
    "cool_until",
    "probe_needed",
    "strikes",
    "rate_limits",
    "redirects",
    "people_per_job",
)
BEING_STOPPED = {CampaignState.CANCELLING, CampaignState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in hand that is not stored yet. It exists only here.

    `submission` comes with its campaign and its account; `n`: which attempt at it this was.
    """

    attempt_id: uuid.UUID
    n: int
    submission: Submission
    answer: PostAnswer
    evidence: dict[str, str]


def lock_campaign_and_lane(submission: Submission) -> None:
    """Lock what a turn of this submission depends on, and look how it stands now."""
    lock(submission.campaign, *CAMPAIGN_FIELDS)
    lock(submission.account, *LANE_FIELDS)


def record(answered: Answered) -> None:
    """Store what the vendor said; its campaign and lane stay locked.

    Raises IntegrityError when the job id belongs to another attempt (see `contradictory`).
    """
    lock_campaign_and_lane(answered.submission)
    _record(answered)
    lock(answered.submission.account, *LANE_FIELDS)


def _record(answered: Answered) -> None:
    campaign = answered.submission.campaign
    attempt = (
        Attempt.objects.select_for_update()
        .select_related("submission", "account")
        .get(pk=answered.attempt_id)
    )
    submission, account = attempt.submission, attempt.account
    other = other_accepted(submission, attempt)
    answer = _as_it_counts(answered.answer, attempt)
    verdict = verdict_on(attempt, submission, answer, other)
    if verdict.outcome is None:
        return
    now = timezone.now()
    _finish(attempt, verdict.outcome, answered, now)
    if answer.kind is AnswerKind.TOO_LARGE:
        _take_smaller_jobs(campaign, account, attempt)
    if verdict.outcome is Outcome.NOT_SENT:
        day_limits.take_off(attempt, campaign)
    lane = lane_after(account.lane, answer, now, random.random())  # noqa: S311 - no secret
    if lane != account.lane:
        account.keep_lane(lane)
    if verdict.state is not None:
        changes = _changes(submission, attempt, verdict, now)
        if other is not None and verdict.outcome is not Outcome.ACCEPTED:
            changes |= job_of(other)
        if answer.kind is AnswerKind.TOO_LARGE:
            # It is cut before it is called for again; that need not wait.
            changes |= {"not_before": None, "not_sent_count": submission.not_sent_count}
        move_submission(submission, verdict.state, **changes)
        stop_if_cancelled(campaign, submission, other or attempt)
    elif verdict.how is not None:
        know_better(submission, attempt, verdict.how)
    _tell(campaign, submission, answer)
    is_second = submission.revoked_for == TakeBack.LATE_LOOK
    reason = pause_after(lane, answer, _refused_alike(submission), is_second)
    if reason is not None:
        pause_locked(campaign, reason)


def _as_it_counts(answer: PostAnswer, attempt: Attempt) -> PostAnswer:
    """A refusal of a job that is too large, and can be cut, is none."""
    if answer.http_status != TOO_LARGE:
        return answer
    may_be_cut = intents.may_be_cut(attempt.submission, besides=attempt)
    return when_too_large(answer, attempt.recipient_count, may_be_cut)


def _take_smaller_jobs(campaign: Campaign, account: GatewayAccount, attempt: Attempt) -> None:
    """From now on; what is larger is cut when it is claimed (`sending.splitting`)."""
    account.people_per_job = smaller_jobs(account.largest_job, attempt.recipient_count)
    account.save(update_fields=["people_per_job"])
    record_event(campaign, CampaignEvent.Kind.SPLIT, people=account.people_per_job)


def contradictory(answered: Answered) -> Answered:
    """The vendor gave a job id that belongs to another attempt: then we know nothing."""
    return replace(answered, answer=PostAnswer(AnswerKind.UNKNOWN, "job_id_known", http_status=200))


def other_accepted(submission: Submission, attempt: Attempt) -> Attempt | None:
    """Another attempt at a submission of which it is proven that it was accepted."""
    if submission.attempt_count < 2:
        return None
    proven = submission.attempts.filter(outcome=Outcome.ACCEPTED.value, revoked_at=None)
    return proven.exclude(pk=attempt.pk).order_by("-n").first()


def job_of(attempt: Attempt) -> dict[str, object]:
    """What a submission says while this accepted attempt is the one that counts."""
    return {"current_attempt_id": attempt.pk, "job_id": attempt.job_id, "how": How.SLOT.value}


def verdict_on(
    attempt: Attempt, submission: Submission, answer: PostAnswer, other: Attempt | None
) -> Verdict:
    """What the protocol says about an answer to this attempt; `other` as by `other_accepted`."""
    return after_answer(
        Outcome(attempt.outcome),
        SubmissionState(submission.state),
        How(submission.how) if submission.how else None,
        submission.current_attempt_id == attempt.pk,
        answer,
        other is not None,
    )


def _finish(attempt: Attempt, outcome: Outcome, answered: Answered, now: datetime) -> None:
    changes = finished(outcome, answered, now)
    changes["next_look_at"] = _next_look(attempt, now) if outcome is Outcome.AMBIGUOUS else None
    for name, value in changes.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=changes)


def finished(outcome: Outcome, answered: Answered, now: datetime) -> dict[str, Any]:
    """What is written to an attempt that has its answer; it is not looked for any more."""
    return {
        "outcome": outcome.value,
        "reason": answered.answer.reason,
        "http_status": answered.answer.http_status,
        "finished_at": now,
        "job_id": answered.answer.job_id,
        "evidence": answered.evidence,
        "next_look_at": None,
    }


def _next_look(attempt: Attempt, now: datetime) -> datetime | None:
    """When to look for an attempt that has just become unclear; None: never."""
    if attempt.submission.is_single:
        # It was looked for while its call was open already.
        return attempt.next_look_at
    return next_look(now, attempt.slot, now) if attempt.account.can_be_looked_at else None


def _changes(
    submission: Submission, attempt: Attempt, verdict: Verdict, now: datetime
) -> dict[str, object]:
    """What is written to a submission together with the state its answer leads to."""
    changes: dict[str, object] = {**UNCLAIMED}
    if verdict.state is SubmissionState.ACCEPTED:
        assert verdict.how is not None
        changes |= accepted(attempt.pk, attempt.job_id, verdict.how)
    elif verdict.state is SubmissionState.READY:
        wait = retry_delay(submission.not_sent_count, random.random())  # noqa: S311 - no secret
        changes |= {"not_before": now + wait, "not_sent_count": submission.not_sent_count + 1}
    elif verdict.state is SubmissionState.REFUSED:
        changes |= {"refusal": attempt.evidence.get("messages", "").splitlines(), "how": ""}
    if verdict.contradicted:
        changes["is_contradicted"] = True
    return changes


UNCLAIMED = {"claim_token": None, "lease_until": None}


def accepted(attempt_id: uuid.UUID, job_id: str, how: How) -> dict[str, object]:
    """What is written to a submission that is ACCEPTED now by this attempt."""
    return {
        "job_id": job_id,
        "how": how.value,
        "not_sent_count": 0,
        "current_attempt_id": attempt_id,
    }


def know_better(submission: Submission, attempt: Attempt, how: How) -> None:
    """Proof for what a person had marked as sent: now it is known, and by which job."""
    Submission.objects.filter(pk=submission.pk, how=How.PERSON.value).update(
        how=how.value, job_id=attempt.job_id, version=F("version") + 1
    )


def stop_if_cancelled(campaign: Campaign, submission: Submission, attempt: Attempt) -> None:
    """Proof that comes after the campaign was cancelled: a job still ahead is taken back."""
    if campaign.state in BEING_STOPPED and submission.state == SubmissionState.ACCEPTED:
        new = after_cancel(SubmissionState.ACCEPTED, attempt.slot, timezone.now())
        if new is not SubmissionState.ACCEPTED:
            move_submission(
                submission, new, revoked_for=TakeBack.CANCEL.value, is_gone=False, late_look=""
            )


def _refused_alike(submission: Submission) -> int:
    """How many jobs of a campaign are refused with the text, or the words, of this one."""
    if submission.state != SubmissionState.REFUSED:
        return 0
    alike = Q(text=submission.text)
    fresh = Submission.objects.values_list("refusal", flat=True).get(pk=submission.pk)
    if fresh:
        alike |= Q(refusal=fresh)
    refused = Submission.objects.filter(
        campaign_id=submission.campaign_id, state=SubmissionState.REFUSED.value
    )
    return refused.filter(alike).count()


def _tell(campaign: Campaign, submission: Submission, answer: PostAnswer) -> None:
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
            people=submission.people_handed_over,
            reason=answer.reason,
            http_status=answer.http_status,
        )


def tell_late_look(campaign: Campaign, submission: Submission, result: LateLook) -> None:
    """Put into the timeline what came of looking for people who opted out of a job."""
    record_event(
        campaign,
        CampaignEvent.Kind.LATE_LOOK,
        seq=submission.seq,
        people=submission.people_handed_over,
        result=result.value,
    )


# --- Pausing by the system ------------------------------------------------------------------------


def pause_locked(campaign: Campaign, reason: PauseReason) -> None:
    """Pause it; the caller holds the campaign's row lock. Nothing in flight is touched."""
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
    # What is held up meanwhile is paused by the tick.
    reason = PauseReason(account.halt_reason)
    with_each_free(list(sending), lambda campaign: pause_locked(campaign, reason))
