"""What sending costs, by the prices that the team's settings name.

SMS are billed by segment, SMS with media (MMS) and WhatsApp by message. Nobody but the team knows
its contract: without a price there is no cost, and a page says where to enter it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from campaigns.models import Campaign
from interface.money import money
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from teams.models import Team


@dataclass(frozen=True, slots=True)
class Cost:
    """`units` (SMS segments, or messages where `by_message`) at `price` each."""

    units: int
    by_message: bool
    price: Decimal
    currency: str

    @property
    def total(self) -> Decimal:
        """Of all units together."""
        return self.units * self.price

    @property
    def total_in_words(self) -> str:
        """`348.00 EUR`."""
        return money(self.total, self.currency)

    @property
    def price_in_words(self) -> str:
        """`0.0079 EUR`."""
        return money(self.price, self.currency)


def is_billed_by_message(channel: Channel, has_media: bool) -> bool:
    """Whether a message costs the same however long it is: WhatsApp and MMS do."""
    return has_media or channel.capabilities.medium is not Medium.SMS


def price_of(team: Team, channel: Channel, has_media: bool) -> Decimal | None:
    """What a segment, or a message where it is billed so, costs the team; None if it never said."""
    if channel.capabilities.medium is Medium.SMS:
        return team.price_per_mms if has_media else team.price_per_segment
    return team.price_per_whatsapp


def cost_of(
    team: Team, channel: Channel, has_media: bool, *, messages: int, segments: int
) -> Cost | None:
    """What so many messages cost that take so many SMS segments together; None without a price."""
    price = price_of(team, channel, has_media)
    if price is None:
        return None
    by_message = is_billed_by_message(channel, has_media)
    return Cost(messages if by_message else segments, by_message, price, team.currency)


def has_media(campaign: Campaign) -> bool:
    """Whether its messages carry media: those that stand beside a template do not go out."""
    return bool(campaign.media_url) and not campaign.template
