"""Counting what became of each day, so that no page has to: sent, failed, opt-outs, cost.

The last days are counted every few minutes, the whole month once a night, always from the jobs
themselves: an answer that comes in late is in it the next morning at the latest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaigns.models import Heartbeat
from campaigns.states import SubmissionState
from campaigns.texts import sms_segments
from composer.cost import cost_of
from delivery.models import Reply, SentMessage
from history.models import DayCount
from recipients.models import OptOut
from sending.models import Attempt
from sociocs_accounts.models import Channel
from teams.models import Team

SHOWN_DAYS = 30
_LAST_DAYS = 3
_ALL_DAYS = SHOWN_DAYS + 2
_EVERY = timedelta(minutes=5)
_ALL_EVERY = timedelta(hours=20)
_PART, _ALL_PART = "day_counts", "day_counts_of_the_month"


@dataclass
class _DaySums:
    sent: int = 0
    failed: int = 0
    opt_outs: int = 0
    cost: Decimal | None = None


# (channel, day) -> its figures; None is the team itself.
_Days = dict[tuple[int | None, date], _DaySums]


def is_due() -> bool:
    """Whether it is time to count again."""
    return not Heartbeat.objects.filter(part=_PART, at__gt=timezone.now() - _EVERY).exists()


def count_days() -> None:
    """Count the last days of every team, or the whole month if that is due."""
    now = timezone.now()
    if not _claim(_PART, now, _EVERY):
        return
    days = _ALL_DAYS if _claim(_ALL_PART, now, _ALL_EVERY) else _LAST_DAYS
    for team in Team.objects.filter(channels__isnull=False).distinct():
        count_team(team, now, days)


def _claim(part: str, now: datetime, every: timedelta) -> bool:
    """Whether this is the worker that counts this time."""
    _row, is_new = Heartbeat.objects.get_or_create(part=part, defaults={"at": now})
    due = Heartbeat.objects.filter(part=part, at__lte=now - every)
    return is_new or bool(due.update(at=now))


def count_team(team: Team, now: datetime, days: int) -> None:
    """Write the figures of a team's last `days` days, today included."""
    zone = ZoneInfo(team.time_zone)
    first = now.astimezone(zone).date() - timedelta(days=days - 1)
    since = datetime.combine(first, time(), zone)
    sums: _Days = defaultdict(_DaySums)
    channels = {channel.pk: channel for channel in team.channels.select_related("account")}
    _count_jobs(team, channels, since, now, sums)
    failed = SentMessage.objects.filter(
        channel__in=channels, status="failed", changed_at__gte=since
    ).values_list("channel_id", "changed_at")
    for channel_id, moment in failed.iterator():
        sums[channel_id, moment.astimezone(zone).date()].failed += 1
    _count_opt_outs(team, since, sums)
    with transaction.atomic():
        # Two workers wait for each other here, and the later one's figures stay.
        Team.objects.select_for_update().get(pk=team.pk)
        DayCount.objects.filter(team=team, day__gte=first).delete()
        DayCount.objects.bulk_create(
            DayCount(team=team, channel_id=channel_id, day=day, **vars(figures))
            for (channel_id, day), figures in sums.items()
        )


def _count_opt_outs(team: Team, since: datetime, sums: _Days) -> None:
    """By the channel that a STOP was written to; what colleagues entered is the team's own."""
    zone = ZoneInfo(team.time_zone)
    stops = Reply.objects.filter(
        team=team, wish=Reply.Wish.STOP, received_at__gte=since - timedelta(minutes=1)
    )
    written_to = dict(stops.order_by("received_at").values_list("phone_key", "channel_id"))
    rows = OptOut.objects.filter(team=team, created_at__gte=since)
    for key, source, moment in rows.values_list("phone_key", "source", "created_at").iterator():
        channel_id = written_to.get(key) if source == OptOut.Source.INBOUND else None
        sums[channel_id, moment.astimezone(zone).date()].opt_outs += 1


def _count_jobs(
    team: Team, channels: dict[int, Channel], since: datetime, now: datetime, sums: _Days
) -> None:
    zone = ZoneInfo(team.time_zone)
    jobs = Attempt.objects.filter(
        account__in={channel.account_id for channel in channels.values()},
        slot__gte=since,
        slot__lte=now,
        submission__current_attempt=F("pk"),
        submission__campaign__team=team,
        submission__state__in=[SubmissionState.ACCEPTED.value, SubmissionState.REFUSED.value],
    ).values_list(
        "slot",
        "recipient_count",
        "submission__state",
        "submission__campaign__channel_id",
        "submission__text",
        "submission__campaign__media_url",
    )
    for slot, people, state, channel_id, text, media_url in jobs.iterator():
        figures = sums[channel_id, slot.astimezone(zone).date()]
        if state == SubmissionState.REFUSED:
            figures.failed += people
            continue
        figures.sent += people
        cost = cost_of(
            team,
            channels[channel_id],
            bool(media_url),
            messages=people,
            segments=people * _segments(text),
        )
        if cost is not None:
            figures.cost = (figures.cost or Decimal(0)) + cost.total


@lru_cache(maxsize=1000)
def _segments(text: str) -> int:
    return sms_segments.segments(text)
