"""Whoever migrates waits for others, and nobody for them."""

from __future__ import annotations

from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.processes import database_url
from upkeep.management.commands import migrate

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.postgresql,
]

IN_USE = "LOCK TABLE django_migrations IN SHARE MODE"


class Told(StringIO):
    """What the command says; the backup is over when it says that it tries again."""

    def __init__(self, backup: psycopg.Connection | None = None) -> None:
        super().__init__()
        self._backup = backup

    def write(self, words: str) -> int:
        if self._backup and "Trying again" in words:
            self._backup.rollback()
        return super().write(words)


def migrate_trail(*words: str, backup: psycopg.Connection | None = None) -> str:
    """Write down that its migration was applied, or was not ("zero"); no table is changed."""
    out = Told(backup)
    call_command("migrate", "trail", *words, fake=True, stdout=out)
    return out.getvalue()


def is_applied() -> bool:
    return ("trail", "0001_initial") in MigrationRecorder(connection).applied_migrations()


def test_a_table_that_is_in_use_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "PAUSE", 0.1)
    with psycopg.connect(database_url()) as backup:
        backup.execute(IN_USE)
        assert "A table is in use. Trying again" in migrate_trail("zero", backup=backup)
    assert not is_applied()
    assert "Trying again" not in migrate_trail()
    assert is_applied()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_one_that_stays_in_use_is_left_as_it_is_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "PATIENCE", 0)
    with psycopg.connect(database_url()) as backup:
        backup.execute(IN_USE)
        with pytest.raises(CommandError, match="Run this again when that is over"):
            migrate_trail("zero")
    assert is_applied()
