"""Imports in real workers, killed and stopped while they are at it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from recipients import tasks
from recipients.models import ListImport, Recipient, RecipientList, RejectedRow
from tests.effort import times
from tests.processes import Child, Processes
from tests.recipients.conftest import Door
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.either_database]

State = ListImport.State
ROWS = 120_000
# Every tenth row repeats a phone, every fiftieth has none.
REPEATS, MISSING = 10, 50


def a_large_file() -> str:
    lines = ["Phone,Name"]
    for number in range(ROWS):
        if number % MISSING == 7:
            lines.append(f",Nobody {number}")
        else:
            phone = number // REPEATS if number % REPEATS == 3 else number
            lines.append(f"+1212{2_000_000 + phone},Person {number}")
    return "\n".join(lines)


@pytest.fixture
def worker(processes: Processes, tmp_path: Path) -> Callable[[], Child]:
    """Starts a background worker on this test's uploads."""
    return lambda: processes.worker("background", env={"DATA_DIR": str(tmp_path)})


def wait_for(reached: Callable[[ListImport], bool]) -> ListImport:
    def found() -> ListImport | None:
        only = ListImport.objects.get()
        return only if reached(only) else None

    return wait_until(found, progress=how_far, pause=0.02)


def how_far() -> tuple[object, ...]:
    """What a worker writes from time to time."""
    return ListImport.objects.values_list("state", "rows_done", "lease_until").get()


def end_the_dead_workers_lease() -> None:
    ListImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.tick()


def assert_adds_up(made: ListImport) -> None:
    people = Recipient.objects.filter(recipient_list=made.recipient_list)
    assert people.filter(occurrence=0).count() == made.recipient_count
    assert people.filter(occurrence__gt=0).count() == made.duplicate_count
    assert RejectedRow.objects.filter(list_import=made).count() == made.rejected_count
    assert made.rows_done == made.recipient_count + made.duplicate_count + made.rejected_count


def test_no_row_is_lost_or_doubled_by_killing_workers(
    door: Door, worker: Callable[[], Child]
) -> None:
    made = door.checked(a_large_file())
    door.post("import-confirm", made)
    for _ in range(times(2)):
        child = worker()
        end_the_dead_workers_lease()
        wait_for(lambda found: found.state != State.QUEUED)
        time.sleep(random.uniform(0.01, 0.4))
        child.kill()
        found = ListImport.objects.get()
        assert_adds_up(found)
        assert RecipientList.objects.get().is_ready is (found.state == State.COMPLETED)
    worker()
    end_the_dead_workers_lease()
    made = wait_for(lambda found: found.state == State.COMPLETED)
    assert_adds_up(made)
    assert made.rows_done == ROWS
    assert made.rejected_count == ROWS // MISSING
    rows = Recipient.objects.filter(recipient_list=made.recipient_list).order_by("pk")
    numbers = [number or 0 for number in rows.values_list("row_number", flat=True)]
    assert numbers == sorted(set(numbers))
    people = RecipientList.objects.get(is_ready=True)
    assert people.recipient_count == rows.values("phone").distinct().count()


def test_a_stopped_import_leaves_nothing(door: Door, worker: Callable[[], Child]) -> None:
    made = door.checked(a_large_file())
    door.post("import-confirm", made)
    worker()
    tasks.tick()
    wait_for(lambda found: found.rows_done > 0)
    door.post("import-stop", made)
    assert ListImport.objects.get().state == State.STOPPED

    def is_empty() -> bool:
        tasks.tick()
        return not Recipient.objects.exists() and not RecipientList.objects.exists()

    wait_until(is_empty, progress=Recipient.objects.count, pause=0.5)
    assert ListImport.objects.get().state == State.STOPPED


def test_the_upload_itself_wakes_the_worker(door: Door, worker: Callable[[], Child]) -> None:
    worker()
    made = door.checked(a_large_file())
    assert not made.is_judged
    made = wait_for(lambda found: found.is_judged)
    assert made.judgement["rows"] == ROWS
    door.post("import-confirm", made)
    made = wait_for(lambda found: found.state == State.COMPLETED)
    assert made.rows_total == ROWS
    assert made.recipient_count + made.duplicate_count == ROWS - ROWS // MISSING
