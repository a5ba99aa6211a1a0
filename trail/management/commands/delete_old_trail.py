"""`manage.py delete_old_trail`: delete what is older than TRAIL_KEEP_DAYS, as the tables' owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from trail.shortening import delete_before


class Command(BaseCommand):
    """Delete the oldest links of the chain, with their entries."""

    help = "Delete activity that is older than TRAIL_KEEP_DAYS. Only the tables' owner may."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        before = timezone.now() - timedelta(days=settings.TRAIL_KEEP_DAYS)
        try:
            count = delete_before(before)
        except DatabaseError:
            raise CommandError(
                _("Nothing more was deleted: only the role that owns the tables can do this.")
            ) from None
        self.stdout.write(
            _("%(count)s entries from before %(day)s were deleted.")
            % {"count": count, "day": f"{before:%Y-%m-%d}"}
        )
