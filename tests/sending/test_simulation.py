"""The protocol under random schedules, and proof that each of its guards is needed.

`python -m tests.sending.simulation 200000` plays more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from campaigns.states import LateLook, Outcome, SubmissionState
from sending import late_rules, protocol, single_messages
from sending.protocol import AnswerKind, PostAnswer, Sight
from tests.effort import times
from tests.sending.simulation import (
    guards,
    late_guards,
    schedule,
    singles,
    store,
    stories,
    wish_stories,
)
from tests.sending.simulation.freezing import CHUNK, Freezing, Row
from tests.sending.simulation.schedule import Schedule
from tests.sending.simulation.singles import Singles

pytestmark = pytest.mark.thorough

S: TypeAlias = SubmissionState

SCHEDULES = times(1_000)
# Of each world; a guard that no schedule needs fails its test after these.
MUTANT_SCHEDULES = 400
# Broken invariants, forbidden moves, and what a computer cannot compute.
MEANT = (AssertionError, TypeError, OverflowError)


@pytest.mark.parametrize("part", range(4))
def test_nobody_is_texted_twice_and_nobody_is_lost(part: int) -> None:
    for seed in range(part, SCHEDULES, 4):
        played = Schedule(seed)
        played.play()
        played.check_at_rest()


class IntentAfterTheCall(Schedule):
    """Calls first and commits afterwards: a crash in between leaves no trace."""

    def _worker(self) -> schedule.Step:
        submission = self._claim()
        if submission is None:
            return
        yield
        slot = self.now + schedule.LEAD
        job_id = self.vendor.accept(submission.number, slot, self.now)
        yield
        attempt = self._begin(submission, submission.token, self.now)
        if attempt is not None:
            self._record(attempt, PostAnswer(AnswerKind.ACCEPTED, job_id=job_id))


class NoTick(Schedule):
    """Trusts every message to arrive: nobody takes abandoned work up again."""

    def _tick(self) -> None:
        leases = {one.number: one.lease_until for one in self.store.submissions}
        for one in self.store.submissions:
            one.lease_until = self.now + timedelta(days=1)
        super()._tick()
        for one in self.store.submissions:
            one.lease_until = leases[one.number]


class ResolvesByAbsence(Schedule):
    """Takes an empty look at the list as proof that nothing was sent."""

    def _conclude(self, attempt: store.Attempt, sight: Sight, job_id: str) -> None:
        submission = self.store.submissions[attempt.submission]
        if sight is Sight.NOT_SEEN and submission.state is S.UNKNOWN:
            attempt.outcome = Outcome.NOT_SENT
            self.store.move(submission, S.READY)
            return
        super()._conclude(attempt, sight, job_id)


class UnguardedRecord(Schedule):
    """Writes an answer whatever was decided meanwhile."""

    def _record(self, attempt: store.Attempt, answer: PostAnswer) -> None:
        submission = self.store.submissions[attempt.submission]
        attempt.outcome = protocol._OUTCOME[answer.kind]
        attempt.job_id = answer.job_id
        submission.state = protocol._AFTER_POSTING[answer.kind]
        submission.job_id, submission.how = answer.job_id, None


class SlotsByOurClock(Schedule):
    """Believes its own clock, whatever the vendor's answers say."""

    def _preflight(self) -> timedelta:
        return self.skew


class CountsApart(Schedule):
    """Looks at what a day has left first, and commits the intent later."""

    def _preflight(self) -> timedelta | None:
        days = {one.slot.date() for one in self.store.attempts}
        self.seen = {day: self.store.people_on(day) for day in days}
        return super()._preflight()

    def _fits(self, slot: datetime) -> bool:
        limit = self.store.daily_limit
        used = self.seen.get(slot.date(), 0)
        return limit is None or used + store.PEOPLE_PER_JOB <= limit


class SecondsUsedTwice(Schedule):
    """Does not look which seconds are taken."""

    def _used_slots(self) -> set[datetime]:
        return set()


class NoStartFence(Schedule):
    """Sends whatever it meant to send, however long ago."""

    def _is_stale(self, begun: datetime) -> bool:
        return False


class BuildsAsFrozen(Schedule):
    """Texts whoever was there when the audience was frozen."""

    def _build(self, submission: store.Submission) -> bool:
        return False


class SendsAgainBlindly(Schedule):
    """Does not look once more before something is sent again."""

    def _look_once_more(self, submission: store.Submission) -> None:
        pass


class BelievesAnyJobId(Schedule):
    """Takes any job id for an answer, and has no constraint that knows better."""

    def _is_known(self, job_id: str) -> bool:
        return False


def _after_answer_with(changes: dict[AnswerKind, protocol.Verdict]) -> Callable[..., Any]:
    original = protocol.after_answer

    def mutant(outcome: Outcome, submission: S, *rest: Any) -> protocol.Verdict:
        verdict = original(outcome, submission, *rest)
        answer = next(one for one in rest if isinstance(one, PostAnswer))
        if submission is S.POSTING and verdict.state is not None and answer.kind in changes:
            return changes[answer.kind]
        return verdict

    return mutant


def _without_slot(wanted: Any, jobs: Any, full: bool, owned: Callable[[str], bool]) -> Any:
    free = [job for job in jobs if not owned(job.job_id)]
    return (Sight.FOUND, free[0].job_id) if len(free) == 1 else (Sight.NOT_SEEN, "")


def _no_live_attempt_rule(self: store.Store, *values: Any) -> store.Attempt:
    attempt = store.Attempt(len(self.attempts), *values)
    self.attempts.append(attempt)
    return attempt


_after_answer = protocol.after_answer
Mutation = Callable[[pytest.MonkeyPatch], type[Schedule]]


def _patched(name: str, function: Callable[..., Any]) -> Mutation:
    def mutate(monkeypatch: pytest.MonkeyPatch) -> type[Schedule]:
        monkeypatch.setattr(protocol, name, function)
        return Schedule

    return mutate


def _blind_workers(monkeypatch: pytest.MonkeyPatch) -> type[Schedule]:
    """Neither the claim is looked at, nor does the database hold the rule."""
    guards.rewrite(
        monkeypatch,
        "    if submission is not S.CLAIMED or not claim_is_mine:\n"
        "        return Refusal.NOT_MY_CLAIM\n",
        "",
    )
    monkeypatch.setattr(store.Store, "open_attempt", _no_live_attempt_rule)
    monkeypatch.setattr(store.Store, "move", lambda _, row, to: setattr(row, "state", to))
    return Schedule


def _without_constraint(name: str, kind: type[Schedule]) -> Mutation:
    def mutate(monkeypatch: pytest.MonkeyPatch) -> type[Schedule]:
        monkeypatch.setattr(store.Store, "lacks", frozenset({name}))
        return kind

    return mutate


def _without_lead(monkeypatch: pytest.MonkeyPatch) -> type[Schedule]:
    monkeypatch.setattr(schedule, "LEAD", timedelta())
    return Schedule


MUTANTS: dict[str, Mutation] = {
    "the intent is committed after the call": lambda _: IntentAfterTheCall,
    "claims are not checked and the rule is not in the database": _blind_workers,
    "done is marked before the answer": _patched(
        "after_answer",
        _after_answer_with(
            {AnswerKind.UNKNOWN: protocol.Verdict(Outcome.ACCEPTED, S.ACCEPTED, None)}
        ),
    ),
    "an unclear answer is tried again": _patched(
        "after_answer",
        _after_answer_with({AnswerKind.UNKNOWN: protocol.Verdict(Outcome.NOT_SENT, S.READY)}),
    ),
    "absence from the list is taken as proof": lambda _: ResolvesByAbsence,
    "jobs are recognised without their slot": _patched("look", _without_slot),
    "nobody takes abandoned work up again": lambda _: NoTick,
    "an answer is recorded unguarded": lambda _: UnguardedRecord,
    "slots come from our own clock": lambda _: SlotsByOurClock,
    "a job is handed over only when its time has come": _without_lead,
    "a day's people are counted apart from the intent": lambda _: CountsApart,
    "one call is begun before the other ends": _without_constraint(
        "one_post_in_flight_per_account", Schedule
    ),
    "a second is used twice": _without_constraint("a_slot_is_used_once", SecondsUsedTwice),
    "an intent of long ago is sent": lambda _: NoStartFence,
    "whoever opted out after the launch is texted": lambda _: BuildsAsFrozen,
    "it is sent again without another look": lambda _: SendsAgainBlindly,
    "the job id of other people is believed": lambda _: BelievesAnyJobId,
}


def caught_by_chance(kind: type[Schedule], first: tuple[str, int] = ("", 0)) -> bool:
    """Whether some schedule of some world, `first` of all this one, breaks without the guard."""
    sweep = ((world, seed) for seed in range(MUTANT_SCHEDULES) for world in schedule.WORLDS)
    for world, seed in (first, *sweep):
        played = kind(seed, world)
        try:
            played.play(200)
            played.check_at_rest()
        except MEANT:
            return True
    return False


@pytest.mark.parametrize("name", MUTANTS)
def test_each_part_of_the_engine_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = guards.FOUND_IN.get(name, ("", 0))
    assert caught_by_chance(MUTANTS[name](monkeypatch), first), f"nothing notices that {name}"


@pytest.mark.parametrize("name", guards.GUARDS)
def test_each_guard_of_the_protocol_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guards.rewrite(monkeypatch, *guards.GUARDS[name])
    first = guards.FOUND_IN.get(name, ("", 0))
    is_caught = any(caught_in(tell) for tell in stories.STORIES) or is_caught_in_a_wish()
    assert is_caught or caught_by_chance(Schedule, first), f"nothing notices that {name}"


class LooksTwice(Schedule):
    """Takes a job back for every wish, not once."""

    def _make_ready(self) -> None:
        super()._make_ready()
        for one in self.store.submissions:
            if one.state is S.READY and one.late_look is LateLook.TAKEN_OUT:
                one.late_look = None


class LooksAtNobody(Schedule):
    """Believes that nobody of a job has opted out since."""

    def _has_wishes(self, one: store.Submission) -> bool:
        return False


class SendsEarlier(Schedule):
    """Hands a job over again for the first second there is."""

    def _take_out(self, one: store.Submission, *rest: Any) -> None:
        planned = one.planned
        super()._take_out(one, *rest)
        one.planned = planned - timedelta(hours=3)


LATE_MUTANTS: dict[str, type[Schedule]] = {
    "a job is looked at again after it was handed over again": LooksTwice,
    "a wish before the late look is not seen": LooksAtNobody,
    "a job goes out before its old second": SendsEarlier,
}


@pytest.mark.parametrize("name", late_guards.GUARDS)
def test_each_guard_of_the_late_look_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guards.rewrite(monkeypatch, *late_guards.GUARDS[name], late_rules)
    assert is_caught_in_a_wish() or caught_among_wishes(Schedule), f"nothing notices that {name}"


@pytest.mark.parametrize("name", LATE_MUTANTS)
def test_each_part_of_the_late_look_is_needed(name: str) -> None:
    assert caught_among_wishes(LATE_MUTANTS[name]), f"nothing notices that {name}"


def caught_among_wishes(kind: type[Schedule]) -> bool:
    """Whether some schedule in which people opt out after hand-over breaks without the guard."""
    for seed in range(3 * MUTANT_SCHEDULES):
        played = kind(seed, "wishes")
        try:
            played.play(200)
            played.check_at_rest()
        except MEANT:
            return True
    return False


def is_caught_in_a_wish() -> bool:
    for tell in wish_stories.STORIES:
        try:
            wish_stories.play(tell)
        except MEANT:
            return True
    return False


@pytest.mark.parametrize("tell", wish_stories.STORIES)
def test_whoever_opted_out_is_taken_out_or_the_reason_is_known(
    tell: Callable[[wish_stories.WishStory], LateLook],
) -> None:
    wish_stories.play(tell)


def test_the_stop_race_is_won_or_told_a_thousand_times() -> None:
    for seed in range(times(1_000)):
        played = Schedule(seed, "wishes")
        played.play(200)
        played.check_at_rest()


@pytest.mark.parametrize("name", late_guards.UNREACHED)
def test_what_is_only_to_be_safe_in_the_late_look_still_stands(name: str) -> None:
    guard, _what_stands_before_it = late_guards.UNREACHED[name]
    assert Path(late_rules.__file__).read_text().count(guard) == 1


def caught_in(tell: Callable[[stories.Story], None]) -> bool:
    try:
        stories.play(tell)
    except MEANT:
        return True
    return False


@pytest.mark.parametrize("tell", stories.STORIES)
def test_two_attempts_at_one_job_are_told_apart(tell: Callable[[stories.Story], None]) -> None:
    stories.play(tell)


def test_what_may_have_arrived_is_not_cut_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Schedule, "_may_be_cut", lambda *_: True)
    with pytest.raises(AssertionError, match="went out 2 times"):
        stories.play(stories.too_large_the_second_time)


@pytest.mark.parametrize("name", guards.UNREACHED)
def test_what_is_only_to_be_safe_still_stands(name: str) -> None:
    guard, _what_stands_before_it = guards.UNREACHED[name]
    assert guards.SOURCE.count(guard) == 1


# --- Single messages ------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(4))
def test_nobody_gets_two_single_messages_and_nobody_is_lost(part: int) -> None:
    for seed in range(part, SCHEDULES, 4):
        played = Singles(seed)
        played.play()
        played.check_at_rest()


class FoundByAbsence(Singles):
    """Takes an empty look at the list as proof that nothing was sent."""

    _conclude = ResolvesByAbsence._conclude


SINGLE_MUTANTS: dict[str, tuple[tuple[str, str], ModuleType]] = {
    **{name: (guard, single_messages) for name, guard in singles.GUARDS.items()},
    **{name: (guard, protocol) for name, guard in singles.SHARED_GUARDS.items()},
}


@pytest.mark.parametrize("name", SINGLE_MUTANTS)
def test_each_guard_of_single_messages_is_needed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard, module = SINGLE_MUTANTS[name]
    guards.rewrite(monkeypatch, *guard, module)
    first = guards.FOUND_IN.get(name, ("", 0))
    assert caught_by_chance(Singles, first), f"nothing notices that {name}"


def test_a_message_that_is_not_listed_may_have_been_sent() -> None:
    assert caught_by_chance(FoundByAbsence)


@pytest.mark.parametrize("name", singles.UNREACHED)
def test_what_is_only_to_be_safe_with_messages_still_stands(name: str) -> None:
    guard, _what_stands_before_it = singles.UNREACHED[name]
    assert Path(single_messages.__file__).read_text().count(guard) == 1


def test_an_audience_is_frozen_once_and_accounted_for_whatever_is_killed() -> None:
    for seed in range(times(400)):
        Freezing(seed).play()


class CursorApart(Freezing):
    """Commits the rows, and then the cursor."""

    def worker(self) -> schedule.Step:
        while self.audience.cursor < len(self.audience.rows):
            start = self.audience.cursor
            self.insert(start)
            yield
            self.move_cursor(start + CHUNK)
            yield


class NoUniqueKey(Freezing):
    """Trusts that everybody comes once."""

    def is_free(self, row: Row) -> bool:
        return True


class KeyOfTheSpelling(Freezing):
    """Compares numbers as they are written."""

    def is_free(self, row: Row) -> bool:
        return row not in self.audience.frozen


@pytest.mark.parametrize("kind", [CursorApart, NoUniqueKey, KeyOfTheSpelling])
def test_each_guard_of_freezing_is_needed(kind: type[Freezing]) -> None:
    def play_all() -> None:
        for seed in range(500):
            kind(seed).play()

    with pytest.raises(AssertionError):
        play_all()
