"""Looking for attempts without a clear answer: by silence first, then in the vendor's lists.

An open attempt whose worker never came back becomes AMBIGUOUS. An ambiguous one is looked for by
its slot, a single message also while its call is open: it leaves its list at its second. Found
exactly once: it was accepted. Not found proves nothing; a person is asked.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.models import CampaignEvent, CampaignRecipient
from campaigns.moves import campaign_if_free, durable, locked_campaign, record_event, shared_clock
from campaigns.states import How, Outcome, PauseReason, SubmissionState
from sending import gateway
from sending.giving_back import gives_back
from sending.models import Attempt, Submission, with_job_ids
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
from sending.single_messages import WantedMessage, look_for_message, next_look_for_message
from sociocs_accounts import clients
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import GatewayError
from sociocs_gateway.results import BulkJobList
from sociocs_gateway.scheduled_messages import ScheduledMessageList

log = logging.getLogger(__name__)

_NOT_CLEAR = (Outcome.OPEN.value, Outcome.AMBIGUOUS.value)


def sweep_silent() -> int:
    """Open attempts whose deadline has passed become UNKNOWN. Returns how many."""
    overdue = Attempt.objects.filter(outcome=Outcome.OPEN.value, deadline__lte=shared_clock())
    ids = list(overdue.values_list("pk", flat=True)[:100])
    return sum(_give_up_waiting(attempt_id) for attempt_id in ids)


def _give_up_waiting(attempt_id: uuid.UUID) -> bool:
    with durable():
        found = Attempt.objects.select_related("submission").get(pk=attempt_id)
        campaign = campaign_if_free(found.submission.campaign_id)
        if campaign is None:
            return False
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
        if not submission.is_single:
            # Its worker was gone long before the deadline: look at once.
            attempt.next_look_at = now if attempt.account.can_be_looked_at else None
        attempt.save()
        GatewayAccount.objects.filter(pk=attempt.account_id).update(probe_needed=True)
        if verdict.state is not None:
            move_submission(submission, verdict.state, **(job_of(other) if other else {}))
            stop_if_cancelled(campaign, submission, other or attempt)
        record_event(
            campaign,
            CampaignEvent.Kind.UNCLEAR,
            seq=submission.seq,
            people=attempt.recipient_count,
            reason="silence",
        )
    return True


def accounts_to_look_at() -> list[int]:
    """Accounts with attempts whose next look is due."""
    due = Attempt.objects.filter(next_look_at__lte=timezone.now())
    return list(due.values_list("account_id", flat=True).distinct())


@gives_back
def reconcile(account_id: int) -> int:
    """Look once into the vendor's lists for all due attempts of an account. Returns how many found.

    One list serves all jobs, another all messages. One that cannot be had costs a look, no more.
    """
    account = GatewayAccount.objects.get(pk=account_id)
    due = list(
        _unclear(account).filter(next_look_at__lte=timezone.now()).order_by("next_look_at")[:500]
    )
    # Each by itself: a list that cannot be had does not hide the other.
    jobs = [attempt for attempt in due if not attempt.submission.is_single]
    messages = [attempt for attempt in due if attempt.submission.is_single]
    return sum(_look_at_list(account, attempts) for attempts in (jobs, messages) if attempts)


def _look_at_list(account: GatewayAccount, due: list[Attempt]) -> int:
    try:
        with clients.client_of(account) as client:
            return _look_for(account, client, due)
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("lane %s: could not look at the vendor's list: %s", account.public_id, error)
        for attempt in due:
            _note_look(account, attempt, Sight.BLIND)
        return 0


def look_once_more(
    account: GatewayAccount, client: SociocsClient, submission_ids: list[int]
) -> int:
    """Before something is sent again on a person's word: is it there after all? Returns how many.

    Raises GatewayError or gateway.LaneHalted when the list cannot be had: then nothing is sent.
    """
    unclear = _unclear(account).filter(submission_id__in=submission_ids)
    # A message whose second has come is in no list any more.
    waits = Q(submission__is_single=True, slot__gt=timezone.now())
    jobs = Q(submission__is_single=False) if account.can_be_looked_at else Q(pk__in=[])
    return _look_for(account, client, list(unclear.filter(waits | jobs)))


def _unclear(account: GatewayAccount) -> QuerySet[Attempt]:
    """What is to be looked for: a single message also before its answer is here."""
    is_open = Q(submission__is_single=True, outcome=Outcome.OPEN.value)
    unclear = Q(outcome=Outcome.AMBIGUOUS.value) | is_open
    # Nobody knows the second of what was sent before the database was set back.
    attempts = Attempt.objects.filter(unclear, account=account).exclude(
        reason=PauseReason.RESTORED.value
    )
    return attempts.select_related("submission__campaign__channel")


def _look_for(account: GatewayAccount, client: SociocsClient, attempts: list[Attempt]) -> int:
    """Raises GatewayError or LaneHalted when one of the lists cannot be had."""
    sights: list[tuple[Attempt, Sight, str]] = []
    jobs = [attempt for attempt in attempts if not attempt.submission.is_single]
    if jobs:
        sights += _sights_of_jobs(account, gateway.list_jobs(account, client), jobs)
    messages = [attempt for attempt in attempts if attempt.submission.is_single]
    if messages:
        sights += _sights_of_messages(account, gateway.list_waiting(account, client), messages)
    recovered = 0
    for attempt, sight, job_id in sights:
        if sight is Sight.FOUND and _attach(attempt.pk, job_id):
            recovered += 1
        else:
            _note_look(account, attempt, sight)
    return recovered


def _sights_of_jobs(
    account: GatewayAccount, jobs: BulkJobList, attempts: list[Attempt]
) -> Iterator[tuple[Attempt, Sight, str]]:
    gateway.learn_from(account, jobs)
    listed = gateway.listed(jobs)
    for attempt in attempts:
        wanted = _wanted(attempt)
        yield attempt, *look(wanted, listed, jobs.is_full, partial(_is_owned, account.pk))


def _sights_of_messages(
    account: GatewayAccount, messages: ScheduledMessageList, attempts: list[Attempt]
) -> Iterator[tuple[Attempt, Sight, str]]:
    listed = gateway.waiting_messages(messages)
    for attempt in attempts:
        wanted = _wanted_message(attempt)
        is_owned = partial(_is_owned, account.pk)
        yield attempt, *look_for_message(wanted, listed, messages.is_full, is_owned)


def _wanted_message(attempt: Attempt) -> WantedMessage:
    submission = attempt.submission
    assert submission.campaign.channel is not None
    person = CampaignRecipient.objects.get(
        campaign_id=submission.campaign_id, position=submission.first_position
    )
    return WantedMessage(attempt.slot, person.phone_key, submission.campaign.channel.channel_key)


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
    return with_job_ids(Attempt.objects.filter(account_id=account_id), [job_id]).exists()


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
    now, was_open = timezone.now(), attempt.outcome == Outcome.OPEN
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
    # While its call is open nobody was told that anything is unclear.
    if not was_open and (verdict.state is not None or verdict.how is not None):
        record_event(
            campaign, CampaignEvent.Kind.FOUND, seq=submission.seq, people=attempt.recipient_count
        )
    return True


def _note_look(account: GatewayAccount, attempt: Attempt, sight: Sight) -> None:
    """Remember that we looked; a blind look does not count as one."""
    now = timezone.now()
    since = attempt.finished_at or attempt.started_at
    if attempt.submission.is_single:
        again = next_look_for_message(attempt.started_at, attempt.slot, now)
    else:
        again = next_look(since, attempt.slot, now) if account.can_be_looked_at else None
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk, outcome__in=_NOT_CLEAR).update(
            looks=attempt.looks + (sight is not Sight.BLIND),
            last_look_at=now,
            last_sight=sight.value,
            next_look_at=again,
        )
