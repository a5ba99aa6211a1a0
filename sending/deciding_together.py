"""One answer for many: the people of a one-by-one campaign whose messages nobody can know about.

Fifty unclear messages are one question on the page. The answer names exactly those it was given
for: who was answered about or came in since changes the mark, and then nothing is decided.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.states import DecisionKind, Outcome, SubmissionState
from sending import decisions
from sending.control import NotPossible
from sending.models import Submission
from teams.models import User

# What may be said about many at once.
KINDS = frozenset({DecisionKind.MARK_AS_SENT, DecisionKind.SEND_AGAIN, DecisionKind.DO_NOT_SEND})
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Together:
    """So many people are asked about at once; `mark` is the question as it stands now."""

    people: int
    mark: str


def common_question(campaign: Campaign) -> Together | None:
    """The common question about a campaign's single messages; None for fewer than two."""
    rows = _unclear(campaign)
    return Together(len(rows), _mark(rows)) if len(rows) > 1 else None


def decide_all(campaign: Campaign, user: User, kind: DecisionKind, mark: str) -> int:
    """Answer for all of them, each under the rules of a single answer; returns for how many.

    Raises NotPossible when the question is not the one that was shown.
    """
    rows = _unclear(campaign)
    if kind not in KINDS or mark != _mark(rows):
        raise NotPossible(
            _("This has changed since you opened the page. Look at it again; nothing was changed.")
        )
    decided = 0
    for submission in rows:
        assert submission.current_attempt_id is not None
        # Answered by a colleague in this very moment: theirs counts.
        with suppress(NotPossible):
            decisions.decide(
                submission,
                user,
                kind,
                shown_version=submission.version,
                attempt_id=submission.current_attempt_id,
            )
            decided += 1
    return decided


def _unclear(campaign: Campaign) -> list[Submission]:
    submissions = campaign.submissions.filter(
        state=SubmissionState.UNKNOWN.value,
        is_single=True,
        current_attempt__outcome=Outcome.AMBIGUOUS.value,
    )
    return list(submissions.order_by("seq")[:AT_ONCE])


def _mark(rows: list[Submission]) -> str:
    versions = ",".join(
        f"{submission.pk}:{submission.version}:{submission.current_attempt_id}"
        for submission in rows
    )
    return hashlib.sha256(versions.encode()).hexdigest()[:32]
