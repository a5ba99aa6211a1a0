"""The usual turn: a first attempt was accepted, and the next job goes out behind it.

Nearly all turns of a long campaign are of this kind. `sending.attempts` looks at every case, a
question at a time; here the same rows are locked and written by statements that are sent together
(`interface.statements`), in two goes and one durable transaction. Each of them must find or change
exactly one row, and what the rows say must be as usual: else `Unusual` is raised, nothing of the
turn is kept, and the careful way begins from the start. The rules are the same functions, and so
is what is written; the constraints of the database judge both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from campaigns.states import Outcome, SubmissionState
from interface.statements import Done, Sql, Statement, changed, inserted, locked, run, take_over
from sending import day_limits
from sending.failpoints import failpoint
from sending.intents import (
    SUBMISSION_FIELDS,
    Begun,
    Built,
    open_attempt,
    posting,
    refusal_of,
    slot_still_right,
)
from sending.models import Attempt
from sending.moves import moving
from sending.protocol import AnswerKind, after_answer, answer_wait, lane_after
from sending.recording import (
    BEING_STOPPED,
    CAMPAIGN_FIELDS,
    LANE_FIELDS,
    UNCLAIMED,
    Answered,
    accepted,
    finished,
)
from sociocs_accounts.clients import time_out
from sociocs_gateway.messages import BulkMessage, at_time


class Unusual(Exception):
    """Something is not as it usually is: nothing of this turn may be kept."""


def looks_usual(answered: Answered, built: Built | None) -> bool:
    """Whether a turn may be played here, as far as that is seen before the database is asked."""
    if answered.answer.kind is not AnswerKind.ACCEPTED or answered.n != 1:
        return False
    return built is None or (
        isinstance(built.message, BulkMessage)
        and not built.left_out
        and not day_limits.has_limit(built.submission.campaign)
    )


def play(
    answered: Answered, built: Built | None, vendor_now: datetime, intended_at: float
) -> Begun | None:
    """Record the answer, and open the attempt at what was built, if anything was.

    The caller holds a durable transaction. Raises Unusual, and the database's errors.
    """
    _record_and_lock(answered, built)
    if built is None:
        return None
    return _open(built, vendor_now, intended_at)


def _record_and_lock(answered: Answered, built: Built | None) -> None:
    """Record it, and look at what the next intent depends on; all of it stays locked."""
    campaign, account = answered.submission.campaign, answered.submission.account
    looks: list[tuple[Model, Sequence[str]]] = [
        (campaign, CAMPAIGN_FIELDS),
        (account, LANE_FIELDS),
    ]
    if built is not None:
        looks.append((built.submission.campaign, CAMPAIGN_FIELDS))
        looks.append((built.submission, SUBMISSION_FIELDS))
    found = run(*(locked(row, fields) for row, fields in looks), *_records(answered))
    _each_is_one(found)
    for (row, fields), seen in zip(looks, found, strict=False):
        take_over(row, fields, seen)
    lane = lane_after(account.lane, answered.answer, timezone.now(), 0)
    if campaign.state in BEING_STOPPED or lane != account.lane:
        raise Unusual


def _records(answered: Answered) -> list[Statement]:
    submission, job_id = answered.submission, answered.answer.job_id
    here = SubmissionState.POSTING
    verdict = after_answer(Outcome.OPEN, here, None, True, answered.answer)
    if verdict.outcome is None or verdict.state is None or verdict.how is None:
        raise Unusual
    changes = UNCLAIMED | accepted(answered.attempt_id, job_id, verdict.how)
    return [
        # While it is open its submission is POSTING, and no attempt came after it.
        changed(
            Attempt,
            {"id": answered.attempt_id, "outcome": Outcome.OPEN.value},
            **finished(verdict.outcome, answered, timezone.now()),
        ),
        moving(submission, here, verdict.state, **changes),
    ]


def _open(built: Built, vendor_now: datetime, intended_at: float) -> Begun:
    """The point of no return, as in `attempts`."""
    submission, campaign = built.submission, built.submission.campaign
    slot = slot_still_right(built, vendor_now)
    if slot is None or refusal_of(built, slot, vendor_now, lambda: True) is not None:
        raise Unusual
    assert isinstance(built.message, BulkMessage)
    message = at_time(built.message, slot)
    attempt = open_attempt(built, slot, message)
    to = SubmissionState.POSTING
    _each_is_one(
        run(
            day_limits.counting(campaign, slot, attempt.recipient_count),
            inserted(attempt, deadline=_deadline()),
            moving(submission, SubmissionState.CLAIMED, to, **posting(attempt)),
        )
    )
    submission.state = to.value
    failpoint("inside_intent")
    return Begun(attempt, message, intended_at)


def _deadline() -> Sql | datetime:
    """By the clock that all machines share (`campaigns.moves.shared_clock`)."""
    wait = answer_wait(time_out())
    if connection.vendor != "postgresql":
        return timezone.now() + wait
    return Sql("STATEMENT_TIMESTAMP() + %s", (wait,))


def _each_is_one(done: list[Done]) -> None:
    if any(one.rows != 1 for one in done):
        raise Unusual
