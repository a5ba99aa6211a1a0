"""The submission protocol: who may move what, when. Pure: no database, no clock, no Django.

Nobody may be texted twice and nobody silently lost, although `POST /messages/bulk` has no
idempotency key and its answer can get lost (`docs/operations.md` tells the whole story):

* An intent (an open attempt) is committed before the call; the answer is recorded after it.
* Only what is *proven* not to have been sent may be sent again by itself. Everything unclear
  becomes UNKNOWN: looked for in the vendor's job list by its slot, else a question to a person.
* Presence in that list can prove "sent". Absence proves nothing.

Views, tasks, the admin and the simulation all ask this module; the database's constraints hold its
most important rule (one possibly-sent attempt per submission) even if all code were wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.states import (
    CANCELLABLE,
    IN_FLIGHT,
    QUESTIONS,
    WAITING,
    CampaignState,
    DecisionKind,
    How,
    Outcome,
    PauseReason,
    SubmissionState,
)
from sociocs_accounts.lanes import Lane, LaneState

C, S = CampaignState, SubmissionState


class Refusal(StrEnum):
    """Why a step may not be taken now. No error: it is tried again later, or not needed."""

    CAMPAIGN_NOT_SENDING = "campaign_not_sending"
    LANE_HALTED = "lane_halted"
    LANE_COOLING = "lane_cooling"
    PROBE_NEEDED = "probe_needed"
    NOT_YET = "not_yet"
    WRONG_STATE = "wrong_state"
    NOT_MY_CLAIM = "not_my_claim"
    PAST_SEND_BY = "past_send_by"
    QUIET_HOURS = "quiet_hours"
    DAILY_LIMIT = "daily_limit"
    OUTDATED = "outdated"
    STILL_OPEN = "still_open"
    HELD_UP = "held_up"
    TOO_LARGE = "too_large"
    TOO_LATE = "too_late"


LEASE = timedelta(seconds=6)
START_FENCE = timedelta(seconds=10)
# How long whoever has an answer in hand may take to store it, before it counts as lost.
ANSWER_MARGIN = timedelta(seconds=30)
PREFLIGHT_FRESH = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=60)
# Nearer to its second than this, what is no longer in a list may be on its way out of it.
MARGIN = timedelta(seconds=10)
SEND_WINDOW = timedelta(hours=4)
VENDOR_REACH = timedelta(days=30)
STRIKES_TO_PAUSE = 2
REFUSALS_TO_PAUSE = 2
REDIRECTS_TO_HALT = 2
RETRY_DELAYS = (0, 5, 15, 60, 300)
COOL_DELAYS = (2, 4, 8, 16, 32, 64, 128, 256, 300)
COOL_AT_MOST = timedelta(minutes=15)
COOL_AT_LEAST = timedelta(seconds=2)
# HTTP 413: the request was larger than the vendor takes.
TOO_LARGE = 413


# --- The campaign ---------------------------------------------------------------------------------


def when_due(
    hand_over_at: datetime, send_at: datetime, now: datetime, late_grace: timedelta
) -> CampaignState | None:
    """What a SCHEDULED campaign becomes at `now`; None while it waits.

    A campaign that would begin more than `late_grace` after its time asks instead of going out: its
    server was down, or its database was restored.
    """
    if now < hand_over_at:
        return None
    return C.MISSED if now > send_at + late_grace else C.SENDING


def when_settled(
    state: CampaignState,
    tally: Mapping[SubmissionState, int],
    slots_ahead: bool,
    gone: int = 0,
) -> CampaignState | None:
    """What a campaign becomes from the states of its submissions. None: it stays.

    `tally` counts submissions per state (missing = 0). `slots_ahead`: some job was handed over and
    has not gone out yet; until then the campaign can be cancelled, so it is not COMPLETED. `gone`:
    how many of the REVOKED were not there when they were taken back, so that a person is asked.
    """

    def some(states: Collection[SubmissionState]) -> bool:
        return any(tally.get(one, 0) for one in states)

    if state in {C.CANCELLING, C.CANCELLED}:
        # Cancelled, and a job turns up at the vendor after all: it is not over yet.
        wanted = C.CANCELLING if some({*IN_FLIGHT, *WAITING, S.UNKNOWN}) else C.CANCELLED
        return None if wanted is state else wanted
    if state not in {C.SENDING, C.PAUSED, C.NEEDS_DECISION, C.COMPLETED}:
        return None
    wanted = C.COMPLETED
    if some({*WAITING, *IN_FLIGHT}) or tally.get(S.REVOKED, 0) > gone:
        wanted = C.SENDING
    elif some(QUESTIONS) or gone:
        wanted = C.NEEDS_DECISION
    elif slots_ahead:
        wanted = C.SENDING
    if wanted is C.SENDING:
        # A question that came up after completion, already answered: by way of NEEDS_DECISION.
        return {C.NEEDS_DECISION: C.SENDING, C.COMPLETED: C.NEEDS_DECISION}.get(state)
    return None if wanted is state else wanted


def paused_by_lane(
    state: CampaignState, lane: Lane, tally: Mapping[SubmissionState, int]
) -> PauseReason | None:
    """What the tick does to a campaign that still has something to hand over, on a halted lane.

    The lane may have been halted while the campaign was not SENDING, so no answer paused it.
    """
    if state is not C.SENDING or lane.state is not LaneState.HALTED:
        return None
    if not any(tally.get(one, 0) for one in WAITING):
        return None
    return PauseReason(lane.halt_reason)


# --- Claim and intent -----------------------------------------------------------------------------


def lane_refusal(lane: Lane, now: datetime) -> Refusal | None:
    """Why nothing may be sent through this lane now, or None."""
    if lane.state is not LaneState.OPEN:
        return Refusal.LANE_HALTED
    if lane.cool_until is not None and now < lane.cool_until:
        return Refusal.LANE_COOLING
    if lane.probe_needed:
        return Refusal.PROBE_NEEDED
    return None


# A lane that needs a probe keeps nobody from a claim: the look comes between claim and intent.
MAY_CLAIM = frozenset({None, Refusal.PROBE_NEEDED})


def claim_refusal(
    campaign: CampaignState,
    submission: SubmissionState,
    not_before: datetime | None,
    lane: Lane,
    now: datetime,
) -> Refusal | None:
    """Why a worker may not claim this submission now; it may with one of MAY_CLAIM."""
    if submission is not S.READY:
        return Refusal.WRONG_STATE
    if campaign is not C.SENDING:
        return Refusal.CAMPAIGN_NOT_SENDING
    if not_before is not None and now < not_before:
        return Refusal.NOT_YET
    return lane_refusal(lane, now)


def intent_refusal(
    campaign: CampaignState,
    submission: SubmissionState,
    claim_is_mine: bool,
    slot: datetime,
    send_by: datetime,
    lane: Lane,
    now: datetime,
    is_in_hours: bool = True,
    fits: Callable[[], bool] = lambda: True,
    is_too_early: bool = False,
    is_too_large: bool = False,
) -> Refusal | None:
    """The point of no return: why an attempt may not be opened, or None.

    Asked inside the transaction that inserts the open attempt, with the campaign's row locked.
    `is_in_hours`: whether `slot` lies in the sending hours of everybody in the submission.
    `is_too_early`: a single message that is one too many for now (`sending.single_messages`).
    `is_too_large`: it holds more people than the account takes, and has to be cut first.
    `fits` counts its people on the slot's day and says whether they fit
    (`sending.day_limits`): asked last, so that nothing is used up by what is refused
    for another reason.
    """
    if submission is not S.CLAIMED or not claim_is_mine:
        return Refusal.NOT_MY_CLAIM
    if campaign is not C.SENDING:
        return Refusal.CAMPAIGN_NOT_SENDING
    if not is_in_hours:
        return Refusal.QUIET_HOURS
    if slot > send_by:
        return Refusal.PAST_SEND_BY
    if is_too_early:
        return Refusal.NOT_YET
    if is_too_large:
        return Refusal.TOO_LARGE
    return lane_refusal(lane, now) or (None if fits() else Refusal.DAILY_LIMIT)


def answer_wait(call_timeout: timedelta) -> timedelta:
    """How long after its intent the answer of a call is waited for.

    No byte of it leaves later than the start fence, and no call takes longer than its time-out.
    """
    return START_FENCE + call_timeout + ANSWER_MARGIN


def clocks_disagree(ours: datetime, vendors: datetime) -> bool:
    """Whether our clock is so far from the vendor's that a person must look at it first.

    Slots come from the vendor's clock anyway; hours, days and last moments are read off ours.
    """
    return abs(vendors - ours) > CLOCK_SKEW


def lease_is_over(lease_until: datetime | None, now: datetime) -> bool:
    """A claim whose worker went away may be taken back; nothing has left the machine."""
    return lease_until is None or now >= lease_until


def slot_candidates(planned: datetime, earliest: datetime) -> Iterator[datetime]:
    """Seconds at which a job may go out: from the later of both, upwards, never `:00`.

    The vendor's list is searched by this second, so it is unique per account, and a full minute is
    left to people who schedule by hand.
    """
    slot = max(planned, earliest)
    if slot.microsecond:
        slot = slot.replace(microsecond=0) + timedelta(seconds=1)
    while True:
        if slot.second != 0:
            yield slot
        slot += timedelta(seconds=1)


# --- The answer -----------------------------------------------------------------------------------


class AnswerKind(StrEnum):
    """The ways an answer can be read; the gateway's exceptions say which.

    TOO_LARGE is a refusal of a job that can be cut: it goes out in smaller ones by itself.
    """

    ACCEPTED = "accepted"
    TRY_LATER = "try_later"
    TOO_LARGE = "too_large"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """The vendor's answer to one POST, as far as it can be trusted.

    `halts`: the lane must wait for a person, with that reason (auth, tls, config; a redirect only
    if the call before had one, too).
    `cools`: the vendor asked for patience (HTTP 429); `retry_after` in seconds if it said how long.
    """

    kind: AnswerKind
    reason: str = ""
    job_id: str = ""
    http_status: int | None = None
    halts: str = ""
    cools: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer does to its attempt and submission; None leaves that one as it is."""

    outcome: Outcome | None = None
    state: SubmissionState | None = None
    how: How | None = None
    contradicted: bool = False


_OUTCOME = {
    AnswerKind.ACCEPTED: Outcome.ACCEPTED,
    AnswerKind.TRY_LATER: Outcome.NOT_SENT,
    AnswerKind.TOO_LARGE: Outcome.NOT_SENT,
    AnswerKind.REFUSED: Outcome.NOT_SENT,
    AnswerKind.UNKNOWN: Outcome.AMBIGUOUS,
}
_AFTER_POSTING = {
    AnswerKind.ACCEPTED: S.ACCEPTED,
    AnswerKind.TRY_LATER: S.READY,
    AnswerKind.TOO_LARGE: S.READY,
    AnswerKind.REFUSED: S.REFUSED,
    AnswerKind.UNKNOWN: S.UNKNOWN,
}
# Late proof that an attempt was accepted outranks every state that supposed otherwise.
_YIELDS_TO_PROOF = frozenset(
    {S.UNKNOWN, S.READY, S.CLAIMED, S.ABANDONED, S.CANCELLED, S.REVOKED, S.REFUSED}
)


def after_answer(
    outcome: Outcome,
    submission: SubmissionState,
    how: How | None,
    is_current: bool,
    answer: PostAnswer,
    is_proven: bool = False,
) -> Verdict:
    """Record an answer, on time or late. A second recording changes nothing.

    `outcome` is the attempt's, `submission` and `how` the submission's present ones; `is_current`:
    no later attempt was opened for the submission. `is_proven`: another attempt was accepted and
    not taken back, so that this one need not be sent, and nobody is asked what became of it.
    """
    if outcome in {Outcome.ACCEPTED, Outcome.NOT_SENT}:
        return Verdict()
    new = _OUTCOME[answer.kind]
    if new is outcome:
        return Verdict()
    if answer.kind is AnswerKind.ACCEPTED:
        if (submission is S.POSTING and is_current) or submission in _YIELDS_TO_PROOF:
            return Verdict(new, S.ACCEPTED, How.ANSWER)
        if submission is S.ACCEPTED and how is How.PERSON and is_current:
            return Verdict(new, None, How.ANSWER)
        return Verdict(new)
    if not is_current:
        return Verdict(new)
    if is_proven and submission in {S.POSTING, S.UNKNOWN}:
        return Verdict(new, S.ACCEPTED, How.SLOT)
    if submission in {S.POSTING, S.UNKNOWN}:
        state = _AFTER_POSTING[answer.kind]
        return Verdict(new, None if state is submission else state)
    if submission is S.ACCEPTED and how is How.PERSON and new is Outcome.NOT_SENT and not is_proven:
        return Verdict(new, S.REFUSED, contradicted=True)
    return Verdict(new)


def when_too_large(answer: PostAnswer, people: int, may_be_cut: bool) -> PostAnswer:
    """A refusal for its size is no question to a person where the job can be cut in two."""
    if _is_too_large(answer) and may_be_cut and people > 1:
        return replace(answer, kind=AnswerKind.TOO_LARGE)
    return answer


def _is_too_large(answer: PostAnswer) -> bool:
    return answer.kind is AnswerKind.REFUSED and answer.http_status == TOO_LARGE


def smaller_jobs(largest: int, refused: int) -> int:
    """How many people the next jobs hold, `largest` until now, when one of `refused` is too large.

    Several that were on their way may be refused one after the other; that is one lesson.
    """
    return max(1, min(largest, refused // 2))


def after_silence(
    outcome: Outcome, submission: SubmissionState, is_proven: bool = False
) -> Verdict:
    """The deadline of an open attempt passed. Never back to READY: it may have been sent.

    `is_proven` as in `after_answer`.
    """
    if outcome is not Outcome.OPEN:
        return Verdict()
    if is_proven and submission is S.POSTING:
        return Verdict(Outcome.AMBIGUOUS, S.ACCEPTED, How.SLOT)
    return Verdict(Outcome.AMBIGUOUS, S.UNKNOWN if submission is S.POSTING else None)


def lane_after(lane: Lane, answer: PostAnswer, now: datetime, jitter: float) -> Lane:
    """The lane after an answer. `jitter` in 0..1 spreads the waiting of several workers."""
    if answer.kind is AnswerKind.UNKNOWN:
        lane = replace(lane, strikes=lane.strikes + 1, probe_needed=True)
    elif answer.http_status is not None and not answer.cools:
        lane = replace(lane, strikes=0, rate_limits=0, cool_until=None)
    is_redirect = answer.halts == PauseReason.REDIRECT
    if is_redirect:
        lane = replace(lane, redirects=lane.redirects + 1)
    elif answer.http_status is not None:
        lane = replace(lane, redirects=0)
    # One may be the hiccup of a proxy; the next one is a new address.
    if answer.halts and not (is_redirect and lane.redirects < REDIRECTS_TO_HALT):
        return replace(lane, state=LaneState.HALTED, halt_reason=answer.halts)
    if answer.cools:
        return replace(
            lane,
            cool_until=now + cooling(lane.rate_limits, answer.retry_after, jitter),
            rate_limits=lane.rate_limits + 1,
        )
    return lane


def cooling(rate_limits: int, retry_after: float | None, jitter: float) -> timedelta:
    """How long a lane rests after its n-th 429 in a row: as the vendor says, or 2, 4, ... 300 s.

    Clamped to 2 s .. 15 min, since a `Retry-After` can be absurd.
    """
    if retry_after is not None and retry_after >= 0:
        wanted = timedelta(seconds=min(retry_after, COOL_AT_MOST.total_seconds()))
    else:
        step = COOL_DELAYS[min(rate_limits, len(COOL_DELAYS) - 1)]
        wanted = timedelta(seconds=step * (1 + jitter / 2))
    return max(COOL_AT_LEAST, wanted)


def retry_delay(not_sent_before: int, jitter: float) -> timedelta:
    """How long to wait before the next attempt after the n-th provably unsent one in a row."""
    step = RETRY_DELAYS[min(not_sent_before, len(RETRY_DELAYS) - 1)]
    return timedelta(seconds=step * (1 + jitter / 2))


def pause_after(
    lane: Lane, answer: PostAnswer, refused_alike: int = 0, is_second: bool = False
) -> PauseReason | None:
    """Whether an answer pauses the campaign, and why.

    Two unclear outcomes in a row: an outage of the vendor costs two questions, not a thousand. The
    same for refusals: `refused_alike` counts the campaign's jobs that are refused with the same
    text or in the same words, this one included. A job that is too large and cannot be cut
    (`when_too_large`) is never the only one.
    `is_second`: the job was taken back for a wish to stop and handed over again without that
    person. The others have nothing to do with it, so its refusal stops none of them.
    """
    if answer.halts and lane.state is LaneState.HALTED:
        return PauseReason(answer.halts)
    if is_second and answer.kind is AnswerKind.REFUSED:
        return None
    if answer.kind is AnswerKind.UNKNOWN and lane.strikes >= STRIKES_TO_PAUSE:
        return PauseReason.CIRCUIT
    if _is_too_large(answer):
        return PauseReason.TOO_LARGE
    if answer.kind is AnswerKind.REFUSED and refused_alike >= REFUSALS_TO_PAUSE:
        return PauseReason.REFUSALS
    return None


# --- Looking for an unclear attempt in the vendor's list ------------------------------------------


class Sight(StrEnum):
    """What a look at the vendor's list tells about one slot."""

    FOUND = "found"
    NOT_SEEN = "not_seen"
    BLIND = "blind"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job as the vendor lists it; None where the list does not show something."""

    job_id: str
    schedule: datetime | None
    recipient_count: int | None = None
    text: str | None = None
    channel_key: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What we look for."""

    slot: datetime
    recipient_count: int
    text: str
    channel_key: str


def look(
    wanted: Wanted, jobs: Iterable[ListedJob], list_is_full: bool, is_owned: Callable[[str], bool]
) -> tuple[Sight, str]:
    """Search the list for our slot. Returns the sight and, when FOUND, the job id.

    Proof is exactly one job at our second that belongs to no other attempt and agrees in whatever
    else the list shows. Nothing found never means "not sent".
    """
    earliest: datetime | None = None
    job_ids: list[str] = []
    for job in jobs:
        if job.schedule is None:
            continue
        earliest = job.schedule if earliest is None else min(earliest, job.schedule)
        if job.schedule == wanted.slot and _agrees(wanted, job) and not is_owned(job.job_id):
            job_ids.append(job.job_id)
    if len(job_ids) == 1:
        return Sight.FOUND, job_ids[0]
    if len(job_ids) > 1:
        return Sight.SEVERAL, ""
    # 100 rows, newest first, all later than our slot: it may be on a page that does not exist.
    if earliest is None or (list_is_full and earliest > wanted.slot):
        return Sight.BLIND, ""
    return Sight.NOT_SEEN, ""


def _agrees(wanted: Wanted, job: ListedJob) -> bool:
    return (
        (job.recipient_count is None or job.recipient_count == wanted.recipient_count)
        and (job.text is None or job.text == wanted.text)
        and (job.channel_key is None or job.channel_key == wanted.channel_key)
    )


FIRST_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180))
# Until so long after the slot, every so often.
LATER_LOOKS = (
    (timedelta(minutes=15), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(hours=1)),
)


def next_look(unclear_since: datetime, slot: datetime, now: datetime) -> datetime | None:
    """When to look again; None: no more by itself (a person can still ask for a look).

    After 5 s, 15 s, 1 min and 3 min, every 5 min until a quarter of an hour after the slot, then
    hourly for a day. A look that was blind uses its turn up: it counts as none, but asking a list
    that shows nothing every few seconds helps nobody.
    """
    for wait in FIRST_LOOKS:
        if now < unclear_since + wait:
            return unclear_since + wait
    for until, step in LATER_LOOKS:
        if now < slot + until:
            return now + step
    return None


# --- What people decide ---------------------------------------------------------------------------

_DECISIONS: dict[tuple[DecisionKind, SubmissionState], SubmissionState] = {
    (DecisionKind.MARK_AS_SENT, S.UNKNOWN): S.ACCEPTED,
    (DecisionKind.SEND_AGAIN, S.UNKNOWN): S.READY,
    (DecisionKind.DO_NOT_SEND, S.UNKNOWN): S.ABANDONED,
    (DecisionKind.DO_NOT_SEND, S.REFUSED): S.ABANDONED,
    (DecisionKind.TRY_AGAIN, S.REFUSED): S.READY,
    (DecisionKind.DO_NOT_SEND, S.REVOKED): S.ABANDONED,
    (DecisionKind.TRY_AGAIN, S.REVOKED): S.READY,
}


def after_decision(
    kind: DecisionKind,
    submission: SubmissionState,
    outcome: Outcome | None,
    question_is_current: bool,
    campaign: CampaignState,
    is_of_late_look: bool = False,
) -> SubmissionState | Refusal:
    """The state a person's answer leads to, or why it has no effect.

    `outcome` is the current attempt's. `question_is_current`: the page showed this very attempt and
    version; a stale tab, a double click or a second colleague change nothing. In a campaign that is
    being cancelled nothing is sent again. `is_of_late_look`: it was asked back for somebody who
    opted out. While unclear it is not sent again (it may have gone out to all others).
    """
    if not question_is_current:
        return Refusal.OUTDATED
    new = _DECISIONS.get((kind, submission))
    if new is None or (is_of_late_look and kind is DecisionKind.SEND_AGAIN):
        return Refusal.WRONG_STATE
    if outcome is Outcome.OPEN:
        return Refusal.STILL_OPEN
    if new is S.READY and campaign in {C.CANCELLING, C.CANCELLED}:
        return Refusal.CAMPAIGN_NOT_SENDING
    return new


# --- Taking back ----------------------------------------------------------------------------------


class Deletion(StrEnum):
    """How the vendor answered `DELETE` of a job or of a single message."""

    DELETED = "deleted"
    ALREADY_RUNNING = "already_running"
    NOT_THERE = "not_there"
    UNCLEAR = "unclear"


def after_cancel(
    submission: SubmissionState, slot: datetime | None, now: datetime
) -> SubmissionState:
    """A cancelled campaign's submission; `now` is the vendor's."""
    return S.CANCELLED if submission in CANCELLABLE else after_take_back(submission, slot, now)


def after_take_back(
    submission: SubmissionState, slot: datetime | None, now: datetime
) -> SubmissionState:
    """What "take these back" does while a campaign is paused; what waits goes on waiting."""
    if submission is S.ACCEPTED and slot is not None and now < slot:
        return S.REVOKING
    return submission


def after_resumption(submission: SubmissionState, is_gone: bool = False) -> SubmissionState:
    """A submission of a campaign that goes on; also when it was taken back only then.

    `is_gone`: it was not there when it was taken back, and nobody has said yet that it is to go on.
    A restored copy of this database, or a colleague, may have taken it back and sent it again.
    """
    if is_gone:
        return submission
    return S.READY if submission in {S.PLANNED, S.REVOKED} else submission


def is_taken_back(tally: Mapping[SubmissionState, int], may_be_found: bool) -> bool:
    """Whether taking back has come to its end, so that what follows may begin.

    `tally` counts submissions per state (missing = 0). `may_be_found`: an unclear job whose time is
    still to come is being looked for; found, it can be taken back as well.
    """
    return not may_be_found and not any(tally.get(state, 0) for state in IN_FLIGHT)


def was_never_sent(outcomes: Iterable[tuple[Outcome, bool]], is_any_gone: bool) -> bool:
    """Whether it is proven that nothing of a campaign was or will be sent.

    `outcomes`: of every attempt there was, and whether it is proven taken back. What a person
    answered about an unclear one proves nothing, and nor does a job that was not there any more
    (`is_any_gone`): somebody may have made a copy of it, as for `after_resumption`.
    """
    return not is_any_gone and all(
        revoked or outcome is Outcome.NOT_SENT for outcome, revoked in outcomes
    )


def after_deletion(
    answer: Deletion,
    slot: datetime,
    said_at: datetime | None,
    is_proven: bool = False,
) -> SubmissionState | None:
    """The state after a DELETE; None: ask again.

    A 404 proves that the job will not run if the vendor said so by its own clock, `said_at`, well
    before the slot. Else it proves nothing: an earlier DELETE may have worked, or the job ran and
    is gone. `is_proven`: another attempt was accepted and not taken back; then these people have
    not been spared by taking this one back. What was not there is never handed over again by itself
    (`after_resumption`): that may be somebody else's doing, so a person is asked.
    """
    if answer is Deletion.ALREADY_RUNNING:
        return S.ACCEPTED
    is_gone = answer is Deletion.NOT_THERE and said_at is not None and said_at + MARGIN <= slot
    if answer is Deletion.DELETED or is_gone:
        return S.ACCEPTED if is_proven else S.REVOKED
    return S.UNKNOWN if answer is Deletion.NOT_THERE else None
