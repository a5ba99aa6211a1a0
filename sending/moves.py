"""The one place that writes submissions' states: versioned, and only along the moves there are."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from campaigns.moves import ForbiddenMove
from campaigns.states import SUBMISSION_MOVES, SubmissionState
from interface.statements import Sql, Statement, changed
from sending.models import Submission


def move_submissions(
    ids: list[int],
    here: SubmissionState,
    to: SubmissionState,
    among: Q = Q(),  # noqa: B008 - never changed
    /,
    **changes: Any,
) -> int:
    """Move those of `ids` that are in `here`; returns how many. Raises ForbiddenMove.

    `among`: what else must hold of a row at the moment it is moved.
    """
    if (here, to) not in SUBMISSION_MOVES:
        raise ForbiddenMove(f"submission: {here} -> {to}")
    return Submission.objects.filter(among, pk__in=ids, state=here.value).update(
        state=to.value, version=F("version") + 1, updated_at=timezone.now(), **changes
    )


def moving(
    submission: Submission, here: SubmissionState, to: SubmissionState, **changes: Any
) -> Statement:
    """What moves one submission from `here`, for `interface.statements`. Raises ForbiddenMove."""
    if (here, to) not in SUBMISSION_MOVES:
        raise ForbiddenMove(f"submission: {here} -> {to}")
    return changed(
        Submission,
        {"id": submission.pk, "state": here.value},
        state=to.value,
        version=Sql("version + 1"),
        updated_at=timezone.now(),
        **changes,
    )


def move_submission(submission: Submission, to: SubmissionState, **changes: Any) -> bool:
    """Move one submission from the state it shows; False when somebody else moved it first."""
    state = SubmissionState(submission.state)
    if not move_submissions([submission.pk], state, to, **changes):
        return False
    # Not read again from the database: this runs a thousand times for a million people.
    submission.state = to.value
    return True
