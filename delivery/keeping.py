"""How long the vendor's calls are kept once something was made of them: so pages stay as quick.

A call's row is of use while the vendor, or a stranger who has a copy, may send the call again.
Later it would do no harm either: a status only moves forward, and a reply is kept once by its id.

The table is not cut into partitions by month: PostgreSQL wants the month in every unique key of
such a table, and then the same call of two months would be two; SQLite has none. Rows stand in the
order they came, so the oldest are found at the beginning of the primary key, without an index.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from delivery.models import WebhookEvent

ROWS_AT_ONCE = 2_000
"""So few that whoever writes on SQLite waits for a moment only."""


def has_old() -> bool:
    """Whether there are calls to forget."""
    return bool(_oldest(1))


def forget_some() -> bool:
    """Delete the oldest calls; True when there may be more. Killed on its way, it lost nothing."""
    old = _oldest(ROWS_AT_ONCE)
    if old:
        WebhookEvent.objects.filter(pk__in=old).delete()
    return len(old) == ROWS_AT_ONCE


def _oldest(rows: int) -> list[int]:
    """The ids of the first rows as far as they are too old, without those that still wait."""
    before = timezone.now() - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    first = WebhookEvent.objects.exclude(outcome=WebhookEvent.Outcome.WAITING).order_by("pk")
    some = first.values_list("pk", "received_at")[:rows]
    return [pk for pk, received_at in some if received_at < before]
