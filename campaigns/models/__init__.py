"""Campaigns and all that is kept of their sending: the facts behind the history.

States change only through `campaigns.moves` (guarded by `campaigns.protocol`); attempts, decisions
and events are facts, never edited or deleted.
"""

from __future__ import annotations

from campaigns.models.accounts import Channel, ChannelEvent, GatewayAccount, VendorMember
from campaigns.models.audience import CampaignFilter, EarlierCampaign
from campaigns.models.blocks import BlockCheck, VendorBlock
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
from campaigns.models.days import DayCount
from campaigns.models.delivery import (
    DeliveryCount,
    Reply,
    SentMessage,
    WebhookEndpoint,
    WebhookEvent,
)
from campaigns.models.drafting import DraftPage
from campaigns.models.events import CampaignEvent, Heartbeat
from campaigns.models.followups import FollowUp
from campaigns.models.limits import CallRate, DayTotal
from campaigns.models.media import MediaFile
from campaigns.models.notices import Notice, NoticeChoice, NoticedEvent, NoticeKind, Whose
from campaigns.models.plans import Approval, DraftPlan
from campaigns.models.reports import Report
from campaigns.models.sent_tests import NumberForTests, SentTest
from campaigns.models.submissions import Attempt, Decision, Submission, uuid7
from campaigns.models.surveys import TextSurvey
from campaigns.models.templates import MessageTemplate, TemplateVersion

__all__ = [
    "Approval",
    "Attempt",
    "BlockCheck",
    "CallRate",
    "Campaign",
    "CampaignEvent",
    "CampaignFilter",
    "CampaignList",
    "CampaignRecipient",
    "Channel",
    "ChannelEvent",
    "ClockKeeper",
    "DayCount",
    "DayTotal",
    "Decision",
    "DeliveryCount",
    "DraftPage",
    "DraftPlan",
    "EarlierCampaign",
    "FollowUp",
    "GatewayAccount",
    "Heartbeat",
    "HoursZone",
    "MediaFile",
    "MediaKind",
    "Message",
    "MessageTemplate",
    "Notice",
    "NoticeChoice",
    "NoticeKind",
    "NoticedEvent",
    "NumberForTests",
    "RenderedText",
    "Reply",
    "Report",
    "SentMessage",
    "SentTest",
    "Submission",
    "TemplateVersion",
    "TextSurvey",
    "VendorBlock",
    "VendorMember",
    "WebhookEndpoint",
    "WebhookEvent",
    "Whose",
    "uuid7",
]
