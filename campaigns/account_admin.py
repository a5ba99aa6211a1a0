"""What was read at Sociocs about its accounts, and who changed them, in the admin."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import ChannelEvent, MediaFile, NumberForTests, SentTest, VendorMember
from teams.admin_mixins import ReadOnlyAdmin


@admin.register(VendorMember)
class VendorMemberAdmin(ReadOnlyAdmin):
    """As whom messages may be sent."""

    list_display = ("name", "account", "user_id", "gone_since")
    list_filter = ("account",)
    search_fields = ("name", "=user_id")
    list_select_related = ("account",)
    ordering = ("-pk",)


@admin.register(ChannelEvent)
class ChannelEventAdmin(ReadOnlyAdmin):
    """Who changed which channel or account."""

    list_display = ("created_at", "team", "kind", "subject", "actor")
    list_filter = ("kind",)
    search_fields = ("subject", "team__name", "=actor__email")
    list_select_related = ("team", "actor")
    ordering = ("-pk",)


@admin.register(NumberForTests)
class NumberForTestsAdmin(ReadOnlyAdmin):
    """Whom a team's tests may go to."""

    list_display = ("label", "team", "phone", "added_by")
    search_fields = ("label", "=phone", "team__name")
    list_select_related = ("team", "added_by")
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
