"""`manage.py check_trail`: whether anything of the activity was changed, deleted or put in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trail.checking import check_whole_trail


class Command(BaseCommand):
    """Follow the chain from beginning to end, and say what does not fit."""

    help = "Say whether anything of the activity was changed, deleted or put in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            default="",
            metavar="NUMBER:DIGEST",
            help="a link that was written down elsewhere and has to be in the chain",
        )

    def handle(self, *_arguments: Any, expect: str, **_options: Any) -> None:
        checked = check_whole_trail(expect)
        for finding in checked.findings:
            self.stderr.write(finding)
        if checked.findings:
            raise CommandError(
                _("The activity is not as it was written: %(count)s problems found.")
                % {"count": len(checked.findings)}
            )
        sentence = _(
            "Nothing is wrong: %(entries)s entries, of which %(waiting)s are waiting for a link."
        )
        self.stdout.write(sentence % {"entries": checked.entries, "waiting": checked.waiting})
        if checked.last:
            self.stdout.write(
                _(
                    "The last link is %(seal)s. Keep it where nobody who manages this "
                    "server can change it."
                )
                % {"seal": checked.last}
            )
