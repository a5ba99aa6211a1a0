"""What the networks reported of a campaign, and whether anybody replied: for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.states import CampaignState
from delivery.models import DeliveryCount, Reply, WebhookEndpoint
from interface.wording import Text, number
from sociocs_gateway.results import DeliveryStatus

# Reports come in for a while after the last job has gone out.
_NEWS_FOR = timedelta(minutes=20)

# Statuses that are told apart, with their words and fills, in the order they are drawn.
_PARTS: tuple[tuple[tuple[DeliveryStatus, ...], Text, str], ...] = (
    ((DeliveryStatus.DELIVERED, DeliveryStatus.READ), gettext_lazy("delivered"), "done"),
    ((DeliveryStatus.FAILED,), gettext_lazy("not delivered"), "danger"),
    (
        (DeliveryStatus.SENT, DeliveryStatus.QUEUED, DeliveryStatus.UNKNOWN),
        gettext_lazy("on their way"),
        "info",
    ),
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """(messages, word, fill) of each part that holds any; `unattributed` is the channel's."""

    parts: list[tuple[int, Text, str]]
    unattributed: int
    has_replies: bool

    @property
    def segments(self) -> list[tuple[int, str]]:
        """The parts as a track wants them."""
        return [(count, fill) for count, _word, fill in self.parts]

    @property
    def in_words(self) -> str:
        """`41,000 delivered, 12 not delivered`."""
        return ", ".join(f"{number(count)} {word}" for count, word, _fill in self.parts)


def arrival_of(campaign: Campaign) -> Arrival | None:
    """What was reported; None where nothing is and nothing will be."""
    endpoint = WebhookEndpoint.objects.filter(channel=campaign.channel_id).first()
    rows = DeliveryCount.objects.filter(campaign=campaign)
    counts = dict(rows.values_list("status", "messages"))
    has_replies = Reply.objects.filter(campaign=campaign).exists()
    if not (endpoint and campaign.launched_at) and not counts and not has_replies:
        return None
    parts = [
        (sum(counts.get(status.value, 0) for status in statuses), word, fill)
        for statuses, word, fill in _PARTS
    ]
    return Arrival(
        [part for part in parts if part[0] > 0],
        endpoint.unattributed_count if endpoint else 0,
        has_replies,
    )


def expects_news(campaign: Campaign) -> bool:
    """Whether reports may still come in on a campaign that is otherwise at rest."""
    since = timezone.now() - _NEWS_FOR
    return (
        campaign.state == CampaignState.COMPLETED
        and campaign.finished_at is not None
        and campaign.finished_at > since
        and WebhookEndpoint.objects.filter(channel=campaign.channel_id).exists()
    )
