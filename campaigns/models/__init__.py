"""Campaigns, what they say, who gets them, and what happened to them.

States change only through `campaigns.moves` and `sending.moves`; events are facts, never edited or
deleted.
"""

from __future__ import annotations

from campaigns.models.audience import (
    CampaignFilter,
    EarlierCampaign,
)
from campaigns.models.campaigns import (
    Campaign,
    CampaignList,
    CampaignRecipient,
    ClockKeeper,
    HoursZone,
    MediaKind,
    Message,
    RenderedText,
)
from campaigns.models.events import (
    CampaignEvent,
    Heartbeat,
)
from campaigns.models.whatsapp import (
    HeaderKind,
    TemplateCategory,
    TemplateStatus,
    WhatsAppTemplate,
)

__all__ = [
    "Campaign",
    "CampaignEvent",
    "CampaignFilter",
    "CampaignList",
    "CampaignRecipient",
    "ClockKeeper",
    "EarlierCampaign",
    "HeaderKind",
    "Heartbeat",
    "HoursZone",
    "MediaKind",
    "Message",
    "RenderedText",
    "TemplateCategory",
    "TemplateStatus",
    "WhatsAppTemplate",
]
