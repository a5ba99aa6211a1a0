"""What people of a deleted team typed or named: emptied where the row itself has to stay.

Attempts and timelines cannot be deleted, and with them their campaigns and what those name. A name
or a text may hold a person all the same ("Reminder for Ann Smith").
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from campaigns.models import Campaign, Message
from composer.models import SentTest
from recipients.models import (
    Export,
    ListImport,
    ListInOperation,
    ListOperation,
    RecipientList,
    SavedFilter,
)
from sending.models import Approval, Submission
from teams.models import Team

_OF_CAMPAIGNS: dict[str, Any] = {
    "name": "",
    "text": "",
    "media_url": "",
    "zone_field": "",
    "field_rules": {},
    "template": {},
    "template_aside": {},
}
_OF_MESSAGES: dict[str, Any] = {"text": "", "media_url": "", "field_rules": {}, "template": {}}


def empty_names(team: Team) -> bool:
    """Empty names, conditions and notes of everything but campaigns; there is never more of it."""
    for rows, words in _named(team):
        rows.update(**words)
    return False


def _named(team: Team) -> tuple[tuple[QuerySet[Any], dict[str, Any]], ...]:
    return (
        (SavedFilter.objects.filter(team=team), {"name": "", "conditions": []}),
        (ListOperation.objects.filter(team=team), {"field_name": ""}),
        (ListInOperation.objects.filter(operation__team=team), {"value": ""}),
        # One that is being filled is deleted first.
        (RecipientList.objects.filter(team=team, deleted_at__isnull=False), {"name": ""}),
        (ListImport.objects.filter(team=team), {"note": "", "file_name": "", "list_name": ""}),
        (Export.objects.filter(team=team), {"name": ""}),
        (SentTest.objects.filter(campaign__team=team), {"label": ""}),
        (
            Approval.objects.filter(campaign__team=team),
            {"reason": "", "overruled": [], "outside_values": {}},
        ),
    )


def empty_campaign_words(team: Team) -> bool:
    """Empty name and text of a campaign whose people are emptied; False without one."""
    campaigns = Campaign.objects.filter(~Q(name="") | ~Q(text=""), team=team, emptied__is_done=True)
    campaign = campaigns.order_by("pk").first()
    if campaign is None:
        return False
    with transaction.atomic():
        Submission.objects.filter(campaign=campaign).update(text="")
        Message.objects.filter(campaign=campaign).update(**_OF_MESSAGES)
        Campaign.objects.filter(pk=campaign.pk).update(**_OF_CAMPAIGNS)
    return True
