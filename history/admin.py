"""What became of campaigns, in the admin: to look at, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from history.activity_words import Told, told_entries
from history.models import DayCount, FollowUp, Notice, NoticeChoice, Report
from interface.admin_mixins import ReadOnlyAdmin, show_only
from trail.models import Entry, Seal

# New campaigns for those whom earlier ones did not reach.
show_only(FollowUp, "campaign draft asked_by asked_at done_at", search="campaign__name")

# What people were told, and whether a mail of it went out.
show_only(
    Notice,
    "user team campaign kind read_at mail created_at",
    filters="kind mail",
    search="user__email campaign__name",
)

# What members want to be told of.
show_only(
    NoticeChoice,
    "membership kind in_app by_email",
    filters="kind",
    search="membership__user__email",
    list_select_related=("membership__user", "membership__team"),
)

# Who took people or the history out, and when.
show_only(
    Report,
    "team campaign asked_by file_format rows_total created_at",
    filters="file_format state",
    search="campaign__name asked_by__email",
)

# What became of each day's messages.
show_only(
    DayCount,
    "team channel day sent failed opt_outs cost",
    filters="day",
    search="team__name channel__label",
)


def _told(entry: Entry) -> Told:
    """What the list has put into words with the others, or alone on its own page."""
    told: Told = getattr(entry, "told", None) or told_entries([entry])[0]
    return told


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Who did what on this server, of all teams and of none."""

    list_display = ("at", "sentence", "changes", "team_id", "address", "through", "request_id")
    list_filter = ("area", "door")
    search_fields = ("=request_id", "=through", "=address", "=team_id")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page of entries, put into words together."""
        page = super().get_changelist_instance(request)
        page.result_list = list(page.result_list)
        for told in told_entries(page.result_list):
            told.entry.told = told  # type: ignore[attr-defined]
        return page

    @admin.display(description=_("what"))
    def sentence(self, entry: Entry) -> str:
        """What somebody did."""
        return _told(entry).sentence

    @admin.display(description=_("before and after"))
    def changes(self, entry: Entry) -> str:
        """What it was and is."""
        return "; ".join(_told(entry).changes)


# The chain that tells whether an entry was changed.
show_only(Seal, "number digest made_at", ordering=("-number",))
