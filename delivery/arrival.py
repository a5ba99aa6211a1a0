"""What the networks reported of a campaign, and whether anybody replied: for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.states import CampaignState
from delivery.models import DeliveryCount, Reply, WebhookEndpoint

# Reports come in for a while after the last job has gone out.
_NEWS_FOR = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What stands beside the states of a campaign's people.

    `unattributed`: messages of its channel of which nobody can say whose they were.
    """

    is_reported: bool
    unattributed: int
    has_replies: bool

    @property
    def says_something(self) -> bool:
        """Whether there is anything beside the states."""
        return not self.is_reported or bool(self.unattributed) or self.has_replies


def arrival_of(campaign: Campaign) -> Arrival | None:
    """What was reported; None where nothing is and nothing will be."""
    endpoint = WebhookEndpoint.objects.filter(channel=campaign.channel_id).first()
    is_reported = DeliveryCount.objects.filter(campaign=campaign, messages__gt=0).exists()
    has_replies = Reply.objects.filter(campaign=campaign).exists()
    if not (endpoint and campaign.launched_at) and not is_reported and not has_replies:
        return None
    return Arrival(is_reported, endpoint.unattributed_count if endpoint else 0, has_replies)


def expects_news(campaign: Campaign) -> bool:
    """Whether reports may still come in on a campaign that is otherwise at rest."""
    since = timezone.now() - _NEWS_FOR
    return (
        campaign.state == CampaignState.COMPLETED
        and campaign.finished_at is not None
        and campaign.finished_at > since
        and WebhookEndpoint.objects.filter(channel=campaign.channel_id).exists()
    )
