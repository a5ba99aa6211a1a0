"""Surveys of a whole audience, kept with the draft until anything they depend on changes.

A small audience is rendered while the page waits. A large one is rendered by a worker; the row says
what is wanted, the page's next question nudges again whatever got stuck.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q
from django.utils import timezone

from campaigns.audiences import selection
from campaigns.models import Campaign
from campaigns.states import CampaignState
from campaigns.texts import personal_texts
from composer import drafts
from composer.figures import Figures, of_survey
from composer.models import TextSurvey
from recipients.models import RecipientList, SavedFilter
from sending import readiness
from teams.models import User

# Rendered at once: some tens of milliseconds.
SMALL = 3_000
# People opt out and lists are mended meanwhile: an older survey is made anew.
FRESH = timedelta(minutes=10)
# A worker that took longer has died.
STUCK = timedelta(minutes=3)
# What of a draft leaves its texts as they are.
_NO_MATTER = {"name", "template_aside"}


def figures_of(
    campaign: Campaign, user: User, *, may_want: bool = True
) -> tuple[Figures | None, bool]:
    """(the figures of everybody as far as there are any, whether a worker has to be nudged).

    The draft as it is stored. Without `may_want`, nothing new is wanted of a worker. Raises
    ValueError for a text with faults.
    """
    now = timezone.now()
    key = key_of(campaign, user, now)
    known = TextSurvey.objects.filter(campaign=campaign, key=key).first()
    if known and known.finished_at and known.finished_at > now - FRESH:
        return Figures.from_json(known.figures), False
    if _size(campaign) <= SMALL:
        found = of_survey(personal_texts.survey(campaign, user, send_time(campaign, now)))
        return found, False
    is_under_way = known and not known.finished_at and known.wanted_at > now - STUCK
    if is_under_way or not may_want:
        return None, False
    TextSurvey.objects.update_or_create(
        campaign=campaign,
        defaults={
            "key": key,
            "wanted_by": user,
            "wanted_at": now,
            "started_at": None,
            "finished_at": None,
            "figures": {},
        },
    )
    return None, True


def run(campaign_id: int) -> bool:
    """Do the survey that is wanted for this draft; False when there is none to do any more."""
    now = timezone.now()
    wanted = Q(started_at=None) | Q(started_at__lt=now - STUCK)
    claimed = TextSurvey.objects.filter(wanted, campaign_id=campaign_id, finished_at=None)
    if not claimed.update(started_at=now):
        return False
    row = TextSurvey.objects.select_related("campaign__channel", "campaign__team", "wanted_by").get(
        campaign_id=campaign_id
    )
    campaign, user = row.campaign, row.wanted_by
    if campaign.state != CampaignState.DRAFT or user is None:
        return False
    key = key_of(campaign, user, now)
    try:
        found = of_survey(personal_texts.survey(campaign, user, send_time(campaign, now)))
    except ValueError:
        # It has a fault by now.
        return False
    # Whoever wants another one meanwhile gets theirs: this row is no longer ours then.
    done = TextSurvey.objects.filter(campaign=campaign, key=row.key, started_at=row.started_at)
    return bool(
        done.update(key=key, figures=found.to_json(), finished_at=timezone.now(), started_at=None)
    )


def send_time(campaign: Campaign, now: datetime) -> datetime:
    """When it goes out as the draft says; now, while its time is none."""
    try:
        return readiness.send_time(campaign, now)
    except ValueError:
        return now


def key_of(campaign: Campaign, user: User, now: datetime) -> str:
    """Of all that the texts depend on: what the draft says, its lists as they are, and the day."""
    content = drafts.content_of(campaign)
    zone = ZoneInfo(campaign.time_zone or campaign.team.time_zone)
    said = {one.name: _plain(getattr(content, one.name)) for one in fields(content)}
    parts = [
        {name: value for name, value in sorted(said.items()) if name not in _NO_MATTER},
        send_time(campaign, now).astimezone(zone).date().isoformat(),
        (campaign.team.name, user.name),
        [_plain(one) for one in selection.people_lists(selection.choice_of(campaign))],
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A part of a draft as something that is written down alike each time."""
    if isinstance(value, RecipientList):
        return (value.pk, value.row_count, value.updated_at.isoformat())
    if isinstance(value, SavedFilter):
        return (value.pk, value.updated_at.isoformat())
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return [(name, _plain(one)) for name, one in sorted(value.items())]
    return str(value)


def _size(campaign: Campaign) -> int:
    return sum(one.row_count for one in selection.people_lists(selection.choice_of(campaign)))
