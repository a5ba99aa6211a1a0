"""One random schedule: workers, ticks, people, crashes, freezes, late and lost answers.

Every decision is asked of `sending.protocol`; the simulation only carries it out, in the same
transactions as `sending.attempts`, `tick`, `reconcile` and `control` do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from campaigns.states import (
    IN_FLIGHT,
    WAITING,
    CampaignState,
    DecisionKind,
    How,
    Outcome,
    PauseReason,
    SubmissionState,
    TakeBack,
)
from sending import protocol
from sending.protocol import (
    AnswerKind,
    Deletion,
    ListedJob,
    PostAnswer,
    Refusal,
    Sight,
    Wanted,
)
from sociocs_accounts.lanes import Lane, LaneState
from tests.sending.simulation.late_looks import LateLooks
from tests.sending.simulation.store import (
    CALL_TIMEOUT,
    PEOPLE_PER_JOB,
    Attempt,
    Store,
    Submission,
    Violation,
)
from tests.sending.simulation.vendor import LISTED, STRANGER, Vendor

C, S = CampaignState, SubmissionState
OPENS, CLOSES = time(9), time(19)
# A worker that lives renews its claim all the time; here it holds it for so long, dead or alive.
CLAIM_HELD = timedelta(seconds=120)
START = datetime(2026, 4, 2, 9, 30, 0, tzinfo=UTC)
LEAD = timedelta(minutes=5)
TIMEOUT = PostAnswer(AnswerKind.UNKNOWN, "timeout")
REDIRECT = PostAnswer(AnswerKind.UNKNOWN, "redirect", http_status=307, halts="redirect")
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
    "_undo_launch": 0.3,
    "_opt_out": 0.5,
    "_stranger": 1,
    "_another_campaign": 0.2,
    "_late_look": 0,
    "_copy_acts": 0,
}
# What becomes of a call, and how often.
_ANSWERS = {
    "ok": 12,
    "lost": 3,
    "landing": 2,
    "never": 3,
    "429": 1,
    "400": 1,
    "dns": 1,
    "401": 0.3,
    "413": 0.3,
    "known": 0.3,
}


class World:
    """How often what happens, and what becomes of calls, other than on an ordinary day."""

    def __init__(
        self,
        acts: Mapping[str, float],
        answers: Mapping[str, float],
        long_waits: float = 1,
        minutes_ahead: Sequence[int] = (0, 0, 1, 30),
    ) -> None:
        chances, calls = _CHANCES | dict(acts), _ANSWERS | dict(answers)
        assert len(chances) == len(_CHANCES)
        self.acts, self.act_weights = list(chances), list(accumulate(chances.values()))
        self.long_waits, self.minutes_ahead = long_waits, minutes_ahead
        self.answers, self.answer_weights = list(calls), list(accumulate(calls.values()))


WORLDS = {
    "ordinary": World({}, {}),
    # Answers get lost, workers freeze, and people decide before all is known.
    "doubt": World(
        {"_decide": 9, "_freeze": 4, "_thaw": 4, "_stranger": 3, "_look": 3, "_tick": 9},
        {"ok": 4, "lost": 6, "landing": 6, "never": 6, "400": 3, "dns": 3},
    ),
    # People stop campaigns, want jobs back, and change their minds.
    "stopping": World(
        {"_cancel": 6, "_pause_or_resume": 3, "_take_back": 3, "_revoke": 6, "_decide": 6},
        {"lost": 5, "landing": 4},
    ),
    # The vendor answers, but not with a yes.
    "refusing": World({"_decide": 1, "_time_passes": 8}, {"never": 6, "429": 4, "400": 6}),
    # Clocks are set, and everything takes long.
    "slow": World(
        {"_time_passes": 12, "_somebody_sets_our_clock": 2, "_freeze": 4, "_thaw": 4},
        {},
        long_waits=9,
    ),
    # Much is handed over, and the vendor answers now and then not with a yes.
    "busy": World({"_start_worker": 20, "_advance_someone": 40}, {"never": 6, "400": 6, "429": 0}),
    # One job after the other is unclear, and sent again while the first may still turn up.
    "again": World(
        {"_decide": 20, "_start_worker": 12, "_advance_someone": 30, "_thaw": 5, "_freeze": 4}
        | {"_stranger": 4, "_look": 2, "_cancel": 3, "_take_back": 3, "_revoke": 5, "_tick": 12},
        {"ok": 4, "lost": 4, "landing": 8, "never": 6, "400": 4, "dns": 4},
    ),
    # Jobs wait at the vendor, and people of them opt out.
    "wishes": World(
        {"_opt_out": 4, "_late_look": 30, "_revoke": 20, "_copy_acts": 4, "_time_passes": 12}
        | {"_start_worker": 24, "_advance_someone": 90, "_crash": 1, "_cancel": 0.5}
        | {"_freeze": 0.3, "_pause_or_resume": 0.7, "_another_campaign": 0.3},
        {"ok": 40, "lost": 1, "landing": 1, "never": 1, "400": 2, "401": 0.1},
        long_waits=0.05,
        minutes_ahead=(5, 15, 30, 60),
    ),
}

Step = Iterator[None]


class Schedule(LateLooks):
    """A campaign of a few submissions under a random sequence of faults."""

    def __init__(self, seed: int, world: str = "") -> None:
        self.random = random.Random(seed)
        self.world = WORLDS[world or self.random.choice(list(WORLDS))]
        # The vendor's time; ours may be off, and be set while everything runs.
        self.now = START
        self.skew = timedelta()
        send_at = START + LEAD + timedelta(minutes=self.random.choice(self.world.minutes_ahead))
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
        # Attempts in a row that got no clear answer, since a person last looked at the lane.
        self.unclear_in_a_row = 0
        self.redirects_in_a_row = 0
        # Open attempts that the tick has seen to be past their deadline.
        self.overdue: list[Attempt] = []

    # --- the schedule itself

    def play(self, steps: int = 60) -> None:
        """Play random steps, then let everything come to rest without faults."""
        for _ in range(steps):
            self._random_step()
            self._check_always()
        self.faulty = False
        self._come_to_rest()

    def _random_step(self) -> None:
        act = self.random.choices(self.world.acts, cum_weights=self.world.act_weights)[0]
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
            self._late_look()
            self._revoke()
            self._start_worker()
            self.now += timedelta(seconds=37) if rounds < 100 else timedelta(minutes=31)
            self._skip_what_only_waits()
            self.vendor.run(self.now)
            self._check_always()
            if self.store.state in {C.PAUSED, C.MISSED} and not self.store.is_to_be_undone:
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
        self.now += timedelta(
            seconds=self.random.choices(seconds, [4] * 7 + [self.world.long_waits])[0]
        )

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
        had_opted_out = submission.has_opted_out
        is_left_out = self._build(submission)
        yield
        offset = self._preflight()
        if offset is None:
            return
        assert abs(self.ours - self.now) <= protocol.CLOCK_SKEW, "a clock that cannot be trusted"
        if protocol.lane_refusal(store.lane, self.ours) is Refusal.PROBE_NEEDED:
            store.lane = _probed(store.lane)
        self._look_once_more(submission)
        self._check_nothing_turned_up(submission)
        yield
        attempt = self._begin(submission, token, self.now + offset)
        if attempt is None:
            if submission.state is S.CLAIMED and submission.token == token:
                store.move(submission, S.READY)
            return
        attempt.is_without = had_opted_out and is_left_out
        begun = self.now  # by a clock that nobody sets
        yield
        if self._is_stale(begun):
            answer = PostAnswer(AnswerKind.TRY_LATER, "start_fence")
        else:
            assert self.now - begun <= timedelta(seconds=10), "an intent of long ago is sent"
            assert is_left_out or not had_opted_out, "somebody who had opted out is texted"
            answer = self._call(attempt)
        yield
        self._record(attempt, answer)

    def _build(self, submission: Submission) -> bool:
        """Who opted out since the audience was frozen is left out; whether anybody was."""
        return submission.has_opted_out

    def _look_once_more(self, submission: Submission) -> None:
        """Before it is sent again on a person's word: is it there after all?"""
        for attempt in self.store.attempts:
            if attempt.submission == submission.number and attempt.outcome is Outcome.AMBIGUOUS:
                self._conclude(attempt, *self._sight(attempt, self.vendor.listed()))

    def _check_nothing_turned_up(self, submission: Submission) -> None:
        for attempt in self.store.attempts:
            if attempt.submission == submission.number and attempt.outcome is Outcome.AMBIGUOUS:
                sight, _ = self._sight(attempt, self.vendor.listed())
                assert sight is not Sight.FOUND, "sent again although the first one is there"

    def _is_stale(self, begun: datetime) -> bool:
        return self.now - begun > protocol.START_FENCE

    def _preflight(self) -> timedelta | None:
        """How far the vendor's time is from the clock that nobody sets; None halts the lane."""
        if protocol.clocks_disagree(self.ours, self.now):
            self.store.lane = replace(
                self.store.lane, state=LaneState.HALTED, halt_reason=PauseReason.CLOCK.value
            )
            return None
        # The vendor names whole seconds; part of one has passed since.
        return timedelta(milliseconds=250)

    def _claim(self) -> Submission | None:
        store = self.store
        for one in self._within_reach():
            refusal = protocol.claim_refusal(
                store.state, one.state, one.not_before, store.lane, self.ours
            )
            if refusal in protocol.MAY_CLAIM:
                assert store.state is C.SENDING, f"a claim while the campaign is {store.state}"
                assert one.not_before is None or self.ours >= one.not_before, "tried too soon"
                self._check_lane_is_fit()
                store.tokens += 1
                store.move(one, S.CLAIMED)
                one.token, one.lease_until = store.tokens, self.ours + CLAIM_HELD
                if one.is_too_large:
                    self._cut(one)
                return one
        return None

    def _cut(self, one: Submission) -> None:
        """In the hands of its claim: it is its first half, and the second waits behind it."""
        one.is_too_large = False
        slots = {it.slot for it in self.store.attempts if it.submission == one.number}
        second = Submission(
            len(self.store.submissions),
            one.planned + timedelta(seconds=1),
            S.READY,
            cut_from=one.number,
            slots_before=frozenset(slots),
        )
        self.store.submissions.append(second)

    def _may_be_cut(self, submission: Submission, attempt: Attempt) -> bool:
        """Whether no other attempt can have reached its people."""
        others = [it for it in self.store.attempts if it.submission == submission.number]
        may_have_gone = any(
            it is not attempt and it.outcome is not Outcome.NOT_SENT and not it.revoked
            for it in others
        )
        is_second = submission.revoked_for is TakeBack.LATE_LOOK
        return not (may_have_gone or is_second or submission.is_gone)

    def _within_reach(self) -> list[Submission]:
        return self.store.submissions

    def _check_lane_is_fit(self) -> None:
        lane = self.store.lane
        assert lane.state is LaneState.OPEN, "used although a person must look at it first"
        assert lane.cool_until is None or self.ours >= lane.cool_until, "used while it cools"

    def _begin(self, submission: Submission, token: int, vendor_now: datetime) -> Attempt | None:
        store = self.store
        used = self._used_slots()
        slots = protocol.slot_candidates(submission.planned, vendor_now + self._lead())
        slot = next(one for one in slots if one not in used)
        refusal = protocol.intent_refusal(
            store.state,
            submission.state,
            submission.token == token,
            slot,
            store.send_by,
            store.lane,
            self.ours,
            self._is_open(slot),
            lambda: self._fits(slot),
            self._is_too_early(slot, vendor_now),
        )
        asks = {Refusal.PAST_SEND_BY, Refusal.QUIET_HOURS, Refusal.DAILY_LIMIT}
        if refusal in asks and submission.revoked_for is TakeBack.LATE_LOOK:
            # One job, for one person's sake: all others have nothing to do with it.
            store.move(submission, S.REFUSED)
        elif refusal in asks and store.state is C.SENDING:
            store.move_campaign(C.PAUSED)
        if refusal is not None:
            return None
        try:
            attempt = store.open_attempt(submission.number, slot, self.ours)
        except Violation:
            return None
        assert not any(
            one.is_proven for one in store.attempts if one.submission == submission.number
        ), "sent again although it is proven to be sent"
        is_alone = [one for one in store.attempts if one.outcome is Outcome.OPEN] == [attempt]
        assert is_alone, "two calls on one account at once"
        assert submission.token == token, "an intent on another worker's claim"
        self._check_lane_is_fit()
        assert not store.lane.probe_needed, "an unclear answer, and the next call at once"
        assert slot >= submission.planned, "a slot before its time"
        if submission.first_slot is not None:
            assert slot >= submission.first_slot, "a second hand-over goes out earlier"
        assert slot.second, "a slot on a full minute, which belongs to people"
        assert not slot.microsecond, "a slot that the vendor cannot say"
        # What people were promised: nothing new after a pause, nothing after the last moment.
        assert store.state is C.SENDING, f"an intent while the campaign is {store.state}"
        assert slot <= store.send_by, "an intent for later than the last moment"
        if self.has_hours:
            assert OPENS <= slot.time() < CLOSES, f"an intent for {slot:%H:%M}"
        assert store.is_within_daily_limit(slot.date()), "more people in a day than allowed"
        store.move(submission, S.POSTING)
        submission.current = attempt.number
        return attempt

    def _lead(self) -> timedelta:
        return LEAD

    def _is_too_early(self, slot: datetime, vendor_now: datetime) -> bool:
        """Jobs may wait at the vendor for as long as they like."""
        return False

    def _used_slots(self) -> set[datetime]:
        return {one.slot for one in self.store.attempts}

    def _is_open(self, slot: datetime) -> bool:
        return not self.has_hours or OPENS <= slot.time() < CLOSES

    def _fits(self, slot: datetime) -> bool:
        """Asked and counted in one transaction: the attempts are the count."""
        limit = self.store.daily_limit
        return limit is None or self.store.people_on(slot.date()) + PEOPLE_PER_JOB <= limit

    def _call(self, attempt: Attempt) -> PostAnswer:
        """The POST itself: what the vendor does, and what comes back of it."""
        what = self._what()
        if what in {"ok", "lost", "known"}:
            # Whoever sends "now" by accident leaves nobody time to take it back.
            assert attempt.slot > self.now, "a job that goes out at once"
        if what == "ok":
            return PostAnswer(AnswerKind.ACCEPTED, job_id=self._job_of(attempt), http_status=200)
        known = [one.job_id for one in self.store.attempts if one.job_id]
        if what in {"lost", "known"}:
            self._job_of(attempt)
        if what == "known" and known:
            # Made, but the answer names a job of other people.
            return PostAnswer(
                AnswerKind.ACCEPTED, job_id=self.random.choice(known), http_status=200
            )
        if what == "landing":
            self.vendor.accept_later(attempt.submission, attempt.slot, self.now + self._delay())
        return {
            "429": PostAnswer(
                AnswerKind.TRY_LATER,
                "429",
                http_status=429,
                cools=True,
                retry_after=self.random.choice([None, None, 0, -5, 7, 1e300]),
            ),
            "413": PostAnswer(AnswerKind.REFUSED, "413", http_status=413),
            "400": PostAnswer(AnswerKind.REFUSED, "400", http_status=400),
            "dns": PostAnswer(AnswerKind.TRY_LATER, "dns"),
            "401": PostAnswer(AnswerKind.TRY_LATER, "401", http_status=401, halts="auth"),
        }.get(what, REDIRECT if attempt.number % 3 == 0 else TIMEOUT)

    def _what(self) -> str:
        """What becomes of a call."""
        if not self.faulty:
            return "ok"
        return self.random.choices(self.world.answers, cum_weights=self.world.answer_weights)[0]

    def _delay(self) -> timedelta:
        return timedelta(seconds=self.random.choice([5, 60, 400, 2000]))

    def _job_of(self, attempt: Attempt) -> str:
        return self.vendor.accept(attempt.submission, attempt.slot, self.now)

    def _record(self, attempt: Attempt, answer: PostAnswer) -> None:
        store, submission = self.store, self.store.submissions[attempt.submission]
        if answer.job_id and self._is_known(answer.job_id):
            answer = PostAnswer(AnswerKind.UNKNOWN, "job_id_known", http_status=200)
        answer = protocol.when_too_large(
            answer, PEOPLE_PER_JOB, self._may_be_cut(submission, attempt)
        )
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
        assert verdict.outcome is not attempt.outcome, "one answer counts twice"
        attempt.conclude(verdict.outcome)
        attempt.job_id = answer.job_id
        was_halted = store.lane.state is LaneState.HALTED
        store.lane = protocol.lane_after(store.lane, answer, self.ours, 0.5)
        self._check_redirects(answer, was_halted)
        if verdict.state is not None:
            store.move(submission, verdict.state)
            if verdict.state is S.ACCEPTED:
                if verdict.outcome is not Outcome.ACCEPTED:
                    attempt = self._other_accepted(attempt) or attempt
                submission.job_id, submission.how = attempt.job_id, verdict.how
                submission.current = attempt.number
                self._stop_if_cancelled(submission, attempt)
            elif verdict.state is S.READY:
                submission.not_before = self.ours + protocol.retry_delay(0, 0.5)
                submission.is_too_large |= answer.kind is AnswerKind.TOO_LARGE
        elif verdict.how is not None:
            submission.job_id, submission.how = answer.job_id, verdict.how
        alike = sum(one.state is S.REFUSED for one in store.submissions)
        is_second = submission.revoked_for is TakeBack.LATE_LOOK
        reason = protocol.pause_after(store.lane, answer, alike, is_second)
        if reason is not None and store.state is C.SENDING:
            store.move_campaign(C.PAUSED)
        self._check_after_answer(answer, alike, reason, is_second)

    def _is_known(self, job_id: str) -> bool:
        """Whether it belongs to another attempt: a constraint of the database."""
        return self.store.owns(job_id)

    def _check_redirects(self, answer: PostAnswer, was_halted: bool) -> None:
        """One is unclear, two in a row are a new address."""
        if answer is REDIRECT:
            self.redirects_in_a_row += 1
            is_halted = self.store.lane.state is LaneState.HALTED
            assert is_halted is (was_halted or self.redirects_in_a_row > 1), "redirects"
        elif answer.http_status is not None:
            self.redirects_in_a_row = 0

    def _check_after_answer(
        self, answer: PostAnswer, alike: int, reason: PauseReason | None, is_second: bool
    ) -> None:
        """What an answer says of the vendor is heeded, and nothing is asked over and over."""
        store, lane = self.store, self.store.lane
        if answer.kind is AnswerKind.UNKNOWN:
            self.unclear_in_a_row += 1
            assert lane.probe_needed, "an unclear answer, and nobody looks"
        elif answer.http_status is not None and not answer.cools:
            self.unclear_in_a_row = 0
        if reason is PauseReason.CIRCUIT:
            assert self.unclear_in_a_row > 1, "paused for an outage that there is not"
        halts = answer.halts if answer is not REDIRECT or self.redirects_in_a_row > 1 else ""
        is_too_large = answer.http_status == protocol.TOO_LARGE
        must_ask = halts or (is_too_large and answer.kind is AnswerKind.REFUSED)
        must_ask = must_ask or (answer.kind is AnswerKind.UNKNOWN and self.unclear_in_a_row > 1)
        must_ask = must_ask or (answer.kind is AnswerKind.REFUSED and alike > 1)
        if is_second and answer.kind is AnswerKind.REFUSED:
            must_ask = bool(halts)
            assert must_ask or reason is None, "one person's wish stops everybody's message"
        assert not must_ask or store.state is not C.SENDING, f"goes on after {answer.reason}"
        if halts:
            assert lane.state is LaneState.HALTED, "goes on with a lane that needs a person"
        if answer.cools:
            assert lane.cool_until is not None, "no patience"
            wait = lane.cool_until - self.ours
            assert timedelta(seconds=2) <= wait <= timedelta(minutes=15), f"patience of {wait}"

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
                self._ask_back(submission, new, attempt.slot)

    def _ask_back(self, submission: Submission, new: SubmissionState, slot: datetime) -> None:
        assert slot > self.ours, "asked back although it has gone out"
        is_over = self.store.state in {C.CANCELLING, C.CANCELLED}
        submission.revoked_for = TakeBack.CANCEL if is_over else TakeBack.PAUSE
        # Handed over once more, it has a late look once more.
        submission.late_look, submission.is_gone, submission.take_outs = None, False, 0
        self.store.move(submission, new)

    # --- tick, reconciler, revoker

    def _tick(self) -> None:
        self._begin_or_miss()
        for one in self.store.submissions:
            if one.state is S.CLAIMED and protocol.lease_is_over(one.lease_until, self.ours):
                is_over = one.lease_until is None or self.ours >= one.lease_until
                assert is_over, "a claim is taken from who works on it"
                self.store.move(one, S.READY)
                one.token = 0
        overdue, self.overdue = self.overdue, []
        for attempt in self.store.attempts:
            if attempt.outcome is Outcome.OPEN and self.ours >= attempt.deadline:
                ends = attempt.started_at + protocol.START_FENCE + CALL_TIMEOUT
                assert self.ours > ends, "given up while its call is under way"
                overdue.append(attempt)
        for attempt in overdue:
            # Between seeing that it is overdue and locking it, its answer may come.
            if self.faulty and self.random.random() < 0.2:
                self.overdue.append(attempt)
            else:
                self._give_up_waiting(attempt)
        self._check_what_is_open()
        self._go_on_undoing()
        self._settle()

    def _begin_or_miss(self) -> None:
        store = self.store
        if store.state is not C.SCHEDULED:
            return
        new = protocol.when_due(store.hand_over_at, store.send_at, self.ours, LATE_GRACE)
        if new is not None:
            store.move_campaign(new)
        if new is C.SENDING:
            assert store.hand_over_at <= self.ours, "begun before its time"
            assert self.ours <= store.send_at + LATE_GRACE, "begun hours late, and nobody asked"
            self._make_ready()

    def _is_settled(self) -> bool:
        store = self.store
        return protocol.when_settled(store.state, store.tally(), False, self._gone()) is None

    def _gone(self) -> int:
        """Jobs about which a person is asked, unless the campaign stands still anyway."""
        if self.store.state not in {C.SENDING, C.NEEDS_DECISION, C.COMPLETED}:
            return 0
        return sum(one.state is S.REVOKED and one.is_gone for one in self.store.submissions)

    def _settle(self) -> None:
        store = self.store
        if store.state is C.CANCELLING:
            self._sweep_cancelling()
        elif store.state is C.SENDING:
            self._make_ready()
        if protocol.paused_by_lane(store.state, store.lane, store.tally()):
            assert any(store.tally().get(one) for one in WAITING), "paused for nothing"
            store.move_campaign(C.PAUSED)
        ahead = any(
            one.outcome is Outcome.ACCEPTED and not one.revoked and one.slot > self.ours
            for one in store.attempts
        )
        settled = protocol.when_settled(store.state, store.tally(), ahead, self._gone())
        if settled is C.COMPLETED:
            assert not ahead, "complete, although jobs could still be taken back"
        if settled is C.CANCELLED:
            is_over = not any(store.tally().get(one) for one in IN_FLIGHT)
            assert is_over, "cancelled, it says, while a call is open"
        if settled is not None:
            store.move_campaign(settled)

    def _give_up_waiting(self, attempt: Attempt) -> None:
        submission = self.store.submissions[attempt.submission]
        other = self._other_accepted(attempt)
        verdict = protocol.after_silence(attempt.outcome, submission.state, other is not None)
        if verdict.outcome is not None:
            attempt.conclude(verdict.outcome)
        if verdict.state is not None:
            self.store.move(submission, verdict.state)
        if verdict.state is S.ACCEPTED and other is not None:
            submission.job_id, submission.how = other.job_id, verdict.how
            submission.current = other.number
            self._stop_if_cancelled(submission, other)

    def _look(self) -> None:
        """The reconciler: one list, possibly stale, for every unclear attempt."""
        hidden = self.random.choice([0, 0, 1, 2]) if self.faulty else 0
        is_bare = self.faulty and self.random.random() < 0.1
        listed = self.vendor.listed(hidden, is_bare)
        for attempt in self.store.attempts:
            if attempt.outcome is Outcome.AMBIGUOUS:
                self._conclude(attempt, *self._sight(attempt, listed))

    def _sight(self, attempt: Attempt, listed: list[ListedJob]) -> tuple[Sight, str]:
        wanted = Wanted(attempt.slot, PEOPLE_PER_JOB, "text", "channel")
        is_full = len(listed) >= LISTED
        sight, job_id = protocol.look(wanted, listed, is_full, self.store.owns)
        if sight is Sight.NOT_SEEN:
            earliest = min((one.schedule for one in listed if one.schedule), default=None)
            assert earliest is not None, "told that it is not there, by a list that shows nothing"
            assert not is_full or earliest <= attempt.slot, "told so by a list that ends before it"
        return sight, job_id

    def _conclude(self, attempt: Attempt, sight: Sight, job_id: str) -> None:
        if sight is not Sight.FOUND:
            return
        found = next(one for one in self.vendor.jobs if one.job_id == job_id)
        assert found.submission == attempt.submission, "a stranger's job is taken for ours"
        submission = self.store.submissions[attempt.submission]
        verdict = protocol.after_answer(
            attempt.outcome,
            submission.state,
            submission.how,
            submission.current == attempt.number,
            PostAnswer(AnswerKind.ACCEPTED, job_id=job_id),
        )
        if verdict.outcome is None:
            return
        attempt.conclude(verdict.outcome)
        attempt.job_id = job_id
        if verdict.state is not None:
            self.store.move(submission, verdict.state)
            submission.job_id, submission.how = job_id, How.SLOT
            submission.current = attempt.number
            self._stop_if_cancelled(submission, attempt)
        elif verdict.how is not None:
            submission.job_id, submission.how = job_id, How.SLOT

    def _deleted(self, submission: Submission) -> Deletion:
        """The vendor deletes it; its answer may be lost."""
        answer = self.vendor.delete(submission.job_id, self.now)
        is_lost = self.faulty and self.random.random() < 0.3
        return Deletion.UNCLEAR if is_lost else answer

    def _revoke(self) -> None:
        for submission in self.store.submissions:
            attempt = self.store.current_of(submission)
            if submission.state is not S.REVOKING or attempt is None:
                continue
            now = self.now
            other = self._other_accepted(attempt)
            if submission.revoked_for is TakeBack.LATE_LOOK:
                answer, new = self._delete_for_late_look(submission, attempt, other is not None)
            else:
                answer = self._deleted(submission)
                new = protocol.after_deletion(answer, attempt.slot, now, other is not None)
            if new is None:
                continue
            is_gone = new is S.REVOKED and answer is Deletion.NOT_THERE
            submission.is_gone = is_gone
            is_revoked = (
                answer is not None
                and protocol.after_deletion(answer, attempt.slot, now) is S.REVOKED
            )
            attempt.revoked |= is_revoked
            attempt.is_doubted |= new is S.UNKNOWN
            self.store.move(submission, new)
            if is_revoked and other is not None:
                submission.current, submission.job_id = other.number, other.job_id
                submission.how = How.SLOT
                self._stop_if_cancelled(submission, other)

    # --- people

    def _pause_or_resume(self) -> None:
        if self.store.state is C.SENDING:
            self.store.move_campaign(C.PAUSED)
        elif self.store.state in {C.PAUSED, C.MISSED} and not self.store.is_to_be_undone:
            self._resume()

    def _take_back(self) -> None:
        """ "Take these back" while it is paused."""
        if self.store.state is C.PAUSED:
            for one in self.store.submissions:
                slot = self._slot_to_take_back(one)
                new = protocol.after_take_back(one.state, slot, self.ours)
                if new is not one.state:
                    assert slot is not None
                    self._ask_back(one, new, slot)

    def _undo_launch(self) -> None:
        """A person wants all of it back, to be a draft again."""
        if self.store.state is C.SENDING:
            self.store.move_campaign(C.PAUSED)
        if self.store.state is C.PAUSED:
            self.store.is_to_be_undone = True
            self._take_back()

    def _check_what_is_open(self) -> None:
        """What is shown of a submission agrees with what is known of its attempts."""
        ids = [one.job_id for one in self.store.attempts if one.job_id]
        assert len(ids) == len(set(ids)), "two attempts are known by one job"
        for attempt in self.store.attempts:
            submission = self.store.submissions[attempt.submission]
            if attempt.outcome is Outcome.OPEN:
                assert submission.state is S.POSTING, f"{submission.state} while a call is open"
            # Of the attempt that was overtaken the question is not, but of the one after it.
            current = self.store.current_of(submission)
            is_asked = submission.state is S.UNKNOWN and current is attempt
            assert not (is_asked and attempt.is_proven), "asked about although it is proven"

    def _go_on_undoing(self) -> None:
        """With proof that nothing was sent, it is a draft again; else it stays paused."""
        store, tally = self.store, self.store.tally()
        if not store.is_to_be_undone or store.state is not C.PAUSED:
            store.is_to_be_undone = False
            return
        may_be_found = any(
            one.state is S.UNKNOWN
            and (attempt := store.current_of(one))
            and attempt.slot > self.now
            for one in store.submissions
        )
        if not protocol.is_taken_back(tally, may_be_found):
            return
        assert not any(tally.get(one) for one in IN_FLIGHT), "decided while jobs come back"
        assert not may_be_found, "decided before it was looked for"
        store.is_to_be_undone = False
        outcomes = [(one.outcome, one.revoked) for one in store.attempts]
        if protocol.was_never_sent(outcomes, any(one.is_gone for one in store.submissions)):
            store.is_draft_again = True
            store.move_campaign(C.CANCELLING)
            self._sweep_cancelling()

    def _another_campaign(self) -> None:
        """The lane is shared: what others hear of the vendor counts for all."""
        heard = self.random.choice(
            [
                PostAnswer(AnswerKind.TRY_LATER, "401", http_status=401, halts="auth"),
                PostAnswer(AnswerKind.TRY_LATER, "429", http_status=429, cools=True),
            ]
        )
        if self.faulty and self.store.lane.state is LaneState.OPEN:
            self.store.lane = protocol.lane_after(self.store.lane, heard, self.ours, 0.5)
            self.redirects_in_a_row = 0
            if not heard.cools:
                self.unclear_in_a_row = 0

    def _opt_out(self) -> None:
        chosen = self.random.choice(self.store.submissions)
        if not chosen.has_opted_out:
            chosen.has_opted_out, chosen.opted_out_at = True, self.now

    def _stranger(self) -> None:
        """Somebody schedules by hand for a second of ours; what they say may even be the same."""
        if not self.store.attempts:
            return
        slot = self.random.choice(self.store.attempts).slot
        differences: list[dict[str, Any]] = [
            {"recipient_count": 9},
            {"text": "another"},
            {"channel_key": "another"},
        ]
        if any(one.slot == slot and one.submission != STRANGER for one in self.vendor.jobs):
            differences.append({})
        self.vendor.accept_by_hand(slot, **self.random.choice(differences))

    def _slot_to_take_back(self, submission: Submission) -> datetime | None:
        attempt = self.store.current_of(submission)
        is_ours = submission.job_id and submission.how is not How.PERSON
        return attempt.slot if attempt and is_ours and not attempt.revoked else None

    def _resume(self) -> None:
        self.store.lane = Lane(probe_needed=True)
        self.unclear_in_a_row = self.redirects_in_a_row = 0
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
            one.planned, one.first_slot = planned, None
            self.store.send_by = max(self.store.send_by, planned + timedelta(hours=4))

    def _make_ready(self) -> None:
        for one in self.store.submissions:
            new = protocol.after_resumption(one.state, one.is_gone)
            if new is not one.state:
                assert new is S.READY
                assert not (one.state is S.REVOKED and one.is_gone), "sent again without proof"
                self.store.move(one, new)

    def _cancel(self) -> None:
        cancellable = {C.SCHEDULED, C.MISSED, C.SENDING, C.PAUSED, C.NEEDS_DECISION}
        if self.random.random() < 0.1 and self.store.state in cancellable:
            self.store.move_campaign(C.CANCELLING)
            self._sweep_cancelling()

    def _sweep_cancelling(self) -> None:
        for one in self.store.submissions:
            if one.state in {S.REVOKING, S.REVOKED}:
                one.revoked_for = TakeBack.CANCEL
            slot = self._slot_to_take_back(one)
            new = protocol.after_cancel(one.state, slot, self.ours)
            if new is one.state:
                continue
            if new is S.REVOKING:
                assert slot is not None
                self._ask_back(one, new, slot)
            else:
                self.store.move(one, new)

    def _decide(self) -> None:
        """A person answers, perhaps from a page that is out of date."""
        asked = [one for one in self.store.submissions if self._is_asked(one)]
        if asked:
            kind = self.random.choice(list(DecisionKind))
            self._answer(self.random.choice(asked), kind, self.random.random() < 0.8)

    def _answer_all(self, kind: DecisionKind) -> None:
        for one in self.store.submissions:
            if self._is_asked(one):
                self._answer(one, kind, True)

    def _is_asked(self, one: Submission) -> bool:
        return one.state in {S.UNKNOWN, S.REFUSED} or (one.state is S.REVOKED and one.is_gone)

    def _answer(self, submission: Submission, kind: DecisionKind, is_current: bool) -> None:
        attempt = self.store.current_of(submission)
        new = protocol.after_decision(
            kind,
            submission.state,
            attempt.outcome if attempt else None,
            is_current,
            self.store.state,
            is_of_late_look := self._is_of_late_look(submission),
        )
        if isinstance(new, Refusal):
            return
        is_again = kind is DecisionKind.SEND_AGAIN
        assert not (is_again and is_of_late_look), "sent to all once more for one person's wish"
        if submission.state is S.REVOKED and new is S.READY:
            submission.send_agains += 1
            submission.is_gone = False
        is_stopped = self.store.state in {C.CANCELLING, C.CANCELLED}
        assert not is_stopped or new is not S.READY, "sent again although it is cancelled"
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
        # Asked after every step of twenty thousand schedules: nothing is looked at twice.
        executed = [(job.submission, job.slot) for job in self.vendor.jobs if job.executed]
        for one in self.store.submissions:
            sent = sum(
                number == one.number or (number == one.cut_from and slot in one.slots_before)
                for number, slot in executed
            )
            assert sent <= 1 + one.send_agains, f"submission {one.number} went out {sent} times"
            if one.state is S.UNKNOWN:
                proven = [it for it in self.store.attempts if it.is_proven]
                assert all(it.submission != one.number for it in proven), "asked, though proven"
            assert not self.store.is_draft_again or not sent, "a draft again, and it was sent"

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
            if self.store.state is C.COMPLETED:
                assert one.state in {S.ACCEPTED, S.ABANDONED}, f"complete, but {one.state}"
            proven = any(
                attempt.is_proven
                for attempt in self.store.attempts
                if attempt.submission == one.number
            )
            assert not proven or one.state is S.ACCEPTED, f"{one.state} although it is sent"
            if one.state is S.ACCEPTED and one.how is not How.PERSON:
                assert sent >= 1, f"submission {one.number} was never sent"
            self._check_wish(one)
            is_unsent = one.state in {S.CANCELLED, S.REVOKED, S.REFUSED, S.ABANDONED}
            if is_unsent and not doubtful and not one.is_copied:
                assert sent == 0, f"submission {one.number} was sent although it is said not to be"
            if one.state is S.ACCEPTED and one.how is How.PERSON:
                attempt = self.store.current_of(one)
                refuted = attempt is not None and attempt.outcome is Outcome.NOT_SENT
                assert not refuted or proven, "marked as sent, but refused, and nobody is told"
            assert one.state in {S.ACCEPTED, S.ABANDONED, S.CANCELLED, S.REVOKED, S.REFUSED}


def _probed(lane: Lane) -> Lane:
    return replace(lane, probe_needed=False)
