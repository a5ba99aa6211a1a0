"""What happened to a campaign's time, approval and repeats: sentences for its timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import CampaignEvent
from interface.dates import written
from interface.wording import Text, as_read, number, people

Kind = CampaignEvent.Kind
Details = dict[str, Any]


# What stopping came to, each with the people it is said of.
_TAKEN_BACK: Mapping[str, Text] = {
    "out": gettext_lazy("Already sent to %(people)s."),
    "never_left": gettext_lazy("Never given to Sociocs: %(people)s."),
    "kept": gettext_lazy("Sociocs gave no id to stop it by, so it still goes out to %(people)s."),
    "unclear": gettext_lazy("Unclear for %(people)s: it may go out."),
    "gone": gettext_lazy("No longer there to stop: %(people)s."),
}


def taken_back_in_words(details: Details) -> str:
    """`Stopped in time for 5 of 12 people. Already sent to 7 people.`: sentences."""
    values = {"n": number(details.get("back", 0)), "people": people(details.get("people", 0))}
    told = [
        str(words) % {"people": people(details[fact])}
        for fact, words in _TAKEN_BACK.items()
        if details.get(fact)
    ]
    return " ".join([_("Stopped in time for %(n)s of %(people)s.") % values, *told])


def _moment(text: str, zone: str) -> str:
    if not text:
        return "?"
    return written(datetime.fromisoformat(text).astimezone(ZoneInfo(zone or "UTC")), "D j M, H:i")


# A government changed its clocks after it was planned (`sending.zone_rules`).
_BY_RULES = {
    "moved": gettext_lazy("Clock rules changed, so it was planned again. It begins at %(time)s"),
    "kept": gettext_lazy(
        "Clock rules changed, and its planned time no longer exists. It keeps its moment, which "
        "is now %(time)s"
    ),
    "run": gettext_lazy("Clock rules changed, so its next run was planned again: %(time)s"),
}


def _rescheduled(who: str, details: Details) -> str:
    values = {"who": who, "time": _moment(details.get("after", ""), details.get("zone", ""))}
    if rules := details.get("rules"):
        return str(_BY_RULES[rules] % values)
    if who:
        return _("%(who)s chose another time: %(time)s") % values
    return _("It got another time: %(time)s") % values


def _take_back_asked(who: str, details: Details) -> str:
    values = {"who": who or _("Someone"), "people": people(details.get("people", 0))}
    if details.get("then") == "undo":
        return _("%(who)s undid sending. To stop at Sociocs first: %(people)s") % values
    if details.get("then") == "reschedule":
        return _("%(who)s chose another time. To stop at Sociocs first: %(people)s") % values
    return _("%(who)s paused it. To stop at Sociocs: %(people)s") % values


def _taken_back(_who: str, details: Details) -> str:
    return taken_back_in_words(details)


def _overruled(who: str, details: Details) -> str:
    return _("%(who)s confirmed: %(what)s") % {
        "who": who or _("Someone"),
        "what": " · ".join(map(as_read, details.get("warnings", []))),
    }


def _approval_asked(who: str, details: Details) -> str:
    return _("%(who)s asked for approval to send to %(people)s") % {
        "who": who or _("Someone"),
        "people": people(details.get("people", 0)),
    }


def _approved(who: str, details: Details) -> str:
    return _("%(who)s approved sending to %(people)s") % {
        "who": who or _("Someone"),
        "people": people(details.get("people", 0)),
    }


def _rejected(who: str, details: Details) -> str:
    values = {"who": who or _("Someone"), "why": details.get("reason", "")}
    return _("%(who)s did not approve it: “%(why)s”") % values


_PARTS: Mapping[str, Text] = {
    "people": gettext_lazy("the people who get it"),
    "BUSINESS_NAME": gettext_lazy("the team's name"),
    "SENDER_NAME": gettext_lazy("the sender's name"),
    "time_zone": gettext_lazy("the team's time zone"),
}


def not_as_approved(details: Details) -> str:
    """Why what a second person approved was not frozen, and what to do."""
    changed = [str(_PARTS[part]) for part in details.get("changed", ["people"]) if part in _PARTS]
    values = {"what": ", ".join(changed)}
    return (
        _(
            "Back to a draft, nothing was sent: after it was approved, this changed: %(what)s. "
            "Look at the plan and ask for approval again"
        )
        % values
    )


def _day(details: Details) -> str:
    day = details.get("day")
    return written(date.fromisoformat(day), "j M Y") if day else "?"


def _run_made(_who: str, details: Details) -> str:
    return _("The repeat of %(day)s was made") % {"day": _day(details)}


def _run_waits(_who: str, details: Details) -> str:
    return _("The repeat of %(day)s waits for someone: %(why)s") % {
        "day": _day(details),
        "why": as_read(details.get("why", {})),
    }


def _repeat_ended(who: str, _details: Details) -> str:
    return (
        _("%(who)s stopped repeating it") % {"who": who}
        if who
        else _("It does not repeat any more")
    )


SENTENCES: Mapping[Kind, Callable[[str, Details], str]] = {
    Kind.RESCHEDULED: _rescheduled,
    Kind.TAKE_BACK_ASKED: _take_back_asked,
    Kind.TAKEN_BACK: _taken_back,
    Kind.OVERRULED: _overruled,
    Kind.APPROVAL_ASKED: _approval_asked,
    Kind.APPROVED: _approved,
    Kind.REJECTED: _rejected,
    Kind.RUN_MADE: _run_made,
    Kind.RUN_WAITS: _run_waits,
    Kind.REPEAT_ENDED: _repeat_ended,
}
