"""What the networks reported of a campaign, and whether anybody replied: for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.states import CampaignState
from delivery.models import DeliveryCount, Reply, WebhookEndpoint
from interface.prepared_queries import Among, prepared
from interface.read_once import read_once

# Reports come in for a while after the last job has gone out.
_NEWS_FOR = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What stands beside the states of a campaign's people.

    `unattributed`: messages of its channel of which nobody can say whose they were.
    `replied`, `opted_out`: people who wrote back, and those of them who asked for no more.
    """

    is_reported: bool
    unattributed: int
    replied: int = 0
    opted_out: int = 0

    @property
    def says_something(self) -> bool:
        """Whether there is anything to say of reports beside the states."""
        return not self.is_reported or bool(self.unattributed)


def arrival_of(campaign: Campaign) -> Arrival | None:
    """What was reported; None where nothing is and nothing will be."""
    endpoint = WebhookEndpoint.objects.filter(channel=campaign.channel_id).first()
    is_reported = DeliveryCount.objects.filter(campaign=campaign, messages__gt=0).exists()
    replied, opted_out = replied_to((campaign.pk,)).get(campaign.pk, (0, 0))
    if not (endpoint and campaign.launched_at) and not is_reported and not replied:
        return None
    unattributed = endpoint.unattributed_count if endpoint else 0
    return Arrival(is_reported, unattributed, replied, opted_out)


@read_once
def replied_to(campaign_ids: tuple[int, ...]) -> dict[int, tuple[int, int]]:
    """(people who replied, those of them who wrote STOP) of each campaign that has replies."""
    rows = _who_replied(list(campaign_ids))
    return {campaign: (replied, stopped) for campaign, replied, stopped in rows}


@prepared
def _who_replied(campaigns: list[int]) -> QuerySet[Reply, tuple[int, int, int]]:
    replies = Reply.objects.filter(Among("campaign", campaigns)).order_by().values("campaign_id")
    counted = replies.annotate(
        replied=Count("phone_key", distinct=True),
        stopped=Count("phone_key", distinct=True, filter=Q(wish=Reply.Wish.STOP)),
    )
    return counted.values_list("campaign_id", "replied", "stopped")


def expects_news(campaign: Campaign) -> bool:
    """Whether reports may still come in on a campaign that is otherwise at rest."""
    since = timezone.now() - _NEWS_FOR
    return (
        campaign.state == CampaignState.COMPLETED
        and campaign.finished_at is not None
        and campaign.finished_at > since
        and WebhookEndpoint.objects.filter(channel=campaign.channel_id).exists()
    )
