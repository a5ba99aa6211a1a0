"""What people may do to a running campaign: pause, take back, resume, cancel."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import locked_campaign, move_campaign, record_event, with_each_free
from campaigns.scheduling.pacing import CannotPlan
from campaigns.scheduling.timing import lead
from campaigns.states import CampaignState, PauseReason, SubmissionState, TakeBack
from sending import day_limits, job_times, lateness, launch, splitting, taking_back, timetable
from sending.moves import move_submissions
from sending.protocol import after_resumption
from sociocs_accounts import clients
from sociocs_accounts.lanes import LaneState
from teams.models import User


class NotPossible(Exception):
    """What was asked for has no effect any more; `sentence` says why and what is true now."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def being_stopped() -> NotPossible:
    """What was handed over is on its way back already."""
    return NotPossible(_("What has not left is being stopped already. Wait until that is done."))


def pause(campaign: Campaign, user: User) -> None:
    """Nothing new is handed over. What is on its way stays on its way. Raises NotPossible."""
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.state != CampaignState.SENDING:
            raise NotPossible(_("Only a campaign that is sending can be paused."))
        move_campaign(locked, CampaignState.PAUSED, PauseReason.PERSON.value)
        record_event(locked, CampaignEvent.Kind.PAUSED, user, reason=PauseReason.PERSON.value)
    campaign.refresh_from_db()


def take_back_jobs(campaign: Campaign, user: User) -> None:
    """A paused campaign's jobs whose time has not come are taken back; "go on" sends them.

    Raises NotPossible.
    """
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.state != CampaignState.PAUSED:
            raise NotPossible(_("Pause the campaign first, then stop what has not left."))
        if locked.state_reason == PauseReason.TAKING_BACK:
            raise being_stopped()
        people = taking_back.ask_back(locked)
        if not people:
            raise NotPossible(_("Everything has left already: there is nothing to stop."))
        record_event(locked, CampaignEvent.Kind.TAKING_BACK, user, people=people)
    campaign.refresh_from_db()


def resume(campaign: Campaign, user: User) -> None:
    """Go on. A campaign whose time has passed gets a new one, from now on.

    With sending hours, that is when they begin again. Raises NotPossible.
    """
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.state not in {CampaignState.PAUSED, CampaignState.MISSED}:
            raise NotPossible(_("This campaign is no longer paused."))
        if locked.state_reason == PauseReason.TAKING_BACK:
            raise NotPossible(
                _(
                    "What has not left is still being stopped. Wait until that is done, then "
                    "continue."
                )
            )
        assert locked.channel is not None
        if locked.channel.account.state == LaneState.HALTED:
            raise NotPossible(
                _(
                    "Nothing was changed: its Sociocs account is stopped. The person who "
                    "manages this server first has to fix the cause and choose “Use again” for "
                    "the account."
                )
            )
        _go_on(locked, user)
    campaign.refresh_from_db()


def resume_on_mended_account(campaign: Campaign, user: User) -> None:
    """Use its halted account again, as the cause is fixed, and go on. Raises NotPossible.

    If it is not fixed, the first look at Sociocs halts the account again and nothing is sent. A
    campaign whose people are being stopped goes on with that, and stays paused.
    """
    assert campaign.channel is not None
    with transaction.atomic():
        if campaign.channel.account.state == LaneState.HALTED:
            clients.reopen(campaign.channel.account)
            if locked_campaign(campaign.pk).state_reason == PauseReason.TAKING_BACK:
                return
        resume(campaign, user)


def continue_in_hours() -> None:
    """Campaigns that sending hours stopped, and that may go on by themselves, do so.

    Their jobs get slots in the next sending hours at once, so that they are there in time.
    """
    stopped = Campaign.objects.filter(
        state=CampaignState.PAUSED.value,
        state_reason=PauseReason.QUIET_HOURS.value,
        continues_next_day=True,
        channel__account__state=LaneState.OPEN.value,
    )
    with_each_free(list(stopped.values_list("pk", flat=True)), _go_on_by_itself)


def _go_on_by_itself(campaign: Campaign) -> None:
    if campaign.state_reason == PauseReason.QUIET_HOURS:
        with suppress(NotPossible):
            _go_on(campaign, None)


def _go_on(campaign: Campaign, user: User | None) -> None:
    """Let a paused or missed campaign, whose row is locked, go on. Raises NotPossible."""
    if user is not None:
        splitting.split_for_a_day(campaign, user)
    try:
        send_by = _send_by_from_now(campaign)
    except CannotPlan:
        raise NotPossible(
            _(
                "With its limits, its sending hours and its pace, the rest would take more than a "
                "year. Cancel it, and send the rest as a new campaign."
            )
        ) from None
    move_campaign(campaign, CampaignState.SENDING, send_by=send_by)
    look_anew(campaign, SubmissionState.READY)
    if user is not None:
        look_anew(campaign, SubmissionState.REVOKED)
    make_ready(campaign)
    record_event(campaign, CampaignEvent.Kind.RESUMED, user)


def look_anew(campaign: Campaign, state: SubmissionState) -> None:
    """Jobs in this state that were taken back have their late look before them again.

    Not what was gone when it was taken back: it is asked about by itself.
    """
    taken_back = campaign.submissions.filter(state=state.value, is_gone=False)
    taken_back.exclude(revoked_for="").update(late_look="", revoked_for=TakeBack.PAUSE.value)


def _send_by_from_now(campaign: Campaign) -> datetime:
    """How late its jobs may go out when it goes on now: never earlier than it was.

    The jobs of a campaign with a pace, sending hours or a daily limit get new slots. Raises
    CannotPlan.
    """
    now = timezone.now()
    first = max(campaign.send_at or now, now + lead())
    if timetable.is_timed(campaign):
        send_by = timetable.replan(campaign, first, now) or now
    else:
        jobs = max(campaign.submissions.count(), 1)
        send_by = lateness.send_by_of(job_times.slots_from(first, jobs)[-1])
    limited = day_limits.apply_again(campaign, first)
    return max(send_by, limited or send_by, campaign.send_by or send_by)


def cancel(campaign: Campaign, user: User) -> None:
    """Nothing more goes out; jobs whose time has not come are taken back by the tick.

    A launch that is still freezing becomes a draft again. Raises NotPossible.
    """
    if launch.undo_launch(campaign, user):
        return
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if (CampaignState(locked.state), CampaignState.CANCELLING) not in _CANCELLABLE_FROM:
            raise NotPossible(_("This campaign is finished. There is nothing left to cancel."))
        # Whoever stops a campaign that repeats does not expect it back next week.
        move_campaign(locked, CampaignState.CANCELLING, next_run_at=None, next_run_on=None)
        record_event(locked, CampaignEvent.Kind.CANCEL_ASKED, user)
        taking_back.sweep_cancelling(locked)
    campaign.refresh_from_db()


_CANCELLABLE_FROM = {
    (state, CampaignState.CANCELLING)
    for state in (
        CampaignState.SCHEDULED,
        CampaignState.MISSED,
        CampaignState.SENDING,
        CampaignState.PAUSED,
        CampaignState.NEEDS_DECISION,
    )
}


def make_ready(campaign: Campaign) -> int:
    """What waits for its campaign, and what was taken back, may be handed over.

    Returns how many jobs. The caller holds the campaign's row lock.
    """
    moved = 0
    for state in SubmissionState:
        new = after_resumption(state)
        if new is not state:
            rows = campaign.submissions.filter(state=state.value)
            ids = [
                pk
                for pk, is_gone in rows.values_list("pk", "is_gone")
                if after_resumption(state, is_gone) is new
            ]
            moved += move_submissions(ids, state, new) if ids else 0
    return moved
