"""A copy of the database in a folder, and a copy put back.

What is put back knows nothing of what was sent since, so it never stands there unfenced: SQLite's
is fenced beside the database and then takes its place in one transaction; in PostgreSQL the
accounts are halted in the very transaction that brings the tables.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from campaigns.states import PauseReason
from sending.fence import Fenced, fence
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount
from upkeep import programs

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
_MEDIA = "media"


def back_up(folder: Path, with_media: bool) -> Path:
    """Copy the database, and media if wished, into a new folder; returns the database's file.

    The folder has its name only once all of it is there. Raises CommandError.
    """
    if folder.exists():
        raise CommandError(f"{folder} is there already. Name a folder that is not.")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        copy = unfinished / NAMES[connection.vendor]
        if connection.vendor == "sqlite":
            _copy_sqlite(copy)
        else:
            programs.on_database("pg_dump", "--format=custom", "--no-owner", f"--file={copy}")
        if with_media and (media := settings.DATA_DIR / _MEDIA).is_dir():
            shutil.copytree(media, unfinished / _MEDIA)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder / copy.name


def _copy_sqlite(path: Path) -> None:
    """The database as it is at one moment, in one file; others go on writing."""
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        (said,) = copy.execute("PRAGMA quick_check").fetchone()
    if said != "ok":
        raise CommandError(f"The copy is damaged, as the database may be: {said}")
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def restore(folder: Path) -> Fenced:
    """Put a copy in the place of this database, up to date and fenced; media that is missing too.

    Raises CommandError.
    """
    copy = folder / NAMES[connection.vendor]
    if not copy.is_file():
        raise CommandError(
            f"There is no {copy.name} in {folder}: is it a copy of the database that DATABASE_URL "
            "names? Nothing was changed."
        )
    if (media := folder / _MEDIA).is_dir():
        shutil.copytree(media, settings.DATA_DIR / _MEDIA, dirs_exist_ok=True)
    if connection.vendor == "sqlite":
        return _restore_sqlite(copy)
    _restore_postgresql(copy)
    call_command("migrate", interactive=False, verbosity=0)
    return fence()


def _restore_sqlite(copy: Path) -> Fenced:
    beside = Path(f"{connection.settings_dict['NAME']}.restoring")
    _remove(beside)
    try:
        shutil.copyfile(copy, beside)
        with _instead(beside):
            call_command("migrate", interactive=False, verbosity=0)
            fenced = fence()
        connection.ensure_connection()
        with closing(sqlite3.connect(beside)) as ready:
            ready.backup(connection.connection)
    finally:
        _remove(beside)
    return fenced


def _remove(database: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{database}{ending}").unlink(missing_ok=True)


@contextmanager
def _instead(path: Path) -> Iterator[None]:
    """Django's database is this file meanwhile."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _restore_postgresql(copy: Path) -> None:
    halted = (
        f"UPDATE public.{GatewayAccount._meta.db_table} SET state = '{LaneState.HALTED.value}', "  # noqa: S608
        f"halt_reason = '{PauseReason.RESTORED.value}'"
    )
    emptied = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
    programs.play(
        [programs.find("pg_restore"), "--no-owner", "--file=-", copy],
        "psql",
        *("--no-psqlrc", "--quiet", "--single-transaction"),
        *("-v", "ON_ERROR_STOP=1", "-v", "SHOW_CONTEXT=never", "-v", "VERBOSITY=terse"),
        *("-c", emptied, "-f", "-", "-c", halted),
    )
