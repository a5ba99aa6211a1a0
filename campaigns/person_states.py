"""Where one person of a launched campaign stands: one of seven states, which add up to everybody.

What the network reported of somebody's message decides; without a report, where their job stands
does. No query here: `history.people_counts` counts by it, `history.reached` shows people by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy

from campaigns.state_words import Word
from campaigns.states import SPARED, SubmissionState
from interface.wording import Text
from sociocs_gateway.results import DeliveryStatus


class PersonState(StrEnum):
    """Every person of a campaign is in one of these, in the order in which they are drawn."""

    DELIVERED = "delivered"
    ON_ITS_WAY = "on_its_way"
    # The same once the campaign is over.
    NO_REPORT = "no_report"
    FAILED = "failed"
    MAY_HAVE_BEEN_SENT = "may_have_been_sent"
    NOT_SENT = "not_sent"
    STILL_TO_SEND = "still_to_send"


P, S = PersonState, SubmissionState

# Of somebody of whom no network said anything, by their job. Two jobs' states say too little:
# an accepted one whose time is ahead is still to send, and one that was given up after an unclear
# attempt may have been sent.
BY_JOB: Mapping[SubmissionState, PersonState] = {
    S.PLANNED: P.STILL_TO_SEND,
    S.READY: P.STILL_TO_SEND,
    S.CLAIMED: P.STILL_TO_SEND,
    S.POSTING: P.STILL_TO_SEND,
    S.ACCEPTED: P.ON_ITS_WAY,
    S.UNKNOWN: P.MAY_HAVE_BEEN_SENT,
    S.REFUSED: P.NOT_SENT,
    # Not out of the world until it is proven.
    S.REVOKING: P.STILL_TO_SEND,
    S.REVOKED: P.NOT_SENT,
    S.CANCELLED: P.NOT_SENT,
    S.ABANDONED: P.NOT_SENT,
}
# Nobody goes on with these; with an attempt without a clear answer, they may have been sent.
GIVEN_UP = frozenset({S.CANCELLED, S.ABANDONED})

# What a report says of somebody, whatever is known of their job.
BY_REPORT: Mapping[DeliveryStatus, PersonState] = {
    DeliveryStatus.QUEUED: P.ON_ITS_WAY,
    DeliveryStatus.SENT: P.ON_ITS_WAY,
    DeliveryStatus.FAILED: P.FAILED,
    DeliveryStatus.DELIVERED: P.DELIVERED,
    DeliveryStatus.READ: P.DELIVERED,
}

# Why somebody of a fixed audience gets nothing after all (`CampaignRecipient.left_out`): they stay
# among its people, as not sent. Other reasons were found while it was fixed: those are none of it.
LEFT_OUT_LATE = frozenset({"opted_out"})


def person_state(
    by_job: PersonState,
    report: DeliveryStatus | None,
    left_out: str,
    stopped: str = "",
    *,
    is_over: bool,
) -> PersonState:
    """Where somebody stands; `by_job` as if there were no report, `is_over`: their campaign is.

    `stopped`: what became of them if they opted out after hand-over. Whoever is left out keeps a
    report that the message came all the same, not one that it failed.
    """
    by_report = BY_REPORT.get(report) if report else None
    is_left_out = left_out in LEFT_OUT_LATE or stopped in SPARED
    if is_left_out and by_report in {None, P.FAILED}:
        return P.NOT_SENT
    return at_the_end(by_report or by_job) if is_over else by_report or by_job


def at_the_end(state: PersonState) -> PersonState:
    """What a state is called once the campaign is over: nothing is on its way for ever."""
    return P.NO_REPORT if state is P.ON_ITS_WAY else state


PERSON_WORDS: Mapping[PersonState, Word] = {
    P.DELIVERED: Word(gettext_lazy("Delivered"), "success", gettext_lazy("It is on the phone.")),
    P.ON_ITS_WAY: Word(
        gettext_lazy("On its way"), "info", gettext_lazy("It went out; no report has come yet.")
    ),
    P.NO_REPORT: Word(
        gettext_lazy("No report yet"), "neutral", gettext_lazy("No network has said anything.")
    ),
    P.FAILED: Word(
        gettext_lazy("Failed"), "danger", gettext_lazy("The network could not deliver it.")
    ),
    P.MAY_HAVE_BEEN_SENT: Word(
        gettext_lazy("May have been sent"),
        "warning",
        gettext_lazy("Sociocs gave no clear answer."),
    ),
    P.NOT_SENT: Word(
        gettext_lazy("Not sent"), "neutral", gettext_lazy("It did not go out to them.")
    ),
    P.STILL_TO_SEND: Word(
        gettext_lazy("Still to send"), "neutral", gettext_lazy("Its time is still to come.")
    ),
}
# Where a channel reports nothing, no report is a matter of course.
NOT_REPORTED = Word(
    gettext_lazy("Not reported"), "neutral", gettext_lazy("This channel sends no reports.")
)

# Behind a number: `262 delivered`; and the fill of its part of the bar.
PEOPLE_WORDS: Mapping[PersonState, tuple[Text, str]] = {
    P.DELIVERED: (gettext_lazy("delivered"), "done"),
    P.ON_ITS_WAY: (gettext_lazy("on their way"), "hatched"),
    P.NO_REPORT: (gettext_lazy("no report yet"), "hatched"),
    P.FAILED: (gettext_lazy("failed"), "danger"),
    P.MAY_HAVE_BEEN_SENT: (gettext_lazy("may have been sent"), "warning"),
    P.NOT_SENT: (gettext_lazy("not sent"), "out"),
    P.STILL_TO_SEND: (gettext_lazy("still to send"), "neutral"),
}
NOT_REPORTED_WORD = gettext_lazy("not reported")
