"""Taking jobs back from the vendor: because a campaign is cancelled, or paused and taken back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.moves import durable, locked_campaign
from campaigns.states import CANCELLABLE, How, LateLook, SubmissionState, TakeBack
from sending import day_limits, gateway
from sending.giving_back import gives_back
from sending.late_rules import after_late_deletion, may_still_delete, what_came_of_it
from sending.models import Submission
from sending.moves import move_submission, move_submissions
from sending.protocol import Deletion, after_cancel, after_deletion, after_take_back
from sending.recording import (
    job_of,
    other_accepted,
    stop_if_cancelled,
    tell_late_look,
)
from sociocs_accounts import clients
from sociocs_accounts.clients import time_out
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
    _ask_back(campaign, after_cancel, TakeBack.CANCEL)


def ask_back(campaign: Campaign) -> int:
    """Take back what was handed over and has not gone out; returns for how many people.

    The caller holds the row lock of a paused campaign. The tick asks the vendor.
    """
    return _ask_back(campaign, after_take_back, TakeBack.PAUSE)


Rule = Callable[[SubmissionState, datetime | None, datetime], SubmissionState]


def _ask_back(campaign: Campaign, rule: Rule, why: TakeBack) -> int:
    now = timezone.now()
    # What is on its way back for somebody who opted out comes back for everybody now.
    back = (SubmissionState.REVOKING.value, SubmissionState.REVOKED.value)
    for_wishes = campaign.submissions.filter(state__in=back, revoked_for=TakeBack.LATE_LOOK.value)
    for_wishes.update(revoked_for=why.value, late_look="")
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
        # Handed over once more, it has a late look once more.
        if new is not SubmissionState.ACCEPTED and move_submission(
            submission, new, revoked_for=why.value, is_gone=False, late_look=""
        ):
            asked += submission.people_handed_over
    return asked


@gives_back
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
                answer, said_at = None, None
                if _may_ask(submission, gateway.vendor_clock(account, client).now()):
                    answer, said_at = gateway.delete_job(
                        account, client, submission.job_id, submission.is_single
                    )
                now = gateway.vendor_clock(account, client).now()
                _record_deletion(submission.pk, submission.job_id, answer, said_at, now)
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("lane %s: could not take jobs back: %s", account.public_id, error)
        return False
    return len(waiting) == _AT_ONCE


def _may_ask(submission: Submission, now: datetime) -> bool:
    """Whether to ask for its deletion: for a late look, only while its answer comes in time."""
    assert submission.current_attempt is not None
    is_for_wish = submission.revoked_for == TakeBack.LATE_LOOK
    return not is_for_wish or may_still_delete(submission.current_attempt.slot, now, time_out())


def _record_deletion(
    submission_id: int,
    job_id: str,
    answer: Deletion | None,
    said_at: datetime | None,
    now: datetime,
) -> None:
    """Store what a deletion came to; `answer` None: it was too late to ask for one."""
    with durable():
        found = Submission.objects.get(pk=submission_id)
        campaign = locked_campaign(found.campaign_id)
        submission = Submission.objects.select_for_update().get(pk=submission_id)
        attempt = submission.current_attempt
        if submission.state != SubmissionState.REVOKING or submission.job_id != job_id:
            return
        assert attempt is not None
        other = other_accepted(submission, attempt)
        is_for_wish = submission.revoked_for == TakeBack.LATE_LOOK
        if is_for_wish:
            new = after_late_deletion(
                answer, attempt.slot, said_at, now, time_out(), other is not None
            )
        else:
            new = (
                after_deletion(answer, attempt.slot, said_at, other is not None) if answer else None
            )
        if new is None:
            return
        is_revoked = (
            answer is not None
            and after_deletion(answer, attempt.slot, said_at) is SubmissionState.REVOKED
        )
        changes = _changes(new, answer, job_of(other) if is_revoked and other else {})
        if is_revoked:
            attempt.revoked_at = timezone.now()
            attempt.save(update_fields=["revoked_at"])
            day_limits.take_off(attempt, campaign)
        if is_for_wish:
            changes["late_look"] = what_came_of_it(new, answer).value
            tell_late_look(campaign, submission, LateLook(str(changes["late_look"])))
        move_submission(submission, new, **changes)
        if is_revoked and other is not None:
            stop_if_cancelled(campaign, submission, other)


def _changes(
    new: SubmissionState, answer: Deletion | None, job: dict[str, object]
) -> dict[str, object]:
    if new is SubmissionState.UNKNOWN:
        # Neither "sent" nor "not sent" is proven: the attempt stays live, a person is asked.
        return {**job, "how": ""}
    is_gone = new is SubmissionState.REVOKED and answer is Deletion.NOT_THERE
    return {**job, "is_gone": is_gone}
