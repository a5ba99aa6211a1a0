"""Drafts' plans and colleagues' approvals, in the admin: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import Approval, DraftPlan
from interface.admin_mixins import ReadOnlyAdmin


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Who asked for approval, of what, and who answered."""

    list_display = ("campaign", "people", "asked_by", "asked_at", "answer", "answered_by")
    list_filter = ("answer",)
    search_fields = ("campaign__name", "asked_by__email", "answered_by__email")
    list_select_related = ("campaign", "asked_by", "answered_by")
    ordering = ("-pk",)


@admin.register(DraftPlan)
class DraftPlanAdmin(ReadOnlyAdmin):
    """Plans of large drafts, as far as they are worked out."""

    list_display = ("campaign", "done", "total", "wanted_by", "made_at")
    search_fields = ("campaign__name",)
    list_select_related = ("campaign", "wanted_by")
    ordering = ("-pk",)
