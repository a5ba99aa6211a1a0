"""How the campaigns of a month were delivered, by the day on which each went out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from campaigns.models import Campaign
from campaigns.person_states import BY_REPORT, PersonState
from delivery.models import DeliveryCount
from sociocs_gateway.results import DeliveryStatus
from teams.models import Team


@dataclass
class Delivered:
    """What networks said of a campaign, or of all of a day."""

    people: int = 0
    delivered: int = 0
    failed: int = 0

    @property
    def share(self) -> float:
        """In percent of those it went to."""
        return min(100 * self.delivered / self.people, 100.0) if self.people else 0.0


@dataclass
class DayOfCampaigns(Delivered):
    """A day's campaigns together, and each by itself."""

    campaigns: dict[Campaign, Delivered] = field(default_factory=dict)

    @property
    def worst(self) -> tuple[Campaign, Delivered]:
        """The one whose messages arrived least."""
        return min(self.campaigns.items(), key=lambda one: one[1].share)

    @property
    def most_failed(self) -> tuple[Campaign, Delivered]:
        """The one of which most failed."""
        return max(self.campaigns.items(), key=lambda one: one[1].failed)


def deliveries_by_day(team: Team, since: datetime) -> Mapping[date, DayOfCampaigns]:
    """The days since then on which campaigns went out that something was reported of; one query."""
    counts = DeliveryCount.objects.filter(
        campaign__team=team, campaign__send_at__gte=since, messages__gt=0
    ).select_related("campaign")
    by_campaign: dict[Campaign, Delivered] = {}
    for count in counts:
        told = by_campaign.setdefault(count.campaign, Delivered(count.campaign.frozen_count))
        state = BY_REPORT.get(DeliveryStatus(count.status))
        told.delivered += count.messages if state is PersonState.DELIVERED else 0
        told.failed += count.messages if state is PersonState.FAILED else 0
    return _by_day(by_campaign.items(), ZoneInfo(team.time_zone))


def _by_day(
    campaigns: Iterable[tuple[Campaign, Delivered]], area: ZoneInfo
) -> Mapping[date, DayOfCampaigns]:
    days: dict[date, DayOfCampaigns] = defaultdict(DayOfCampaigns)
    for campaign, told in campaigns:
        assert campaign.send_at is not None
        day = days[campaign.send_at.astimezone(area).date()]
        day.people += told.people
        day.delivered += told.delivered
        day.failed += told.failed
        day.campaigns[campaign] = told
    return days
