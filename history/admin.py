"""What became of campaigns, in the admin: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin

from history.models import DayCount, FollowUp, Notice, NoticeChoice, NoticedEvent, Report
from interface.admin_mixins import ReadOnlyAdmin


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
