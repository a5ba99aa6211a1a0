"""What stands beside the campaigns on the overview: the next days, replies, channels, drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.states import FINISHED, CampaignState
from delivery.models import Reply, WebhookEndpoint
from history import calendar_entries
from history.calendar_entries import Entry
from history.campaign_rows import campaigns_of, jobs_in_question, states_of, waits_for_somebody
from interface.prepared_queries import prepared
from interface.samples import is_sample
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from sociocs_accounts.troubles import Standing
from teams.models import Team, User

_DAYS = 7
_CAMPAIGNS_SHOWN = 5
_REPLIES_SHOWN, _DRAFTS_SHOWN, _LISTS_LOOKED_AT = 4, 3, 20


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """A channel, and what is wrong with it or its account, if anything is."""

    channel: Channel
    trouble: Standing | None


# --- Campaigns ------------------------------------------------------------------------------------


@prepared
def in_question(team: int) -> QuerySet[Campaign]:
    """The latest of those that stand still until somebody acts."""
    return campaigns_of(team).filter(waits_for_somebody(team))[:_CAMPAIGNS_SHOWN]


@prepared
def sending(team: int, now: datetime) -> QuerySet[Campaign]:
    """The latest of those that go out now, and ask nothing."""
    # Before its time Sociocs may have it already, and nobody has got anything.
    begun = Q(send_at=None) | Q(send_at__lte=now)
    running = campaigns_of(team).filter(begun, state__in=states_of("running"))
    return running.exclude(pk__in=jobs_in_question(team).values("campaign_id"))[:_CAMPAIGNS_SHOWN]


def latest_over(team: int) -> QuerySet[Campaign]:
    """The latest of those that are."""
    finished = states_of("completed", "cancelled")
    return campaigns_of(team).filter(state__in=finished)[:_CAMPAIGNS_SHOWN]


over = prepared(latest_over)


@prepared
def _ahead(team: int) -> QuerySet[Campaign, int]:
    going = campaigns_of(team).filter(state__in=states_of("scheduled", "running"))
    return going.values_list("pk", flat=True)[:1]


def is_anything_ahead(team: int) -> bool:
    """Whether something goes out, or will."""
    return bool(_ahead(team))


# --- Beside them ----------------------------------------------------------------------------------


def beside(team: Team, troubles: Iterable[Standing]) -> dict[str, Any]:
    """The parts by the names that the templates know them by."""
    next_days = _next_days(team)
    return {
        "next_days": next_days,
        "going_out": any(day["entries"] for day in next_days),
        "replies": _latest_replies(team.pk),
        "channels": _channels(team, list(troubles)),
        "drafts": _latest_drafts(team.pk),
    }


@prepared
def _latest_replies(team: int) -> QuerySet[Reply]:
    return Reply.objects.filter(team=team).order_by("-pk")[:_REPLIES_SHOWN]


@prepared
def _latest_drafts(team: int) -> QuerySet[Campaign]:
    return _drafts(team).order_by("-updated_at")[:_DRAFTS_SHOWN]


@prepared
def _used_channels(team: int) -> QuerySet[Channel]:
    channels = Channel.objects.filter(team=team, is_active=True)
    return channels.annotate(last_used=Max("campaigns__launched_at")).order_by("label")


def first_steps(team: Team, user: User) -> dict[str, bool]:
    """Which of a newcomer's steps are done; a list of the sample is not theirs."""
    lists = RecipientList.objects.for_member(team, user).order_by("-pk")
    ids = lists.values_list("public_id", flat=True)[:_LISTS_LOOKED_AT]
    return {
        "has_channel": team.channels.filter(is_active=True).exists(),
        "has_list": not all(map(is_sample, ids)),
        "has_reports": WebhookEndpoint.objects.filter(
            channel__team=team, state=WebhookEndpoint.State.ON
        ).exists(),
    }


def has_drafts(team: Team) -> bool:
    """Whether somebody has begun to write."""
    return _drafts(team).exists()


def _drafts(team: Team | int) -> QuerySet[Campaign]:
    return Campaign.objects.filter(team=team, state=CampaignState.DRAFT.value)


def _next_days(team: Team) -> list[dict[str, Any]]:
    area = ZoneInfo(team.time_zone)
    now = timezone.now()
    today = now.astimezone(area).date()
    by_day: dict[date, list[Entry]] = defaultdict(list)
    until = today + timedelta(days=_DAYS)
    for entry in calendar_entries.entries(team, today, until, team.time_zone):
        if entry.until > now and CampaignState(entry.campaign.state) not in FINISHED:
            by_day[entry.first.astimezone(area).date()].append(entry)
    days = [today + timedelta(days=n) for n in range(_DAYS)]
    return [{"day": day, "entries": by_day[day]} for day in days]


def _channels(team: Team, troubles: list[Standing]) -> list[ChannelHealth]:
    return [
        ChannelHealth(
            channel,
            next((trouble for trouble in troubles if _is_about(trouble, channel)), None),
        )
        for channel in _used_channels(team.pk)
    ]


def _is_about(trouble: Standing, channel: Channel) -> bool:
    return channel.pk == trouble.channel_id or (
        trouble.account_id is not None and channel.account_id == trouble.account_id
    )
