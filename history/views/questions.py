"""A job that waits for a person's answer, as the campaign's page asks about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.message import sentence_of
from campaigns.state_words import unclear_words
from campaigns.states import Outcome, PauseReason, SubmissionState
from interface.wording import Text
from sending.decisions import is_of_late_look
from sending.models import Attempt, Submission
from sending.protocol import Refusal
from sociocs_gateway.messages import MessageFault

# Why a job that was taken back for a wish could not go out any more without that person.
_NO_SECOND_TIME: Mapping[str, Text] = {
    Refusal.PAST_SEND_BY: gettext_lazy("the time in which it may go out is over"),
    Refusal.QUIET_HOURS: gettext_lazy("its sending hours are over"),
    Refusal.DAILY_LIMIT: gettext_lazy("the daily limit is used up"),
}
_WHAT_NEXT: Mapping[str, Text] = {
    Refusal.PAST_SEND_BY: gettext_lazy(
        "Nothing has to be fixed, but trying again does not help. Write to the others in it in "
        "a new campaign."
    ),
    Refusal.QUIET_HOURS: gettext_lazy(
        "Nothing has to be fixed. Try again within its sending hours, or the others in it get "
        "nothing."
    ),
    Refusal.DAILY_LIMIT: gettext_lazy(
        "Nothing has to be fixed. Try again on another day, or the others in it get nothing."
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """All that the page says and sends back about one job.

    `is_open`: the call is still under way, so that nothing can be decided yet. `was_taken_back`: it
    was handed over, and the vendor no longer has it although its time had come. `is_gone`: the
    vendor had it no longer when it was to be taken back. `is_for_wish`: that was for somebody who
    opted out. `is_restored`: an older copy of the database knows nothing of it.
    """

    submission: Submission
    attempt: Attempt | None
    job_count: int
    is_refused: bool
    is_open: bool
    was_taken_back: bool
    is_gone: bool
    is_for_wish: bool
    is_restored: bool
    why: str
    slot: datetime
    slot_has_passed: bool
    refusals: list[str]

    @property
    def may_be_looked_for(self) -> bool:
        """Whether a list of the vendor may still show it: a single message is there until its time.

        A job stays there.
        """
        is_past = self.submission.is_single and self.slot_has_passed
        return not (is_past or self.is_restored)

    @property
    def how_refused(self) -> str:
        """What happened to a refused job."""
        if self.submission.is_contradicted:
            return _(
                "It was marked as sent, but Sociocs says that it refused it. Nobody got this "
                "message."
            )
        if self._no_second_time:
            return _("Someone in it opted out, so it was stopped. It was not sent again.")
        if self.attempt is not None:
            return _("Sociocs refused it. Nothing was sent.")
        return _("It could not be written in a form that Sociocs understands. Nothing was sent.")

    @property
    def what_next(self) -> str:
        """What to do about a refused job."""
        if self._no_second_time:
            return str(_WHAT_NEXT[self._no_second_time])
        return _(
            "Fix this first (the channel's key, say), then try again. Otherwise these people get "
            "nothing."
        )

    @property
    def _no_second_time(self) -> str:
        first = str(self.submission.refusal[0]) if self.submission.refusal else ""
        return first if first in _NO_SECOND_TIME else ""


def question_of(submission: Submission, job_count: int) -> Question:
    """What to ask about an UNKNOWN or REFUSED job, or one that was gone."""
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
        is_gone=submission.state == SubmissionState.REVOKED,
        is_for_wish=is_of_late_look(submission, attempt),
        is_restored=attempt is not None and attempt.reason == PauseReason.RESTORED,
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
    if refusal in _NO_SECOND_TIME:
        return str(_NO_SECOND_TIME[refusal])
    channel = submission.campaign.channel
    if refusal in set(MessageFault) and channel is not None:
        return sentence_of(MessageFault(refusal), channel, submission.text)
    return refusal
