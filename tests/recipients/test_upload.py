"""The upload page: every file that cannot become a list gets one sentence that says what to do."""

from __future__ import annotations

import re
import resource
import stat
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.fixtures import Settings

from recipients.files.storing import MEGABYTE
from recipients.models import ListImport
from teams.models import Team, User
from tests.browsing import text_of
from tests.client import Client
from tests.recipients.conftest import Door

GOOD = "Mobile,Full name,City\n(415) 555-2671,Ann,Boston\n"


def sentence(html: str) -> str:
    """What the error summary says, as read."""
    found = re.search(r"data-error-summary>.*?<p>(.*?)</p>", html, re.DOTALL)
    assert found, html
    return re.sub(r"<[^>]+>", "", found[1]).strip()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "people.csv", "This file is empty."),
        (b"\n\n", "people.csv", "This file is empty."),
        (b"%PDF-1.7", "people.csv", "This is a PDF file, not a table."),
        (b"PK\x03\x04 ...", "people.xlsx", "We could not read this file."),
        (bytes(range(256)), "people.csv", "This file is not a table."),
        (b"Phone,Name\n", "people.csv", "There is only one row"),
        (
            b"Phone," + b"x," * 300 + b"\n" + b"1," * 301,
            "people.csv",
            "Row 1 has 302 columns, and the most is 200",
        ),
        (b'Phone\n"1', "people.csv", "A double quote in row 2 is never closed."),
        (b"Phone,x\n1," + b"x" * 10_001, "people.csv", "A cell in row 2 has more than 10,000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_become_a_list(
    door: Door, uploads: Path, content: bytes, name: str, said: str
) -> None:
    response = door.upload(content, name)
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith(said)
    assert list(uploads.iterdir()) == []
    assert not ListImport.objects.exists()


def test_no_file_chosen(door: Door) -> None:
    response = door.client.post(reverse("upload", args=[door.team.slug]))
    assert response.status_code == 422
    assert sentence(response.content.decode()) == "Choose a file first."


def test_a_file_that_is_too_large_is_cut_off_while_it_arrives(
    door: Door, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "UPLOAD_MAX_MB", 1)
    response = door.upload(b"x" * (3 * 1024 * 1024))
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith("This file is larger than 1 MB.")
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize("is_fragment", [False, True])
def test_a_disk_without_room_is_told_and_keeps_no_half_a_file(
    door: Door, uploads: Path, is_fragment: bool
) -> None:
    content = b"Phone\n" + b"4155552671\n" * (3 * MEGABYTE)
    headers = {"HX-Request": "true"} if is_fragment else {}
    url = reverse("upload", args=[door.team.slug])
    door.client.raise_request_exception = False
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The operating system refuses whatever would make a file longer than this.
    resource.setrlimit(resource.RLIMIT_FSIZE, (24 * MEGABYTE, before[1]))
    try:
        file = SimpleUploadedFile("people.csv", content)
        response = door.client.post(url, {"file": file}, headers=headers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert response.status_code == 503
    assert "The disk of this server is full or cannot be written" in response.content.decode()
    assert not list(uploads.iterdir())


def test_a_file_is_stored_untouched_under_a_name_nobody_chose(door: Door, uploads: Path) -> None:
    made = door.checked(GOOD, "../../etc/patients.csv")
    (stored,) = uploads.iterdir()
    assert stored.read_text() == GOOD
    assert stored.name == made.stored_name
    assert "patients" not in stored.name
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert made.file_name == "patients.csv"
    assert made.file_size == len(GOOD)


def test_the_lists_name_comes_from_the_files(door: Door) -> None:
    assert door.checked(GOOD, "spring_patients-2026.csv").list_name == "Spring patients 2026"


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>.csv", "x" * 5000 + ".csv", "a\u202egpj.csv", "ünïcode.csv"],
)
def test_no_file_name_breaks_the_page(door: Door, name: str) -> None:
    response = door.get("import", door.checked(GOOD, name))
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_the_same_form_sent_twice_is_one_import(door: Door, uploads: Path) -> None:
    token = str(uuid.uuid4())
    first, second = door.upload(GOOD, token=token), door.upload(GOOD, token=token)
    assert first["Location"] == second["Location"]
    assert ListImport.objects.count() == 1
    assert len(list(uploads.iterdir())) == 1


def test_a_token_of_another_team_opens_nothing(door: Door, charlie: User) -> None:
    theirs = Door(charlie.teams.get(), charlie).checked(GOOD)
    response = door.upload(GOOD, token=str(theirs.public_id))
    assert response.status_code == 302
    assert str(theirs.public_id) not in response["Location"]
    assert ListImport.objects.filter(team=door.team).count() == 1


def test_only_one_file_of_the_right_field_is_kept(door: Door, uploads: Path) -> None:
    url = reverse("upload", args=[door.team.slug])
    files = {
        "other": SimpleUploadedFile("other.csv", b"x"),
        "file": SimpleUploadedFile("people.csv", GOOD.encode()),
    }
    assert door.client.post(url, files).status_code == 302
    assert [path.read_text() for path in uploads.iterdir()] == [GOOD]


def test_a_form_without_its_token_is_refused_without_keeping_the_file_for_long(
    riverside: Team, bob: User, uploads: Path
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    url = reverse("upload", args=[riverside.slug])
    response = client.post(url, {"file": SimpleUploadedFile("people.csv", GOOD.encode())})
    assert response.status_code == 403
    assert not ListImport.objects.exists()


def test_a_stranger_cannot_even_begin_to_upload(
    riverside: Team, charlie: User, uploads: Path
) -> None:
    assert Door(riverside, charlie).upload(GOOD).status_code == 404
    assert not uploads.exists()


def test_a_viewer_cannot_upload(riverside: Team, vera: User, uploads: Path) -> None:
    assert Door(riverside, vera).upload(GOOD).status_code == 403
    assert not uploads.exists()


def test_the_files_of_a_team_and_of_a_person_have_an_end(
    door: Door, settings: Settings, riverside: Team, alice: User
) -> None:
    content = b"Phone\n+14155552671\n" + (b" " * 1023 + b"\n") * 1024
    settings.UPLOADS_TEAM_MB, settings.UPLOADS_PERSON_MB = 4, 2
    page_url = reverse("upload", args=[riverside.slug])
    others = ListImport.objects.create(
        team=riverside, uploaded_by=alice, stored_name="theirs", file_size=1024 * 1024
    )
    assert "Your team's files use 1.0 MB of 4.0 MB" in text_of(door.client.get(page_url))
    assert door.upload(content, "one.csv").status_code == 302
    refused = door.upload(content, "two.csv")
    assert refused.status_code == 422
    assert sentence(refused.content.decode()).startswith("There is no space for this file")
    page = text_of(door.client.get(page_url))
    assert "Your team's files use 2.0 MB of 4.0 MB, yours 1.0 MB of 2.0 MB" in page
    assert len(list(settings.UPLOADS_DIR.iterdir())) == 1
    # What is pasted takes room as well; what is gone takes none.
    settings.UPLOADS_TEAM_MB = 2
    pasted = door.client.post(reverse("paste", args=[riverside.slug]), {"rows": "+14155552671"})
    assert pasted.status_code == 422
    ListImport.objects.filter(pk=others.pk).update(stored_name="")
    assert door.upload(b"Phone\n+14155552671\n", "three.csv").status_code == 302
