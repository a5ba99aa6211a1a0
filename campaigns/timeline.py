"""What happened to a campaign, told in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import schedule_timeline
from campaigns.models import CampaignEvent
from campaigns.opt_out_words import WHY_NOT_TAKEN_OUT
from campaigns.schedule_timeline import not_as_approved
from campaigns.state_words import PAUSE_WORDS, unclear_words
from campaigns.states import DecisionKind, LateLook, PauseReason
from interface.wording import Text, people
from sociocs_accounts.troubles import trouble_words

Kind = CampaignEvent.Kind
Details = dict[str, Any]


def event_sentence(event: CampaignEvent) -> str:
    """One event as a sentence, beginning with who did it if somebody did."""
    who = str(event.actor) if event.actor else ""
    tell = _SENTENCES.get(Kind(event.kind)) if event.kind in Kind.values else None
    return tell(who, event.details) if tell else event.get_kind_display()


def tone(event: CampaignEvent) -> str:
    """How an event's dot is coloured: "warning", "danger", "success" or plain ""."""
    return _TONES.get(event.kind, "")


_TONES: Mapping[str, str] = {
    Kind.MISSED: "warning",
    Kind.PAUSED: "warning",
    Kind.UNCLEAR: "warning",
    Kind.NEEDS_DECISION: "warning",
    Kind.TROUBLE: "warning",
    Kind.REFUSED: "danger",
    Kind.COMPLETED: "success",
    Kind.FOUND: "success",
    Kind.TROUBLE_OVER: "success",
}

# One sentence with somebody's name, one for when nobody (any more) is known to have done it.
_BY_HAND: Mapping[Kind, tuple[Text, Text]] = {
    Kind.CREATED: (
        gettext_lazy("%(who)s started the draft"),
        gettext_lazy("The draft was started"),
    ),
    Kind.RESUMED: (gettext_lazy("%(who)s continued it"), gettext_lazy("It continued")),
    Kind.CANCEL_ASKED: (gettext_lazy("%(who)s cancelled it"), gettext_lazy("It was cancelled")),
}
_BY_ITSELF: Mapping[Kind, Text] = {
    Kind.MISSED: gettext_lazy("This server was off when it should have gone out"),
    Kind.NEEDS_DECISION: gettext_lazy("Only questions are left"),
    Kind.CANCELLED: gettext_lazy("Nothing more goes out"),
    Kind.COMPLETED: gettext_lazy("All messages were sent"),
}
# What somebody answered about a job.
ANSWERS: Mapping[str, Text] = {
    DecisionKind.MARK_AS_SENT: gettext_lazy("%(who)s answered that it was sent to %(people)s"),
    DecisionKind.SEND_AGAIN: gettext_lazy("%(who)s had it sent to %(people)s again"),
    DecisionKind.DO_NOT_SEND: gettext_lazy("%(who)s decided not to send it to %(people)s"),
    DecisionKind.TRY_AGAIN: gettext_lazy("%(who)s had it tried again for %(people)s"),
}


def _by_hand(kind: Kind) -> Callable[[str, Details], str]:
    named, unnamed = _BY_HAND[kind]
    return lambda who, _details: str(named) % {"who": who} if who else str(unnamed)


def _people(details: Details) -> str:
    return people(details.get("people", 0))


def _exported(who: str, details: Details) -> str:
    count = {"people": people(details.get("people", 0)), "who": who or _("Someone who left")}
    return _("%(who)s exported it with its %(people)s") % count


def _by_itself(text: str | Promise) -> Callable[[str, Details], str]:
    return lambda _who, _details: str(text)


def _launched(who: str, details: Details) -> str:
    count = people(details.get("people", 0))
    if who:
        return _("%(who)s confirmed sending to %(people)s") % {"who": who, "people": count}
    return _("Sending to %(people)s was confirmed") % {"people": count}


def _launch_undone(who: str, details: Details) -> str:
    if details.get("reason") == "audience_changed":
        return _(
            "Back to a draft: the lists changed from %(before)s to %(now)s while it was getting "
            "ready"
        ) % {"before": people(details.get("confirmed") or 0), "now": people(details["counted"])}
    if details.get("reason") == "not_as_approved":
        return not_as_approved(details)
    if details.get("reason") == "not_approved":
        return _(
            "Back to a draft, nothing was sent: %(people)s would get it, and for so many a second "
            "person has to approve it first"
        ) % {"people": people(details["counted"])}
    if details.get("reason") == "numbers_emptied":
        return _(
            "Back to a draft, nothing was sent: the numbers of a campaign whose people should "
            "be left out are no longer kept"
        )
    if details.get("reason") == "too_many_texts":
        return _(
            "Back to a draft: its fields make more different messages than may be sent at once. "
            "Use fewer fields or fewer people, or send one message for each person"
        )
    if details.get("reason") == "never_ends":
        return _(
            "Back to a draft: with these sending hours and this pace it would take more than a year"
        )
    if who:
        return _("%(who)s undid sending; nothing was sent") % {"who": who}
    return _("Sending was undone; nothing was sent")


def _frozen(_who: str, details: Details) -> str:
    return _("The list of people is complete: %(people)s") % {
        "people": people(details.get("people", 0))
    }


def _started(_who: str, _details: Details) -> str:
    return _("Sending began")


def _paused(who: str, details: Details) -> str:
    if who:
        return _("%(who)s paused it") % {"who": who}
    reason = details.get("reason", "")
    why = PAUSE_WORDS.get(reason, "") if reason != PauseReason.PERSON else ""
    return _("Paused. %(why)s") % {"why": why} if why else _("Paused")


def _unclear(_who: str, details: Details) -> str:
    return _("No clear answer for %(people)s (%(why)s)") % {
        "people": _people(details),
        "why": unclear_words(details.get("reason", "")),
    }


def _refused(_who: str, details: Details) -> str:
    return _("Not sent to %(people)s: Sociocs refused it") % {"people": _people(details)}


def _found(_who: str, details: Details) -> str:
    return _("Found at Sociocs: the message to %(people)s") % {"people": _people(details)}


def _taking_back(who: str, details: Details) -> str:
    if who:
        return _("%(who)s asked Sociocs to stop it for %(people)s") % {
            "who": who,
            "people": _people(details),
        }
    return _("Sociocs was asked to stop it for %(people)s") % {"people": _people(details)}


def _opted_out(_who: str, details: Details) -> str:
    return _("Opted out after this was given to Sociocs: %(people)s") % {
        "people": people(details.get("people", 0))
    }


def _late_look(_who: str, details: Details) -> str:
    result = details.get("result", "")
    if result == LateLook.TAKEN_OUT:
        return _(
            "The message to %(people)s was stopped in time. It goes out without those who opted out"
        ) % {"people": _people(details)}
    why = WHY_NOT_TAKEN_OUT[LateLook(result)] if result in set(LateLook) else ""
    return _("The message to %(people)s stays as it is, although someone opted out: %(why)s") % {
        "people": _people(details),
        "why": why,
    }


def _split(_who: str, details: Details) -> str:
    return _("The rest goes out to at most %(people)s at a time") % {
        "people": people(details.get("people", 0))
    }


def _decided(who: str, details: Details) -> str:
    unknown = gettext_lazy("%(who)s answered for %(people)s")
    answer = ANSWERS.get(details.get("answer", ""), unknown)
    return str(answer) % {"who": who or _("Someone"), "people": _people(details)}


def _trouble(_who: str, details: Details) -> str:
    return str(trouble_words(details.get("code", "")).began)


def _trouble_over(_who: str, details: Details) -> str:
    return str(trouble_words(details.get("code", "")).ended)


_SENTENCES: Mapping[Kind, Callable[[str, Details], str]] = {
    **schedule_timeline.SENTENCES,
    **{kind: _by_hand(kind) for kind in _BY_HAND},
    **{kind: _by_itself(text) for kind, text in _BY_ITSELF.items()},
    Kind.LAUNCHED: _launched,
    Kind.LAUNCH_UNDONE: _launch_undone,
    Kind.FROZEN: _frozen,
    Kind.STARTED: _started,
    Kind.PAUSED: _paused,
    Kind.UNCLEAR: _unclear,
    Kind.REFUSED: _refused,
    Kind.FOUND: _found,
    Kind.TAKING_BACK: _taking_back,
    Kind.SPLIT: _split,
    Kind.OPTED_OUT: _opted_out,
    Kind.LATE_LOOK: _late_look,
    Kind.DECIDED: _decided,
    Kind.EXPORTED: _exported,
    Kind.TROUBLE: _trouble,
    Kind.TROUBLE_OVER: _trouble_over,
}
