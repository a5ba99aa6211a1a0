"""The late look: when a job at the vendor is looked at once more for people who opted out. Pure.

An opt-out that comes after hand-over is certain only in a job without the person. So every job has
one late look before its second: is anybody of it opted out now, it is taken back with proof and
handed over again without them. Whatever could cost the others their message forbids it; the reason
is kept and told. Beside it stand `sending.protocol`'s rules for each single step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from campaigns.states import CampaignState, How, LateLook, SubmissionState
from sending.protocol import Deletion, after_deletion, lane_refusal
from sociocs_accounts.lanes import Lane

S = SubmissionState

LATE_LOOK_AT_MOST = timedelta(minutes=30)
# Between the moment of the look and the last one at which a job may still be asked back: two ticks.
ROOM_FOR_TICKS = timedelta(seconds=20)
# An answer that comes nearer than this to the second of the job proves nothing.
DELETION_MARGIN = timedelta(seconds=10)

# What may be otherwise at the next tick; the look waits, as long as there is time.
MAY_CHANGE = frozenset(
    {LateLook.NOT_SENDING, LateLook.ACCOUNT, LateLook.NO_CLOCK, LateLook.OTHERS_FIRST}
)


def room_needed(
    lead: timedelta, time_out: timedelta, measured: timedelta = timedelta()
) -> timedelta:
    """How long before its second a job must be asked back at the latest.

    A deletion and a hand-over must fit in before the lead: two time-outs, or what it took last
    time (`measured`) if that was longer.
    """
    return lead + max(2 * time_out, measured)


def late_look_at(
    handed_over_at: datetime, slot: datetime, lead: timedelta, time_out: timedelta
) -> datetime:
    """When a job's late look is due.

    Half an hour before its second, or half the time that it has if that is less; but never so near
    that there is no room to act.
    """
    before = min(LATE_LOOK_AT_MOST, (slot - handed_over_at) / 2)
    return slot - max(before, _nearest_look(lead, time_out))


def earliest_look(lead: timedelta, time_out: timedelta) -> timedelta:
    """How long before its second a job's late look comes at the earliest."""
    return max(LATE_LOOK_AT_MOST, _nearest_look(lead, time_out))


def _nearest_look(lead: timedelta, time_out: timedelta) -> timedelta:
    return max(2 * lead, room_needed(lead, time_out) + ROOM_FOR_TICKS)


def is_between(
    campaign: CampaignState, submission: SubmissionState, slot: datetime, now: datetime
) -> bool:
    """Whether a job that was asked back for a late look keeps the account from the next one.

    From then on until it is accepted again; where it stands still, until its old second.
    """
    if submission in {S.ACCEPTED, S.ABANDONED, S.CANCELLED}:
        return False
    stands = submission in {S.UNKNOWN, S.REFUSED} or campaign is not CampaignState.SENDING
    return now < slot if stands else True


def late_look_refusal(
    campaign: CampaignState,
    submission: SubmissionState,
    how: How | None,
    job_id: str,
    slot: datetime,
    lane: Lane,
    ours: datetime,
    vendors: datetime | None,
    room: timedelta,
    is_others_turn: bool,
    would_go_out: Callable[[], bool],
) -> LateLook | None:
    """Why a job with somebody who opted out is not taken back now, or None: it is.

    Asked under the lock of its campaign, right after a list call that answered well. `vendors`: the
    time by the Date of that answer; None without one, and our own clock is no clock here. `room` as
    by `room_needed`. `is_others_turn`: another job of the account is between being asked back and
    being accepted again. `would_go_out`: whether the intent of its second
    hand-over would be let through.
    """
    if submission is not S.ACCEPTED or how is How.PERSON or not job_id:
        return LateLook.NO_JOB
    if campaign is not CampaignState.SENDING:
        return LateLook.NOT_SENDING
    if lane_refusal(lane, ours) is not None or lane.strikes:
        return LateLook.ACCOUNT
    if vendors is None:
        return LateLook.NO_CLOCK
    if is_others_turn:
        return LateLook.OTHERS_FIRST
    if vendors + room > slot:
        return LateLook.NO_TIME
    return None if would_go_out() else LateLook.NO_ROOM


def may_still_delete(slot: datetime, now: datetime, time_out: timedelta) -> bool:
    """Whether a deletion for a late look may begin: its answer comes well before the second."""
    return now <= slot - (time_out + DELETION_MARGIN)


def after_late_deletion(
    answer: Deletion | None,
    slot: datetime,
    said_at: datetime | None,
    now: datetime,
    time_out: timedelta,
    is_proven: bool,
) -> SubmissionState | None:
    """The state after a deletion for a late look, or (`answer` None) after none could begin any
    more; None: ask again. `said_at`: when a "not there" was said, by the vendor's clock. A deletion
    without an answer leaves a question once there is no time.
    """
    if answer is not None:
        new = after_deletion(answer, slot, said_at, is_proven)
        if new is not None or may_still_delete(slot, now, time_out):
            return new
    return S.UNKNOWN


def what_came_of_it(state: SubmissionState, answer: Deletion | None) -> LateLook:
    """What a look came to whose job was asked back, by the state that it led to."""
    if state is S.ACCEPTED:
        return LateLook.RUNNING
    if state is S.UNKNOWN:
        return LateLook.UNCLEAR
    return LateLook.TAKEN_OUT if answer is Deletion.DELETED else LateLook.GONE


def is_too_late(slot: datetime, now: datetime, room: timedelta) -> bool:
    """Whether the look of a job has to end now, with whatever kept it back until now."""
    return now + room > slot
