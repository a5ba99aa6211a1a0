"""What the zone rules said of the clocks that a plan rests on: a mark to tell a change by.

Rules are another's decision and come with an update (tzdata). A plan is right as long as the clocks
that count for it show the same times at its slots; asking just that, no delay by hours, a pace or a
daily limit can be taken for a change, and none is too large to be seen.
"""

from __future__ import annotations

import json
from hashlib import sha256

from django.db.models import Max, Min

from campaigns.models import Campaign
from campaigns.scheduling.clocks import offsets
from campaigns.scheduling.timing import zone_of


def noted(campaign: Campaign) -> str:
    """The offsets, from its first slot to its last, of every zone that a planned campaign asks.

    These are its own, its team's (the day of a daily limit), and those of the people in its jobs.
    """
    ends = campaign.submissions.aggregate(first=Min("planned_slot"), last=Max("planned_slot"))
    if ends["first"] is None:
        return ""
    of_people = campaign.submissions.order_by().values_list("zones", flat=True).distinct()
    zones = {zone_of(campaign), campaign.team.time_zone}
    zones |= {zone for label in of_people for zone in label.split(",") if zone}
    rules = {
        zone: [
            (since.isoformat(), offset.total_seconds())
            for since, offset in offsets(zone, ends["first"], ends["last"])
        ]
        for zone in sorted(zones)
    }
    return sha256(json.dumps(rules).encode()).hexdigest()
