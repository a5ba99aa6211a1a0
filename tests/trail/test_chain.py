"""The chain of the trail: what the database refuses, and what a check finds afterwards."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from interface.facts import FactsStay
from teams.models import User
from tests.world import create_person
from trail import append_only, tasks
from trail.acts import Act
from trail.checking import check_whole_trail
from trail.models import Entry, Seal, Unsealed
from trail.recording import record
from trail.sealing import ENTRIES_A_SEAL

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def entries() -> list[Entry]:
    for people in range(3):
        record(Act.LAUNCHED, team_id=7, after={"people": people})
        tasks.tick()
    return list(Entry.objects.order_by("pk"))


def by_hand(statement: str, *values: int | datetime) -> None:
    """What somebody does who owns the database and means ill."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, list(values))
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement, list(values))
        for _name, sql in triggers:
            cursor.execute(sql)


def findings() -> list[str]:
    return check_whole_trail().findings


def test_what_is_written_is_chained_and_sound(entries: list[Entry]) -> None:
    assert findings() == []
    assert Seal.objects.count() == len(entries)
    assert not Unsealed.objects.exists()


def test_writing_an_act_is_one_statement(
    django_assert_num_queries: pytest.FixtureRequest, db: None
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        record(Act.LAUNCHED, team_id=7)


def test_the_code_cannot_change_or_delete_it(entries: list[Entry]) -> None:
    for wish in (
        entries[0].save,
        entries[0].delete,
        Entry.objects.all().delete,
        lambda: Entry.objects.update(act="another"),
        Seal.objects.all().delete,
    ):
        with pytest.raises(FactsStay):
            wish()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail_entry SET act = 'another'",
        "UPDATE trail_entry SET actor_id = 1 WHERE team_id = 7",
        "DELETE FROM trail_entry",
        "UPDATE trail_seal SET digest = ''",
        "DELETE FROM trail_seal",
    ],
)
def test_the_database_refuses_to_change_or_delete_it(entries: list[Entry], statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.postgresql
def test_the_database_refuses_to_empty_it(entries: list[Entry]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE trail_entry")


def test_a_changed_entry_is_found(entries: list[Entry]) -> None:
    by_hand("UPDATE trail_entry SET actor_id = 99 WHERE id = %s", entries[1].pk)

    assert findings() == [f"Entry {entries[1].pk} was changed."]


def test_a_deleted_entry_is_found(entries: list[Entry]) -> None:
    by_hand("DELETE FROM trail_entry WHERE id = %s", entries[1].pk)

    assert findings() == [f"Entry {entries[1].pk} was deleted."]


def test_an_entry_deleted_before_it_was_chained_is_found(entries: list[Entry]) -> None:
    record(Act.LAUNCHED, team_id=7)
    latest = Entry.objects.latest("pk").pk
    by_hand("DELETE FROM trail_entry WHERE id = %s", latest)
    tasks.tick()

    assert findings() == [f"Entry {latest} was deleted before it was chained."]


def test_an_entry_that_was_put_in_past_the_chain_is_found(entries: list[Entry]) -> None:
    by_hand(
        "INSERT INTO trail_entry (at, area, act, thing_kind, before, after, door, through, address,"
        " request_id) VALUES (%s, 'team', 'team.role', '', '{}', '{}', 'page', '', '', '')",
        timezone.now(),
    )

    assert findings() == [f"Entry {Entry.objects.latest('pk').pk} was added in another way."]


def test_a_seal_that_is_missing_or_written_anew_is_found(entries: list[Entry]) -> None:
    by_hand("UPDATE trail_seal SET entries = '[]' WHERE number = 2")

    assert "Link 2 was changed." in findings()

    by_hand("DELETE FROM trail_seal WHERE number = 2")

    assert "Before link 3, links are missing or were changed." in findings()


def test_a_cut_end_is_found_by_a_link_that_was_written_down(entries: list[Entry]) -> None:
    written_down = str(Seal.objects.latest("number"))
    assert check_whole_trail(written_down).findings == []

    by_hand("DELETE FROM trail_entry WHERE id = %s", entries[-1].pk)
    by_hand("DELETE FROM trail_seal WHERE number = 3")

    assert findings() == []
    assert len(check_whole_trail(written_down).findings) == 1


def test_a_row_committed_late_and_gaps_are_chained(entries: list[Entry]) -> None:
    late = entries[-1].pk + 10
    Entry(pk=late + 100, area="team", act=Act.ROLE_CHANGED, door="page").save()
    tasks.tick()
    Entry(pk=late, area="team", act=Act.ROLE_CHANGED, door="page").save()
    tasks.tick()

    assert [number for number, _digest in Seal.objects.latest("number").entries] == [late]
    assert findings() == []


def test_more_than_one_seal_holds_are_chained_at_once() -> None:
    for _number in range(ENTRIES_A_SEAL + 1):
        record(Act.LAUNCHED, team_id=7)

    tasks.tick()

    assert [len(seal.entries) for seal in Seal.objects.order_by("number")] == [ENTRIES_A_SEAL, 1]


def test_what_is_undone_leaves_no_entry() -> None:
    with transaction.atomic():
        record(Act.LAUNCHED, team_id=7)
        transaction.set_rollback(True)

    assert not Entry.objects.exists()
    assert not Unsealed.objects.exists()


def test_an_entry_that_waits_too_long_for_its_link_is_told() -> None:
    Entry(at=timezone.now() - timedelta(hours=1), area="team", act=Act.INVITED, door="page").save()

    assert len(findings()) == 1
    assert "Check that a worker is running" in findings()[0]


def test_the_command_says_what_it_found_and_fails(entries: list[Entry]) -> None:
    said = StringIO()
    call_command("check_trail", stdout=said)
    assert "Nothing is wrong: 3 entries" in said.getvalue()
    assert str(Seal.objects.latest("number")) in said.getvalue()

    by_hand("UPDATE trail_entry SET about_id = 4 WHERE id = %s", entries[0].pk)

    with pytest.raises(CommandError):
        call_command("check_trail", stderr=said)
    assert f"Entry {entries[0].pk} was changed." in said.getvalue()


def test_what_is_too_old_is_deleted_by_a_command_alone(entries: list[Entry]) -> None:
    before = timezone.now() - timedelta(days=731)
    by_hand("UPDATE trail_seal SET made_at = %s WHERE number < 3", before)

    call_command("delete_old_trail", stdout=StringIO())
    tasks.tick()

    left = Entry.objects.order_by("pk")
    assert [entry.act for entry in left] == [Act.LAUNCHED, Act.TRAIL_SHORTENED]
    assert left[1].after["entries"] == 2
    assert findings() == []
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM trail_entry")


def test_triggers_are_made_anew_where_they_are_missing(entries: list[Entry]) -> None:
    with connection.cursor() as cursor:
        on = " ON trail_entry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER trail_entry_stays{on}")

    append_only.after_migrating(connection.alias)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE trail_entry SET act = 'another'")


def test_erasing_a_person_changes_no_entry() -> None:
    person = create_person("Nora Quist", email="nora@example.org")
    written = list(Entry.objects.filter(about_id=person.pk).values())
    assert written
    assert "nora" not in str(written).lower()

    User.objects.filter(pk=person.pk).delete()
    tasks.tick()

    kept = Entry.objects.filter(pk__in=[row["id"] for row in written]).order_by("pk")
    assert list(kept.values()) == written
    assert findings() == []


def test_two_ticks_at_once_chain_each_entry_once() -> None:
    for _number in range(2 * ENTRIES_A_SEAL):
        record(Act.LAUNCHED, team_id=7)
    start = Barrier(2)

    def chain() -> None:
        start.wait()
        # One that has to wait for the other gives up, and comes again with the next tick.
        with suppress(OperationalError):
            tasks.tick()
        connection.close()

    both = [Thread(target=chain) for _number in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    tasks.tick()

    chained = [number for seal in Seal.objects.all() for number, _digest in seal.entries]
    assert len(chained) == len(set(chained)) == 2 * ENTRIES_A_SEAL
    assert findings() == []
