"""pytest plugin: the test database of each worker, made once for all of them and emptied quickly.

Migrating takes ten seconds, and Django's own way of emptying a database makes every permission
anew. So the first worker that needs a database migrates a template, of which each takes a copy
(SQLite's is kept for the next run); and after a test that committed, rows are deleted while what
migrating made stays.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from tests import postgresql
from tooling import stamps
from tooling.places import ROOT, VAR

TEMPLATE = "test_template"
# SQLite's templates stay from run to run: the latest, as a checkout goes from branch to branch.
KEPT = VAR / "test-templates"
KEPT_AT_MOST = 8
MIGRATED = [
    *("*/migrations/*.py", "*/models.py", "*/models/**/*.py", "*/apps.py", "*/append_only.py"),
    *("config/**/*.py", "requirements/*.txt"),
]
# Made by `migrate`, and changed by no test.
STAYS = {"auth_permission", "django_content_type"}


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Give this worker a migrated database of its own; it goes with its server or its folder.

    For SQLite a file, so that threads and processes can share it.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        name = copy_of_template(f"test_{worker}")
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def copy_of_template(name: str) -> str:
    """Copy the template, made first if it is missing, and return the copy's name for Django."""
    folder = Path(os.environ["TESTS_FOLDER"])
    if connection.vendor == "postgresql":
        with alone(folder):
            if not (made := folder / f"{TEMPLATE}.made").exists():
                migrate(TEMPLATE)
                made.touch()
            server = postgresql.address(Path(os.environ["TESTS_POSTGRESQL"]))
            with psycopg.connect(server, autocommit=True) as postgres:
                postgres.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"'.encode())
        return name
    KEPT.mkdir(parents=True, exist_ok=True)
    template, copy = KEPT / f"{mark_of_template()}.sqlite3", folder / f"{name}.sqlite3"
    with alone(KEPT):
        if not template.exists():
            migrate(str(copy))
            for older in latest_first("*.sqlite3")[KEPT_AT_MOST - 1 :]:
                older.unlink()
            shutil.copyfile(copy, unfinished := template.with_suffix(".unfinished"))
            unfinished.rename(template)
        shutil.copyfile(template, copy)
    return str(copy)


def latest_first(names: str) -> list[Path]:
    """Return what is kept under such names."""
    return sorted(KEPT.glob(names), key=os.path.getmtime, reverse=True)


def migrate(name: str) -> None:
    """Make a database of this name with all tables in it."""
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()


def mark_of_template() -> str:
    """Return what tells one template from another: a digest of all that migrating depends on."""
    sources = [file for pattern in MIGRATED for file in sorted(ROOT.glob(pattern))]
    return stamps.digest_of(sys.version, sqlite3.sqlite_version, *sources)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other worker makes there what all of them use."""
    with (folder / f"{TEMPLATE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


def empty(_test: TransactionTestCase) -> None:
    """Delete all rows but those that `migrate` made, whatever triggers and constraints say."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletions()}")
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
                "AND sql LIKE '%BEFORE DELETE%'"
            )
            keepers = cursor.fetchall()
            drops = "".join(f"DROP TRIGGER {name}; " for name, _sql in keepers)
            connection.connection.executescript(f"BEGIN IMMEDIATE; {drops}{deletions()}")
            for _name, sql in keepers:
                cursor.execute(sql)


@cache
def deletions() -> str:
    """Return the statements that empty every table, to be run in a transaction that they end."""
    tables = set(connection.introspection.django_table_names(include_views=False)) - STAYS
    names = map(connection.ops.quote_name, sorted(tables))
    return "".join(f"DELETE FROM {name}; " for name in names) + "COMMIT"  # noqa: S608 - our tables
