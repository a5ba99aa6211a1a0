"""What a text takes from neither the draft nor a person: names, and the clock its dates go by.

Whoever may change them need not look at any campaign, so a second person's approval is compared
with them when the audience is frozen.
"""

from __future__ import annotations

from campaigns.models import Campaign
from campaigns.texts.dynamic_fields import BUSINESS_NAME, SENDER_NAME, Program
from teams.models import User

TIME_ZONE = "time_zone"


def constants_of(campaign: Campaign, sender: User | None) -> dict[str, str]:
    """The predefined fields that are the same for everybody, as `sender` sends it."""
    return {BUSINESS_NAME: campaign.team.name, SENDER_NAME: sender.name if sender else ""}


def outside_values(campaign: Campaign, program: Program, sender: User | None) -> dict[str, str]:
    """Those of them that the text names, and the zone: what else it says stays as it is."""
    named = {
        name: value
        for name, value in constants_of(campaign, sender).items()
        if name in program.fields
    }
    return {**named, TIME_ZONE: campaign.time_zone or campaign.team.time_zone}


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """The names of the values that are no longer what they were."""
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]
