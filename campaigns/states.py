"""The words for where things stand, and every move that exists between them. No Django here.

A move that is not in these tables cannot be made: `campaigns.moves` asks them before it writes.
"""

from __future__ import annotations

from enum import StrEnum


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    FREEZING = "freezing"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    SENDING = "sending"
    PAUSED = "paused"
    NEEDS_DECISION = "needs_decision"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class SubmissionState(StrEnum):
    """Where one slice of a campaign stands."""

    PLANNED = "planned"
    READY = "ready"
    CLAIMED = "claimed"
    POSTING = "posting"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    REVOKING = "revoking"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"


class Outcome(StrEnum):
    """What is known of one attempt. ACCEPTED and NOT_SENT are final."""

    OPEN = "open"
    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    AMBIGUOUS = "ambiguous"


# An attempt that may have reached the vendor. At most one such per submission, unless a person
# waived it or it is proven taken back: a constraint of the database.
LIVE_OUTCOMES = frozenset({Outcome.OPEN, Outcome.AMBIGUOUS, Outcome.ACCEPTED})


class How(StrEnum):
    """How we know that a submission was accepted."""

    ANSWER = "answer"
    SLOT = "slot"
    PERSON = "person"


class TakeBack(StrEnum):
    """Why a job is taken back, or was."""

    CANCEL = "cancel"
    PAUSE = "pause"
    LATE_LOOK = "late_look"


class LateLook(StrEnum):
    """What a job's one late look for people who opted out came to (`sending.late_rules`)."""

    NOBODY = "nobody"
    # Taken back, to be handed over again without them; the job's state says how far that is.
    TAKEN_OUT = "taken_out"
    # Why it was left as it is.
    BLOCK_ONLY = "block_only"
    NO_JOB = "no_job"
    NOT_SENDING = "not_sending"
    ACCOUNT = "account"
    NO_CLOCK = "no_clock"
    OTHERS_FIRST = "others_first"
    NO_ROOM = "no_room"
    NO_TIME = "no_time"
    # It was asked back: it ran already; nobody knows; it was not there.
    RUNNING = "running"
    UNCLEAR = "unclear"
    GONE = "gone"


class Stopped(StrEnum):
    """What became of somebody who opted out after their job was handed over."""

    # Not known yet: their job's time, or its late look, is still to come.
    WAITING = "waiting"
    BLOCKED = "blocked"
    TAKEN_OUT = "taken_out"
    TOO_LATE = "too_late"


# Who opted out after hand-over and did not get it: "not sent, opted out" in every figure.
SPARED = frozenset({Stopped.BLOCKED, Stopped.TAKEN_OUT})


class DecisionKind(StrEnum):
    """What a person can answer about a submission."""

    MARK_AS_SENT = "mark_as_sent"
    SEND_AGAIN = "send_again"
    DO_NOT_SEND = "do_not_send"
    TRY_AGAIN = "try_again"


class PauseReason(StrEnum):
    """Why a campaign does not go on."""

    PERSON = "person"
    AUTH = "auth"
    TLS = "tls"
    REDIRECT = "redirect"
    CONFIG = "config"
    DOOR = "door"
    CIRCUIT = "circuit"
    WINDOW = "window"
    QUIET_HOURS = "quiet_hours"
    CLOCK = "clock"
    QUOTA = "quota"
    REFUSALS = "refusals"
    TOO_LARGE = "too_large"
    # Jobs are being taken back; what follows stands in the campaign's `take_back`.
    TAKING_BACK = "taking_back"
    # The database was set back (`sending.fence`); of a draft: it may have been sent already.
    RESTORED = "restored"


C, S = CampaignState, SubmissionState

CAMPAIGN_MOVES: frozenset[tuple[CampaignState, CampaignState]] = frozenset(
    {
        (C.DRAFT, C.FREEZING),
        (C.FREEZING, C.SCHEDULED),
        (C.FREEZING, C.DRAFT),
        (C.SCHEDULED, C.SENDING),
        (C.SCHEDULED, C.MISSED),
        # Undone before anything was tried: nothing has left this machine.
        (C.SCHEDULED, C.DRAFT),
        (C.SCHEDULED, C.CANCELLING),
        (C.MISSED, C.SENDING),
        (C.MISSED, C.SCHEDULED),
        (C.MISSED, C.CANCELLING),
        (C.SENDING, C.PAUSED),
        (C.SENDING, C.NEEDS_DECISION),
        (C.SENDING, C.COMPLETED),
        (C.SENDING, C.CANCELLING),
        (C.PAUSED, C.SENDING),
        # What was taken back, and what never left, waits for a new time.
        (C.PAUSED, C.SCHEDULED),
        (C.PAUSED, C.CANCELLING),
        (C.PAUSED, C.NEEDS_DECISION),
        (C.PAUSED, C.COMPLETED),
        (C.NEEDS_DECISION, C.SENDING),
        (C.NEEDS_DECISION, C.COMPLETED),
        (C.NEEDS_DECISION, C.CANCELLING),
        (C.COMPLETED, C.NEEDS_DECISION),
        (C.CANCELLING, C.CANCELLED),
        (C.CANCELLED, C.CANCELLING),
    }
)

SUBMISSION_MOVES: frozenset[tuple[SubmissionState, SubmissionState]] = frozenset(
    {
        (S.PLANNED, S.READY),
        (S.READY, S.CLAIMED),
        (S.CLAIMED, S.READY),
        (S.CLAIMED, S.POSTING),
        (S.POSTING, S.ACCEPTED),
        (S.POSTING, S.READY),
        (S.POSTING, S.REFUSED),
        (S.POSTING, S.UNKNOWN),
        (S.UNKNOWN, S.ACCEPTED),
        (S.UNKNOWN, S.READY),
        (S.UNKNOWN, S.REFUSED),
        (S.UNKNOWN, S.ABANDONED),
        (S.REFUSED, S.ABANDONED),
        (S.REFUSED, S.READY),
        (S.READY, S.ACCEPTED),
        (S.CLAIMED, S.ACCEPTED),
        (S.ABANDONED, S.ACCEPTED),
        (S.CANCELLED, S.ACCEPTED),
        (S.REVOKED, S.ACCEPTED),
        (S.REFUSED, S.ACCEPTED),
        (S.ACCEPTED, S.REFUSED),
        (S.ACCEPTED, S.REVOKING),
        (S.REVOKING, S.REVOKED),
        (S.REVOKING, S.ACCEPTED),
        (S.REVOKING, S.UNKNOWN),
        (S.REVOKED, S.READY),
        (S.PLANNED, S.CANCELLED),
        (S.READY, S.CANCELLED),
        (S.CLAIMED, S.CANCELLED),
        # A second hand-over that its hours or limits do not allow any more: a person is asked.
        (S.CLAIMED, S.REFUSED),
        (S.REVOKED, S.ABANDONED),
        (S.REFUSED, S.CANCELLED),
    }
)

RUNNING = frozenset({C.SENDING, C.PAUSED, C.NEEDS_DECISION})
# What can be given another time: whatever is not being prepared, stopped or over.
MOVABLE = RUNNING | {C.DRAFT, C.SCHEDULED, C.MISSED}
FINISHED = frozenset({C.COMPLETED, C.CANCELLED})
# In this order an index names them, which SQLite uses for a query that does as well.
NOT_AT_REST = (
    *(C.FREEZING, C.SCHEDULED, C.MISSED, C.SENDING, C.PAUSED),
    *(C.NEEDS_DECISION, C.CANCELLING),
)

WAITING = frozenset({S.PLANNED, S.READY, S.CLAIMED})
# What still waits to be handed over, and what was taken back.
UNSENT = WAITING | {S.REVOKED}
IN_FLIGHT = frozenset({S.POSTING, S.REVOKING})
QUESTIONS = frozenset({S.UNKNOWN, S.REFUSED})
CANCELLABLE = frozenset({S.PLANNED, S.READY, S.CLAIMED, S.REFUSED})
