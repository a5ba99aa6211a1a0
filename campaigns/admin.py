"""Campaigns in the admin: what they say, to whom, and what happened."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignFilter,
    CampaignList,
    CampaignRecipient,
    EarlierCampaign,
    Heartbeat,
    Message,
    RenderedText,
)
from campaigns.state_words import CAMPAIGN_WORDS
from campaigns.states import CampaignState
from campaigns.timeline import event_sentence
from interface.admin_colours import colours
from interface.admin_mixins import ReadOnlyAdmin


class WithMediaAdmin(ReadOnlyAdmin):
    """For what may name a media file."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Campaign)
class CampaignAdmin(WithMediaAdmin):
    """Campaigns of all teams."""

    list_display = (
        "name",
        "team",
        "state_label",
        "channel",
        "send_at",
        "frozen_count",
        "launched_by",
        "created_at",
    )
    list_filter = ("state", "created_at")
    search_fields = ("name", "=public_id", "team__name")
    list_select_related = ("team", "channel", "launched_by")
    ordering = ("-created_at", "-pk")

    @display(  # type: ignore[untyped-decorator]
        description=_("state"), ordering="state", label=colours(CAMPAIGN_WORDS)
    )
    def state_label(self, campaign: Campaign) -> tuple[str, str]:
        """Its state in words."""
        return campaign.state, str(CAMPAIGN_WORDS[CampaignState(campaign.state)].label)


@admin.register(CampaignEvent)
class CampaignEventAdmin(ReadOnlyAdmin):
    """What happened to campaigns."""

    list_display = ("campaign", "in_words", "actor", "created_at")
    list_filter = ("kind",)
    search_fields = ("campaign__name", "actor__email")
    list_select_related = ("campaign", "actor")
    ordering = ("-pk",)

    @admin.display(description=_("what happened"), ordering="kind")
    def in_words(self, event: CampaignEvent) -> str:
        """The event as the campaign's page tells it."""
        return event_sentence(event)


@admin.register(CampaignList)
class CampaignListAdmin(ReadOnlyAdmin):
    """Which campaign takes people from which list, or leaves them out by it."""

    list_display = ("campaign", "recipient_list", "kind")
    list_filter = ("kind",)
    search_fields = ("campaign__name", "recipient_list__name")
    list_select_related = ("campaign", "recipient_list")
    ordering = ("-pk",)


@admin.register(CampaignRecipient)
class CampaignRecipientAdmin(ReadOnlyAdmin):
    """Who is in a campaign's frozen audience. Searched by the exact number: the table is huge."""

    list_display = ("phone", "campaign", "position", "occurrence", "left_out")
    search_fields = ("phone__exact",)
    search_help_text = _("The whole number, as +14155552671")
    list_select_related = ("campaign",)
    ordering = ("-pk",)


@admin.register(Message)
class MessageAdmin(WithMediaAdmin):
    """What launched campaigns say."""

    list_display = ("campaign", "media_kind", "created_at")
    list_filter = ("media_kind",)
    search_fields = ("campaign__name",)
    list_select_related = ("campaign",)
    ordering = ("-pk",)


@admin.register(RenderedText)
class RenderedTextAdmin(ReadOnlyAdmin):
    """What dynamic fields made of a launched campaign's text."""

    list_display = ("message", "number", "segments", "recipient_count")
    search_fields = ("message__campaign__name",)
    list_select_related = ("message",)
    ordering = ("-pk",)


@admin.register(CampaignFilter)
class CampaignFilterAdmin(ReadOnlyAdmin):
    """Which campaign takes people from which saved filter, or leaves them out by it."""

    list_display = ("campaign", "saved_filter", "kind")
    list_filter = ("kind",)
    search_fields = ("campaign__name", "saved_filter__name")
    list_select_related = ("campaign", "saved_filter")
    ordering = ("-pk",)


@admin.register(EarlierCampaign)
class EarlierCampaignAdmin(ReadOnlyAdmin):
    """Which campaign leaves out the people of which earlier one."""

    list_display = ("campaign", "earlier")
    search_fields = ("campaign__name", "earlier__name")
    list_select_related = ("campaign", "earlier")
    ordering = ("-pk",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """When each part of the system was last heard of."""

    list_display = ("part", "at")
