"""What was used of what is limited, in the admin."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import CallRate, DayTotal
from interface.admin_mixins import ReadOnlyAdmin


@admin.register(DayTotal)
class DayTotalAdmin(ReadOnlyAdmin):
    """How many people the campaigns of each team and channel go to on each day."""

    list_display = ("day", "team", "channel", "people")
    list_filter = ("day",)
    search_fields = ("team__name", "channel__label")
    list_select_related = ("team", "channel")
    ordering = ("-day", "team")


@admin.register(CallRate)
class CallRateAdmin(ReadOnlyAdmin):
    """Accounts whose calls were counted here, because there was no Redis."""

    list_display = ("account",)
    search_fields = ("account__label",)
    list_select_related = ("account",)
