"""`manage.py move_to_postgresql`: everything in this SQLite database into a new PostgreSQL one."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from upkeep.moving import NotMoved, move
from upkeep.quiet import check_nobody_works


class Command(BaseCommand):
    """Reads TARGET_DATABASE_URL from the environment, which other users cannot see."""

    help = "Move everything to the migrated and empty PostgreSQL database TARGET_DATABASE_URL."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        address = os.environ.get("TARGET_DATABASE_URL", "")
        if not address:
            raise CommandError(
                "Set TARGET_DATABASE_URL to the new database, with the role that owns its tables."
            )
        check_nobody_works()
        try:
            moved = move(address, self.stdout.write)
        except NotMoved as error:
            raise CommandError(str(error)) from None
        rows = sum(digest.rows for digest in moved.values())
        self.stdout.write(
            f"Moved: {rows} rows in {len(moved)} tables, read back and the same by count and "
            "digest. Set DATABASE_URL to the new database (web and workers: the role that "
            "writes), start them, and keep the SQLite file away from them for good."
        )
