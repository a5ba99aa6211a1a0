"""The late look: jobs at the vendor are looked at once more for people who opted out since.

The tick finds whose look is due, and ends it at once where nobody has opted out (most). The others
are looked at by a task of their account: one list call, then under the campaign's lock the rules
(`sending.late_rules`), and one job after the other is asked back (`sending.taking_back`), to be
handed over again without them. What kept it from that stands in the job's `late_look`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient
from campaigns.moves import durable, locked_campaign
from campaigns.scheduling.timing import lead
from campaigns.states import (
    CampaignState,
    How,
    LateLook,
    Stopped,
    SubmissionState,
    TakeBack,
)
from recipients.models import OptOut
from sending import day_limits, gateway, timetable
from sending.attempts import free_slot
from sending.intents import slice_of
from sending.late_rules import (
    MAY_CHANGE,
    earliest_look,
    is_between,
    is_too_late,
    late_look_at,
    late_look_refusal,
    room_needed,
)
from sending.models import Attempt, Submission
from sending.moves import move_submission
from sending.protocol import clocks_disagree, intent_refusal
from sending.recording import tell_late_look
from sociocs_accounts import clients
from sociocs_accounts.clients import time_out
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.exceptions import GatewayError
from teams.models import StopWay

log = logging.getLogger(__name__)


def accounts_to_look_late() -> list[int]:
    """Accounts with a job whose late look is due and from which somebody has opted out.

    Looks that need no call are made here: nobody has opted out, or it is too late.
    """
    now = timezone.now()
    to_come = _to_come()
    room = room_needed(lead(), time_out())
    _spend(to_come.filter(current_attempt__slot__lte=now), LateLook.NO_TIME)
    never, calm, accounts = list[Submission](), list[Submission](), set[int]()
    for submission, has_wish in _due(to_come, now):
        # Handed over with no room for it, as all of a campaign that goes out now.
        if is_too_late(_slot_of(submission), _attempt_of(submission).started_at, room):
            never.append(submission)
        elif has_wish:
            accounts.add(submission.account_id)
        else:
            calm.append(submission)
    _spend(_only(never), LateLook.NO_TIME)
    _spend(_only(calm), LateLook.NOBODY)
    return sorted(accounts)


def _due(to_come: QuerySet[Submission], now: datetime) -> list[tuple[Submission, bool]]:
    """Those whose late look is due, the earliest first, and whether anybody of them opted out."""
    wishes = OptOut.objects.open().filter(
        team=OuterRef("campaign__team"), phone_key=OuterRef("phone_key")
    )
    people = CampaignRecipient.objects.filter(
        Exists(wishes),
        campaign=OuterRef("campaign"),
        position__gte=OuterRef("first_position"),
        position__lte=OuterRef("last_position"),
        left_out="",
    )
    near = to_come.filter(current_attempt__slot__lte=now + earliest_look(lead(), time_out()))
    # One question for all of them, whose texts are not wanted.
    jobs = near.annotate(has_wish=Exists(people)).defer("text").select_related("current_attempt")
    return [
        (submission, submission.has_wish)
        for submission in jobs.order_by("current_attempt__slot")
        if _is_due(submission, now)
    ]


def keys_opted_out(submission: Submission) -> list[str]:
    """The keys of the people of a job who have opted out by now, whether surely or perhaps.

    Who may have meant it is held back as long as nobody has decided.
    """
    wishes = OptOut.objects.open().filter(
        team_id=submission.campaign.team_id,
        phone_key__in=slice_of(submission).values("phone_key"),
    )
    return list(wishes.values_list("phone_key", flat=True))


def look_late(account_id: int) -> Submission | None:
    """Look at the account's due jobs, the earliest first, until one is to be asked back: that one.

    While another is on its way, only those are looked at for which it is too late to wait.
    """
    account = GatewayAccount.objects.get(pk=account_id)
    now, room = timezone.now(), room_needed(lead(), time_out())
    waiting = [job for job, has_wish in _due(_to_come().filter(account=account), now) if has_wish]
    if _is_others_turn(account):
        waiting = [job for job in waiting if is_too_late(_slot_of(job), now, room)]
    if not waiting:
        return None
    vendor = _ask_for_the_list(account)
    return next((job for job in waiting if _look_at(job.pk, vendor)), None)


@dataclass(frozen=True, slots=True)
class _Vendor:
    """What a list call told: whether it answered well, and the vendor's time by its Date."""

    answers_well: bool
    clock: gateway.VendorClock | None = None


def _ask_for_the_list(account: GatewayAccount) -> _Vendor:
    try:
        with clients.client_of(account) as client:
            jobs = gateway.list_jobs(account, client)
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("lane %s: no late look without its list: %s", account.public_id, error)
        return _Vendor(False)
    if jobs.server_date is None:
        return _Vendor(True)
    clock = gateway.VendorClock(jobs.server_date, gateway.boot_time())
    return _Vendor(True, None if clocks_disagree(timezone.now(), clock.now()) else clock)


def _look_at(submission_id: int, vendor: _Vendor) -> bool:
    """One job's look, under its campaign's lock; True when it is to be asked back now."""
    with durable():
        found = Submission.objects.get(pk=submission_id)
        campaign = locked_campaign(found.campaign_id)
        submission = (
            Submission.objects.select_for_update(of=("self",))
            .select_related("current_attempt", "account")
            .get(pk=submission_id)
        )
        submission.campaign = campaign
        if submission.state != SubmissionState.ACCEPTED or submission.late_look:
            return False
        keys = keys_opted_out(submission)
        if not keys:
            return False
        # Also of those who are blocked: it is open again what becomes of them.
        slice_of(submission).filter(phone_key__in=keys).update(stopped=Stopped.WAITING.value)
        refusal = _refusal(campaign, submission, vendor)
        if refusal is None:
            return move_submission(
                submission,
                SubmissionState.REVOKING,
                revoked_for=TakeBack.LATE_LOOK.value,
                is_gone=False,
                late_look=LateLook.TAKEN_OUT.value,
                # Nobody gets it earlier than they were to.
                planned_slot=_slot_of(submission),
            )
        now = vendor.clock.now() if vendor.clock else timezone.now()
        room = room_needed(lead(), time_out())
        if refusal not in MAY_CHANGE or is_too_late(_slot_of(submission), now, room):
            _spend(_only([submission]), refusal)
            tell_late_look(campaign, submission, refusal)
    return False


def _refusal(campaign: Campaign, submission: Submission, vendor: _Vendor) -> LateLook | None:
    if campaign.team.stop_way == StopWay.BLOCK:
        return LateLook.BLOCK_ONLY
    if not vendor.answers_well:
        return LateLook.ACCOUNT
    # Locked, behind its campaign as everywhere, so that of two campaigns only one has its turn.
    account = GatewayAccount.objects.select_for_update().get(pk=submission.account_id)
    vendors = vendor.clock.now() if vendor.clock else None
    return late_look_refusal(
        CampaignState(campaign.state),
        SubmissionState(submission.state),
        How(submission.how) if submission.how else None,
        submission.job_id,
        _slot_of(submission),
        account.lane,
        timezone.now(),
        vendors,
        room_needed(lead(), time_out(), _measured(account)),
        _is_others_turn(account),
        lambda: _would_go_out(campaign, submission, account, vendors or timezone.now()),
    )


def _would_go_out(
    campaign: Campaign, submission: Submission, account: GatewayAccount, now: datetime
) -> bool:
    """Whether the intent of its second hand-over would be let through."""
    assert campaign.send_by is not None
    attempt = _attempt_of(submission)
    slot = free_slot(account.pk, attempt.slot, now + lead())
    day = day_limits.day_of(campaign.team, slot)

    def fits() -> bool:
        # Taken back, its own people are off the day they count on.
        return (
            day == attempt.counted_on
            or day_limits.smallest_limit(campaign) is None
            or day_limits.Room(campaign).take(day, attempt.recipient_count)
        )

    refusal = intent_refusal(
        CampaignState(campaign.state),
        SubmissionState.CLAIMED,
        True,
        slot,
        submission.send_by or campaign.send_by,
        account.lane,
        timezone.now(),
        timetable.is_in_hours(campaign, submission, slot),
        fits,
    )
    return refusal is None


def _is_others_turn(account: GatewayAccount) -> bool:
    """Whether another job of the account is between being asked back and being there again."""
    under_way = Submission.objects.filter(
        account=account, revoked_for=TakeBack.LATE_LOOK.value
    ).exclude(state=SubmissionState.ACCEPTED.value)
    now = timezone.now()
    return any(
        is_between(CampaignState(campaign), SubmissionState(state), slot, now)
        for campaign, state, slot in under_way.values_list(
            "campaign__state", "state", "planned_slot"
        )
    )


def _measured(account: GatewayAccount) -> timedelta:
    """How long it took last time on this account from the deletion to being accepted again."""
    last = (
        Submission.objects.filter(
            account=account,
            revoked_for=TakeBack.LATE_LOOK.value,
            state=SubmissionState.ACCEPTED.value,
            late_look=LateLook.TAKEN_OUT.value,
            current_attempt__finished_at__isnull=False,
        )
        .order_by("-current_attempt__finished_at")
        .select_related("current_attempt")
        .first()
    )
    if last is None:
        return timedelta()
    there_again = _attempt_of(last)
    before = last.attempts.filter(n__lt=there_again.n, revoked_at__isnull=False).order_by("n")
    deleted = before.last()
    if deleted is None or deleted.revoked_at is None or there_again.finished_at is None:
        return timedelta()
    return there_again.finished_at - deleted.revoked_at


def _to_come() -> QuerySet[Submission]:
    """Jobs at the vendor that have not had their late look."""
    return Submission.objects.filter(
        state=SubmissionState.ACCEPTED.value, late_look="", is_single=False
    )


def _is_due(submission: Submission, now: datetime) -> bool:
    attempt = _attempt_of(submission)
    return now >= late_look_at(attempt.started_at, attempt.slot, lead(), time_out())


def _attempt_of(submission: Submission) -> Attempt:
    assert submission.current_attempt is not None
    return submission.current_attempt


def _slot_of(submission: Submission) -> datetime:
    return _attempt_of(submission).slot


def _only(submissions: list[Submission]) -> QuerySet[Submission]:
    return _to_come().filter(pk__in=[submission.pk for submission in submissions])


def _spend(submissions: QuerySet[Submission], result: LateLook) -> None:
    """The one look that these jobs have came to this."""
    submissions.update(late_look=result.value)
