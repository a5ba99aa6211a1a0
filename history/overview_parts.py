"""What stands beside the campaigns on the overview: the next days, replies, channels, drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.states import FINISHED, CampaignState
from delivery.models import Reply, WebhookEndpoint
from history import calendar_entries
from history.calendar_entries import Entry
from interface.samples import is_sample
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from sociocs_accounts.troubles import Standing
from teams.models import Team, User

_DAYS = 7
_REPLIES_SHOWN, _DRAFTS_SHOWN, _LISTS_LOOKED_AT = 4, 3, 20


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """A channel, and what is wrong with it or its account, if anything is."""

    channel: Channel
    trouble: Standing | None


def beside(team: Team, troubles: Iterable[Standing]) -> dict[str, Any]:
    """The parts by the names that the templates know them by."""
    next_days = _next_days(team)
    return {
        "next_days": next_days,
        "going_out": any(day["entries"] for day in next_days),
        "replies": list(Reply.objects.filter(team=team).order_by("-pk")[:_REPLIES_SHOWN]),
        "channels": _channels(team, list(troubles)),
        "drafts": list(_drafts(team).order_by("-updated_at")[:_DRAFTS_SHOWN]),
    }


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


def _drafts(team: Team) -> QuerySet[Campaign]:
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
    channels = team.channels.filter(is_active=True).annotate(
        last_used=Max("campaigns__launched_at")
    )
    return [
        ChannelHealth(
            channel,
            next((trouble for trouble in troubles if _is_about(trouble, channel)), None),
        )
        for channel in channels.order_by("label")
    ]


def _is_about(trouble: Standing, channel: Channel) -> bool:
    return channel.pk == trouble.channel_id or (
        trouble.account_id is not None and channel.account_id == trouble.account_id
    )
