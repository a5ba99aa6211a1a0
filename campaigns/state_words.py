"""The one table of words: what people read for each state, reason and event.

No sentence says more than is known: "handed over" is not "delivered", and an unclear job "may or
may not" have been handed over (docs/operations.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from campaigns.states import CampaignState, How, Outcome, PauseReason, SubmissionState
from interface.wording import Text
from sociocs_accounts.halt_words import HALT_WORDS
from sociocs_gateway.exceptions import Reason
from sociocs_gateway.results import DeliveryStatus


@dataclass(frozen=True, slots=True)
class Word:
    """A state for people: label, tone of its pill, what it means; `moving` while work goes on."""

    label: Text
    tone: str
    explanation: Text
    moving: bool = False


C, S = CampaignState, SubmissionState

CAMPAIGN_WORDS: Mapping[CampaignState, Word] = {
    C.DRAFT: Word(
        gettext_lazy("Draft"), "neutral", gettext_lazy("Nothing is sent until you send it.")
    ),
    C.FREEZING: Word(
        gettext_lazy("Getting ready"),
        "info",
        gettext_lazy("The list of people is being made. Nothing has gone out yet."),
        moving=True,
    ),
    C.SCHEDULED: Word(
        gettext_lazy("Scheduled"),
        "info",
        gettext_lazy("The list of people is complete. It goes out at its time."),
    ),
    C.MISSED: Word(
        gettext_lazy("Missed"),
        "warning",
        gettext_lazy(
            "This server was off when it should have gone out, so nothing was sent. Send it now "
            "or choose another time."
        ),
    ),
    C.SENDING: Word(
        gettext_lazy("Sending"),
        "info",
        gettext_lazy("Its messages are going out, one after the other."),
        moving=True,
    ),
    C.PAUSED: Word(
        gettext_lazy("Paused"), "warning", gettext_lazy("Nothing more goes out until it continues.")
    ),
    C.NEEDS_DECISION: Word(
        gettext_lazy("Needs an answer"),
        "warning",
        gettext_lazy("Everything else is done. Only the questions below are left."),
    ),
    C.CANCELLING: Word(
        gettext_lazy("Cancelling"),
        "neutral",
        gettext_lazy("What has not left yet is being stopped."),
        moving=True,
    ),
    C.CANCELLED: Word(gettext_lazy("Cancelled"), "neutral", gettext_lazy("Nothing more goes out.")),
    C.COMPLETED: Word(
        gettext_lazy("Sent"),
        "success",
        gettext_lazy("All messages have left. Reports of who got it come from the networks."),
    ),
}

# SENDING before its time: Sociocs has some of it or all of it already, and nobody has got anything.
AWAITING_ITS_TIME = Word(
    gettext_lazy("Scheduled"),
    "info",
    gettext_lazy("The list of people is complete. It goes out at its time."),
)

# A draft, but nothing of it is its writer's to do.
WAITS_FOR_APPROVAL = Word(
    gettext_lazy("Waiting for approval"),
    "warning",
    gettext_lazy("Nothing is sent until a colleague approves it."),
)

SUBMISSION_WORDS: Mapping[SubmissionState, Word] = {
    S.PLANNED: Word(
        gettext_lazy("Waiting"), "neutral", gettext_lazy("Waits for the campaign to start.")
    ),
    S.READY: Word(gettext_lazy("Waiting"), "neutral", gettext_lazy("Is next to go to Sociocs.")),
    S.CLAIMED: Word(
        gettext_lazy("Waiting"), "neutral", gettext_lazy("Is being got ready for Sociocs.")
    ),
    S.POSTING: Word(
        gettext_lazy("Being sent to Sociocs"),
        "info",
        gettext_lazy("We wait for Sociocs' answer."),
        moving=True,
    ),
    S.ACCEPTED: Word(
        gettext_lazy("Sent to Sociocs"),
        "success",
        gettext_lazy("Sociocs has it under this job id."),
    ),
    S.UNKNOWN: Word(
        gettext_lazy("May or may not have been sent"),
        "warning",
        gettext_lazy("There was no clear answer. It is never sent again by itself."),
    ),
    S.REFUSED: Word(
        gettext_lazy("Not sent: Sociocs refused it"),
        "danger",
        gettext_lazy("Nothing was sent. Fix the cause, then try again."),
    ),
    S.REVOKING: Word(
        gettext_lazy("Stopping"),
        "info",
        gettext_lazy("We ask Sociocs to delete the job."),
        moving=True,
    ),
    S.REVOKED: Word(
        gettext_lazy("Stopped in time"),
        "neutral",
        gettext_lazy("Sociocs deleted the job before its time."),
    ),
    S.CANCELLED: Word(
        gettext_lazy("Not sent"), "neutral", gettext_lazy("Cancelled before it went out.")
    ),
    S.ABANDONED: Word(
        gettext_lazy("Not sent"), "neutral", gettext_lazy("Someone decided not to send it.")
    ),
}

# Not sent again, but an earlier attempt never got a clear answer.
PERHAPS_SENT = Word(
    gettext_lazy("May have been sent"),
    "warning",
    gettext_lazy("It is not sent again, but an earlier attempt got no clear answer."),
)

HOW_WE_KNOW: Mapping[str, Text] = {
    How.SLOT: gettext_lazy("found at Sociocs by its time"),
    How.PERSON: gettext_lazy("marked as sent by a person"),
}

# What is known of one attempt.
OUTCOME_WORDS: Mapping[str, Word] = {
    Outcome.OPEN: Word(
        gettext_lazy("Under way"), "info", gettext_lazy("We wait for the answer."), moving=True
    ),
    Outcome.ACCEPTED: Word(
        gettext_lazy("Accepted"), "success", gettext_lazy("Sociocs made a job of it.")
    ),
    Outcome.NOT_SENT: Word(
        gettext_lazy("Not sent"), "neutral", gettext_lazy("It is certain that nothing was sent.")
    ),
    Outcome.AMBIGUOUS: Word(
        gettext_lazy("No clear answer"),
        "warning",
        gettext_lazy("It may or may not have been sent."),
    ),
}

# How far a message got, as the networks report it.
DELIVERY_WORDS: Mapping[DeliveryStatus, Word] = {
    DeliveryStatus.UNKNOWN: Word(
        gettext_lazy("No report yet"), "neutral", gettext_lazy("No network has said anything.")
    ),
    DeliveryStatus.QUEUED: Word(
        gettext_lazy("On its way"), "info", gettext_lazy("The network has it in its queue.")
    ),
    DeliveryStatus.SENT: Word(
        pgettext_lazy("a message", "Sent"),
        "info",
        gettext_lazy("It left for the phone; no more is reported."),
    ),
    DeliveryStatus.FAILED: Word(
        gettext_lazy("Failed"), "danger", gettext_lazy("The network could not deliver it.")
    ),
    DeliveryStatus.DELIVERED: Word(
        gettext_lazy("Delivered"), "success", gettext_lazy("It is on the phone.")
    ),
    DeliveryStatus.READ: Word(
        gettext_lazy("Read"), "success", gettext_lazy("It was opened on the phone.")
    ),
}


def left_out_in_words(left_out: Mapping[str, int]) -> list[tuple[int, str]]:
    """(rows, why) for each reason for which rows of the lists do not get a message."""
    words = {
        "duplicate": ngettext("duplicate", "duplicates", left_out.get("duplicate", 0)),
        "opted_out": _("opted out"),
        "failing_number": ngettext(
            "number does not work", "numbers do not work", left_out.get("failing_number", 0)
        ),
        "excluded": _("left out by a list"),
        "filtered": _("left out by a saved filter"),
        "earlier_campaign": _("got an earlier campaign"),
        "recent": _("got a message in the days before"),
        "not_chosen": _("not in the chosen filters"),
        "missing_value": _("without a value for a field"),
        "unreadable_date": _("with a date that cannot be read"),
        "no_text": _("would get an empty message"),
        "text_too_long": _("would get a message that is too long"),
        "braces_left": _("with “{{” in a field"),
        "empty_variable": _("with an empty variable, which WhatsApp refuses"),
    }
    unknown = [reason for reason in left_out if reason not in words]
    return [
        (left_out[reason], words.get(reason, reason))
        for reason in (*words, *unknown)
        if left_out.get(reason)
    ]


PAUSE_WORDS: Mapping[str, Text] = {
    **HALT_WORDS,
    PauseReason.PERSON: gettext_lazy("A colleague paused it."),
    PauseReason.WINDOW: gettext_lazy(
        "It is late: the rest would go out hours later than planned. Continue only if that is "
        "still right."
    ),
    PauseReason.QUIET_HOURS: gettext_lazy(
        "It is outside its sending hours. Continue, and the rest goes out when they begin again."
    ),
    PauseReason.QUOTA: gettext_lazy(
        "The daily limit is used up. Continue, and the rest goes out on the following days, at the "
        "same time of day."
    ),
    PauseReason.REFUSALS: gettext_lazy(
        "Sociocs refused it twice for the same reason, so it would refuse the rest as well. Fix "
        "the cause first, then continue."
    ),
    PauseReason.TOO_LARGE: gettext_lazy(
        "Sociocs finds a job too large, and it cannot be made smaller. Look at its answer first, "
        "then continue."
    ),
    PauseReason.TAKING_BACK: gettext_lazy(
        "What has not left yet is being stopped. Nothing more goes out meanwhile."
    ),
}

# How an attempt without a clear answer ended, in brackets behind "no clear answer".
UNCLEAR_WORDS: Mapping[str, Text] = {
    Reason.TIMEOUT: gettext_lazy("Sociocs stayed silent for too long"),
    Reason.CONNECTION_LOST: gettext_lazy("connection closed"),
    Reason.INTERRUPTED: gettext_lazy("interrupted while sending"),
    Reason.UNREADABLE_ANSWER: gettext_lazy("the answer could not be read"),
    Reason.ANSWER_CUT_SHORT: gettext_lazy("the answer broke off"),
    Reason.ANSWER_TOO_LARGE: gettext_lazy("the answer was far too long"),
    Reason.ANSWER_NOT_JSON: gettext_lazy("the answer could not be read"),
    Reason.ANSWER_INCOMPLETE: gettext_lazy("the answer named no job"),
    Reason.ANSWER_CONTRADICTORY: gettext_lazy("the answer contradicted itself"),
    Reason.REDIRECT: gettext_lazy("Sociocs pointed to another address"),
    Reason.SERVER_ERROR: gettext_lazy("Sociocs reported an error of its own"),
    Reason.UNEXPECTED_STATUS: gettext_lazy("an answer we do not understand"),
    "job_id_known": gettext_lazy("the answer named a job that belongs to other people"),
    "silence": gettext_lazy("our own process ended before the answer came"),
    PauseReason.RESTORED: gettext_lazy("an older copy of the database was put back"),
}


def unclear_words(reason: str) -> str:
    """Why an attempt is unclear, in words; an unknown code says only that."""
    return str(UNCLEAR_WORDS.get(reason, gettext_lazy("no usable answer")))
