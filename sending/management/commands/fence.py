"""`manage.py fence`: after a database was set back, let nothing go out a second time by itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sending.fence import fence


class Command(BaseCommand):
    """What `manage.py restore` does at its end, by hand: for a copy that was put back otherwise."""

    help = "After the database was set back: ask about every job that may have gone out since."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        fenced = fence()
        self.stdout.write(
            f"Nothing goes out by itself now. {fenced.accounts} accounts are stopped, "
            f"{fenced.jobs} jobs wait for an answer, {fenced.drafts} drafts are held."
        )
