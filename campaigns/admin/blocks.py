"""The vendor's own blocks in the admin: who is blocked, and when that was asked."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import (
    BlockCheck,
    VendorBlock,
)
from interface.admin_mixins import ReadOnlyAdmin


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
