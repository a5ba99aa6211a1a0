"""What belongs to writing a campaign, in the admin; part of `campaigns.admin`."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import DraftPage
from teams.admin_mixins import ReadOnlyAdmin


@admin.register(DraftPage)
class DraftPageAdmin(ReadOnlyAdmin):
    """Who has, or had, which draft open."""

    list_display = ("campaign", "user", "seen_at", "saved_version")
    search_fields = ("campaign__name", "user__name")
    list_select_related = ("campaign", "user")
    ordering = ("-pk",)
