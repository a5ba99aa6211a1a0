"""What launching a draft now would make: its jobs and slots, by zone, before anything is frozen.

Looks at everybody when people are sent to by their own clocks (some seconds for a million people);
otherwise only counts. People with different texts are planned as if they shared one: the true
plan has a job more for each text, a second later each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from campaigns.audiences import audience
from campaigns.audiences.arranging import is_arranged, labeller
from campaigns.models import Campaign
from campaigns.scheduling import pacing
from campaigns.scheduling.timing import zone_of
from sending import timetable
from sociocs_accounts.sender_queue import Estimate


@dataclass(slots=True)
class ZoneForecast:
    """What goes to people who share their possible `zones`; none: by the campaign's clock."""

    zones: tuple[str, ...]
    people: int = 0
    jobs: int = 0
    first: datetime | None = None
    last: datetime | None = None
    next_day: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """A plan: `zones` in the order of their first slots, `slots` with the people of each.

    `doubts`: people by why their own zone is not used (`zones.ZoneDoubt`). `queue`: what the
    channel's sender needs if it were handed all at once. `next_day`: people who do not get it on
    the first day, by the clock that counts for them.
    """

    people: int
    zones: list[ZoneForecast]
    slots: list[tuple[datetime, int]]
    queue: Estimate
    doubts: dict[str, int] = field(default_factory=dict)
    next_day: int = 0


def forecast(campaign: Campaign, start: datetime) -> Forecast:
    """Plan a draft from `start` (`readiness.send_time`) on. Raises pacing.CannotPlan.

    The draft has a channel and a list.
    """
    counted = _people_by_label(campaign, start)
    division = timetable.divide(campaign, counted.items(), start)
    texts = [(campaign.text, counted.total())]
    forecasts = [ZoneForecast(zones) for zones in division.zones]
    slots: list[tuple[datetime, int]] = []
    terms = timetable.terms_of(campaign, start, texts)
    for slice_ in pacing.slices(division.groups, start, terms):
        zone = forecasts[slice_.group]
        zone.people, zone.jobs = zone.people + slice_.size, zone.jobs + 1
        zone.first, zone.last = zone.first or slice_.slot, slice_.slot
        area = ZoneInfo(zone.zones[0] if zone.zones else zone_of(campaign))
        if zone.last.astimezone(area).date() > zone.first.astimezone(area).date():
            zone.next_day += slice_.size
        slots.append((slice_.slot, slice_.size))
    return Forecast(
        people=counted.total(),
        zones=sorted((one for one in forecasts if one.jobs), key=lambda one: one.first or start),
        slots=slots,
        queue=timetable.queue_estimate(campaign, texts),
        doubts=division.report.get("doubts", {}),
        next_day=sum(zone.next_day for zone in forecasts),
    )


def _people_by_label(campaign: Campaign, start: datetime) -> Counter[str]:
    if not is_arranged(campaign):
        return Counter({"": audience.count_audience(campaign).people})
    label_of, column = labeller(start), campaign.zone_field
    queued: Counter[str] = Counter()
    for rows in audience.chunks_of_people(campaign):
        if column:
            queued.update(label_of(row[1], orjson.loads(row[3]).get(column)) for row in rows)
        else:
            queued.update(label_of(row[1], None) for row in rows)
    return queued
