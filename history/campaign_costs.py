"""What launched campaigns cost: by the segments of what was written for each of their people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.models import Campaign
from campaigns.states import FINISHED
from campaigns.texts import sms_segments
from composer.cost import Cost, cost_of, has_media, is_billed_by_message
from history.people_counts import PeopleCounts
from sending.last_message import sums_of_texts


def costs_of(
    campaigns: Sequence[Campaign], counts_of: Mapping[int, PeopleCounts]
) -> dict[int, Cost]:
    """What each of these costs or will cost; one query for all. Those without a price are left out.

    Of a campaign that is over, whoever was not sent it costs nothing.
    """
    sums = {
        message: (people, segments)
        for message, people, segments in sums_of_texts(
            [campaign.message_id for campaign in campaigns if campaign.message_id]
        )
        if people
    }
    costs = {}
    for campaign in campaigns:
        counts = counts_of.get(campaign.pk)
        if counts is not None and counts.total and campaign.channel is not None:
            people = counts.sent if campaign.state in FINISHED else counts.total
            cost = _cost(campaign, people, sums.get(campaign.message_id or 0))
            if cost is not None:
                costs[campaign.pk] = cost
    return costs


def _cost(campaign: Campaign, people: int, of_texts: tuple[int, int] | None) -> Cost | None:
    assert campaign.channel is not None
    with_media = has_media(campaign)
    if is_billed_by_message(campaign.channel, with_media):
        segments = people
    elif of_texts is not None:
        all_people, all_segments = of_texts
        segments = round(all_segments * people / all_people)
    else:
        segments = sms_segments.segments(campaign.text) * people
    return cost_of(campaign.team, campaign.channel, with_media, messages=people, segments=segments)
