"""What became of campaigns: counts by day, follow-ups, notices, reports."""

from __future__ import annotations

from history.models.days import (
    DayCount,
)
from history.models.followups import (
    FollowUp,
)
from history.models.notices import (
    Notice,
    NoticeChoice,
    NoticedEvent,
    NoticeKind,
    Whose,
)
from history.models.reports import (
    Report,
)

__all__ = [
    "DayCount",
    "FollowUp",
    "Notice",
    "NoticeChoice",
    "NoticeKind",
    "NoticedEvent",
    "Report",
    "Whose",
]
