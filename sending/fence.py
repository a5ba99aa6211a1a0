"""A database that was set back does nothing by itself that may have been done since its copy.

It does not know what was handed over after the copy was made, so that looks to it like work. The
fence plays every job that waits as if a worker had died while handing it over: an attempt without
an answer, which the database's own rule lets nobody repeat without a person's word. Accounts are
halted until whoever runs the server has looked, and drafts older than the copy are launched as new
copies alone. See docs/operations.md, "Backups, and restoring one".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import F
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import durable, locked_campaign, move_campaign, record_event
from campaigns.states import (
    UNSENT,
    CampaignState,
    Outcome,
    PauseReason,
    SubmissionState,
)
from sending import launch, repeating
from sending.attempts import free_slot
from sending.models import Attempt, Submission
from sending.moves import move_submission
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount

C, S = CampaignState, SubmissionState
RESTORED = PauseReason.RESTORED.value
# What may have been handed over since the copy, and the steps that a worker would have taken.
_STEPS = {
    S.PLANNED: (S.READY, S.CLAIMED, S.POSTING),
    S.READY: (S.CLAIMED, S.POSTING),
    S.CLAIMED: (S.POSTING,),
    S.REVOKED: (S.READY, S.CLAIMED, S.POSTING),
    S.REFUSED: (S.READY, S.CLAIMED, S.POSTING),
}
assert _STEPS.keys() == UNSENT | {S.REFUSED}
_UNDER_WAY = (C.SCHEDULED, C.MISSED, C.SENDING, C.PAUSED, C.NEEDS_DECISION, C.COMPLETED)


@dataclass(frozen=True, slots=True)
class Fenced:
    """How many of each now wait for a person."""

    accounts: int
    jobs: int
    drafts: int


def fence() -> Fenced:
    """Let nothing go out that may have gone out since this database was copied; all or nothing.

    For a database in which nothing works. A second time it finds nothing new.
    """
    with durable():
        # A run that is due now may have been made since, so it becomes a draft like any other.
        repeating.make_due()
        for pk in _campaigns(C.FREEZING):
            launch.back_to_draft(locked_campaign(pk), RESTORED, None)
        jobs = sum(_ask_about(pk) for pk in _campaigns(*_UNDER_WAY))
        drafts = Campaign.objects.filter(state=C.DRAFT.value).update(
            # An open page shows an older version, so it launches nothing.
            state_reason=RESTORED,
            version=F("version") + 1,
        )
        accounts = GatewayAccount.objects.update(state=LaneState.HALTED.value, halt_reason=RESTORED)
    return Fenced(accounts, jobs, drafts)


def _campaigns(*states: CampaignState) -> list[int]:
    found = Campaign.objects.filter(state__in=[state.value for state in states])
    return list(found.order_by("pk").values_list("pk", flat=True))


def _ask_about(campaign_id: int) -> int:
    campaign = locked_campaign(campaign_id)
    waiting = campaign.submissions.filter(state__in=[state.value for state in _STEPS])
    jobs = list(waiting.order_by("seq"))
    for job in jobs:
        _ask_about_job(job)
    if jobs and campaign.state == C.SENDING:
        move_campaign(campaign, C.PAUSED, RESTORED)
        record_event(campaign, CampaignEvent.Kind.PAUSED, reason=RESTORED)
    return len(jobs)


def _ask_about_job(job: Submission) -> None:
    for step in _STEPS[S(job.state)]:
        move_submission(job, step)
    now, n = timezone.now(), job.attempt_count + 1
    attempt = Attempt.objects.create(
        submission=job,
        account_id=job.account_id,
        n=n,
        # Which second it really got is not known: nobody looks for this one (`reconcile`).
        slot=free_slot(job.account_id, job.planned_slot, job.planned_slot),
        token=uuid.uuid4(),
        recipient_count=job.recipient_count,
        outcome=Outcome.AMBIGUOUS.value,
        reason=RESTORED,
        started_at=now,
        deadline=now,
        finished_at=now,
    )
    move_submission(
        job,
        S.UNKNOWN,
        current_attempt=attempt,
        attempt_count=n,
        claim_token=None,
        lease_until=None,
        not_before=None,
    )
