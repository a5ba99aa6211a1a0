"""Rows become recipients or rejected rows, each exactly once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakSet

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from events.kinds import EventKind
from events.models import OutgoingEvent, Receiver
from recipients import claiming
from recipients.files import bulk_load
from recipients.files.storing import delete_stored
from recipients.imports import import_lifecycle, importing
from recipients.models import ListImport, Recipient, RecipientList, RejectedRow
from teams.models import Team, User
from tests.effort import examples
from tests.recipients.conftest import Door

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]

State = ListImport.State


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a chunk on either database."""
    monkeypatch.setitem(importing._ROWS_A_CHUNK, connection.vendor, 3)


def phone(number: int) -> str:
    return f"+1415555{2000 + number}"


def confirmed(door: Door, content: str) -> ListImport:
    made = door.checked(content)
    assert door.post("import-confirm", made).status_code == 302
    made.refresh_from_db()
    return made


def assert_adds_up(made: ListImport) -> None:
    """The accounting identity, in the counters and in the tables."""
    made.refresh_from_db()
    assert made.rows_done == made.recipient_count + made.duplicate_count + made.rejected_count
    rows = Recipient.objects.filter(recipient_list=made.recipient_list)
    assert rows.filter(occurrence=0).count() == made.recipient_count
    assert rows.filter(occurrence__gt=0).count() == made.duplicate_count
    assert RejectedRow.objects.filter(list_import=made).count() == made.rejected_count


def test_each_row_is_a_recipient_a_duplicate_or_rejected(door: Door) -> None:
    content = f"Phone,Name\n{phone(1)},Ann\nx,Bob\n{phone(2)},Cleo\n{phone(1)},Dee\n"
    made = confirmed(door, content)
    importing.run_import(made.pk)
    assert_adds_up(made)
    assert (made.rows_done, made.rows_total) == (4, 4)
    found = Recipient.objects.order_by("id").values_list(
        "row_number", "phone", "occurrence", "name"
    )
    assert list(found) == [
        (2, phone(1), 0, "Ann"),
        (4, phone(2), 0, "Cleo"),
        (5, phone(1), 1, "Dee"),
    ]
    rejected = RejectedRow.objects.get()
    assert (rejected.row_number, rejected.code, rejected.cells) == (3, "letters", ["x", "Bob"])


def test_the_list_is_whole_or_not_there(door: Door, bob: User, small_chunks: None) -> None:
    made = confirmed(door, "Phone\n" + "\n".join(map(phone, range(10))))
    usable = RecipientList.objects.for_member
    assert not usable(made.team, bob).exists()
    importing.run_import(made.pk)
    people = usable(made.team, bob).get()
    assert (people.recipient_count, people.duplicate_count) == (10, 0)


def test_what_was_judged_is_what_is_imported(door: Door, small_chunks: None) -> None:
    phones = [phone(1), "", phone(2), phone(1), "12", phone(3), phone(2), phone(2), "4.1E+09"]
    made = confirmed(door, "Phone\n" + "\n".join(f'"{one}"' if one else '" ",' for one in phones))
    judged = made.judgement
    importing.run_import(made.pk)
    assert_adds_up(made)
    assert made.recipient_count == judged["ready"]
    assert made.duplicate_count == judged["duplicates"]
    assert made.rejected_count == sum(judged["rejected"].values())
    assert made.rows_done == judged["rows"]


def test_fields_and_names_are_kept_clean(door: Door) -> None:
    people = door.imported(
        'Phone,Name,Note,Tab\\,Blank\n+14155552671," A\x00nn\u202e ","a\nb\\n ""c"" \\.","x\ty", \n'
    )
    row = people.recipients.get()
    assert row.name == "Ann"
    assert row.fields == {"Note": 'a b\\n "c" \\.', "Tab\\": "x y"}
    assert people.field_names == ["Note", "Tab\\", "Blank"]


@pytest.mark.parametrize(
    "text",
    ["\\", "\\N", "\\.", "a\\tb", "'); DROP TABLE", '"', "\u2028", "😀", "می‌خواهم", "%s", "a\x7fb"],
)
def test_no_text_breaks_the_bulk_load(door: Door, text: str) -> None:
    quoted = text.replace('"', '""')
    row = door.imported(f'Phone,Name,X\n+14155552671,"{quoted}","{quoted}"\n').recipients.get()
    shown = text.replace("\u2028", " ").replace("\x7f", "").strip()
    assert row.name == shown
    assert row.fields.get("X", "") == shown


def test_the_bulk_load_keeps_no_rows(riverside: Team, alice: User) -> None:
    class Name(str):
        """A text whose life can be watched."""

    people = RecipientList.objects.create(team=riverside, owner=alice, name="All")
    alive: WeakSet[Name] = WeakSet()
    most = 0

    def rows() -> Iterator[bulk_load.Row]:
        nonlocal most
        for number in range(20_000):
            alive.add(name := Name(f"Person {number}"))
            most = max(most, len(alive))
            yield people.pk, phone(number), 0, name, "{}"

    columns = ["recipient_list_id", "phone", "occurrence", "name", "fields"]
    with transaction.atomic():
        bulk_load.load_rows(Recipient._meta.db_table, columns, rows())
    assert people.recipients.count() == 20_000
    assert most <= 10_000


def test_a_row_with_more_cells_than_columns_is_rejected(door: Door) -> None:
    people = door.imported(f"Phone,Name\n{phone(1)},Lee, Ann\n{phone(2)},Bob,,\n")
    assert people.recipient_count == 1
    assert RejectedRow.objects.get().code == "too_many_cells"


def test_only_one_worker_at_a_time(door: Door) -> None:
    made = confirmed(door, f"Phone\n{phone(1)}\n")
    assert claiming.claim_work(ListImport.objects.filter(state=State.QUEUED), made.pk) is not None
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == State.QUEUED
    ListImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == State.COMPLETED


def test_an_import_goes_on_behind_the_rows_that_are_in(door: Door, small_chunks: None) -> None:
    made = confirmed(door, "Phone\n" + "\n".join(phone(number % 4) for number in range(9)))
    # Six rows, as a worker leaves them that was killed after two chunks.
    people = RecipientList.objects.get()
    for number in range(6):
        people.recipients.create(
            phone=phone(number % 4), occurrence=number // 4, row_number=number + 2
        )
    ListImport.objects.update(
        state=State.IMPORTING, rows_done=6, recipient_count=4, duplicate_count=2
    )
    importing.run_import(made.pk)
    assert_adds_up(made)
    assert (made.rows_done, made.recipient_count, made.duplicate_count) == (9, 4, 5)
    last = Recipient.objects.order_by("-id").values_list("row_number", "phone", "occurrence")[:3]
    assert list(last) == [(10, phone(0), 2), (9, phone(3), 1), (8, phone(2), 1)]


def test_a_worker_writes_nothing_once_the_import_is_stopped(
    door: Door, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = confirmed(door, "Phone\n" + "\n".join(map(phone, range(10))))
    now, looks = timezone.now, iter(range(100))

    def stopped_before_the_second_chunk() -> datetime:
        # The claim and each chunk look at the clock once.
        if next(looks) == 2:
            import_lifecycle.stop_import(made)
        return now()

    monkeypatch.setattr(timezone, "now", stopped_before_the_second_chunk)
    importing.run_import(made.pk)
    assert_adds_up(made)
    # This test has one connection only, so that the chunk's end takes the stop back as well.
    assert made.rows_done == 3
    assert not RecipientList.objects.filter(is_ready=True).exists()


def test_a_file_that_kills_its_workers_is_given_up(door: Door) -> None:
    made = confirmed(door, f"Phone\n{phone(1)}\n")
    for _ in range(5):
        assert (
            claiming.claim_work(ListImport.objects.filter(state=State.QUEUED), made.pk) is not None
        )
        ListImport.objects.update(lease_until=None)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.state, made.failure) == (State.FAILED, "interrupted")


def test_a_file_that_is_gone_fails_the_import(door: Door, uploads: Path) -> None:
    made = confirmed(door, f"Phone\n{phone(1)}\n")
    next(uploads.iterdir()).unlink()
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.state, made.failure) == (State.FAILED, "file_gone")
    assert "has been deleted" in door.get("import", made).content.decode()


def test_a_fault_in_the_file_fails_the_import_and_leaves_no_list(
    door: Door, small_chunks: None, uploads: Path
) -> None:
    made = confirmed(door, "Phone\n" + "\n".join(map(phone, range(10))))
    path = next(uploads.iterdir())
    path.write_text(path.read_text() + '\n"never closed')
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.state, made.failure_details) == (State.FAILED, {"row": 12})
    assert not RecipientList.objects.filter(is_ready=True).exists()
    page = door.get("import", made).content.decode()
    assert "A double quote in row 12 is never closed." in page


def test_an_import_without_a_valid_row_fails(door: Door, uploads: Path) -> None:
    made = confirmed(door, f"Phone\n{phone(1)}\n")
    path = next(uploads.iterdir())
    path.write_text("Phone\nnobody\n")
    importing.run_import(made.pk)
    assert_adds_up(made)
    assert (made.state, made.failure) == (State.FAILED, "no_valid_row")


phones = st.sampled_from([*map(phone, range(4)), "", "nobody", "12", "4.1E+09"])


@given(rows=st.lists(phones, max_size=25))
@examples(10, HealthCheck.function_scoped_fixture)
def test_any_file_adds_up(door: Door, small_chunks: None, rows: list[str]) -> None:
    content = "Phone,Name\n+14155552671,First\n" + "".join(f"{one},x\n" for one in rows)
    made = confirmed(door, content)
    importing.run_import(made.pk)
    assert_adds_up(made)
    valid = [one for one in rows if one.startswith("+")]
    assert made.rows_done == len(rows) + 1
    assert made.recipient_count == len({*valid, "+14155552671"})
    assert made.rejected_count == len(rows) - len(valid)


def test_how_it_ended_is_told_to_the_teams_own_systems(door: Door) -> None:
    url, kinds = "https://example.org/", [EventKind.IMPORTED.value]
    Receiver.objects.create(team=door.team, name="Till", url=url, kinds=kinds)
    good = confirmed(door, f"Phone,Name\n{phone(1)},Ann\nx,Bob\n{phone(1)},Dee\n")
    gone = confirmed(door, f"Phone\n{phone(2)}\n")
    delete_stored(gone.stored_name)
    for made in (good, gone):
        importing.run_import(made.pk)
        importing.run_import(made.pk)

    told = [orjson.loads(event.body)["data"] for event in OutgoingEvent.objects.order_by("pk")]
    good.refresh_from_db()
    assert good.recipient_list is not None
    assert [one["state"] for one in told] == ["completed", "failed"]
    assert [one["import"] for one in told] == [str(good.public_id), str(gone.public_id)]
    assert told[0]["list"] == str(good.recipient_list.public_id)
    assert (told[0]["people"], told[0]["duplicates"], told[0]["rejected"]) == (1, 1, 1)
    assert told[1]["list"] is None
