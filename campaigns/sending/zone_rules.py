"""Governments change their clocks: what waits here keeps its time on the wall, not its instant.

Once a day the rules of today (the tzdata that is installed) are asked again for every campaign that
was not handed over yet. Where they make another instant of its wall time, it is planned again for
that, and its timeline says so. Not looked at are campaigns with sending hours, which may begin
later than their time: their hours are read by today's rules whenever a job is handed over.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Heartbeat
from campaigns.moves import locked_campaign
from campaigns.sending import rescheduling
from campaigns.sending.control import NotPossible
from campaigns.sending.rescheduling import NewTime
from campaigns.states import CampaignState

_EVERY = timedelta(days=1)
_PART = "zone_rules"
# The first job may have its slot some seconds later than the time, a daily limit puts it off by
# whole days; rules move a clock by something between.
_NEAREST = timedelta(minutes=1)
_FURTHEST = timedelta(hours=6)


def look_again() -> None:
    """Ask today's rules about whatever waits, if that was not done for a day."""
    now = timezone.now()
    if Heartbeat.objects.filter(part=_PART, at__gt=now - _EVERY).exists():
        return
    waiting = Campaign.objects.filter(
        state=CampaignState.SCHEDULED.value, hand_over_at__gt=now, hours_from=None
    ).exclude(wall_time="")
    for campaign_id in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            _look_at(locked_campaign(campaign_id))
    Heartbeat.objects.update_or_create(part=_PART, defaults={"at": now})


def _look_at(campaign: Campaign) -> None:
    if campaign.state != CampaignState.SCHEDULED or campaign.send_at is None:
        return
    time = NewTime(campaign.wall_time, campaign.time_zone, campaign.fold)
    try:
        moved = abs(time.instant() - campaign.send_at)
        if _NEAREST <= moved < _FURTHEST:
            rescheduling.follow_rules(campaign, time)
    except NotPossible:
        # The clocks jump over it now, or it has passed by them: it keeps the instant it has.
        return
