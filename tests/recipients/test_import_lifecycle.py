"""What the tick finds, clears away, and leaves alone."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.urls import reverse
from django.utils import timezone

from interface import hints
from recipients import claiming, tasks
from recipients.imports import import_lifecycle, importing
from recipients.lists import list_lifecycle
from recipients.models import ListImport, Recipient, RecipientList, RejectedRow
from tests.recipients.conftest import Door

pytestmark = [pytest.mark.thorough]

State = ListImport.State
FILE = "Phone\n4155552671\n2127365000\nx\n"


def confirmed(door: Door) -> ListImport:
    made = door.checked(FILE)
    door.post("import-confirm", made)
    made.refresh_from_db()
    return made


def waiting_messages(broker: redis.Redis) -> int:
    assert hints.wait_until_sent()
    length = broker.llen("background")
    assert isinstance(length, int)
    return length


@pytest.mark.both_databases
def test_a_queued_import_is_found_again_when_its_message_is_lost(
    door: Door, broker: redis.Redis
) -> None:
    confirmed(door)
    broker.flushdb()
    tasks.tick()
    assert waiting_messages(broker) == 1


@pytest.mark.both_databases
def test_an_import_under_way_is_left_alone(door: Door, broker: redis.Redis) -> None:
    made = confirmed(door)
    claiming.claim_work(ListImport.objects.filter(state=State.QUEUED), made.pk)
    broker.flushdb()
    tasks.tick()
    assert waiting_messages(broker) == 0
    ListImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.tick()
    assert waiting_messages(broker) == 1


def test_a_broken_broker_is_no_error_for_the_person(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        tasks.import_list.app.conf, "broker_url", "redis://127.0.0.1:1/0", raising=False
    )
    made = door.checked(FILE)
    assert door.post("import-confirm", made).status_code == 302


def test_a_message_carries_an_id_and_nothing_else(
    door: Door, broker: redis.Redis, django_capture_on_commit_callbacks: object
) -> None:
    made = confirmed(door)
    tasks.tick()
    assert hints.wait_until_sent()
    (message,) = broker.lrange("background", 0, -1)
    assert b"4155552671" not in message
    assert b"people" not in message
    assert made.state == State.QUEUED


@pytest.mark.both_databases
def test_a_stopped_import_leaves_no_list(door: Door) -> None:
    made = confirmed(door)
    page = door.client.post(door.url("import-stop", made), follow=True).content.decode()
    assert "The import was stopped" in page
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == State.STOPPED
    tasks.tick()
    assert not RecipientList.objects.exists()


@pytest.mark.both_databases
def test_a_half_filled_list_is_deleted_with_its_people(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_lifecycle, "_ROWS_A_DELETE", 2)
    made = confirmed(door)
    people = made.recipient_list
    assert people is not None
    for number in range(5):
        people.recipients.create(phone=f"+1415555267{number}")
    door.post("import-stop", made)
    other = door.imported(FILE)
    tasks.tick()
    assert RecipientList.objects.get() == other
    assert Recipient.objects.count() == 2


@pytest.mark.both_databases
def test_a_finished_import_cannot_be_stopped(door: Door) -> None:
    people = door.imported(FILE)
    made = people.list_imports.get()
    door.client.post(door.url("import-stop", made))
    made.refresh_from_db()
    assert made.state == State.COMPLETED


def test_a_stopped_import_can_be_checked_and_imported_again(door: Door) -> None:
    made = confirmed(door)
    door.post("import-stop", made)
    door.client.post(door.url("import-retry", made))
    made.refresh_from_db()
    assert made.state == State.CHECKING
    door.post("import-confirm", made)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.state, made.rows_done, made.recipient_count) == (State.COMPLETED, 3, 2)
    assert RejectedRow.objects.count() == 1
    tasks.tick()
    assert RecipientList.objects.get().is_ready


def test_a_failed_import_offers_to_check_the_file_again(door: Door) -> None:
    made = confirmed(door)
    ListImport.objects.update(state=State.FAILED, failure="interrupted")
    page = door.get("import", made).content.decode()
    assert "The import was interrupted several times." in page
    assert "Check the file again" in page


@pytest.mark.both_databases
def test_files_are_deleted_after_a_week(door: Door, uploads: Path) -> None:
    people, open_check, running = door.imported(FILE), door.checked(FILE), confirmed(door)
    assert len(list(uploads.iterdir())) == 3
    ListImport.objects.update(created_at=timezone.now() - timedelta(days=6))
    import_lifecycle.delete_old_uploads()
    assert len(list(uploads.iterdir())) == 3
    days_ago = timezone.now() - timedelta(days=8)
    ListImport.objects.update(created_at=days_ago)
    import_lifecycle.delete_old_uploads()
    # What was imported stays for a week after the import, not after the upload.
    assert {path.name for path in uploads.iterdir()} == {
        running.stored_name,
        people.list_imports.get().stored_name,
    }
    ListImport.objects.filter(state=State.COMPLETED).update(completed_at=days_ago)
    import_lifecycle.delete_old_uploads()
    assert [path.name for path in uploads.iterdir()] == [running.stored_name]
    assert not ListImport.objects.filter(pk=open_check.pk).exists()
    assert people.list_imports.get().stored_name == ""


@pytest.mark.both_databases
def test_a_file_that_nobody_speaks_of_is_deleted_after_a_day(door: Door, uploads: Path) -> None:
    door.checked(FILE)
    fresh, old = uploads / "fresh", uploads / "old"
    for path in (fresh, old):
        path.write_bytes(b"x")
    yesterday = time.time() - 25 * 3600
    for path in uploads.iterdir():
        if path != fresh:
            os.utime(path, (yesterday, yesterday))
    import_lifecycle.delete_orphans()
    assert not old.exists()
    assert fresh.exists()
    assert len(list(uploads.iterdir())) == 2


def test_the_progress_page_says_how_far_it_is(door: Door) -> None:
    made = confirmed(door)
    ListImport.objects.update(state=State.IMPORTING, rows_done=1, recipient_count=1)
    page = door.get("import-progress", made).content.decode()
    assert 'max="3" value="1"' in page
    assert 'hx-trigger="load delay:1s"' in page


def test_the_progress_page_asks_less_often_with_time(door: Door) -> None:
    made = confirmed(door)
    url = door.url("import-progress", made)
    assert "delay:5s" in door.client.get(url, {"asked": "60"}).content.decode()
    assert "delay:1s" in door.client.get(url, {"asked": "x" * 99}).content.decode()


def test_the_progress_page_leads_to_the_list(door: Door) -> None:
    people = door.imported(FILE)
    made = people.list_imports.get()
    assert door.get("import-progress", made)["HX-Redirect"] == door.url("import", made)
    assert door.get("import", made)["Location"] == reverse(
        "list", args=[door.team.slug, people.public_id]
    )
