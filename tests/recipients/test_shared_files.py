"""Two machines with a folder each, and a bucket in which they share what was uploaded and made."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from python_calamine import CalamineWorkbook

from campaigns import checks
from config import stores
from interface import shared_files
from recipients.files import made_files
from recipients.imports import import_lifecycle, importing
from recipients.lists import exporting
from recipients.models import ListImport, RecipientList
from teams.models import User
from tests.buckets import REGION, Bucket, make_bucket, store_of
from tests.client import Client
from tests.recipients.conftest import Door
from tests.recipients.workbooks import xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# What docs/operations.md says the key needs.
OF_THE_KEY = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
PEOPLE = "Phone,Name\n+12025550101,Ana\n+12025550102,Ben\n"
WORKBOOK = xlsx(
    {
        "Spring": [["Phone", "Name"], ["+12025550101", "Ana"]],
        "Autumn": [["Phone", "Name"], ["+12025550102", "Ben"], ["+12025550103", "Cleo"]],
    }
)

At = Callable[[str], Path]


@pytest.fixture
def bucket(s3_server: str, settings: Settings) -> Bucket:
    made = make_bucket(s3_server, OF_THE_KEY)
    use(settings, made)
    return made


def use(settings: Settings, bucket: Bucket, **changes: str) -> None:
    """Set the dashboard up for this bucket, as its operator does."""
    told = {
        "FILES_BUCKET": bucket.name,
        "MEDIA_BUCKET_ENDPOINT": bucket.server,
        "MEDIA_BUCKET_REGION": REGION,
        "MEDIA_BUCKET_KEY_ID": bucket.key_id,
        "MEDIA_BUCKET_SECRET": bucket.secret,
    }
    for name, value in {**told, **changes}.items():
        setattr(settings, name, value)
    files = stores.for_files(settings.FILES_BUCKET, store_of(settings))
    settings.STORAGES = settings.STORAGES | {"files": files}


@pytest.fixture
def at(settings: Settings, tmp_path: Path) -> At:
    """`at("first")`: from now on we are on that machine; gives the folder with its uploads."""

    def go(machine: str) -> Path:
        settings.UPLOADS_DIR = tmp_path / machine / "uploads"
        settings.EXPORTS_DIR = tmp_path / machine / "exports"
        return Path(settings.UPLOADS_DIR)

    return go


def imported(made: ListImport) -> RecipientList:
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == ListImport.State.COMPLETED, made.failure
    assert made.recipient_list is not None
    return made.recipient_list


def test_a_file_that_came_to_one_machine_is_checked_and_imported_on_others(
    door: Door, bucket: Bucket, at: At
) -> None:
    at("first")
    made = door.checked(WORKBOOK, "people.xlsx")
    at("second")
    door.post("import-check", made, sheet="Autumn")
    door.post("import-confirm", made)
    third = at("third")
    assert imported(made).recipient_count == 2
    # The text of the sheet is all that was fetched.
    assert [path.name.partition(".")[2] for path in third.iterdir()] == ["seen-1.csv"]
    assert len(bucket.names()) == 3


def test_a_made_file_is_fetched_from_a_machine_that_did_not_make_it(
    door: Door, alice: User, bucket: Bucket, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    at("first")
    made = door.checked(PEOPLE)
    door.post("import-confirm", made, visibility="team")
    people = imported(made)
    ordered = exporting.order_file(people.team, alice, people)
    exporting.make_export(ordered.pk)
    at("second")
    client = Client()
    client.force_login(alice)
    page = reverse("export", args=[people.team.slug, ordered.public_id])
    assert "Download" in client.get(page).content.decode()
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(client.get(f"{page}file/"))))
    assert "+12025550102" in str(book.get_sheet_by_index(0).to_python())

    monkeypatch.setattr(made_files, "KEEP_FILES", timedelta(days=-1))
    made_files.delete_old_files()
    assert not any(name.startswith("exports/") for name in bucket.names())


def test_what_is_deleted_is_in_no_bucket_and_after_an_hour_on_no_machine(
    door: Door, bucket: Bucket, at: At
) -> None:
    first = at("first")
    made = door.checked(WORKBOOK, "people.xlsx")
    second = at("second")
    door.post("import-check", made, sheet="Autumn")
    door.post("import-discard", made)
    assert bucket.names() == []
    assert list(second.iterdir()) == []
    (stored, _text) = copies = sorted(first.iterdir())
    shared_files.delete_old_copies(first)
    assert sorted(first.iterdir()) == copies
    an_hour_ago = (timezone.now() - shared_files.COPIES_KEPT).timestamp()
    os.utime(stored, (an_hour_ago, an_hour_ago))
    shared_files.delete_old_copies(first)
    assert stored not in first.iterdir()


def test_what_no_import_speaks_of_is_deleted_from_the_bucket(
    door: Door, bucket: Bucket, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = at("first")
    kept = door.checked(PEOPLE)
    door.checked(PEOPLE.replace("Ana", "Abe"))
    ListImport.objects.exclude(pk=kept.pk).delete()
    import_lifecycle.delete_orphans()
    assert len(bucket.names()) == 2
    # As if it were a day later.
    monkeypatch.setattr(import_lifecycle, "_KEEP_ORPHANS", timedelta(days=-1))
    monkeypatch.setattr(shared_files, "_LISTED_EVERY_SECONDS", 0)
    import_lifecycle.delete_orphans()
    assert bucket.names() == [f"{folder.name}/{kept.stored_name}"]


def test_a_bucket_that_does_not_take_it_is_told_and_no_import_begins(
    door: Door, bucket: Bucket, at: At, settings: Settings
) -> None:
    at("first")
    use(settings, bucket, MEDIA_BUCKET_ENDPOINT="http://127.0.0.1:9")
    door.client.raise_request_exception = False
    answer = door.upload(PEOPLE)
    assert answer.status_code == 503
    assert not ListImport.objects.exists()


def test_lists_are_not_to_lie_where_everybody_reads_media(settings: Settings) -> None:
    settings.FILES_BUCKET = settings.MEDIA_BUCKET = "the-same"
    assert "campaigns.E021" in {one.id for one in checks.sending_settings()}
