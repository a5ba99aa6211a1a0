"""When what a page shows is emptied: `{% load privacy %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from campaigns.models import Campaign
from privacy.models import EmptiedCampaign
from privacy.retention import campaign_empties_at, list_empties_at, retention_of
from recipients.models import RecipientList

register = template.Library()


@register.inclusion_tag("privacy/_list_goes.html", takes_context=True)
def list_goes(context: RequestContext, recipient_list: RecipientList) -> dict[str, Any]:
    """A line with the day on which an unused list is deleted; nothing where lists are kept."""
    at = list_empties_at(recipient_list, retention_of(recipient_list.team))
    return {"at": at, "team": context.get("team")}


@register.inclusion_tag("privacy/_campaign_goes.html", takes_context=True)
def campaign_goes(context: RequestContext, campaign: Campaign) -> dict[str, Any]:
    """A line with the day on which a campaign's people are emptied, or were."""
    emptied = EmptiedCampaign.objects.filter(campaign=campaign).first()
    at = None if emptied else campaign_empties_at(campaign, retention_of(campaign.team))
    return {"emptied": emptied, "at": at, "team": context.get("team")}
