"""A job that waits for a person's answer, as the campaign's page asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.message import sentence_of
from campaigns.state_words import unclear_words
from campaigns.states import Outcome, SubmissionState
from sending.models import Attempt, Submission
from sociocs_gateway.messages import MessageFault


@dataclass(frozen=True, slots=True)
class Question:
    """All that the page says and sends back about one job.

    `is_open`: the call is still under way, so that nothing can be decided yet. `was_taken_back`: it
    was handed over, and the vendor no longer has it although its time had come.
    """

    submission: Submission
    attempt: Attempt | None
    job_count: int
    is_refused: bool
    is_open: bool
    was_taken_back: bool
    why: str
    slot: datetime
    slot_has_passed: bool
    refusals: list[str]

    @property
    def may_be_looked_for(self) -> bool:
        """Whether a list of the vendor may still show it: a single message is there until its time.

        A job stays there.
        """
        return not (self.submission.is_single and self.slot_has_passed)

    @property
    def how_refused(self) -> str:
        """What happened to a refused job."""
        if self.submission.is_contradicted:
            return _(
                "It was marked as sent, but Sociocs says that it refused it. "
                "Nobody got it through this job."
            )
        if self.attempt is not None:
            return _("Sociocs refused it. Nothing was sent.")
        return _("It could not be put into words that Sociocs understands. Nothing was sent.")


def question_of(submission: Submission, job_count: int) -> Question:
    """What to ask about an UNKNOWN or REFUSED job."""
    attempt = submission.current_attempt
    slot = attempt.slot if attempt else submission.planned_slot
    outcome = attempt.outcome if attempt else ""
    return Question(
        submission=submission,
        attempt=attempt,
        job_count=job_count,
        is_refused=submission.state == SubmissionState.REFUSED,
        is_open=outcome == Outcome.OPEN,
        was_taken_back=outcome == Outcome.ACCEPTED,
        why=unclear_words(attempt.reason if attempt else ""),
        slot=slot,
        slot_has_passed=slot <= timezone.now(),
        refusals=_refusals(submission, attempt),
    )


def _refusals(submission: Submission, attempt: Attempt | None) -> list[str]:
    """The vendor's own words; ours where the message never got as far as the vendor."""
    sentences = [_in_words(str(answer), submission) for answer in submission.refusal]
    if not sentences and attempt is not None and attempt.http_status:
        sentences = [_("no reason given, HTTP %(status)d") % {"status": attempt.http_status}]
    return sentences


def _in_words(refusal: str, submission: Submission) -> str:
    channel = submission.campaign.channel
    if refusal in set(MessageFault) and channel is not None:
        return sentence_of(MessageFault(refusal), channel, submission.text)
    return refusal
