"""What became of campaigns, in the admin: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    DayCount,
    DeliveryCount,
    FollowUp,
    Notice,
    NoticeChoice,
    NoticedEvent,
    Reply,
    Report,
    SentMessage,
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


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    """New campaigns for those whom earlier ones did not reach."""

    list_display = ("campaign", "draft", "asked_by", "asked_at", "done_at")
    search_fields = ("campaign__name",)
    list_select_related = ("campaign", "draft", "asked_by")
    ordering = ("-pk",)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What people were told, and whether a mail of it went out."""

    list_display = ("user", "team", "campaign", "kind", "read_at", "mail", "created_at")
    list_filter = ("kind", "mail")
    search_fields = ("user__email", "campaign__name")
    list_select_related = ("user", "team", "campaign")
    ordering = ("-pk",)


@admin.register(NoticeChoice)
class NoticeChoiceAdmin(ReadOnlyAdmin):
    """What members want to be told of."""

    list_display = ("membership", "kind", "in_app", "by_email")
    list_filter = ("kind",)
    search_fields = ("membership__user__email",)
    list_select_related = ("membership__user", "membership__team")
    ordering = ("-pk",)


@admin.register(NoticedEvent)
class NoticedEventAdmin(ReadOnlyAdmin):
    """Which events people have been told of."""

    list_display = ("event",)
    search_fields = ("event__campaign__name",)
    list_select_related = ("event__campaign",)
    ordering = ("-pk",)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Who took people or the history out, and when."""

    list_display = ("team", "campaign", "asked_by", "file_format", "rows_total", "created_at")
    list_filter = ("file_format", "state")
    search_fields = ("campaign__name", "asked_by__email")
    list_select_related = ("team", "campaign", "asked_by")
    ordering = ("-pk",)


@admin.register(DayCount)
class DayCountAdmin(ReadOnlyAdmin):
    """What became of each day's messages."""

    list_display = ("team", "channel", "day", "sent", "failed", "opt_outs", "cost")
    list_filter = ("day",)
    search_fields = ("team__name", "channel__label")
    list_select_related = ("team", "channel")
    ordering = ("-pk",)
