"""How fast, at which times of day and how often a draft goes out: what its schedule step says.

The day and time itself are fields of `drafts.Content`; this is all the rest of the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import time, timedelta
from typing import Any

from django.conf import settings

from campaigns.models import Campaign, ClockKeeper, HoursZone
from teams.models import Team


@dataclass(frozen=True, slots=True)
class Timing:
    """What `Campaign`'s fields of the same names say."""

    clock_keeper: str = ClockKeeper.SOCIOCS.value
    pace_count: int | None = None
    pace_minutes: int | None = None
    hours_from: time | None = None
    hours_to: time | None = None
    hours_zone: str = HoursZone.CAMPAIGN.value
    zone_field: str = ""
    continues_next_day: bool = False
    # `repeats.as_json`, or None for once.
    repeat: Mapping[str, Any] | None = None

    def columns(self) -> dict[str, Any]:
        """The values of the campaign's columns."""
        return asdict(self)


def timing_of(campaign: Campaign) -> Timing:
    """When a campaign is to go out, as its columns hold it."""
    return Timing(**{name: getattr(campaign, name) for name in Timing.__dataclass_fields__})


def lead() -> timedelta:
    """How long before its slot a job is handed over."""
    return timedelta(seconds=settings.LEAD_SECONDS)


def zone_of(campaign: Campaign) -> str:
    """The zone whose clock counts for the whole campaign."""
    return campaign.time_zone or campaign.team.time_zone


def usual_for(team: Team) -> Timing:
    """What a new draft of a team begins with."""
    return Timing(hours_from=team.hours_from, hours_to=team.hours_to)
