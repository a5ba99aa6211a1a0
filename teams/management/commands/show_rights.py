"""Print the rights of each role: `manage.py show_rights`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from teams.rights_table import rights_table


class Command(BaseCommand):
    """Prints the table of docs/security.md."""

    help = "Print what each role may do, as the table in docs/security.md."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(rights_table())
