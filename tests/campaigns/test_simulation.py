"""The protocol under random schedules, and proof that each of its guards is needed.

`python -m tests.campaigns.simulation 200000` plays more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest

from campaigns import protocol
from campaigns.protocol import Answer, AnswerKind, Deletion, Refusal, Sight
from campaigns.states import Outcome, SubmissionState
from tests.campaigns.simulation import schedule, store
from tests.campaigns.simulation.freezing import CHUNK, Freezing
from tests.campaigns.simulation.schedule import Schedule

S: TypeAlias = SubmissionState

SCHEDULES = 20_000
MUTANT_SCHEDULES = 6_000


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
            self._record(attempt, Answer(AnswerKind.ACCEPTED, job_id=job_id))


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

    def _record(self, attempt: store.Attempt, answer: Answer) -> None:
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


def _after_answer_with(changes: dict[AnswerKind, protocol.Verdict]) -> Callable[..., Any]:
    original = protocol.after_answer

    def mutant(outcome: Outcome, submission: S, *rest: Any) -> protocol.Verdict:
        verdict = original(outcome, submission, *rest)
        answer = next(one for one in rest if isinstance(one, Answer))
        if submission is S.POSTING and verdict.state is not None and answer.kind in changes:
            return changes[answer.kind]
        return verdict

    return mutant


def _ignoring(original: Callable[..., Any], *refusals: Refusal) -> Callable[..., Any]:
    def mutant(*arguments: Any) -> Any:
        refusal = original(*arguments)
        return None if refusal in refusals else refusal

    return mutant


def _without_slot(wanted: Any, jobs: Any, full: bool, owned: Callable[[str], bool]) -> Any:
    free = [job for job in jobs if not owned(job.job_id)]
    return (Sight.FOUND, free[0].job_id) if len(free) == 1 else (Sight.NOT_SEEN, "")


def _decides_whatever_was_shown(*arguments: Any) -> Any:
    kind, state, outcome, _, campaign = arguments
    return _after_decision(kind, state, outcome, True, campaign)


def _never_contradicts(*arguments: Any) -> protocol.Verdict:
    verdict = _after_answer(*arguments)
    return replace(verdict, state=None) if verdict.contradicted else verdict


def _no_live_attempt_rule(self: store.Store, *values: Any) -> store.Attempt:
    attempt = store.Attempt(len(self.attempts), *values)
    self.attempts.append(attempt)
    return attempt


_after_answer = protocol.after_answer
_after_decision = protocol.after_decision
_after_deletion = protocol.after_deletion
_intent_refusal = protocol.intent_refusal

Mutation = Callable[[pytest.MonkeyPatch], type[Schedule]]


def _patched(name: str, function: Callable[..., Any]) -> Mutation:
    def mutate(monkeypatch: pytest.MonkeyPatch) -> type[Schedule]:
        monkeypatch.setattr(protocol, name, function)
        return Schedule

    return mutate


def _blind_workers(monkeypatch: pytest.MonkeyPatch) -> type[Schedule]:
    """Neither the claim is looked at, nor does the database hold the rule."""
    monkeypatch.setattr(
        protocol, "intent_refusal", _ignoring(_intent_refusal, Refusal.NOT_MY_CLAIM)
    )
    monkeypatch.setattr(store.Store, "open_attempt", _no_live_attempt_rule)
    monkeypatch.setattr(store.Store, "move", lambda _, row, to: setattr(row, "state", to))
    return Schedule


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
    "silence is tried again": _patched(
        "after_silence",
        lambda _, state: protocol.Verdict(
            *((Outcome.NOT_SENT, S.READY) if state is S.POSTING else ())
        ),
    ),
    "absence from the list is taken as proof": lambda _: ResolvesByAbsence,
    "jobs are recognised without their slot": _patched("look", _without_slot),
    "nobody takes abandoned work up again": lambda _: NoTick,
    "a pause is not read with the intent": _patched(
        "intent_refusal", _ignoring(_intent_refusal, Refusal.CAMPAIGN_NOT_SENDING)
    ),
    "the last moment is not checked": _patched(
        "intent_refusal", _ignoring(_intent_refusal, Refusal.PAST_SEND_BY)
    ),
    "an answer is recorded unguarded": lambda _: UnguardedRecord,
    "a job that is gone counts as taken back in time": _patched(
        "after_deletion",
        lambda answer, *rest: (
            S.REVOKED if answer is Deletion.NOT_THERE else _after_deletion(answer, *rest)
        ),
    ),
    "a late refusal of what was marked as sent is not shown": _patched(
        "after_answer", _never_contradicts
    ),
    "slots come from our own clock": lambda _: SlotsByOurClock,
    "a job is handed over only when its time has come": _without_lead,
    "sending hours are not checked at the intent": _patched(
        "intent_refusal", _ignoring(_intent_refusal, Refusal.QUIET_HOURS)
    ),
    "a day's people are counted apart from the intent": lambda _: CountsApart,
    "a deletion without an answer counts as taken back": _patched(
        "after_deletion",
        lambda answer, *rest: (
            S.REVOKED if answer is Deletion.UNCLEAR else _after_deletion(answer, *rest)
        ),
    ),
    "an old page can decide": _patched("after_decision", _decides_whatever_was_shown),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_each_guard_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = MUTANTS[name](monkeypatch)
    for seed in range(MUTANT_SCHEDULES):
        played = kind(seed)
        try:
            played.play()
            played.check_at_rest()
        except AssertionError:
            return
    pytest.fail(f"{MUTANT_SCHEDULES} schedules did not notice that {name}")


def test_an_audience_is_frozen_once_and_accounted_for_whatever_is_killed() -> None:
    for seed in range(2_000):
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
    """Trusts that every phone comes once."""

    def is_free(self, phone: int) -> bool:
        return True


@pytest.mark.parametrize("kind", [CursorApart, NoUniqueKey])
def test_each_guard_of_freezing_is_needed(kind: type[Freezing]) -> None:
    def play_all() -> None:
        for seed in range(500):
            kind(seed).play()

    with pytest.raises(AssertionError):
        play_all()
