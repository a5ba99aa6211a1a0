"""`manage.py back_up FOLDER`: a copy of the database while everything goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from upkeep.backups import back_up


class Command(BaseCommand):
    """What it makes is for this server's user alone, and comes back by `manage.py restore`."""

    help = "Copy the database, and with --media what was uploaded for messages, into a new folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--media", action="store_true", help="also what lies in DATA_DIR/media")

    def handle(self, *_arguments: Any, folder: Path, media: bool, **_options: Any) -> None:
        copy = back_up(folder, media)
        self.stdout.write(
            f"{copy}: {copy.stat().st_size} bytes. It holds people's data, unencrypted: keep it "
            "elsewhere and encrypted, and SECRET_KEY and FIELD_ENCRYPTION_KEYS apart from it."
        )
