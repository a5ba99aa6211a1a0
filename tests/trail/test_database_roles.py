"""PostgreSQL's two roles: what the one of web and workers can do to the trail, and what not."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tests.installed import OWNER, WRITER, Installed

pytestmark = [pytest.mark.processes, pytest.mark.thorough]

ADD = (
    "INSERT INTO trail_entry (at, area, act, thing_kind, before, after, door, through, address,"
    " request_id) VALUES (now(), 'team', 'team.role', '', '{}', '{}', 'page', '', '', '')"
)


def test_the_writer_adds_to_the_trail_and_reads_it(installed: Installed) -> None:
    installed.asked(WRITER, ADD)

    said = installed.manage(WRITER, "check_trail")

    assert said.returncode == 0, said.stderr
    assert "Nothing is wrong" in said.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail_entry SET act = 'another'",
        "DELETE FROM trail_entry",
        "TRUNCATE trail_entry",
        "DROP TRIGGER trail_entry_stays ON trail_entry",
        "ALTER TABLE trail_entry DISABLE TRIGGER ALL",
        "ALTER TABLE trail_entry OWNER TO campaigns",
        "DROP TABLE trail_entry",
        "SET session_replication_role = replica",
        "SET ROLE campaigns_owner",
        "GRANT UPDATE ON trail_entry TO campaigns; UPDATE trail_entry SET act = 'another'",
        "SET trail.shortening = 'on'; DELETE FROM trail_entry",
        "UPDATE trail_seal SET digest = ''",
        "DELETE FROM trail_seal",
        "CREATE OR REPLACE FUNCTION trail_stays() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$",
        "CREATE TABLE mine (id int)",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_writer_can_take_nothing_away(installed: Installed, statement: str) -> None:
    installed.asked(WRITER, ADD)

    with pytest.raises(errors.InsufficientPrivilege):
        installed.asked(WRITER, statement)


def test_the_writer_writes_everything_else(installed: Installed) -> None:
    installed.asked(WRITER, "INSERT INTO teams_tries VALUES ('key', 1, now())")
    installed.asked(WRITER, "UPDATE teams_tries SET count = 2")
    installed.asked(WRITER, "DELETE FROM teams_tries")
    made = installed.manage(
        WRITER, "createsuperuser", "--no-input", "--email", "root@example.org", "--name", "Root"
    )
    assert made.returncode == 0, made.stderr


def test_not_even_the_owner_changes_it_by_mistake(installed: Installed) -> None:
    installed.asked(WRITER, ADD)

    for statement in ("UPDATE trail_entry SET act = 'x'", "DELETE FROM trail_entry"):
        with pytest.raises(errors.IntegrityConstraintViolation):
            installed.asked(OWNER, statement)


def test_only_the_owner_deletes_what_is_too_old(installed: Installed) -> None:
    installed.asked(WRITER, "INSERT INTO trail_seal VALUES (1, '[]', '', 'x', '2001-01-01')")

    refused = installed.manage(WRITER, "delete_old_trail")
    done = installed.manage(OWNER, "delete_old_trail")

    assert refused.returncode == 1
    assert "only the role that owns the tables can do this" in refused.stderr
    assert done.returncode == 0, done.stderr
    with psycopg.connect(installed.url(OWNER)) as connection:
        assert connection.execute("SELECT count(*) FROM trail_seal").fetchone() == (0,)
