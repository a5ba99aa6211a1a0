"""Runs of campaigns that repeat: each a campaign of its own, made an hour before its time.

The tick makes them (`make_due`). A run's day is unique among the runs of its campaign, and making
it and moving on to the next day are one transaction: a tick that is killed makes no second run and
skips none. After an outage only the latest of the days that passed gets a run, which then asks
whether it should still go out.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from campaigns.copying import LONGEST_NAME, copy_of
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import locked_campaign, record_event, with_each_free
from campaigns.scheduling import repeats
from campaigns.scheduling.clocks import WALL_FORMAT, shown
from campaigns.scheduling.repeats import Occurrence
from campaigns.scheduling.timing import lead
from interface.dates import written
from sending import launch
from sending.readiness import LaunchRefused
from teams.languages import spoken_by
from teams.models import User

# So long before its time a run is made: it can still be looked at, changed and cancelled.
AHEAD = timedelta(hours=1)
_RUNS_SHOWN = 5


def latest_runs(campaign: Campaign) -> list[Campaign]:
    """The runs of a campaign, latest first."""
    return list(campaign.runs.order_by("-run_on")[:_RUNS_SHOWN])


def end_repeat(campaign: Campaign, user: User) -> bool:
    """Make no more runs; False when that was so before."""
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.next_run_at is None:
            return False
        Campaign.objects.filter(pk=locked.pk).update(next_run_at=None, next_run_on=None)
        record_event(locked, CampaignEvent.Kind.REPEAT_ENDED, user)
    campaign.refresh_from_db()
    return True


def make_due() -> None:
    """Make the runs whose time is near."""
    now = timezone.now()
    due = Campaign.objects.filter(next_run_at__lte=now + AHEAD + lead())
    ids = list(due.values_list("pk", flat=True))
    with_each_free(ids, lambda campaign: _make(campaign, now))


def _make(campaign: Campaign, now: datetime) -> None:
    """Make the next run of a campaign whose row is locked, and note when the one after is due."""
    due = campaign.next_run_at
    if due is None or due > now + AHEAD + lead() or not campaign.repeat:
        return
    occurrence = _latest_due(campaign, due, now)
    following = repeats.next_run(campaign.repeat, occurrence.instant)
    Campaign.objects.filter(pk=campaign.pk).update(**following)
    _run_of(campaign, occurrence)
    if following["next_run_at"] is None:
        record_event(campaign, CampaignEvent.Kind.REPEAT_ENDED)


def _latest_due(campaign: Campaign, due: datetime, now: datetime) -> Occurrence:
    """The run that is due; of several that an outage left behind, the last."""
    assert campaign.repeat is not None
    repeat, occurrence = repeats.from_json(campaign.repeat), next_of(campaign, due)
    for one in repeats.occurrences(repeat, occurrence.instant):
        if one.instant > now:
            break
        occurrence = one
    return occurrence


def next_of(campaign: Campaign, due: datetime) -> Occurrence:
    """The next run of a campaign, noted to be due then, as the zone rules of today have it."""
    assert campaign.repeat is not None
    repeat = repeats.from_json(campaign.repeat)
    day = campaign.next_run_on or shown(due, ZoneInfo(repeat.zone)).date()
    return repeats.occurrence_on(repeat, day)


def _run_of(campaign: Campaign, occurrence: Occurrence) -> None:
    if campaign.runs.filter(run_on=occurrence.day).exists():
        return
    assert campaign.repeat is not None
    zone = campaign.repeat["zone"]
    with spoken_by(campaign.launched_by):
        name = name_of_run(campaign.name, occurrence.day)
    run = copy_of(
        campaign,
        campaign.launched_by,
        name=name,
        parent=campaign,
        run_on=occurrence.day,
        # As the clocks show it: on a day when they jump over its time, another one.
        wall_time=occurrence.instant.astimezone(ZoneInfo(zone)).strftime(WALL_FORMAT),
        time_zone=zone,
        fold=0,
    )
    _launch(campaign, run, occurrence)


def _launch(campaign: Campaign, run: Campaign, occurrence: Occurrence) -> None:
    """Launch a run as its campaign was; what stands in the way is told, and it stays a draft."""
    details: dict[str, Any] = {"day": occurrence.day.isoformat()}
    kind = CampaignEvent.Kind.RUN_MADE
    try:
        launch.launch_run(run, campaign, uuid4(), occurrence.instant)
    except LaunchRefused as refused:
        kind = CampaignEvent.Kind.RUN_WAITS
        details["why"] = refused.kept()
    for one in (campaign, run):
        record_event(one, kind, **details)


def name_of_run(name: str, day: date) -> str:
    """`Reminder` -> `Reminder · 2 Apr 2026`, within the room that a name has."""
    ending = f" · {written(day, 'j M Y')}"
    return name[: LONGEST_NAME - len(ending)].rstrip() + ending
