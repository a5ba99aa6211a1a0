"""Puts campaigns into states that take time or bad luck to reach."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.states import Outcome, SubmissionState
from sending import launch
from sending.models import Attempt, Submission
from tests import world


def launch_for_others(campaign: Campaign, people: int) -> None:
    """Launch for a number of people that the lists no longer make: it comes back as a draft."""
    launch.launch(campaign, world.confirmed(campaign, people))
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()


def job(campaign: Campaign, seq: int = 1) -> Submission:
    """A job of a launched campaign by its number."""
    return campaign.submissions.get(seq=seq)


def attempted(submission: Submission, outcome: Outcome, **facts: object) -> Attempt:
    """An attempt at handing it over that ended like this."""
    now = timezone.now()
    values = {
        "n": submission.attempts.count() + 1,
        "slot": free_second(submission),
        "token": uuid.uuid4(),
        "recipient_count": submission.recipient_count,
        "started_at": now - timedelta(minutes=1),
        "deadline": now + timedelta(minutes=2),
    } | facts
    return Attempt.objects.create(
        submission=submission, account=submission.account, outcome=outcome.value, **values
    )


def free_second(submission: Submission) -> datetime:
    last = Attempt.objects.filter(account=submission.account).order_by("-slot").first()
    return (
        max(last.slot, submission.planned_slot) + timedelta(seconds=1)
        if last
        else (submission.planned_slot)
    )


def become(submission: Submission, state: SubmissionState, **changes: object) -> Submission:
    """Put a job into a state by force."""
    Submission.objects.filter(pk=submission.pk).update(
        state=state.value, version=submission.version + 1, **changes
    )
    submission.refresh_from_db()
    return submission


def unclear(submission: Submission, **facts: object) -> Submission:
    """A job whose call got no clear answer."""
    attempt = attempted(submission, Outcome.AMBIGUOUS, **{"reason": "connection_lost"} | facts)
    return become(submission, SubmissionState.UNKNOWN, current_attempt=attempt)


def refused(submission: Submission, *sentences: str, **facts: object) -> Submission:
    """A job that the vendor refused, with its own words."""
    attempt = attempted(
        submission, Outcome.NOT_SENT, **{"reason": "invalid", "http_status": 400} | facts
    )
    return become(
        submission, SubmissionState.REFUSED, current_attempt=attempt, refusal=list(sentences)
    )


def accepted(submission: Submission, job_id: str, **facts: object) -> Submission:
    """A job that the vendor has."""
    attempt = attempted(submission, Outcome.ACCEPTED, job_id=job_id, **facts)
    return become(
        submission, SubmissionState.ACCEPTED, current_attempt=attempt, job_id=job_id, how="answer"
    )
