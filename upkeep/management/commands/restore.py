"""`manage.py restore FOLDER`: a copy made by `back_up` in the place of this database, fenced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from upkeep.backups import restore
from upkeep.quiet import check_nobody_works


class Command(BaseCommand):
    """All that this database holds now is lost; web and workers have to be stopped."""

    help = "Put a copy in the place of this database; what may have been sent since is asked about."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *_arguments: Any, folder: Path, **_options: Any) -> None:
        check_nobody_works()
        fenced = restore(folder)
        self.stdout.write(
            f"Restored. Nothing goes out by itself: {fenced.accounts} accounts are stopped, "
            f"{fenced.jobs} jobs wait for an answer, {fenced.drafts} drafts are held. Go on as "
            "docs/operations.md tells under “Backups, and restoring one”."
        )
