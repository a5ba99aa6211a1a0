"""One random schedule: workers, ticks, people, crashes, freezes, late and lost answers.

Every decision is asked of `campaigns.protocol`; the simulation only carries it out, in the same
transactions as `campaigns.sending.attempts`, `tick`, `reconcile` and `control` do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate

from campaigns import protocol
from campaigns.protocol import Answer, AnswerKind, Deletion, Refusal, Sight, Wanted
from campaigns.states import (
    CampaignState,
    DecisionKind,
    How,
    LaneState,
    Outcome,
    PauseReason,
    SubmissionState,
)
from tests.campaigns.simulation.store import (
    PEOPLE_PER_JOB,
    Attempt,
    Store,
    Submission,
    Violation,
)
from tests.campaigns.simulation.vendor import Vendor

C, S = CampaignState, SubmissionState
OPENS, CLOSES = time(9), time(19)
START = datetime(2026, 4, 2, 9, 30, 0, tzinfo=UTC)
LEAD = timedelta(minutes=5)
LATE_GRACE = timedelta(minutes=15)

# What happens next, and how often.
_CHANCES = {
    "_advance_someone": 14,
    "_start_worker": 6,
    "_tick": 6,
    "_look": 4,
    "_revoke": 3,
    "_time_passes": 5,
    "_crash": 2,
    "_freeze": 1,
    "_thaw": 2,
    "_pause_or_resume": 1,
    "_take_back": 0.5,
    "_somebody_sets_our_clock": 0.3,
    "_cancel": 1,
    "_decide": 3,
}
_ACTS, _WEIGHTS = list(_CHANCES), list(accumulate(_CHANCES.values()))

Step = Iterator[None]


class Schedule:
    """A campaign of a few submissions under a random sequence of faults."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        # The vendor's time; ours may be off, and be set while everything runs.
        self.now = START
        self.skew = timedelta()
        send_at = START + LEAD + timedelta(minutes=self.random.choice([0, 0, 1, 30]))
        self.vendor = Vendor()
        self.store = Store(
            send_at,
            send_at + timedelta(hours=4),
            self.random.choice([START, send_at - LEAD]),
            self.random.choice([None, None, 2 * PEOPLE_PER_JOB]),
        )
        self.has_hours = self.random.random() < 0.5
        slots = protocol.slot_candidates(send_at, send_at)
        for number in range(self.random.randint(1, 4)):
            self.store.submissions.append(Submission(number, next(slots)))
        self.running: list[Step] = []
        self.frozen: list[Step] = []
        self.faulty = True

    # --- the schedule itself

    def play(self, steps: int = 60) -> None:
        """Play random steps, then let everything come to rest without faults."""
        for _ in range(steps):
            self._random_step()
            self._check_always()
        self.faulty = False
        self._come_to_rest()

    def _random_step(self) -> None:
        act = self.random.choices(_ACTS, cum_weights=_WEIGHTS)[0]
        getattr(self, act)()
        self.vendor.run(self.now)

    def _come_to_rest(self) -> None:
        """Everybody finishes, time passes, and a person answers what is left: do not send."""
        self.running += self.frozen
        self.frozen = []
        self.skew = timedelta()
        for rounds in range(400):
            while self.running:
                self._advance(self.running[0])
            self._tick()
            self._look()
            self._revoke()
            self._start_worker()
            self.now += timedelta(seconds=37) if rounds < 100 else timedelta(minutes=31)
            self._skip_what_only_waits()
            self.vendor.run(self.now)
            self._check_always()
            if self.store.state in {C.PAUSED, C.MISSED}:
                self._resume()
            if self.store.state in {C.COMPLETED, C.CANCELLED} and self._is_settled():
                break
            if rounds > 60:
                self._answer_all(DecisionKind.DO_NOT_SEND)
        self.vendor.run(self.now + timedelta(days=30))

    def _skip_what_only_waits(self) -> None:
        """When nothing is left but jobs at the vendor: on to when the last of them goes out."""
        if all(one.state in {S.ACCEPTED, S.ABANDONED} for one in self.store.submissions):
            self.now = max([self.now, *(one.slot for one in self.store.attempts)])

    # --- actors

    def _advance_someone(self) -> None:
        if self.running:
            self._advance(self.random.choice(self.running))

    def _advance(self, actor: Step) -> None:
        try:
            next(actor)
        except StopIteration:
            self.running.remove(actor)

    def _start_worker(self) -> None:
        if len(self.running) < 3:
            self.running.append(self._worker())

    def _crash(self) -> None:
        if self.running:
            self.running.remove(self.random.choice(self.running))

    def _freeze(self) -> None:
        if self.running:
            actor = self.random.choice(self.running)
            self.running.remove(actor)
            self.frozen.append(actor)

    def _thaw(self) -> None:
        if self.frozen:
            self.running.append(self.frozen.pop())

    def _time_passes(self) -> None:
        # Mostly seconds and minutes; now and then everything was off for half a day.
        seconds = [1, 4, 11, 45, 130, 200, 600, 18_000]
        self.now += timedelta(seconds=self.random.choices(seconds, [4, 4, 4, 4, 4, 4, 4, 1])[0])

    def _somebody_sets_our_clock(self) -> None:
        self.skew = timedelta(seconds=self.random.choice([0, 0, 40, -40, 10_800, -10_800]))

    @property
    def ours(self) -> datetime:
        """What our own clock says."""
        return self.now + self.skew

    def _worker(self) -> Step:
        """claim | intent | the call | record: a yield is where a process can be lost."""
        store = self.store
        submission = self._claim()
        if submission is None:
            return
        token = submission.token
        yield
        offset = self._preflight()
        if offset is None:
            return
        if protocol.lane_refusal(store.lane, self.ours) is Refusal.PROBE_NEEDED:
            store.lane = _probed(store.lane)
        yield
        attempt = self._begin(submission, token, self.now + offset)
        if attempt is None:
            if submission.state is S.CLAIMED and submission.token == token:
                store.move(submission, S.READY)
            return
        begun = self.now  # by a clock that nobody sets
        yield
        if self.now - begun > protocol.START_FENCE:
            answer = Answer(AnswerKind.TRY_LATER, "start_fence")
        else:
            answer = self._call(attempt)
        yield
        self._record(attempt, answer)

    def _preflight(self) -> timedelta | None:
        """How far the vendor's time is from the clock that nobody sets; None halts the lane."""
        if protocol.clocks_disagree(self.ours, self.now):
            self.store.lane = replace(
                self.store.lane, state=LaneState.HALTED, halt_reason=PauseReason.CLOCK.value
            )
            return None
        return timedelta()

    def _claim(self) -> Submission | None:
        store = self.store
        for one in store.submissions:
            refusal = protocol.claim_refusal(
                store.state, one.state, one.not_before, store.lane, self.ours
            )
            if refusal in {None, Refusal.PROBE_NEEDED}:
                store.tokens += 1
                store.move(one, S.CLAIMED)
                one.token, one.lease_until = store.tokens, self.ours + protocol.LEASE
                return one
        return None

    def _begin(self, submission: Submission, token: int, vendor_now: datetime) -> Attempt | None:
        store = self.store
        used = {one.slot for one in store.attempts}
        slots = protocol.slot_candidates(submission.planned, vendor_now + LEAD)
        slot = next(one for one in slots if one not in used)
        refusal = protocol.intent_refusal(
            store.state,
            submission.state,
            submission.token == token,
            slot,
            store.send_by,
            store.lane,
            self.ours,
            not self.has_hours or OPENS <= slot.time() < CLOSES,
            lambda: self._fits(slot),
        )
        asks = {Refusal.PAST_SEND_BY, Refusal.QUIET_HOURS, Refusal.DAILY_LIMIT}
        if refusal in asks and store.state is C.SENDING:
            store.move_campaign(C.PAUSED)
        if refusal is not None:
            return None
        try:
            attempt = store.open_attempt(
                submission.number, slot, self.ours + protocol.ATTEMPT_DEADLINE
            )
        except Violation:
            return None
        # What people were promised: nothing new after a pause, nothing after the last moment.
        assert store.state is C.SENDING, f"an intent while the campaign is {store.state}"
        assert slot <= store.send_by, "an intent for later than the last moment"
        if self.has_hours:
            assert OPENS <= slot.time() < CLOSES, f"an intent for {slot:%H:%M}"
        assert store.is_within_daily_limit(slot.date()), "more people in a day than allowed"
        store.move(submission, S.POSTING)
        submission.current = attempt.number
        return attempt

    def _fits(self, slot: datetime) -> bool:
        """Asked and counted in one transaction: the attempts are the count."""
        limit = self.store.daily_limit
        return limit is None or self.store.people_on(slot.date()) + PEOPLE_PER_JOB <= limit

    def _call(self, attempt: Attempt) -> Answer:
        """The POST itself: what the vendor does, and what comes back of it."""
        what = self.random.choices(
            ["ok", "lost", "landing", "never", "429", "400", "dns", "401"],
            [12, 3, 2, 3, 1, 1, 1, 0.3] if self.faulty else [1, 0, 0, 0, 0, 0, 0, 0],
        )[0]
        if what in {"ok", "lost"}:
            # Whoever sends "now" by accident leaves nobody time to take it back.
            assert attempt.slot > self.now, "a job that goes out at once"
        if what == "ok":
            return Answer(AnswerKind.ACCEPTED, job_id=self._job_of(attempt), http_status=200)
        if what == "lost":
            self._job_of(attempt)
        if what == "landing":
            late = self.now + timedelta(seconds=self.random.choice([5, 60, 400, 2000]))
            self.vendor.accept_later(attempt.submission, attempt.slot, late)
        return {
            "429": Answer(AnswerKind.TRY_LATER, "429", http_status=429, cools=True),
            "400": Answer(AnswerKind.REFUSED, "400", http_status=400),
            "dns": Answer(AnswerKind.TRY_LATER, "dns"),
            "401": Answer(AnswerKind.TRY_LATER, "401", http_status=401, halts="auth"),
        }.get(what, Answer(AnswerKind.UNKNOWN, "timeout"))

    def _job_of(self, attempt: Attempt) -> str:
        return self.vendor.accept(attempt.submission, attempt.slot, self.now)

    def _record(self, attempt: Attempt, answer: Answer) -> None:
        store, submission = self.store, self.store.submissions[attempt.submission]
        if answer.job_id and store.owns(answer.job_id):
            return
        verdict = protocol.after_answer(
            attempt.outcome,
            submission.state,
            submission.how,
            submission.current == attempt.number,
            answer,
            self._other_accepted(attempt) is not None,
        )
        if verdict.outcome is None:
            return
        attempt.outcome, attempt.job_id = verdict.outcome, answer.job_id
        store.lane = protocol.lane_after(store.lane, answer, self.ours, 0.5)
        if verdict.state is not None:
            store.move(submission, verdict.state)
            if verdict.state is S.ACCEPTED:
                if verdict.outcome is Outcome.NOT_SENT:
                    attempt = self._other_accepted(attempt) or attempt
                submission.job_id, submission.how = attempt.job_id, verdict.how
                submission.current = attempt.number
                self._stop_if_cancelled(submission, attempt)
            elif verdict.state is S.READY:
                submission.not_before = self.ours + protocol.retry_delay(0, 0.5)
        elif verdict.how is not None:
            submission.job_id, submission.how = answer.job_id, verdict.how
        alike = sum(one.state is S.REFUSED for one in store.submissions)
        reason = protocol.pause_after(store.lane, answer, alike)
        if reason is not None and store.state is C.SENDING:
            store.move_campaign(C.PAUSED)

    def _other_accepted(self, attempt: Attempt) -> Attempt | None:
        for one in reversed(self.store.attempts):
            is_proven = one.outcome is Outcome.ACCEPTED and not one.revoked
            if one.submission == attempt.submission and one is not attempt and is_proven:
                return one
        return None

    def _stop_if_cancelled(self, submission: Submission, attempt: Attempt) -> None:
        if self.store.state in {C.CANCELLING, C.CANCELLED}:
            new = protocol.after_cancel(S.ACCEPTED, attempt.slot, self.ours)
            if new is not S.ACCEPTED:
                self.store.move(submission, new)

    # --- tick, reconciler, revoker

    def _tick(self) -> None:
        self._begin_or_miss()
        for one in self.store.submissions:
            if one.state is S.CLAIMED and protocol.lease_is_over(one.lease_until, self.ours):
                self.store.move(one, S.READY)
                one.token = 0
        for attempt in self.store.attempts:
            if attempt.outcome is Outcome.OPEN and self.ours >= attempt.deadline:
                self._give_up_waiting(attempt)
        self._settle()

    def _begin_or_miss(self) -> None:
        store = self.store
        if store.state is not C.SCHEDULED:
            return
        new = protocol.when_due(store.hand_over_at, store.send_at, self.ours, LATE_GRACE)
        if new is not None:
            store.move_campaign(new)
        if new is C.SENDING:
            self._make_ready()

    def _is_settled(self) -> bool:
        return protocol.when_settled(self.store.state, self.store.tally(), False) is None

    def _settle(self) -> None:
        store = self.store
        if store.state is C.CANCELLING:
            self._sweep_cancelling()
        elif store.state is C.SENDING:
            self._make_ready()
        if protocol.paused_by_lane(store.state, store.lane, store.tally()):
            store.move_campaign(C.PAUSED)
        ahead = any(
            one.outcome is Outcome.ACCEPTED and not one.revoked and one.slot > self.ours
            for one in store.attempts
        )
        settled = protocol.when_settled(store.state, store.tally(), ahead)
        if settled is not None:
            store.move_campaign(settled)

    def _give_up_waiting(self, attempt: Attempt) -> None:
        submission = self.store.submissions[attempt.submission]
        verdict = protocol.after_silence(attempt.outcome, submission.state)
        if verdict.outcome is not None:
            attempt.outcome = verdict.outcome
        if verdict.state is not None:
            self.store.move(submission, verdict.state)

    def _look(self) -> None:
        """The reconciler: one list, possibly stale, for every unclear attempt."""
        hidden = self.random.choice([0, 0, 1, 2]) if self.faulty else 0
        listed = self.vendor.listed(hidden)
        for attempt in self.store.attempts:
            if attempt.outcome is not Outcome.AMBIGUOUS:
                continue
            sight, job_id = protocol.look(
                Wanted(attempt.slot, PEOPLE_PER_JOB, "text", "channel"),
                listed,
                len(listed) >= 100,
                self.store.owns,
            )
            self._conclude(attempt, sight, job_id)

    def _conclude(self, attempt: Attempt, sight: Sight, job_id: str) -> None:
        if sight is not Sight.FOUND:
            return
        submission = self.store.submissions[attempt.submission]
        verdict = protocol.after_answer(
            attempt.outcome,
            submission.state,
            submission.how,
            submission.current == attempt.number,
            Answer(AnswerKind.ACCEPTED, job_id=job_id),
        )
        if verdict.outcome is None:
            return
        attempt.outcome, attempt.job_id = verdict.outcome, job_id
        if verdict.state is not None:
            self.store.move(submission, verdict.state)
            submission.job_id, submission.how = job_id, How.SLOT
            submission.current = attempt.number
            self._stop_if_cancelled(submission, attempt)
        elif verdict.how is not None:
            submission.job_id, submission.how = job_id, How.SLOT

    def _revoke(self) -> None:
        for submission in self.store.submissions:
            attempt = self.store.current_of(submission)
            if submission.state is not S.REVOKING or attempt is None:
                continue
            now = self.now
            answer = self.vendor.delete(submission.job_id, now)
            if self.faulty and self.random.random() < 0.3:
                answer = Deletion.UNCLEAR
            other = self._other_accepted(attempt)
            new = protocol.after_deletion(answer, attempt.slot, now, other is not None)
            if new is None:
                continue
            is_revoked = protocol.after_deletion(answer, attempt.slot, now) is S.REVOKED
            attempt.revoked |= is_revoked
            self.store.move(submission, new)
            if is_revoked and other is not None:
                submission.current, submission.job_id = other.number, other.job_id
                submission.how = How.SLOT
                self._stop_if_cancelled(submission, other)

    # --- people

    def _pause_or_resume(self) -> None:
        if self.store.state is C.SENDING:
            self.store.move_campaign(C.PAUSED)
        elif self.store.state in {C.PAUSED, C.MISSED}:
            self._resume()

    def _take_back(self) -> None:
        """ "Take these back" while it is paused."""
        if self.store.state is C.PAUSED:
            for one in self.store.submissions:
                new = protocol.after_take_back(one.state, self._slot_to_take_back(one), self.ours)
                if new is not one.state:
                    self.store.move(one, new)

    def _slot_to_take_back(self, submission: Submission) -> datetime | None:
        attempt = self.store.current_of(submission)
        is_ours = submission.job_id and submission.how is not How.PERSON
        return attempt.slot if attempt and is_ours and not attempt.revoked else None

    def _resume(self) -> None:
        self.store.lane = protocol.Lane(probe_needed=True)
        self._plan_anew()
        self.store.move_campaign(C.SENDING)
        self._make_ready()

    def _plan_anew(self) -> None:
        """The rest goes out from now on, in its hours, on days that have room."""
        at = max(self.now, self.store.send_at) + LEAD
        days = 0
        for one in self.store.submissions:
            if one.state not in {S.PLANNED, S.READY, S.CLAIMED, S.REVOKED}:
                continue
            if self.store.daily_limit is not None:
                days += 1
            planned = at + timedelta(days=days)
            if self.has_hours and not OPENS <= planned.time() < CLOSES:
                planned = planned.replace(hour=OPENS.hour, minute=0) + timedelta(days=1)
            one.planned = planned
            self.store.send_by = max(self.store.send_by, planned + timedelta(hours=4))

    def _make_ready(self) -> None:
        for one in self.store.submissions:
            new = protocol.after_resumption(one.state)
            if new is not one.state:
                self.store.move(one, new)

    def _cancel(self) -> None:
        cancellable = {C.SCHEDULED, C.MISSED, C.SENDING, C.PAUSED, C.NEEDS_DECISION}
        if self.random.random() < 0.1 and self.store.state in cancellable:
            self.store.move_campaign(C.CANCELLING)
            self._sweep_cancelling()

    def _sweep_cancelling(self) -> None:
        for one in self.store.submissions:
            new = protocol.after_cancel(one.state, self._slot_to_take_back(one), self.ours)
            if new is not one.state:
                self.store.move(one, new)

    def _decide(self) -> None:
        """A person answers, perhaps from a page that is out of date."""
        asked = [one for one in self.store.submissions if one.state in {S.UNKNOWN, S.REFUSED}]
        if asked:
            kind = self.random.choice(list(DecisionKind))
            self._answer(self.random.choice(asked), kind, self.random.random() < 0.8)

    def _answer_all(self, kind: DecisionKind) -> None:
        for one in self.store.submissions:
            if one.state in {S.UNKNOWN, S.REFUSED}:
                self._answer(one, kind, True)

    def _answer(self, submission: Submission, kind: DecisionKind, is_current: bool) -> None:
        attempt = self.store.current_of(submission)
        new = protocol.after_decision(
            kind,
            submission.state,
            attempt.outcome if attempt else None,
            is_current,
            self.store.state,
        )
        if isinstance(new, Refusal):
            return
        if kind is DecisionKind.SEND_AGAIN and attempt is not None:
            attempt.waived = True
            # Only an answer to the very question on the page is a consent.
            submission.send_agains += is_current
        if kind is DecisionKind.MARK_AS_SENT:
            submission.how = How.PERSON
        self.store.move(submission, new)

    # --- what must hold

    def _check_always(self) -> None:
        """Nobody is texted more often than people asked for, at any moment."""
        for one in self.store.submissions:
            sent = self.vendor.executions(one.number)
            assert sent <= 1 + one.send_agains, f"submission {one.number} went out {sent} times"

    def check_at_rest(self) -> None:
        """What the rows say is true, and nobody is lost without a person having said so."""
        self._check_always()
        assert self.store.state in {C.COMPLETED, C.CANCELLED}, self.store.state
        for one in self.store.submissions:
            sent = self.vendor.executions(one.number)
            doubtful = any(
                attempt.outcome is Outcome.AMBIGUOUS
                or (attempt.outcome is Outcome.ACCEPTED and not attempt.revoked)
                for attempt in self.store.attempts
                if attempt.submission == one.number
            )
            if one.state is S.ACCEPTED and one.how is not How.PERSON:
                assert sent >= 1, f"submission {one.number} was never sent"
            if one.state in {S.CANCELLED, S.REVOKED, S.REFUSED, S.ABANDONED} and not doubtful:
                assert sent == 0, f"submission {one.number} was sent although it is said not to be"
            if one.state is S.ACCEPTED and one.how is How.PERSON:
                attempt = self.store.current_of(one)
                refuted = attempt is not None and attempt.outcome is Outcome.NOT_SENT
                assert not refuted, "marked as sent, refused by the vendor, and nobody is told"
            assert one.state in {S.ACCEPTED, S.ABANDONED, S.CANCELLED, S.REVOKED, S.REFUSED}


def _probed(lane: protocol.Lane) -> protocol.Lane:
    return replace(lane, probe_needed=False)
