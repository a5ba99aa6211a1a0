"""What a campaign says, taken over into another: for duplicates, and for templates.

Whatever column a campaign has is part of what it says unless it is named here, so that a new kind
of content is copied from the day it exists.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import choices
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from campaigns.scheduling.clocks import WALL_FORMAT
from campaigns.scheduling.timing import lead
from teams.models import User

# Who and when, where it stands, and what launching made of it. A repeat is asked for anew: two
# campaigns that repeat would send everything twice.
NOT_CONTENT = frozenset(
    {
        *("id", "public_id", "team", "created_by", "created_at", "updated_by", "updated_at"),
        *("state", "state_reason", "version", "message"),
        *("parent", "repeat", "run_on", "next_run_at", "next_run_on", "take_back"),
        "open_until",
        *("confirmed_count", "frozen_count", "left_out", "freeze_cursor", "zone_report"),
        *("launch_token", "launched_by", "launched_at", "finished_at"),
        *("send_at", "hand_over_at", "send_by", "clock_rules"),
    }
)
LONGEST_NAME = 120
# The version of a copy that nobody has changed. Not the first: it is not a draft in which nothing
# stands yet (`drafts.create`).
AS_COPIED = 2


def content_fields() -> list[Any]:
    """The columns of a campaign that hold what it says."""
    return [field for field in Campaign._meta.concrete_fields if field.name not in NOT_CONTENT]


def duplicate(campaign: Campaign, user: User | None, *, with_audience: bool = True) -> Campaign:
    """A new draft of `user`'s that says what `campaign` says, whatever became of that one.

    A time that has passed becomes the next day with that time of day. Without its audience nobody
    is chosen, and nobody is left out.
    """
    wall_time = next_time(campaign.wall_time, campaign.time_zone, timezone.now())
    changes: dict[str, Any] = {} if with_audience else {"days_left_out": None}
    return copy_of(
        campaign,
        user,
        with_audience=with_audience,
        name=name_of_copy(campaign.name),
        wall_time=wall_time,
        **changes,
    )


def copy_of(
    campaign: Campaign, user: User | None, *, with_audience: bool = True, **changes: Any
) -> Campaign:
    """A new draft of `user`'s that says what `campaign` says, except for some columns."""
    values = {
        field.attname: getattr(campaign, field.attname) for field in content_fields()
    } | changes
    with transaction.atomic():
        copy = Campaign.objects.create(
            team_id=campaign.team_id,
            created_by=user,
            updated_by=user,
            version=AS_COPIED,
            **values,
        )
        record_event(copy, CampaignEvent.Kind.CREATED, user)
        if with_audience:
            choices.take_over(copy, choices.as_json(campaign))
    return copy


def name_of_copy(name: str) -> str:
    """`Spring` -> `Spring (copy)`, within the room that a name has."""
    copy = _("%(name)s (copy)")
    room = LONGEST_NAME - len(copy % {"name": ""})
    return copy % {"name": name[:room].rstrip()}


def next_time(wall_time: str, zone: str, now: datetime) -> str:
    """A wall time (`YYYY-MM-DDTHH:MM`) that is still ahead; a passed one at the next such hour."""
    if not wall_time:
        return ""
    wanted = datetime.strptime(wall_time, WALL_FORMAT)  # noqa: DTZ007 - a wall time has no zone yet
    earliest = (now + lead()).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if wanted < earliest:
        wanted = datetime.combine(earliest.date(), wanted.time())
        wanted += timedelta(days=wanted < earliest)
    return wanted.strftime(WALL_FORMAT)
