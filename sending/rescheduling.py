"""Another time for a launched campaign, and taking back what was handed over already.

Before a job is handed over, rescheduling is an edit of our own rows. After it, the job is deleted
at the vendor first, with proof, and planned again then (`PUT` is not used: one that comes late
means "send at once"). So a campaign is paused while its jobs are taken back, with a `TakeBack` in
its row that says what follows; the tick goes on with it (`go_on`), however often a process dies.

What cannot be taken back any more is told: "5 of 12 jobs taken back, 7 already out".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.copying import copy_of
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import locked_campaign, move_campaign, record_event, with_each_free
from campaigns.scheduling import clock_rules
from campaigns.scheduling.pacing import CannotPlan
from campaigns.scheduling.timing import lead
from campaigns.states import (
    MOVABLE,
    RUNNING,
    UNSENT,
    CampaignState,
    Outcome,
    PauseReason,
    SubmissionState,
)
from sending import control, day_limits, job_times, lateness, launch, taking_back, timetable
from sending.control import NotPossible, look_anew
from sending.models import Attempt, Submission
from sending.moves import move_submissions
from sending.protocol import is_taken_back, was_never_sent
from sending.reach import people_of, reach_of
from sending.readiness import TimeFault, time_fault
from sending.tally import Tally, tallies
from teams.models import User

C, S = CampaignState, SubmissionState
# How long taking back waits for unclear jobs to be found at the vendor (`protocol.FIRST_LOOKS`).
LOOKED_FOR = timedelta(minutes=2)


class Then(StrEnum):
    """What follows when everything that can be taken back is."""

    # Nothing: it stays paused until somebody lets it go on.
    PAUSE = "pause"
    # It is planned again for another time.
    RESCHEDULE = "reschedule"
    # It was never meant: what it says becomes a draft again.
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class NewTime:
    """A time on the wall of an IANA zone, `YYYY-MM-DDTHH:MM`; `fold` as in PEP 495."""

    wall_time: str
    time_zone: str
    fold: int = 0

    def instant(self) -> datetime:
        """What it is in UTC. Raises NotPossible for a time that does not exist."""
        candidates = job_times.resolve_wall_time(self.wall_time, self.time_zone).candidates
        if not candidates:
            raise NotPossible(job_times.skipped_sentence())
        return candidates[min(self.fold, len(candidates) - 1)]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Why jobs are taken back: what follows, for whom, since when, and to which new time."""

    then: Then
    user: int | None
    since: str
    time: NewTime | None = None

    def as_json(self) -> dict[str, object]:
        """As `Campaign.take_back` holds it."""
        return {**asdict(self), "then": self.then.value}

    @classmethod
    def of(cls, campaign: Campaign) -> TakeBack | None:
        """What is being taken back; None where nothing is."""
        if campaign.state != C.PAUSED or campaign.state_reason != PauseReason.TAKING_BACK:
            return None
        stored = campaign.take_back
        time = stored.get("time")
        return cls(
            Then(stored["then"]), stored["user"], stored["since"], NewTime(**time) if time else None
        )


# --- Asked for by a person ------------------------------------------------------------------------


def reschedule(campaign: Campaign, user: User, time: NewTime) -> None:
    """Give a campaign another time. Raises NotPossible with a sentence; refreshes `campaign`.

    A draft just says so from now on; what waits here is planned again at once; what was handed over
    is taken back first.
    """
    now = timezone.now()
    check_time(time.instant(), now)
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.state not in MOVABLE:
            raise NotPossible(_not_now(locked))
        if locked.state == C.DRAFT:
            _change_draft(locked, user, time)
        elif locked.state in RUNNING:
            _begin(locked, user, Then.RESCHEDULE, time)
        else:
            _plan_again(locked, user, time, now)
    campaign.refresh_from_db()


def check_time(at: datetime, now: datetime) -> None:
    """Raise NotPossible for a time that has passed as good as, or is too far ahead."""
    fault = time_fault(at, now)
    if fault in {TimeFault.PASSED, TimeFault.TOO_SOON}:
        minutes = max(round(lead().total_seconds() / 60), 1)
        raise NotPossible(
            ngettext(
                "This has passed, or is less than %(n)d minute ahead. Choose a later time.",
                "This has passed, or is less than %(n)d minutes ahead. Choose a later time.",
                minutes,
            )
            % {"n": minutes}
        )
    if fault is TimeFault.TOO_FAR:
        raise NotPossible(_("This is more than a year ahead. Choose an earlier time."))


def _not_now(campaign: Campaign) -> str:
    if campaign.state == C.FREEZING:
        return _("It is getting ready. Wait a moment, then try again.")
    return _("This campaign is finished, so its time cannot be changed any more.")


def begin_taking_back(campaign: Campaign, user: User, then: Then) -> None:
    """Take back whatever is not out yet, then pause or undo. Raises NotPossible."""
    if then is Then.UNDO and launch.undo_launch(campaign, user):
        return
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if then is Then.UNDO and locked.state in {C.SCHEDULED, C.MISSED} and not _attempts(locked):
            _back_to_draft(locked, user)
        elif locked.state in RUNNING or (then is Then.UNDO and locked.state == C.SCHEDULED):
            _begin(locked, user, then)
        else:
            raise NotPossible(_("There is nothing left to stop."))
    campaign.refresh_from_db()


def pause(campaign: Campaign, user: User) -> None:
    """Let nothing more go out: what waits at Sociocs is taken back as far as it can be.

    Raises NotPossible.
    """
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        may_come_back = locked.state in {C.SENDING, C.NEEDS_DECISION}
        if may_come_back and _held_ahead(locked, timezone.now()):
            reason = PauseReason.PERSON.value
            record_event(locked, CampaignEvent.Kind.PAUSED, user, reason=reason)
            _begin(locked, user, Then.PAUSE)
        else:
            control.pause(locked, user)
    campaign.refresh_from_db()


def _attempts(campaign: Campaign) -> bool:
    return Attempt.objects.filter(submission__campaign=campaign).exists()


def _back_to_draft(campaign: Campaign, user: User) -> None:
    """A launch of which nothing was ever tried is a draft again, as if it had not been made."""
    if campaign.state == C.MISSED:
        raise NotPossible(_("Its time has passed. Choose a new one, or cancel it."))
    campaign.submissions.all().delete()
    launch.back_to_draft(campaign, "undone", user)


def _begin(campaign: Campaign, user: User, then: Then, time: NewTime | None = None) -> None:
    if TakeBack.of(campaign):
        raise control.being_stopped()
    tally = tallies([campaign.pk]).get(campaign.pk, Tally())
    ahead = _held_ahead(campaign, timezone.now())
    if not ahead and not tally.waiting_jobs and not tally.jobs[S.REVOKED]:
        raise NotPossible(_("Everything has left already: there is nothing to undo."))
    take_back = TakeBack(then, user.pk, timezone.now().isoformat(), time)
    _pause(campaign, take_back)
    record_event(campaign, CampaignEvent.Kind.TAKE_BACK_ASKED, user, people=ahead, then=then)
    _go_on(campaign)


def _held_ahead(campaign: Campaign, now: datetime) -> int:
    """How many people the vendor has, or may have, a message for whose time is to come."""
    held = campaign.submissions.filter(
        state__in=[S.ACCEPTED.value, S.POSTING.value, S.UNKNOWN.value],
        current_attempt__revoked_at=None,
        current_attempt__slot__gt=now,
    )
    return people_of(held)


def _pause(campaign: Campaign, take_back: TakeBack) -> None:
    reason, stored = PauseReason.TAKING_BACK.value, take_back.as_json()
    if campaign.state == C.NEEDS_DECISION or campaign.state == C.SCHEDULED:
        move_campaign(campaign, C.SENDING)
    if campaign.state == C.PAUSED:
        Campaign.objects.filter(pk=campaign.pk).update(
            state_reason=reason, take_back=stored, version=F("version") + 1
        )
        campaign.refresh_from_db()
    else:
        move_campaign(campaign, C.PAUSED, reason, take_back=stored)


# --- Gone on with by the tick ---------------------------------------------------------------------


def go_on() -> None:
    """Go on with every campaign whose jobs are being taken back."""
    waiting = Campaign.objects.filter(
        state=C.PAUSED.value, state_reason=PauseReason.TAKING_BACK.value
    )
    with_each_free(list(waiting.values_list("pk", flat=True)), _go_on)


def _go_on(campaign: Campaign) -> None:
    """Take back what came to be there meanwhile; with nothing left to wait for, do what follows."""
    take_back, now = TakeBack.of(campaign), timezone.now()
    if take_back is None:
        return
    taking_back.ask_back(campaign)
    tally = tallies([campaign.pk]).get(campaign.pk, Tally())
    if not is_taken_back(tally.jobs, _may_be_found(campaign, take_back, now)):
        return
    user = User.objects.filter(pk=take_back.user).first() if take_back.user else None
    record_event(campaign, CampaignEvent.Kind.TAKEN_BACK, user, **told_of(campaign, now))
    if take_back.then is Then.UNDO:
        _undo(campaign, user)
    elif take_back.then is Then.RESCHEDULE and take_back.time is not None:
        _reschedule_rest(campaign, user, take_back.time, now)
    else:
        _stay(campaign, PauseReason.PERSON)


def _may_be_found(campaign: Campaign, take_back: TakeBack, now: datetime) -> bool:
    if now > datetime.fromisoformat(take_back.since) + LOOKED_FOR:
        return False
    return campaign.submissions.filter(
        state=S.UNKNOWN.value, current_attempt__slot__gt=now
    ).exists()


def told_of(campaign: Campaign, now: datetime) -> dict[str, int]:
    """What could be reached, in people: of all, stopped, never sent to Sociocs, out, kept, unclear,
    gone.

    Kept are those that the vendor has under no job id we know, so that they cannot be deleted.
    """
    reach = reach_of(campaign, now)
    return {
        "people": reach.total,
        "back": reach.stopped,
        "never_left": reach.waiting,
        "out": reach.out,
        "kept": reach.ahead,
        "unclear": reach.unclear,
        "gone": reach.gone,
    }


def _stay(campaign: Campaign, reason: PauseReason) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        state_reason=reason.value, take_back={}, version=F("version") + 1
    )
    campaign.refresh_from_db()


def _undo(campaign: Campaign, user: User | None) -> None:
    """With proof that nothing was sent, what it says is a draft again; else it stays paused.

    A draft is launched anew with nothing to say that these people may have got it: so a job that
    was not there any more, of which somebody may have made another, is asked about instead.
    """
    attempts = Attempt.objects.filter(submission__campaign=campaign)
    outcomes = [
        (Outcome(outcome), at is not None)
        for outcome, at in attempts.values_list("outcome", "revoked_at")
    ]
    if not was_never_sent(outcomes, campaign.submissions.filter(is_gone=True).exists()):
        _stay(campaign, PauseReason.PERSON)
        return
    draft = copy_of(campaign, user, repeat=campaign.repeat)
    Campaign.objects.filter(pk=campaign.pk).update(
        take_back={"draft": str(draft.public_id)}, next_run_at=None, next_run_on=None
    )
    move_campaign(campaign, C.CANCELLING)
    taking_back.sweep_cancelling(campaign)
    record_event(campaign, CampaignEvent.Kind.LAUNCH_UNDONE, user, reason="undone")


def _reschedule_rest(campaign: Campaign, user: User | None, time: NewTime, now: datetime) -> None:
    """Plan what is left for the new time; with nothing left, say so and let it end."""
    if not campaign.submissions.filter(state__in=UNSENT).exists():
        Campaign.objects.filter(pk=campaign.pk).update(take_back={})
        move_campaign(campaign, C.SENDING)
        return
    try:
        check_time(time.instant(), now)
        with transaction.atomic():
            _plan_again(campaign, user, time, now)
    except NotPossible:
        # Taking back took until the new time had passed, or no plan fits it any more.
        _stay(campaign, PauseReason.WINDOW)


# --- Planning again -------------------------------------------------------------------------------


def _change_draft(campaign: Campaign, user: User, time: NewTime) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        **asdict(time), version=F("version") + 1, updated_by=user, updated_at=timezone.now()
    )


def _plan_again(campaign: Campaign, user: User | None, time: NewTime, now: datetime) -> None:
    """Plan whatever is still here for another time, and tell so.

    The caller holds the row lock. Raises NotPossible if no plan fits.
    """
    before = campaign.send_at
    campaign.time_zone = time.time_zone
    first = plan_from(campaign, time.instant(), now, **asdict(time))
    record_event(
        campaign,
        CampaignEvent.Kind.RESCHEDULED,
        user,
        before=before.isoformat() if before else "",
        after=first.isoformat(),
        zone=time.time_zone,
    )


def plan_from(campaign: Campaign, at: datetime, now: datetime, **changes: Any) -> datetime:
    """New slots, from `at` on, for whatever is still here; the campaign waits for the first one.

    Returns when that is; `changes` are written with it. The caller holds the row lock. Raises
    NotPossible if no plan fits.
    """
    # What was gone when it was taken back stays a question: somebody else may have sent it.
    back = campaign.submissions.filter(state=S.REVOKED.value, is_gone=False)
    ids = list(back.values_list("pk", flat=True))
    move_submissions(ids, S.REVOKED, S.READY, job_id="", how="", not_before=None)
    look_anew(campaign, S.READY)
    first, send_by = _new_slots(campaign, at, now)
    changes |= {
        "send_at": first,
        "hand_over_at": job_times.hand_over_time(first, campaign.clock_keeper, now),
        "send_by": send_by,
        "take_back": {},
        "clock_rules": clock_rules.noted(campaign),
    }
    if campaign.state == C.SCHEDULED:
        Campaign.objects.filter(pk=campaign.pk, state=C.SCHEDULED.value).update(
            **changes, version=F("version") + 1, updated_at=now
        )
        campaign.refresh_from_db()
    else:
        move_campaign(campaign, C.SCHEDULED, **changes)
    return first


def _new_slots(campaign: Campaign, at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """(the first slot's moment, how late the last may be) of what is left, planned from `at` on."""
    unsent = campaign.submissions.filter(state__in=UNSENT)
    try:
        if timetable.is_timed(campaign):
            send_by = timetable.replan(campaign, at, now, is_moved=True)
        else:
            send_by = _in_a_row(list(unsent.order_by("seq")), at)
        limited = day_limits.apply_again(campaign, at)
    except CannotPlan:
        raise NotPossible(
            _(
                "With its limits, its sending hours and its pace, the rest would take more than a "
                "year from then on. Choose another time, or cancel it."
            )
        ) from None
    first = unsent.order_by("planned_slot").values_list("planned_slot", flat=True).first()
    moments = [moment for moment in (send_by, limited) if moment is not None]
    # Without hours and limits the first slot is `at`, or the second after it.
    begins = at if first is None or first - at < timedelta(minutes=1) else first
    return begins, max(moments, default=lateness.send_by_of(at))


def _in_a_row(jobs: list[Submission], at: datetime) -> datetime:
    """A second after another from `at` on; returns how late the last may be."""
    slots = job_times.slots_from(at, max(len(jobs), 1))
    for submission, slot in zip(jobs, slots, strict=False):
        submission.planned_slot, submission.not_before, submission.send_by = slot, None, None
    Submission.objects.bulk_update(jobs, ["planned_slot", "not_before", "send_by"], batch_size=500)
    return lateness.send_by_of(slots[-1])
