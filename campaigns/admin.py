"""Campaigns in the admin: what they say, to whom, and what happened."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignRecipient,
    Heartbeat,
    Message,
    WhatsAppTemplate,
)
from campaigns.state_words import CAMPAIGN_WORDS
from campaigns.states import CampaignState
from campaigns.timeline import event_sentence
from interface.admin_mixins import ReadOnlyAdmin, colours, labelled, show_only


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
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
    ordering = ("-created_at", "-pk")

    @labelled(description=_("state"), ordering="state", label=colours(CAMPAIGN_WORDS))
    def state_label(self, campaign: Campaign) -> tuple[str, str]:
        """Its state in words."""
        return campaign.state, str(CAMPAIGN_WORDS[CampaignState(campaign.state)].label)


@admin.register(CampaignEvent)
class CampaignEventAdmin(ReadOnlyAdmin):
    """What happened to campaigns."""

    list_display = ("campaign", "in_words", "actor", "created_at")
    list_filter = ("kind",)
    search_fields = ("campaign__name", "actor__email")

    @admin.display(description=_("what happened"), ordering="kind")
    def in_words(self, event: CampaignEvent) -> str:
        """The event as the campaign's page tells it."""
        return event_sentence(event)


# Who is in a campaign's frozen audience. Searched by the exact number: the table is huge.
show_only(
    CampaignRecipient,
    "phone campaign position occurrence left_out",
    search="phone__exact",
    search_help_text=_("The whole number, as +14155552671"),
)

# What launched campaigns say.
show_only(Message, "campaign media_kind created_at", filters="media_kind", search="campaign__name")

# When each part of the system was last heard of.
show_only(Heartbeat, "part at")

# They are registered and changed on their own pages.
show_only(
    WhatsAppTemplate,
    "name channel language category status provider_id archived_at",
    filters="status category",
    search="name =provider_id channel__label",
)
