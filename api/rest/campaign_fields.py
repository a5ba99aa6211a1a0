"""A campaign as JSON: what a draft may say, and what is told of one.

What is sent goes through the composer's own form, laid over what the draft says already, so that
every rule of that page holds here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from ninja import Field, Schema
from pydantic import StringConstraints

from api.rest.problems import invalid
from api.rest.texts import FieldName, Moment, Sent, Text, TimeOfDay
from campaigns.models import Campaign
from campaigns.scheduling import repeats
from campaigns.scheduling.repeats import Every, Repeat
from campaigns.texts.personal_texts import FieldRules
from composer import approvals
from composer.drafts import Content, content_of
from composer.field_forms import (
    LONGEST_FALLBACK,
    MOST_ROWS,
    posted_day_first,
    posted_fallbacks,
)
from composer.forms import ComposeForm, stored_draft
from composer.schedule_fields import (
    LATER,
    MOST_RUNS,
    NOW,
    SET_HOURS,
    fields_of_pace,
    fields_of_repeat,
)
from composer.send_method_fields import BY_HAND, OWN_WORDS, TEMPLATE
from composer.template_picker import IN_LINES
from teams.models import User

Fallback = Annotated[Text, StringConstraints(max_length=LONGEST_FALLBACK)]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Pace(Sent):
    """At most so many people in each so many minutes."""

    people: int = Field(ge=1, le=10_000_000)
    minutes: int = Field(ge=1, le=1_440_000)


class Hours(Sent):
    """When messages may go out; `zone`: by the campaign's clock, or each person's own."""

    begin: TimeOfDay
    end: TimeOfDay
    zone: Literal["campaign", "recipient"] = "campaign"
    zone_field: Text = Field("", max_length=200)
    continues_next_day: bool = False


class RepeatOfCampaign(Sent):
    """How often it goes out again, at the hour of `send_at`; `weekdays` of a week's runs."""

    every: Literal["day", "week", "month"]
    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = []
    month_day: int | None = Field(
        None, ge=1, le=31, description="In a shorter month its last day; null: that of `send_at`."
    )
    times: int | None = Field(None, ge=1, le=MOST_RUNS, description="The first run included.")
    until: date | None = Field(None, description="The last day of a run, instead of `times`.")


class Template(Sent):
    """An approved WhatsApp template; `variables` one a line, as `1 = {{CUSTOMER_NAME}}`.

    `registered`: one of the team's own, which knows its id and text itself.
    """

    registered: UUID | None = None
    id: Text = Field("", max_length=200)
    body: Text = Field("", max_length=4096)
    variables: Text = Field("", max_length=8192)


class DraftFields(Sent):
    """What a draft says. What is not sent stays as it is."""

    name: Text | None = Field(None, max_length=120, examples=["Reminder for Tuesday"])
    channel: UUID | None = None
    sent_as: UUID | None = Field(
        None, description="Who is shown as sender in Sociocs: of the channel's `senders`."
    )
    text: Text | None = Field(None, max_length=20_000, examples=["Hello {{CUSTOMER_NAME}}"])
    fallbacks: dict[FieldName, Fallback] | None = Field(
        None,
        max_length=MOST_ROWS,
        description="What is written for whom a field is empty; without, they are left out.",
        examples=[{"CUSTOMER_NAME": "you"}],
    )
    day_first: bool | None = Field(
        None, description="Whether 03/04/2026 is 3 April; null: who has such a date is left out."
    )
    media_kind: Literal["", "image", "video", "file"] | None = None
    media_url: Text | None = Field(None, max_length=2000)
    method: Literal["jobs", "each", "template"] | None = Field(
        None,
        description="Chosen for you (`jobs`, or a message each where nearly every text differs), "
        "always a message for each, or a WhatsApp template.",
    )
    template: Template | None = None
    lists: list[UUID] | None = Field(None, max_length=100)
    lists_left_out: list[UUID] | None = Field(None, max_length=100)
    filters: list[UUID] | None = Field(None, max_length=100)
    filters_left_out: list[UUID] | None = Field(None, max_length=100)
    campaigns_left_out: list[UUID] | None = Field(None, max_length=100)
    days_left_out: int | None = Field(None, ge=1, le=365)
    duplicates_allowed: bool | None = None
    send_at: Moment | None = Field(
        None, description="When, to the minute; null: now.", examples=["2026-12-01T09:30:00-05:00"]
    )
    time_zone: Text | None = Field(None, max_length=64, examples=["America/New_York"])
    pace: Pace | None = Field(None, description="Null: as fast as it goes.")
    hours: Hours | None = Field(None, description="Null: at any time of day.")
    repeat: RepeatOfCampaign | None = Field(None, description="Null: just once.")
    clock_keeper: Literal["sociocs", "here"] | None = Field(
        None, description="Who keeps the clock until a job goes out."
    )


class NewCampaign(DraftFields):
    """A new draft, of a saved message (`from_template`) or of nothing."""

    from_template: UUID | None = None


class CampaignSummary(Schema):
    """A campaign in a row."""

    id: UUID
    name: str
    state: str
    version: int
    channel: UUID | None
    send_at: datetime | None
    people: int
    created_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None


class CampaignOut(CampaignSummary):
    """All that is told of a campaign."""

    state_reason: str
    sent_as: UUID | None
    text: str
    fallbacks: dict[str, str]
    day_first: bool | None
    media_kind: str
    media_url: str
    method: str
    lists: list[UUID]
    lists_left_out: list[UUID]
    filters: list[UUID]
    filters_left_out: list[UUID]
    campaigns_left_out: list[UUID]
    days_left_out: int | None
    duplicates_allowed: bool
    time_zone: str
    pace: Pace | None
    hours: Hours | None
    repeat: RepeatOfCampaign | None
    next_run_at: datetime | None
    clock_keeper: str
    left_out: dict[str, int]
    waits_for_approval: bool


def summary_of(campaign: Campaign) -> dict[str, Any]:
    """A campaign in a row; a draft's time is the one it was given."""
    return {
        "id": campaign.public_id,
        "name": campaign.name,
        "state": campaign.state,
        "version": campaign.version,
        "channel": campaign.channel.public_id if campaign.channel else None,
        "send_at": campaign.send_at or _planned(campaign),
        "people": campaign.frozen_count,
        "created_at": campaign.created_at,
        "launched_at": campaign.launched_at,
        "finished_at": campaign.finished_at,
    }


def campaign_as_json(campaign: Campaign) -> dict[str, Any]:
    """All that is told of a campaign."""
    content = content_of(campaign)
    chosen = ("lists", "lists_left_out", "filters", "filters_left_out", "campaigns_left_out")
    same = ("text", "media_kind", "media_url", "days_left_out", "duplicates_allowed", "time_zone")
    rules = FieldRules.from_json(content.field_rules)
    method = "template" if content.template else "each" if content.one_by_one else "jobs"
    return {
        **summary_of(campaign),
        **{name: getattr(content, name) for name in same},
        **{name: [one.public_id for one in getattr(content, name)] for name in chosen},
        **_timing(content),
        "method": method,
        "sent_as": content.sent_as.public_id if content.sent_as else None,
        "fallbacks": dict(rules.fallbacks),
        "day_first": rules.day_first,
        "next_run_at": campaign.next_run_at,
        "state_reason": campaign.state_reason,
        "left_out": campaign.left_out,
        "waits_for_approval": campaign.pk in approvals.waiting_for_approval([campaign.pk]),
    }


def _planned(campaign: Campaign) -> datetime | None:
    if not campaign.wall_time:
        return None
    wall = datetime.fromisoformat(campaign.wall_time)
    return wall.replace(tzinfo=ZoneInfo(campaign.time_zone), fold=campaign.fold)


def _timing(content: Content) -> dict[str, Any]:
    timing = content.timing
    pace = hours = repeat = None
    if timing.repeat:
        repeat = _repeat(repeats.from_json(timing.repeat))
    if timing.pace_count and timing.pace_minutes:
        pace = {"people": timing.pace_count, "minutes": timing.pace_minutes}
    if timing.hours_from is not None and timing.hours_to is not None:
        hours = {
            "begin": timing.hours_from,
            "end": timing.hours_to,
            "zone": timing.hours_zone,
            "zone_field": timing.zone_field,
            "continues_next_day": timing.continues_next_day,
        }
    return {
        "pace": pace,
        "hours": hours,
        "repeat": repeat,
        "clock_keeper": timing.clock_keeper,
    }


def _repeat(repeat: Repeat) -> dict[str, Any]:
    is_monthly = repeat.every is Every.MONTH
    return {
        "every": repeat.every.value,
        "weekdays": [_WEEKDAYS[day] for day in sorted(repeat.weekdays)],
        # The last day is the 31st in the months that have it.
        "month_day": (repeat.month_day or 31) if is_monthly else None,
        "times": repeat.times,
        "until": None if repeat.times else repeat.until,
    }


# --- From what is sent to what the composer's form takes ------------------------------------------

# The form's fields that are called otherwise here.
_CALLED = {
    **dict.fromkeys(("date", "time", "when", "fold"), "send_at"),
    **dict.fromkeys(("is_paced", "pace_count", "pace_every", "pace_unit"), "pace"),
    **dict.fromkeys(("hours_from", "hours_to", "hours_zone", "zone_field"), "hours"),
    **dict.fromkeys(("template_id", "template_body", "template_variables"), "template"),
    **dict.fromkeys(("whatsapp_template", "places", "empty_places", "says"), "template"),
    "send_method": "method",
    "repeats": "repeat",
    "repeat_days": "repeat.weekdays",
    "repeat_month_day": "repeat.month_day",
    "repeat_times": "repeat.times",
    "repeat_until": "repeat.until",
    "__all__": "",
}


def content_sent(campaign: Campaign, user: User, sent: DraftFields) -> Content:
    """What the draft would say with what was sent. Raises NotDone (422) naming each field."""
    given = {name: value for name, value in sent.model_dump().items() if _is_said(sent, name)}
    posted = stored_draft(campaign, content_of(campaign))
    if "fallbacks" in given:
        posted = {name: value for name, value in posted.items() if not name.startswith("rule_")}
    posted |= _posted(campaign, given)
    form = ComposeForm(campaign, user, posted)
    if not form.is_valid():
        raise invalid(
            (_called(name), str(sentence))
            for name, sentences in form.errors.items()
            for sentence in sentences
        )
    return form.content()


def _is_said(sent: DraftFields, name: str) -> bool:
    return name in sent.model_fields_set and name in DraftFields.model_fields


def _called(name: str) -> str:
    """A field of the form by its name here."""
    return "fallbacks" if name.startswith("rule_") else _CALLED.get(name, name)


def _posted(campaign: Campaign, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, as a browser would post it."""
    zone = given.get("time_zone") or campaign.time_zone or campaign.team.time_zone
    posted = {"time_zone": zone}
    for name, value in given.items():
        if name == "send_at":
            posted |= posted_moment(value, zone)
        elif name in _POSTED_AS:
            posted |= _POSTED_AS[name](value)
        elif name.startswith(("lists", "filters", "campaigns")):
            # A form has no null for these: nothing is chosen.
            posted[name] = value or []
        elif name != "time_zone":
            posted[name] = "" if value is None else value
    return posted


def posted_moment(moment: datetime | None, zone: str) -> dict[str, Any]:
    """A moment as day, time and which of two, by the clock of `zone`; None: now."""
    if moment is None:
        return {"when": NOW}
    try:
        there = moment.astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError, OSError, LookupError):
        told = "There is no such time zone, or no such moment in it."
        raise invalid([("time_zone", told)]) from None
    return {
        "when": LATER,
        "date": f"{there:%Y-%m-%d}",
        "time": f"{there:%H:%M}",
        "fold": str(there.fold),
        "time_zone": zone,
    }


def _posted_method(method: str | None) -> dict[str, Any]:
    if not method:
        return {}
    return {"send_method": method, "says": TEMPLATE if method == TEMPLATE else OWN_WORDS}


def _posted_template(said: Mapping[str, Any] | None) -> dict[str, Any]:
    if not said:
        return {}
    posted = {f"template_{name}": text for name, text in said.items()}
    return posted | {
        "whatsapp_template": str(said.get("registered") or BY_HAND),
        "places": IN_LINES,
    }


def _posted_repeat(repeat: Mapping[str, Any] | None) -> dict[str, Any]:
    if repeat is None:
        return fields_of_repeat(None, (), "", None, None)
    if repeat["times"] and repeat["until"]:
        raise invalid([("repeat.until", "Send `times` or `until`, and not both.")])
    weekdays = {_WEEKDAYS.index(day) for day in repeat["weekdays"]}
    day = str(repeat["month_day"] or "")
    every = Every(repeat["every"])
    return fields_of_repeat(every, weekdays, day, repeat["times"], repeat["until"])


def _posted_hours(hours: Mapping[str, Any] | None) -> dict[str, Any]:
    if hours is None:
        return {"hours": "any"}
    return {
        "hours": SET_HOURS,
        "hours_from": f"{hours['begin']:%H:%M}",
        "hours_to": f"{hours['end']:%H:%M}",
        "hours_zone": hours["zone"],
        "zone_field": hours["zone_field"],
        "continues_next_day": hours["continues_next_day"],
    }


def _posted_pace(pace: Mapping[str, Any] | None) -> dict[str, Any]:
    return fields_of_pace(pace["people"], pace["minutes"]) if pace else {"is_paced": ""}


# How each of these is posted; what is not here is a field of the form by the same name.
_POSTED_AS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "method": _posted_method,
    "template": _posted_template,
    "pace": _posted_pace,
    "hours": _posted_hours,
    "fallbacks": lambda fallbacks: posted_fallbacks(fallbacks or {}),
    "day_first": lambda day_first: {"day_first": posted_day_first(day_first)},
    "repeat": _posted_repeat,
}
