"""What is done with whole lists, in real workers that are killed while they are at it."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from python_calamine import CalamineWorkbook

from recipients import tasks
from recipients.files.bulk_load import load_rows
from recipients.imports import checking, undoing
from recipients.lists import exporting, list_operations
from recipients.models import Export, ListImport, ListOperation, Recipient, RecipientList
from teams.models import Team, User
from tests import effort
from tests.processes import Child, Processes
from tests.recipients.conftest import Door
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.either_database]

ROWS = 15_000
# Every tenth row repeats a phone of an earlier one.
REPEATS = 10
TOWNS = ("Ayr", "Bonn", "Cork")
DONE = ("completed", "ready")


def phone(number: int) -> str:
    return f"+1212{2_000_000 + number}"


def number_of(row: int) -> int:
    """Which number stands in a row."""
    return row // REPEATS if row % REPEATS == 3 else row


def a_long_list(team: Team, owner: User, name: str, start: int = 0) -> RecipientList:
    """A list of ROWS rows whose numbers begin at `start`, in three towns."""
    made = RecipientList.objects.create(
        team=team, owner=owner, name=name, field_names=["Town"], is_ready=True
    )
    seen: Counter[int] = Counter()
    rows = []
    for row in range(ROWS):
        number = start + number_of(row)
        fields = f'{{"Town": "{TOWNS[row % 3]}"}}'
        rows.append((made.pk, phone(number), seen[number], f"Person {row}", fields, row + 2))
        seen[number] += 1
    columns = ("recipient_list_id", "phone", "occurrence", "name", "fields", "row_number")
    with transaction.atomic():
        load_rows(Recipient._meta.db_table, columns, rows)
    made.recipient_count, made.duplicate_count = len(seen), ROWS - len(seen)
    made.save()
    return made


@dataclass
class Work:
    """All that the workers have to do."""

    patients: RecipientList
    regulars: RecipientList
    addition: ListImport
    merge: ListOperation
    split: ListOperation
    subtract: ListOperation
    export: Export

    def all(self) -> list[ListImport | ListOperation | Export]:
        """In the order in which a tick hands them out."""
        return [self.addition, self.merge, self.split, self.subtract, self.export]


@pytest.fixture
def work(riverside: Team, bob: User, door: Door) -> Work:
    """A file for a list, lists made of two lists, and a workbook: all of them wait."""
    patients = a_long_list(riverside, bob, "Patients")
    others = a_long_list(riverside, bob, "Others", start=ROWS // 2)
    regulars = a_long_list(riverside, bob, "Regulars")
    lines = "".join(f"{phone(ROWS // 2 + row)},New {row}\n" for row in range(ROWS))
    addition = door.checked(f"Phone,Name\n{lines}", target=regulars)
    checking.judge_whole(addition.pk)
    assert door.post("import-confirm", addition, mode="update").status_code == 302
    return Work(
        patients=patients,
        regulars=regulars,
        addition=addition,
        merge=list_operations.merge([patients, others], bob, "Both", each_once=False),
        split=list_operations.split(patients, bob, "Town", TOWNS[:2]),
        subtract=list_operations.subtract(patients, [others], bob, "Rest"),
        export=exporting.order_file(riverside, bob, patients),
    )


@pytest.fixture
def worker(processes: Processes, tmp_path: Path) -> Callable[[], Child]:
    """Starts a background worker on this test's files, with everything to do handed out."""

    def start() -> Child:
        child = processes.worker("background", env={"DATA_DIR": str(tmp_path)})
        ended = timezone.now() - timedelta(seconds=1)
        for kind in (ListImport, ListOperation, Export):
            kind._default_manager.update(lease_until=ended)
        tasks.tick()
        return child

    return start


@pytest.fixture(autouse=True)
def _own_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EXPORTS_DIR", tmp_path / "exports")


def wait_for(one: ListImport | ListOperation | Export, *states: str) -> None:
    def is_there() -> bool:
        one.refresh_from_db()
        return one.state in states

    wait_until(is_there, progress=how_far, pause=0.01)


def how_far() -> list[object]:
    """What a worker writes from time to time, whichever of the work it is at."""
    kinds: list[type[ListImport | ListOperation | Export]] = [ListImport, ListOperation, Export]
    rows = [kind._default_manager.values_list("state", "lease_until") for kind in kinds]
    return [list(row.order_by("pk")) for row in rows]


def rows_of(people: RecipientList) -> set[tuple[str, int, str]]:
    rows = Recipient.objects.filter(recipient_list=people)
    return set(rows.values_list("phone", "occurrence", "name"))


def assert_nothing_is_half_visible(work: Work) -> None:
    for operation in ListOperation.objects.all():
        ready = set(operation.lists.filter(part="target").values_list("recipient_list__is_ready"))
        assert ready == {(operation.state == "completed",)}
    for people in RecipientList.objects.filter(is_ready=True):
        counted = people.recipients.aggregate(
            people=Count("pk", filter=Q(occurrence=0)), more=Count("pk", filter=Q(occurrence__gt=0))
        )
        assert counted == {"people": people.recipient_count, "more": people.duplicate_count}
    work.addition.refresh_from_db()
    new = Recipient.objects.filter(recipient_list=work.regulars, list_import=work.addition)
    assert new.exists() is (work.addition.state == "completed")
    assert bool(Export.objects.get().stored_name) is (Export.objects.get().state == "ready")


def assert_lists_are_right(work: Work) -> None:
    """Every row is there once, whatever was killed: compared with the sum done by hand."""
    numbers = [number_of(row) for row in range(ROWS)]
    other_numbers = [ROWS // 2 + number for number in numbers]
    made = {one.name: one for one in RecipientList.objects.filter(is_ready=True)}
    both = Counter(numbers) + Counter(other_numbers)
    expected = {(phone(n), times) for n, many in both.items() for times in range(many)}
    assert {(p, times) for p, times, _name in rows_of(made["Both"])} == expected
    assert made["Both"].row_count == 2 * ROWS
    for place, town in enumerate(TOWNS[:2]):
        names = {name for _phone, _times, name in rows_of(made[f"Patients · {town}"])}
        assert names == {f"Person {row}" for row in range(place, ROWS, 3)}
    others = set(other_numbers)
    rest = {name for _phone, _times, name in rows_of(made["Rest"])}
    assert rest == {f"Person {row}" for row, n in enumerate(numbers) if n not in others}
    assert RecipientList.objects.filter(is_ready=True).count() == 7

    path = Export.objects.get().path
    assert path is not None
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert len(sheet) == ROWS + 1


def test_whole_lists_come_out_right_however_often_workers_are_killed(
    work: Work, worker: Callable[[], Child], processes: Processes, bob: User
) -> None:
    before = rows_of(work.regulars)
    for one in cut_short(work):
        child = worker()
        wait_for(one, "importing", "working", *DONE)
        time.sleep(random.uniform(0, 0.3))
        child.kill()
        assert_nothing_is_half_visible(work)
    worker()
    for one in work.all():
        wait_for(one, *DONE)
    assert_nothing_is_half_visible(work)
    assert_lists_are_right(work)

    # The addition: the list has everybody, with what the file says of them; and back again.
    after = rows_of(work.regulars)
    assert {p for p, _times, _name in after} == {p for p, _times, _name in before} | {
        phone(ROWS // 2 + row) for row in range(ROWS)
    }
    addition = work.addition
    assert addition.rows_done == addition.recipient_count == ROWS
    assert addition.effect["added"] + addition.effect["updated"] == ROWS
    kill_an_undo(processes, addition, bob)
    assert_undone_or_not_at_all(work, before, after)
    if ListImport.objects.get(pk=addition.pk).state == "completed":
        undoing.undo_import(addition, bob)
    assert rows_of(work.regulars) == before


def cut_short(work: Work) -> list[ListImport | ListOperation | Export]:
    """At what a worker is killed: everything in a long run, else a part of it on each database."""
    first = 0 if connection.vendor == "sqlite" else 1
    return work.all() if effort.is_long() else work.all()[first::2]


def kill_an_undo(processes: Processes, addition: ListImport, user: User) -> None:
    """Undo the import as the page does, in a process that does not live to see its end."""
    undo = (
        "import django; django.setup()\n"
        "from recipients.imports import undoing\n"
        "from recipients.models import ListImport\n"
        "from teams.models import User\n"
        f"addition, user = ListImport.objects.get(pk={addition.pk}), User.objects.get(pk={user.pk})"
        "\nprint('begins', flush=True)\nundoing.undo_import(addition, user)\n"
    )
    env = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    child = processes.start("undo", sys.executable, "-c", undo, env=env)
    child.wait_for("begins")
    time.sleep(random.uniform(0, 0.3))
    child.kill()
    assert child.process.returncode in {0, -signal.SIGKILL}, child.output


def assert_undone_or_not_at_all(
    work: Work, before: set[tuple[str, int, str]], after: set[tuple[str, int, str]]
) -> None:
    is_undone = ListImport.objects.get(pk=work.addition.pk).state == "undone"
    assert rows_of(work.regulars) == (before if is_undone else after)
    work.regulars.refresh_from_db()
    assert work.regulars.row_count == len(before if is_undone else after)
