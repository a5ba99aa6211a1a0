"""Taking jobs back from the vendor: because a campaign is cancelled, or paused and taken back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.moves import durable, locked_campaign
from campaigns.states import CANCELLABLE, How, SubmissionState
from sending import day_limits, gateway
from sending.models import Submission
from sending.moves import move_submission, move_submissions
from sending.protocol import Deletion, after_cancel, after_deletion, after_take_back
from sending.recording import job_of, other_accepted, stop_if_cancelled
from sociocs_accounts import clients
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.exceptions import GatewayError

log = logging.getLogger(__name__)

_AT_ONCE = 200


def sweep_cancelling(campaign: Campaign) -> None:
    """In a campaign that is being cancelled, stop all that can still be stopped.

    The caller holds the campaign's row lock. Repeated by the tick: an answer that comes in late can
    make a submission READY or ACCEPTED again.
    """
    for state in CANCELLABLE:
        ids = list(campaign.submissions.filter(state=state.value).values_list("pk", flat=True))
        if ids:
            move_submissions(ids, state, SubmissionState.CANCELLED, claim_token=None)
    _ask_back(campaign, after_cancel)


def ask_back(campaign: Campaign) -> int:
    """Take back what was handed over and has not gone out; returns how many jobs.

    The caller holds the row lock of a paused campaign. The tick asks the vendor.
    """
    return _ask_back(campaign, after_take_back)


Rule = Callable[[SubmissionState, datetime | None, datetime], SubmissionState]


def _ask_back(campaign: Campaign, rule: Rule) -> int:
    now = timezone.now()
    accepted = campaign.submissions.filter(
        state=SubmissionState.ACCEPTED.value,
        current_attempt__slot__gt=now,
        current_attempt__revoked_at=None,
    )
    # Never a job that a person only named: it might be somebody else's.
    accepted = accepted.exclude(job_id="").exclude(how=How.PERSON.value)
    asked = 0
    for submission in accepted.select_related("current_attempt"):
        assert submission.current_attempt is not None
        new = rule(SubmissionState.ACCEPTED, submission.current_attempt.slot, now)
        if new is not SubmissionState.ACCEPTED:
            asked += move_submission(submission, new)
    return asked


def revoke(account_id: int) -> bool:
    """Ask the vendor to delete the jobs and messages of REVOKING submissions, one by one.

    True: call again, there are more.
    """
    account = GatewayAccount.objects.get(pk=account_id)
    waiting = list(
        Submission.objects.filter(account=account, state=SubmissionState.REVOKING.value)
        .select_related("current_attempt")
        # Whose time comes first is asked about first.
        .order_by("current_attempt__slot")[:_AT_ONCE]
    )
    if not waiting:
        return False
    try:
        with clients.client_of(account) as client:
            for submission in waiting:
                job_id = submission.job_id
                answer, said_at = gateway.delete_job(account, client, job_id, submission.is_single)
                _record_deletion(submission.pk, job_id, answer, said_at)
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("lane %s: could not take jobs back: %s", account.public_id, error)
        return False
    return len(waiting) == _AT_ONCE


def _record_deletion(
    submission_id: int, job_id: str, answer: Deletion, said_at: datetime | None
) -> None:
    with durable():
        found = Submission.objects.get(pk=submission_id)
        campaign = locked_campaign(found.campaign_id)
        submission = Submission.objects.select_for_update().get(pk=submission_id)
        attempt = submission.current_attempt
        if submission.state != SubmissionState.REVOKING or submission.job_id != job_id:
            return
        assert attempt is not None
        other = other_accepted(submission, attempt)
        new = after_deletion(answer, attempt.slot, said_at, other is not None)
        if new is None:
            return
        changes: dict[str, object] = {}
        is_revoked = after_deletion(answer, attempt.slot, said_at) is SubmissionState.REVOKED
        if is_revoked:
            attempt.revoked_at = timezone.now()
            attempt.save(update_fields=["revoked_at"])
            day_limits.take_off(attempt, campaign)
        if is_revoked and other is not None:
            changes |= job_of(other)
        elif new is SubmissionState.UNKNOWN:
            # Neither "sent" nor "not sent" is proven: the attempt stays live, a person is asked.
            changes["how"] = ""
        move_submission(submission, new, **changes)
        if is_revoked and other is not None:
            stop_if_cancelled(campaign, submission, other)
