"""What became of campaigns, in the admin: to look at, never to change."""

from __future__ import annotations

from history.models import DayCount, FollowUp, Notice, NoticeChoice, Report
from interface.admin_mixins import show_only

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
