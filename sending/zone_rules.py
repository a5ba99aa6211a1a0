"""Governments change their clocks: what waits here keeps its time on the wall, not its instant.

Once a day the rules of today (the tzdata that is installed) are asked again for every campaign that
was not handed over yet, and for the next run of every campaign that repeats. Where they say
something else of the clocks that a plan rests on, its wall time and its sending hours are read by
them and it is planned again; where that gives other moments, its timeline says so, once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, Heartbeat
from campaigns.moves import record_event, with_each_free
from campaigns.scheduling import clock_rules
from campaigns.scheduling.timing import lead, zone_of
from campaigns.states import CampaignState
from sending import repeating, rescheduling, timetable
from sending.control import NotPossible
from sending.rescheduling import NewTime

_EVERY = timedelta(days=1)
_PART = "zone_rules"


def recheck_waiting() -> None:
    """Ask today's rules about whatever waits, if that was not done for a day."""
    now = timezone.now()
    if Heartbeat.objects.filter(part=_PART, at__gt=now - _EVERY).exists():
        return
    waiting = Campaign.objects.filter(state=CampaignState.SCHEDULED.value, hand_over_at__gt=now)
    repeated = Campaign.objects.filter(next_run_at__isnull=False)
    are_done = (
        with_each_free(_ids(waiting), lambda campaign: _look_at(campaign, now)),
        with_each_free(_ids(repeated), _look_at_next_run),
    )
    if all(are_done):
        Heartbeat.objects.update_or_create(part=_PART, defaults={"at": now})


def _ids(campaigns: QuerySet[Campaign]) -> list[int]:
    return list(campaigns.values_list("pk", flat=True))


def _look_at(campaign: Campaign, now: datetime) -> None:
    if campaign.state != CampaignState.SCHEDULED:
        return
    rules = clock_rules.noted(campaign)
    if campaign.clock_rules == rules:
        return
    # Noted also where nothing follows from it, so that nothing is told twice.
    Campaign.objects.filter(pk=campaign.pk).update(clock_rules=rules)
    if campaign.clock_rules:
        _follow(campaign, now)


def _follow(campaign: Campaign, now: datetime) -> None:
    """Plan a campaign again by today's rules, and tell what came of it."""
    before, moment = _slots(campaign), campaign.send_at
    is_kept = False
    try:
        at = _by_todays_rules(campaign, now)
        rescheduling.check_time(at, now)
        with transaction.atomic():
            moment = rescheduling.plan_from(campaign, at, now)
    except NotPossible:
        # Clocks jump over it now, it has passed by them, or no plan fits: it keeps its moments.
        is_kept = True
    if is_kept or _slots(campaign) != before:
        _tell(campaign, "kept" if is_kept else "moved", moment, zone_of(campaign))


def _by_todays_rules(campaign: Campaign, now: datetime) -> datetime:
    """From when on it is planned. Raises NotPossible for a wall time that does not exist."""
    soonest = now + lead()
    if not campaign.wall_time:
        # Launched to go out at once, and held up by its hours or by a daily limit.
        return soonest
    at = NewTime(campaign.wall_time, campaign.time_zone, campaign.fold).instant()
    # Hours may begin so much later than its time that this has passed meanwhile.
    return max(at, soonest) if timetable.is_timed(campaign) else at


def _slots(campaign: Campaign) -> list[datetime]:
    return list(campaign.submissions.order_by("seq").values_list("planned_slot", flat=True))


def _look_at_next_run(campaign: Campaign) -> None:
    due = campaign.next_run_at
    if due is None or not campaign.repeat:
        return
    following = repeating.next_of(campaign, due)
    if following.instant != due:
        Campaign.objects.filter(pk=campaign.pk).update(
            next_run_at=following.instant, next_run_on=following.day
        )
        _tell(campaign, "run", following.instant, campaign.repeat["zone"])


def _tell(campaign: Campaign, what: str, moment: datetime | None, zone: str) -> None:
    record_event(
        campaign,
        CampaignEvent.Kind.RESCHEDULED,
        rules=what,
        after=moment.isoformat() if moment else "",
        zone=zone,
    )
