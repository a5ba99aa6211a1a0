"""What belongs to writing a campaign, in the admin."""

from __future__ import annotations

from django.contrib import admin

from composer.models import (
    DraftEstimate,
    DraftPage,
    MediaFile,
    MessageTemplate,
    SentTest,
    TemplateVersion,
)
from interface.admin_mixins import ReadOnlyAdmin


@admin.register(DraftPage)
class DraftPageAdmin(ReadOnlyAdmin):
    """Who has, or had, which draft open."""

    list_display = ("campaign", "user", "seen_at", "saved_version")
    search_fields = ("campaign__name", "user__name")
    list_select_related = ("campaign", "user")
    ordering = ("-pk",)


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ReadOnlyAdmin):
    """Saved messages. They are made and changed on their own pages."""

    list_display = ("name", "folder", "team", "current", "used_at", "archived_at")
    search_fields = ("name", "folder", "team__name")
    list_select_related = ("team",)
    ordering = ("-pk",)


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ReadOnlyAdmin):
    """What each saved message said at each time."""

    list_display = ("template", "number", "made_by", "made_at")
    search_fields = ("template__name",)
    list_select_related = ("template", "made_by")
    ordering = ("-pk",)


@admin.register(SentTest)
class SentTestAdmin(ReadOnlyAdmin):
    """Which tests were sent, by whom, and what became of them."""

    list_display = ("created_at", "campaign", "user", "label", "phone", "outcome", "reason")
    list_filter = ("outcome",)
    search_fields = ("campaign__name", "=phone", "=message_id")
    list_select_related = ("campaign", "user")
    ordering = ("-pk",)


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    """What teams uploaded for messages to carry."""

    list_display = ("label", "team", "kind", "size", "uploaded_by", "created_at")
    list_filter = ("kind",)
    search_fields = ("label", "=name", "team__name")
    list_select_related = ("team", "uploaded_by")
    ordering = ("-pk",)


@admin.register(DraftEstimate)
class DraftEstimateAdmin(ReadOnlyAdmin):
    """What workers found when they looked at everybody of large drafts: figures, no texts."""

    list_display = ("campaign", "steps_done", "wanted_by", "wanted_at", "finished_at")
    search_fields = ("campaign__name",)
    list_select_related = ("campaign", "wanted_by")
    ordering = ("-wanted_at",)
