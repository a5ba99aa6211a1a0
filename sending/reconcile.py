"""Looking for attempts without a clear answer: by silence first, then in the vendor's list.

An open attempt whose worker never came back becomes AMBIGUOUS. An ambiguous one is looked for by
its slot. Found exactly once: it was accepted. Not found proves nothing; a person is asked.
"""

from __future__ import annotations

import logging
import uuid

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import CampaignEvent
from campaigns.moves import durable, locked_campaign, record_event
from campaigns.states import How, Outcome, SubmissionState
from sending import gateway
from sending.models import Attempt, Submission
from sending.moves import move_submission
from sending.protocol import (
    AnswerKind,
    PostAnswer,
    Sight,
    Wanted,
    after_silence,
    look,
    next_look,
)
from sending.recording import (
    job_of,
    know_better,
    other_accepted,
    stop_if_cancelled,
    verdict_on,
)
from sociocs_accounts import clients
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import GatewayError
from sociocs_gateway.results import BulkJobList

log = logging.getLogger(__name__)


def sweep_silent() -> int:
    """Open attempts whose deadline has passed become UNKNOWN. Returns how many."""
    overdue = Attempt.objects.filter(outcome=Outcome.OPEN.value, deadline__lte=timezone.now())
    ids = list(overdue.values_list("pk", flat=True)[:100])
    return sum(_give_up_waiting(attempt_id) for attempt_id in ids)


def _give_up_waiting(attempt_id: uuid.UUID) -> bool:
    with durable():
        found = Attempt.objects.select_related("submission").get(pk=attempt_id)
        campaign = locked_campaign(found.submission.campaign_id)
        submission = Submission.objects.select_for_update().get(pk=found.submission_id)
        attempt = Attempt.objects.select_for_update().get(pk=attempt_id)
        other = other_accepted(submission, attempt)
        verdict = after_silence(
            Outcome(attempt.outcome), SubmissionState(submission.state), other is not None
        )
        if verdict.outcome is None:
            return False
        now = timezone.now()
        attempt.outcome = verdict.outcome.value
        attempt.reason = "silence"
        attempt.finished_at = now
        # Its worker was gone long before the deadline: look at once.
        is_listed = attempt.account.can_be_looked_at and not submission.is_single
        attempt.next_look_at = now if is_listed else None
        attempt.save()
        GatewayAccount.objects.filter(pk=attempt.account_id).update(probe_needed=True)
        if verdict.state is not None:
            move_submission(submission, verdict.state, **(job_of(other) if other else {}))
            stop_if_cancelled(campaign, submission, other or attempt)
        record_event(
            campaign,
            CampaignEvent.Kind.UNCLEAR,
            seq=submission.seq,
            people=submission.recipient_count,
            reason="silence",
        )
    return True


def accounts_to_look_at() -> list[int]:
    """Accounts with attempts whose next look is due."""
    due = Attempt.objects.filter(next_look_at__lte=timezone.now())
    return list(due.values_list("account_id", flat=True).distinct())


def reconcile(account_id: int) -> int:
    """Look once into the vendor's list for every due attempt of an account. Returns how many found.

    One list serves all of them. A list that cannot be had costs a look, nothing else.
    """
    account = GatewayAccount.objects.get(pk=account_id)
    due = list(
        _unclear(account).filter(next_look_at__lte=timezone.now()).order_by("next_look_at")[:500]
    )
    if not due:
        return 0
    try:
        with clients.client_of(account) as client:
            jobs = gateway.list_jobs(account, client)
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("lane %s: could not look at the list of jobs: %s", account.public_id, error)
        for attempt in due:
            _note_look(account, attempt, Sight.BLIND)
        return 0
    return _look_for(account, due, jobs)


def look_once_more(
    account: GatewayAccount, client: SociocsClient, submission_ids: list[int]
) -> int:
    """Before something is sent again on a person's word: is it there after all? Returns how many.

    Raises GatewayError or gateway.LaneHalted when the list cannot be had: then nothing is sent.
    """
    unclear = list(_unclear(account).filter(submission_id__in=submission_ids))
    if not unclear or not account.can_be_looked_at:
        return 0
    return _look_for(account, unclear, gateway.list_jobs(account, client))


def _unclear(account: GatewayAccount) -> QuerySet[Attempt]:
    attempts = Attempt.objects.filter(
        account=account, outcome=Outcome.AMBIGUOUS.value, submission__is_single=False
    )
    return attempts.select_related("submission__campaign__channel")


def _look_for(account: GatewayAccount, attempts: list[Attempt], jobs: BulkJobList) -> int:
    gateway.learn_from(account, jobs)
    listed = gateway.listed(jobs)
    recovered = 0
    for attempt in attempts:
        sight, job_id = look(
            _wanted(attempt), listed, jobs.is_full, lambda job: _is_owned(account.pk, job)
        )
        if sight is Sight.FOUND and _attach(attempt.pk, job_id):
            recovered += 1
        else:
            _note_look(account, attempt, sight)
    return recovered


def _wanted(attempt: Attempt) -> Wanted:
    submission = attempt.submission
    assert submission.campaign.channel is not None
    return Wanted(
        attempt.slot,
        attempt.recipient_count,
        submission.text,
        submission.campaign.channel.channel_key,
    )


def _is_owned(account_id: int, job_id: str) -> bool:
    return Attempt.objects.filter(account_id=account_id, job_id=job_id).exists()


def _attach(attempt_id: uuid.UUID, job_id: str) -> bool:
    """This job is that attempt's. False when somebody else was quicker."""
    try:
        with durable():
            return _attach_found(attempt_id, job_id)
    except IntegrityError:
        return False


def _attach_found(attempt_id: uuid.UUID, job_id: str) -> bool:
    found = Attempt.objects.select_related("submission").get(pk=attempt_id)
    campaign = locked_campaign(found.submission.campaign_id)
    submission = Submission.objects.select_for_update().get(pk=found.submission_id)
    attempt = Attempt.objects.select_for_update().get(pk=attempt_id)
    verdict = verdict_on(attempt, submission, PostAnswer(AnswerKind.ACCEPTED, job_id=job_id), None)
    if verdict.outcome is None:
        return False
    now = timezone.now()
    attempt.outcome = verdict.outcome.value
    attempt.job_id = job_id
    attempt.looks += 1
    attempt.last_look_at = now
    attempt.last_sight = Sight.FOUND.value
    attempt.next_look_at = None
    attempt.save()
    if verdict.state is not None:
        move_submission(
            submission,
            verdict.state,
            job_id=job_id,
            how=How.SLOT.value,
            current_attempt=attempt,
            claim_token=None,
            lease_until=None,
        )
        stop_if_cancelled(campaign, submission, attempt)
    elif verdict.how is not None:
        know_better(submission, attempt, How.SLOT)
    if verdict.state is not None or verdict.how is not None:
        record_event(
            campaign, CampaignEvent.Kind.FOUND, seq=submission.seq, people=attempt.recipient_count
        )
    return True


def _note_look(account: GatewayAccount, attempt: Attempt, sight: Sight) -> None:
    """Remember that we looked; a blind look does not count as one."""
    now = timezone.now()
    since = attempt.finished_at or attempt.started_at
    again = next_look(since, attempt.slot, now) if account.can_be_looked_at else None
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk, outcome=Outcome.AMBIGUOUS.value).update(
            looks=attempt.looks + (sight is not Sight.BLIND),
            last_look_at=now,
            last_sight=sight.value,
            next_look_at=again,
        )
