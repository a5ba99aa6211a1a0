"""What an intent is made of: a job that is ready to be called for, and the attempt that says so.

Both ways of committing one (`sending.attempts`, `sending.usual_turns`) ask and write what is here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from campaigns.message import bulk_message
from campaigns.models import CampaignRecipient
from campaigns.states import CampaignState, Outcome, SubmissionState, TakeBack
from sending import day_limits, one_by_one, timetable
from sending.models import Attempt, Submission, uuid7
from sending.protocol import Refusal, intent_refusal
from sending.single_messages import next_look_for_message
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import BulkMessage, MessageRecipient, SingleMessage

# What may have changed since it was claimed.
SUBMISSION_FIELDS = ("state", "claim_token", "planned_slot", "send_by", "zones", "attempt_count")


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
    recipients: Sequence[MessageRecipient]
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


def may_be_cut(submission: Submission, besides: Attempt | None = None) -> bool:
    """Whether its people may go out in several jobs instead; `besides`: the attempt at hand.

    Not if it may have reached them already: what becomes of that is a question about this very job.
    Nor the second hand-over without somebody who opted out, of which an account has one at a time.
    """
    return not (
        submission.is_single
        or submission.is_gone
        or submission.revoked_for == TakeBack.LATE_LOOK
        or may_have_gone(submission, besides)
    )


def has_to_be_cut(submission: Submission) -> bool:
    """Whether it holds more people than its account takes now, and can be helped."""
    is_too_large = submission.recipient_count > submission.account.largest_job
    return is_too_large and may_be_cut(submission)


def may_have_gone(submission: Submission, besides: Attempt | None = None) -> bool:
    """Whether an attempt was made of which nobody can say that it reached nobody."""
    attempts = submission.attempts.exclude(outcome=Outcome.NOT_SENT.value)
    if besides is not None:
        attempts = attempts.exclude(pk=besides.pk)
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
    submission: Submission, recipients: Sequence[MessageRecipient], slot: datetime
) -> BulkMessage | SingleMessage | MessageNotExpressible | None:
    """What is to be said, why the vendor's API has no words for it, or None for nobody."""
    if not recipients:
        return None
    try:
        return _message_for(submission, recipients, slot)
    except MessageNotExpressible as fault:
        return fault


def _message_for(
    submission: Submission, recipients: Sequence[MessageRecipient], slot: datetime
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


def slot_still_right(built: Built, vendor_now: datetime) -> datetime | None:
    """The second that was found while building; None when it is not right any more."""
    submission = built.submission
    earliest = vendor_now + one_by_one.lead_of(submission)
    if built.slot is not None and built.slot >= max(submission.planned_slot, earliest):
        return built.slot
    return None


def refusal_of(
    built: Built, slot: datetime, vendor_now: datetime, fits: Callable[[], bool]
) -> Refusal | None:
    """Why there is to be no intent now, by what the locked rows say; `fits` as by the protocol."""
    submission = built.submission
    campaign = submission.campaign
    assert campaign.send_by is not None
    return intent_refusal(
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
        len(built.recipients) > submission.account.largest_job and may_be_cut(submission),
    )


def open_attempt(built: Built, slot: datetime, message: BulkMessage | SingleMessage) -> Attempt:
    """The attempt that says that this message is sent now; unsaved, and without its deadline."""
    submission, now = built.submission, timezone.now()
    return Attempt(
        id=built.attempt_id,
        submission=submission,
        account_id=submission.account_id,
        n=submission.attempt_count + 1,
        slot=slot,
        token=built.token,
        body_sha256=message.sha256(),
        recipient_count=len(built.recipients),
        started_at=now,
        next_look_at=next_look_for_message(now, slot, now) if submission.is_single else None,
        counted_on=day_limits.day_of(submission.campaign.team, slot),
    )


def posting(attempt: Attempt) -> dict[str, object]:
    """What is written to a submission together with its being POSTING."""
    return {"current_attempt_id": attempt.pk, "attempt_count": attempt.n, "lease_until": None}
