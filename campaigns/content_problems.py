"""What a draft says, whichever way: a text with media, or an approved template."""

from __future__ import annotations

from collections.abc import Collection

from campaigns import message
from campaigns.models import Campaign
from campaigns.problems import Problem
from campaigns.texts import whatsapp_templates


def content_problems(campaign: Campaign, known_fields: Collection[str] | None) -> list[Problem]:
    """Why it cannot be sent through its channel; `known_fields` as it takes them."""
    if campaign.template:
        return whatsapp_templates.template_problems(
            campaign.channel, campaign.template, known_fields
        )
    return message.message_problems(
        campaign.channel, campaign.text, campaign.media_kind, campaign.media_url, known_fields
    )
