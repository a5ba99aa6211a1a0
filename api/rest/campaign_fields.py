"""A campaign as JSON: what a draft may say, and what is told of one.

What is sent goes through the composer's own form, laid over what the draft says already, so that
every rule of that page holds here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from ninja import Field, Schema

from api.rest.problems import invalid
from api.rest.texts import Moment, Text
from campaigns.models import Campaign
from composer import approvals
from composer.drafts import Content, content_of
from composer.forms import ComposeForm, stored_draft
from composer.schedule_fields import LATER, NOW, SET_HOURS, fields_of_pace
from composer.send_method_fields import BY_HAND, OWN_WORDS, TEMPLATE
from composer.template_picker import IN_LINES
from teams.models import User


class Pace(Schema):
    """At most so many people in each so many minutes."""

    people: int = Field(ge=1, le=10_000_000)
    minutes: int = Field(ge=1, le=1_440_000)


class Hours(Schema):
    """When messages may go out; `zone`: by the campaign's clock, or each person's own."""

    begin: time
    end: time
    zone: Literal["campaign", "recipient"] = "campaign"
    zone_field: Text = Field("", max_length=200)
    continues_next_day: bool = False


class Template(Schema):
    """An approved WhatsApp template; `variables` one a line, as `1 = {{CUSTOMER_NAME}}`.

    `registered`: one of the team's own, which knows its id and text itself.
    """

    registered: UUID | None = None
    id: Text = Field("", max_length=200)
    body: Text = Field("", max_length=4096)
    variables: Text = Field("", max_length=8192)


class DraftFields(Schema):
    """What a draft says. What is not sent stays as it is."""

    name: Text | None = Field(None, max_length=120, examples=["Reminder for Tuesday"])
    channel: UUID | None = None
    text: Text | None = Field(None, max_length=20_000, examples=["Hello {{CUSTOMER_NAME}}"])
    media_kind: Literal["", "image", "video", "file"] | None = None
    media_url: Text | None = Field(None, max_length=2000)
    method: Literal["jobs", "each", "template"] | None = Field(
        None, description="Jobs for many people, one message for each, or a WhatsApp template."
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
    text: str
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
    left_out: dict[str, int]
    waits_for_approval: bool


def etag_of(campaign: Campaign) -> str:
    """The version, as `If-Match` names it."""
    return f'"{campaign.version}"'


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
    method = "template" if content.template else "each" if content.one_by_one else "jobs"
    return {
        **summary_of(campaign),
        **{name: getattr(content, name) for name in same},
        **{name: [one.public_id for one in getattr(content, name)] for name in chosen},
        **_timing(content),
        "method": method,
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
    pace = hours = None
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
    return {"pace": pace, "hours": hours}


# --- From what is sent to what the composer's form takes ------------------------------------------

# The form's fields that are called otherwise here.
_CALLED = {
    **dict.fromkeys(("date", "time", "when", "fold"), "send_at"),
    **dict.fromkeys(("is_paced", "pace_count", "pace_every", "pace_unit"), "pace"),
    **dict.fromkeys(("hours_from", "hours_to", "hours_zone", "zone_field"), "hours"),
    **dict.fromkeys(("template_id", "template_body", "template_variables"), "template"),
    **dict.fromkeys(("whatsapp_template", "places", "empty_places", "says"), "template"),
    "send_method": "method",
    "__all__": "",
}


def content_sent(campaign: Campaign, user: User, sent: DraftFields) -> Content:
    """What the draft would say with what was sent. Raises NotDone (422) naming each field."""
    given = sent.model_dump(exclude_unset=True)
    given.pop("from_template", None)
    posted = stored_draft(campaign, content_of(campaign)) | _posted(campaign, given)
    form = ComposeForm(campaign, user, posted)
    if not form.is_valid():
        raise invalid(
            (_CALLED.get(name, name), str(sentence))
            for name, sentences in form.errors.items()
            for sentence in sentences
        )
    return form.content()


def _posted(campaign: Campaign, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, as a browser would post it."""
    renamed = {"method", "template", "send_at", "pace", "hours"}
    posted = {
        name: "" if value is None else value for name, value in given.items() if name not in renamed
    }
    # A form has no null for these: nothing is chosen.
    for name in posted:
        if posted[name] == "" and (name.startswith(("lists", "filters", "campaigns"))):
            posted[name] = []
    zone = given.get("time_zone") or campaign.time_zone or campaign.team.time_zone
    posted["time_zone"] = zone
    if given.get("method"):
        posted["send_method"] = given["method"]
        posted["says"] = TEMPLATE if given["method"] == TEMPLATE else OWN_WORDS
    if template := given.get("template"):
        posted |= {f"template_{name}": text for name, text in template.items()}
        posted["whatsapp_template"] = str(template.get("registered") or BY_HAND)
        posted["places"] = IN_LINES
    if "send_at" in given:
        posted |= posted_moment(given["send_at"], zone)
    if "pace" in given:
        pace = given["pace"]
        posted |= fields_of_pace(pace["people"], pace["minutes"]) if pace else {"is_paced": ""}
    if "hours" in given:
        posted |= _posted_hours(given["hours"])
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
