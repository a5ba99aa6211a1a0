"""From SQLite to PostgreSQL with its two roles: everything, proved, or nothing."""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import errors

from campaigns.models import Campaign, Heartbeat
from sending import submit
from sociocs_accounts.models import Channel
from tests import postgresql, world
from tests.installed import OWNER, WRITER, Installed
from tests.processes import Processes
from tests.waiting import wait_until
from tooling.places import ROOT
from upkeep.moving import move

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.sqlite,
    pytest.mark.thorough,
]
_numbers = itertools.count(1)

Target = Callable[[str], str]


@pytest.fixture
def target(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A migrated and empty database: its address for a role."""
    name = f"target_{next(_numbers)}"
    with psycopg.connect(postgresql.address(installed.server.folder), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE campaigns OWNER {OWNER}".encode())

    def address(role: str) -> str:
        found = postgresql.address(installed.server.folder, name)
        return found.replace("postgres@", f"{role}@")

    monkeypatch.setenv("TARGET_DATABASE_URL", address(OWNER))
    return address


@pytest.fixture
def work(channel: Channel) -> Campaign:
    """A campaign that is being handed over, with all that comes of it."""
    people = world.a_list(channel.team, world.phones(25))
    world.fill(people, "Zoë ☂", ["1,5", "true", "", "\\N", "\t"] * 5)
    campaign = world.launched(world.a_campaign(channel, people))
    submit.hand_over(channel.account_id)
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=1))
    return campaign


def rows(address: str, table: str) -> int:
    with psycopg.connect(address) as asked:
        found = asked.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608
        assert found is not None
        return int(found[0])


def test_everything_is_there_and_is_worked_with_by_both_roles(
    work: Campaign, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    world.a_list(work.team, [], "Last").delete()

    call_command("move_to_postgresql")

    assert "read back and the same" in capsys.readouterr().out
    for model in (Campaign, type(work.submissions.get(seq=1))):
        assert rows(target(WRITER), model._meta.db_table) == model.objects.count()
    assert rows(target(WRITER), "trail_unsealed") == rows_here("trail_unsealed")
    with psycopg.connect(target(WRITER)) as writer:
        # No number is given twice, not even that of what is gone.
        (number,) = writer.execute(
            "SELECT nextval(pg_get_serial_sequence('recipients_recipientlist', 'id'))"
        ).fetchone() or (0,)
        assert number == last_number("recipients_recipientlist") + 1
        found = writer.execute("SELECT fields FROM recipients_recipient ORDER BY id").fetchone()
        assert found == ({"Zoë ☂": "1,5"},)
        # What is searched is made anew.
        searched = "SELECT count(*) FROM recipients_recipient WHERE searched LIKE '%1,5%'"
        assert writer.execute(searched).fetchone() == (5,)
    for role, refusal in (
        (WRITER, errors.InsufficientPrivilege),
        (OWNER, errors.IntegrityConstraintViolation),
    ):
        with psycopg.connect(target(role)) as asked, pytest.raises(refusal):
            asked.execute("DELETE FROM trail_entry")


def rows_here(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our tables
        return int(cursor.fetchone()[0])


def last_number(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        return int(cursor.fetchone()[0])


def test_a_row_that_postgresql_changes_is_found(work: Campaign, target: Target) -> None:
    with psycopg.connect(target(OWNER)) as owner:
        # As a collation, a trigger or a fault of ours might.
        owner.execute("CREATE DOMAIN shouted AS text")
        owner.execute(
            "ALTER TABLE campaigns_campaign ALTER COLUMN name TYPE varchar(120), "
            "ALTER COLUMN created_at TYPE timestamptz(0)"
        )

    with pytest.raises(CommandError, match="campaigns_campaign is not the same"):
        call_command("move_to_postgresql")

    assert rows(target(OWNER), "teams_user") == 0


def test_nobody_writes_meanwhile(work: Campaign, target: Target) -> None:
    refused = list[str]()

    def try_to_write(_sentence: str) -> None:
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
        try:
            other.execute("UPDATE campaigns_campaign SET name = 'Changed'")
        except sqlite3.OperationalError as error:
            refused.append(str(error))
        finally:
            other.close()

    moved = move(target(OWNER), try_to_write)

    assert refused == ["database is locked"] * len(moved)


def test_only_an_empty_database_of_the_same_release_is_taken(
    work: Campaign, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(target(OWNER)) as owner:
        owner.execute("INSERT INTO teams_tries VALUES ('key', 1, now())")
    with pytest.raises(CommandError, match="not empty: there are rows in teams_tries"):
        call_command("move_to_postgresql")
    with psycopg.connect(target(OWNER)) as owner:
        owner.execute("DELETE FROM teams_tries")
        owner.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('a','b',now())")
    with pytest.raises(CommandError, match="another release"):
        call_command("move_to_postgresql")
    monkeypatch.setenv("TARGET_DATABASE_URL", target(OWNER).replace("/target_", "/not_there_"))
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("move_to_postgresql")
    Heartbeat.objects.update(at=timezone.now())
    with pytest.raises(CommandError, match="Workers are running"):
        call_command("move_to_postgresql")


def test_killed_on_its_way_it_leaves_nothing(
    work: Campaign, target: Target, processes: Processes
) -> None:
    moving = processes.start(
        "moving",
        *(sys.executable, str(ROOT / "manage.py"), "move_to_postgresql", "--skip-checks"),
        env={"PYTHONUNBUFFERED": "1", "TARGET_DATABASE_URL": os.environ["TARGET_DATABASE_URL"]},
    )
    moving.wait_for(r"campaigns_campaign: 1 rows")
    moving.kill()

    wait_until(lambda: not sessions(target(OWNER)))
    assert "Moved" not in moving.output
    assert rows(target(OWNER), "campaigns_campaign") == 0
    assert rows(target(OWNER), "django_content_type") > 0

    call_command("move_to_postgresql")
    assert rows(target(OWNER), "campaigns_campaign") == 1


def sessions(address: str) -> int:
    with psycopg.connect(address) as asked:
        found = asked.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
        assert found is not None
        return int(found[0])
