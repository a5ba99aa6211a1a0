"""`manage.py seed_demo`: make the demo team, as often as you like."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo.team import make_demo_team


class Command(BaseCommand):
    """Reads DEMO_EMAIL, DEMO_PASSWORD and SANDBOX_API_KEY from the environment."""

    help = "Make the demo team with its owner and the sandbox's channels."

    def handle(self, *args: Any, **options: Any) -> None:
        names = ["DEMO_EMAIL", "DEMO_PASSWORD", "SANDBOX_API_KEY"]
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            raise CommandError(f"Set {', '.join(missing)}; `make run` does it by itself.")
        team = make_demo_team(*(os.environ[name] for name in names))
        self.stdout.write(f"The demo team is {team}.")
