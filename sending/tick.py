"""Every ten seconds: derive all work from the database, and nudge whoever does it.

Losing, repeating or reordering any broker message costs time, never a recipient, because all of it
is found again here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, Heartbeat
from campaigns.moves import (
    database_now,
    locked_campaign,
    move_campaign,
    record_event,
    with_each_free,
)
from campaigns.states import FINISHED, CampaignState, Outcome, SubmissionState
from interface.database_errors import is_held_up, name_of
from sending import (
    control,
    late_looks,
    reconcile,
    recording,
    repeating,
    rescheduling,
    standing,
    taking_back,
    zone_rules,
)
from sending.models import GONE_IN_QUESTION, Attempt, Submission
from sending.moves import move_submissions
from sending.protocol import lease_is_over, paused_by_lane, when_due, when_settled

log = logging.getLogger(__name__)

T = TypeVar("T")

HEARTBEAT = "tick"
_UNSETTLED = [
    CampaignState.SENDING.value,
    CampaignState.PAUSED.value,
    CampaignState.NEEDS_DECISION.value,
    CampaignState.CANCELLING.value,
]


@dataclass
class DueWork:
    """What is to be done now: primary keys for the tasks of that name."""

    freeze: list[int] = field(default_factory=list)
    reconcile: list[int] = field(default_factory=list)
    revoke: list[int] = field(default_factory=list)
    look_late: list[int] = field(default_factory=list)


def tick() -> DueWork:
    """Move everything that time alone moves, and return the work there is.

    What somebody else holds up waits for the next tick, and nothing waits for it.
    """
    for step in (
        zone_rules.recheck_waiting,
        repeating.make_due,
        begin_due,
        control.continue_in_hours,
        rescheduling.go_on,
        release_abandoned_claims,
        reconcile.sweep_silent,
        settle,
        _beat,
    ):
        _unless_held_up(step)
    return DueWork(
        freeze=list(
            Campaign.objects.filter(state=CampaignState.FREEZING.value).values_list("pk", flat=True)
        ),
        reconcile=reconcile.accounts_to_look_at(),
        revoke=_accounts(SubmissionState.REVOKING),
        look_late=_unless_held_up(late_looks.accounts_to_look_late) or [],
    )


def _unless_held_up(step: Callable[[], T]) -> T | None:
    try:
        return step()
    except OperationalError as error:
        if not is_held_up(error):
            raise
        log.warning("tick: %s is held up: %s", step.__name__, name_of(error))
        return None


def _beat() -> None:
    # By the clock that whoever reads it goes by.
    Heartbeat.objects.update_or_create(part=HEARTBEAT, defaults={"at": Now()})


def _accounts(state: SubmissionState) -> list[int]:
    submissions = Submission.objects.filter(state=state.value)
    return list(submissions.values_list("account_id", flat=True).distinct())


def begin_due() -> None:
    """Scheduled campaigns whose hand-over has come begin, or were missed."""
    now = timezone.now()
    due = Campaign.objects.filter(state=CampaignState.SCHEDULED.value, hand_over_at__lte=now)
    with_each_free(list(due.values_list("pk", flat=True)), _begin_or_miss)


def _begin_or_miss(campaign: Campaign) -> None:
    if campaign.state != CampaignState.SCHEDULED:
        return
    assert campaign.hand_over_at is not None
    assert campaign.send_at is not None
    grace = timedelta(seconds=settings.LATE_GRACE_SECONDS)
    new = when_due(campaign.hand_over_at, campaign.send_at, timezone.now(), grace)
    if new is None or not move_campaign(campaign, new):
        return
    if new is CampaignState.MISSED:
        record_event(campaign, CampaignEvent.Kind.MISSED)
        return
    control.make_ready(campaign)
    # What was taken back for another time waits already; what is out is not handed over again.
    jobs = campaign.submissions.filter(state=SubmissionState.READY.value).count()
    record_event(campaign, CampaignEvent.Kind.STARTED, jobs=jobs)


def release_abandoned_claims() -> int:
    """Free what a worker claimed that went away; nothing of it has left. Returns how many."""
    now = database_now()
    # Never many: what the workers hold at this moment, and what dead ones left.
    claimed = Submission.objects.filter(state=SubmissionState.CLAIMED.value)
    leases = claimed.values_list("pk", "lease_until")
    over = [pk for pk, lease_until in leases if lease_is_over(lease_until, now)]
    if not over:
        return 0
    with transaction.atomic():
        free = claimed.select_for_update(skip_locked=True).filter(pk__in=over)
        return move_submissions(
            list(free.values_list("pk", flat=True)),
            SubmissionState.CLAIMED,
            SubmissionState.READY,
            claim_token=None,
            lease_until=None,
        )


def settle(account_id: int | None = None) -> None:
    """Campaigns whose submissions have come to rest, and those being cancelled.

    Only those of one account where only there something has happened.
    """
    campaigns = Campaign.objects.filter(state__in=_UNSETTLED)
    late = _no_longer_over()
    if account_id is not None:
        campaigns = campaigns.filter(channel__account=account_id)
        late = late.filter(account=account_id)
    unsettled = campaigns.values_list("pk", flat=True)
    with_each_free(sorted({*unsettled, *late.values_list("campaign_id", flat=True)}), _settle)


def _no_longer_over() -> QuerySet[Submission]:
    """Jobs of campaigns that were over until something was found out late.

    The vendor refused what a person had marked as sent; or a job of a cancelled campaign turned up.
    """
    states = [SubmissionState.UNKNOWN.value, SubmissionState.REVOKING.value]
    late = Q(state__in=states) | Q(
        state=SubmissionState.REFUSED.value, campaign__state=CampaignState.COMPLETED.value
    )
    return Submission.objects.filter(late, campaign__state__in=FINISHED)


def settle_campaign(campaign_id: int) -> None:
    """Move one campaign to where its submissions say it is."""
    with transaction.atomic():
        _settle(locked_campaign(campaign_id))


def _settle(campaign: Campaign) -> None:
    if campaign.state == CampaignState.CANCELLING:
        taking_back.sweep_cancelling(campaign)
    elif campaign.state == CampaignState.SENDING:
        # Taken back only after the campaign was let go on.
        control.make_ready(campaign)
    states = tally(campaign.pk)
    _pause_on_halted_lane(campaign, states)
    new = when_settled(
        CampaignState(campaign.state),
        states,
        has_slots_ahead(campaign.pk),
        campaign.submissions.filter(GONE_IN_QUESTION).count(),
    )
    if new is None or (new is CampaignState.COMPLETED and standing.is_open(campaign)):
        return
    finished_at = timezone.now() if new in FINISHED else None
    if move_campaign(campaign, new, finished_at=finished_at) and new in _EVENTS:
        record_event(campaign, _EVENTS[new])


def _pause_on_halted_lane(campaign: Campaign, states: Counter[SubmissionState]) -> None:
    if campaign.channel is None:
        return
    lane = campaign.channel.account.lane
    reason = paused_by_lane(CampaignState(campaign.state), lane, states)
    if reason is not None:
        recording.pause_locked(campaign, reason)


_EVENTS = {
    CampaignState.COMPLETED: CampaignEvent.Kind.COMPLETED,
    CampaignState.CANCELLED: CampaignEvent.Kind.CANCELLED,
    CampaignState.NEEDS_DECISION: CampaignEvent.Kind.NEEDS_DECISION,
}


def tally(campaign_id: int) -> Counter[SubmissionState]:
    """How many submissions of a campaign are in each state."""
    rows = (
        Submission.objects.filter(campaign_id=campaign_id).values("state").annotate(n=Count("pk"))
    )
    return Counter({SubmissionState(row["state"]): row["n"] for row in rows})


def has_slots_ahead(campaign_id: int) -> bool:
    """Whether some job of a campaign was handed over and has not gone out yet."""
    return Attempt.objects.filter(
        submission__campaign_id=campaign_id,
        outcome=Outcome.ACCEPTED.value,
        revoked_at=None,
        slot__gt=timezone.now(),
    ).exists()
