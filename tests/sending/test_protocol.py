"""The protocol's rules, as they are written down: each test is a row of its tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.states import (
    CAMPAIGN_MOVES,
    SUBMISSION_MOVES,
    CampaignState,
    DecisionKind,
    How,
    Outcome,
    SubmissionState,
)
from sending import protocol
from sending.protocol import AnswerKind, ListedJob, PostAnswer, Refusal, Sight, Wanted
from sociocs_accounts.lanes import Lane, LaneState

C: TypeAlias = CampaignState
S: TypeAlias = SubmissionState
NOW = datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC)

answers = st.builds(
    PostAnswer,
    kind=st.sampled_from(AnswerKind),
    halts=st.sampled_from(["", "auth", "tls", "redirect"]),
    cools=st.booleans(),
    http_status=st.sampled_from([None, 200, 400, 429, 503]),
)
outcomes = st.sampled_from(Outcome)
submissions = st.sampled_from(SubmissionState)
hows = st.sampled_from([None, *How])


@given(answer=answers, outcome=outcomes, submission=submissions, how=hows, current=st.booleans())
def test_an_answer_only_makes_moves_that_exist(
    answer: PostAnswer, outcome: Outcome, submission: S, how: How | None, current: bool
) -> None:
    verdict = protocol.after_answer(outcome, submission, how, current, answer)

    if verdict.state is not None:
        assert (submission, verdict.state) in SUBMISSION_MOVES


@given(answer=answers, outcome=outcomes, submission=submissions, how=hows, current=st.booleans())
def test_recording_an_answer_twice_changes_nothing_more(
    answer: PostAnswer, outcome: Outcome, submission: S, how: How | None, current: bool
) -> None:
    first = protocol.after_answer(outcome, submission, how, current, answer)

    again = protocol.after_answer(
        first.outcome or outcome, first.state or submission, first.how or how, current, answer
    )

    assert (again.outcome, again.state) == (None, None)


@given(outcome=outcomes, submission=submissions, how=hows, current=st.booleans())
def test_an_unclear_answer_never_makes_a_submission_ready(
    outcome: Outcome, submission: S, how: How | None, current: bool
) -> None:
    unclear = PostAnswer(AnswerKind.UNKNOWN)

    verdict = protocol.after_answer(outcome, submission, how, current, unclear)

    assert verdict.state in {None, S.UNKNOWN}
    assert protocol.after_silence(outcome, submission).state in {None, S.UNKNOWN}


@given(answer=answers, submission=submissions, how=hows, current=st.booleans())
def test_what_is_final_stays(
    answer: PostAnswer, submission: S, how: How | None, current: bool
) -> None:
    for outcome in (Outcome.ACCEPTED, Outcome.NOT_SENT):
        verdict = protocol.after_answer(outcome, submission, how, current, answer)
        assert verdict == protocol.Verdict()


def test_a_late_refusal_of_what_a_person_marked_as_sent_is_shown_again() -> None:
    verdict = protocol.after_answer(
        Outcome.AMBIGUOUS, S.ACCEPTED, How.PERSON, True, PostAnswer(AnswerKind.REFUSED)
    )

    assert (verdict.state, verdict.contradicted) == (S.REFUSED, True)


def test_late_proof_makes_a_second_sending_unnecessary() -> None:
    proof = PostAnswer(AnswerKind.ACCEPTED, job_id="j")

    for state in (S.UNKNOWN, S.READY, S.CLAIMED, S.ABANDONED, S.CANCELLED, S.REVOKED, S.REFUSED):
        verdict = protocol.after_answer(Outcome.AMBIGUOUS, state, None, True, proof)
        assert verdict.state is S.ACCEPTED


tallies = st.dictionaries(submissions, st.integers(0, 3))


@given(state=st.sampled_from(CampaignState), tally=tallies, ahead=st.booleans())
def test_a_campaign_settles_only_along_moves_that_exist(
    state: C, tally: dict[S, int], ahead: bool
) -> None:
    new = protocol.when_settled(state, tally, ahead)

    assert new is None or (state, new) in CAMPAIGN_MOVES


@given(state=st.sampled_from(CampaignState), tally=tallies, ahead=st.booleans())
def test_a_campaign_is_complete_only_when_nothing_is_left_or_asked(
    state: C, tally: dict[S, int], ahead: bool
) -> None:
    if protocol.when_settled(state, tally, ahead) is C.COMPLETED:
        left = {one for one, number in tally.items() if number}
        assert left <= {S.ACCEPTED, S.ABANDONED, S.CANCELLED}
        assert not ahead


def test_due_late_and_not_yet() -> None:
    grace = timedelta(minutes=15)

    def due(minutes: int) -> C | None:
        return protocol.when_due(NOW, NOW, NOW + timedelta(minutes=minutes), grace)

    assert [due(-1), due(0), due(15), due(16)] == [None, C.SENDING, C.SENDING, C.MISSED]


@pytest.mark.parametrize(
    ("lane", "refusal"),
    [
        (Lane(), None),
        (Lane(state=LaneState.HALTED), Refusal.LANE_HALTED),
        (Lane(cool_until=NOW + timedelta(seconds=1)), Refusal.LANE_COOLING),
        (Lane(cool_until=NOW), None),
        (Lane(probe_needed=True), Refusal.PROBE_NEEDED),
    ],
)
def test_a_lane_that_must_rest_takes_nothing(lane: Lane, refusal: Refusal | None) -> None:
    assert protocol.lane_refusal(lane, NOW) is refusal
    assert protocol.claim_refusal(C.SENDING, S.READY, None, lane, NOW) is refusal


@pytest.mark.parametrize("campaign", [one for one in C if one is not C.SENDING])
def test_only_a_sending_campaign_passes_the_point_of_no_return(campaign: C) -> None:
    refusal = protocol.intent_refusal(campaign, S.CLAIMED, True, NOW, NOW, Lane(), NOW)

    assert refusal is Refusal.CAMPAIGN_NOT_SENDING


def test_a_slot_after_the_last_moment_asks() -> None:
    late = NOW + timedelta(seconds=1)

    assert (
        protocol.intent_refusal(C.SENDING, S.CLAIMED, True, late, NOW, Lane(), NOW)
        is Refusal.PAST_SEND_BY
    )


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [(None, 2), (7.0, 7), (0.0, 2), (999_999.0, 900), (-5.0, 2)],
)
def test_patience_after_429_is_bounded(retry_after: float | None, seconds: int) -> None:
    assert protocol.cooling(0, retry_after, 0.0) == timedelta(seconds=seconds)


WANTED = Wanted(NOW, 10, "Hello", "front-desk")


def job(job_id: str = "j", **differences: object) -> ListedJob:
    values: dict[str, object] = {
        "schedule": NOW,
        "recipient_count": 10,
        "text": "Hello",
        "channel_key": "front-desk",
    }
    return ListedJob(job_id, **(values | differences))  # type: ignore[arg-type]


def look(*jobs: ListedJob, full: bool = False, owned: str = "") -> tuple[Sight, str]:
    return protocol.look(WANTED, jobs, full, lambda job_id: job_id == owned)


def test_one_job_at_our_second_is_proof() -> None:
    assert look(job("a"), job("b", schedule=NOW + timedelta(seconds=1))) == (Sight.FOUND, "a")
    unsaid = job("a", recipient_count=None, text=None, channel_key=None)
    assert look(unsaid) == (Sight.FOUND, "a")


@pytest.mark.parametrize(
    "other",
    [
        {"recipient_count": 9},
        {"text": "Bye"},
        {"channel_key": "back-office"},
        {"schedule": NOW + timedelta(seconds=1)},
    ],
)
def test_a_job_that_differs_is_not_ours(other: dict[str, object]) -> None:
    assert look(job("a", **other)) == (Sight.NOT_SEEN, "")


def test_two_jobs_at_our_second_are_a_question() -> None:
    assert look(job("a"), job("b"))[0] is Sight.SEVERAL


def test_a_job_of_another_attempt_is_not_ours() -> None:
    assert look(job("a"), owned="a")[0] is Sight.NOT_SEEN


def test_a_list_that_cannot_show_our_slot_is_a_blind_look() -> None:
    assert look()[0] is Sight.BLIND
    assert look(job(schedule=None))[0] is Sight.BLIND
    assert look(job(schedule=NOW + timedelta(days=1)), full=True)[0] is Sight.BLIND


def test_looks_become_rarer_and_end() -> None:
    since, slot = NOW, NOW + timedelta(minutes=5)
    found, now = [], NOW
    for _ in range(7):
        now = protocol.next_look(since, slot, now) or NOW
        found.append((now - NOW).total_seconds())
    assert found == [5, 15, 60, 180, 480, 780, 1080]
    assert protocol.next_look(since, slot, slot + timedelta(hours=1)) == slot + timedelta(hours=2)
    assert protocol.next_look(since, slot, slot + timedelta(days=2)) is None


@pytest.mark.parametrize("kind", DecisionKind)
@pytest.mark.parametrize("state", S)
def test_an_old_page_decides_nothing(kind: DecisionKind, state: S) -> None:
    new = protocol.after_decision(kind, state, Outcome.AMBIGUOUS, False, C.SENDING)

    assert new is Refusal.OUTDATED


@pytest.mark.parametrize("kind", DecisionKind)
@pytest.mark.parametrize("state", S)
def test_decisions_make_only_moves_that_exist(kind: DecisionKind, state: S) -> None:
    new = protocol.after_decision(kind, state, Outcome.AMBIGUOUS, True, C.SENDING)

    assert isinstance(new, Refusal) or (state, new) in SUBMISSION_MOVES


def test_nothing_is_sent_again_while_a_campaign_is_cancelled() -> None:
    again = DecisionKind.SEND_AGAIN

    new = protocol.after_decision(again, S.UNKNOWN, Outcome.AMBIGUOUS, True, C.CANCELLING)

    assert new is Refusal.CAMPAIGN_NOT_SENDING


def test_a_job_that_is_gone_after_its_slot_proves_nothing() -> None:
    gone = protocol.Deletion.NOT_THERE
    before, after = NOW - timedelta(seconds=10), NOW - timedelta(seconds=9)

    assert protocol.after_deletion(gone, NOW, before) is S.REVOKED
    assert protocol.after_deletion(gone, NOW, after) is S.UNKNOWN
    assert protocol.after_deletion(gone, NOW, None) is S.UNKNOWN
    assert protocol.after_deletion(protocol.Deletion.UNCLEAR, NOW, before) is None
