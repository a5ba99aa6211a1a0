"""What became of campaigns, in the admin: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from delivery.models import (
    BlockCheck,
    DeliveryCount,
    Reply,
    SentMessage,
    VendorBlock,
    WebhookEndpoint,
    WebhookEvent,
)
from interface.admin_mixins import ReadOnlyAdmin


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """On which channels the vendor reports. Their secrets are shown to nobody."""

    list_display = ("channel", "state", "reason", "unattributed_count", "last_event_at")
    list_filter = ("state",)
    search_fields = ("channel__label",)
    list_select_related = ("channel",)
    exclude = ("secret", "other_secret")
    ordering = ("-pk",)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """The calls the vendor made."""

    list_display = ("id", "endpoint", "outcome", "received_at")
    list_filter = ("outcome",)
    list_select_related = ("endpoint",)
    exclude = ("body", "body_sha256")
    ordering = ("-pk",)


@admin.register(SentMessage)
class SentMessageAdmin(ReadOnlyAdmin):
    """How far single messages got. Searched by the vendor's whole id: the table is huge."""

    list_display = ("message_id", "channel", "status", "error_code", "campaign", "changed_at")
    list_filter = ("status",)
    search_fields = ("message_id__exact",)
    search_help_text = _("The vendor's whole message id")
    list_select_related = ("channel", "campaign")
    ordering = ("-pk",)


@admin.register(DeliveryCount)
class DeliveryCountAdmin(ReadOnlyAdmin):
    """How many messages of a campaign have come how far."""

    list_display = ("campaign", "status", "messages")
    list_filter = ("status",)
    search_fields = ("campaign__name",)
    list_select_related = ("campaign",)
    ordering = ("-pk",)


@admin.register(Reply)
class ReplyAdmin(ReadOnlyAdmin):
    """What people wrote back."""

    list_display = ("phone", "channel", "campaign", "wish", "sent_at")
    list_filter = ("wish",)
    search_fields = ("phone__exact",)
    search_help_text = _("The whole number, as +14155552671")
    list_select_related = ("channel", "campaign")
    ordering = ("-pk",)


@admin.register(VendorBlock)
class VendorBlockAdmin(ReadOnlyAdmin):
    """What the vendor was asked about people who opted out."""

    list_display = ("opt_out", "account", "is_block", "state", "reason", "tries", "updated_at")
    list_filter = ("state", "is_block", "account")
    search_fields = ("opt_out__phone__exact",)
    list_select_related = ("opt_out", "account")
    ordering = ("-pk",)


@admin.register(BlockCheck)
class BlockCheckAdmin(ReadOnlyAdmin):
    """Lists whose people the vendor is asked about."""

    list_display = ("recipient_list", "account", "state", "asked", "total", "found", "created_at")
    list_filter = ("state", "account")
    search_fields = ("recipient_list__name", "asked_by__email")
    list_select_related = ("recipient_list", "account")
    ordering = ("-pk",)
