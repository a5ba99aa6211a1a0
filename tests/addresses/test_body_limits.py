"""What is larger than its address takes is refused before it is stored, whoever sends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.fixtures import Settings

from teams.models import Team, User
from tests import effort
from tests.addresses.routes import OF_PAGES, Site, address
from tests.client import Client
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

MEGABYTE = 1024 * 1024
# A form of 5 MB comes along with a file of 200 MB or 16 MB.
FILES = {"upload": 205 * MEGABYTE, "opt-outs-add": 205 * MEGABYTE, "media-upload": 21 * MEGABYTE}
WEBHOOK = 256 * 1024
ANY = sorted(OF_PAGES)
# The limit is set before it is known which address it is, but for these.
TELLING = {*FILES, "webhook", "sign-in", "account", *ANY[::6]}


@pytest.fixture(autouse=True)
def no_room(settings: Settings, tmp_path: Path) -> None:
    """Whatever stores a file that nobody asked for fails here."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "nowhere")


def send(client: Client, url: str, size: str, **headers: Any) -> int:
    """POST a body that says it has this size; return the status of the answer."""
    content_type = "multipart/form-data; boundary=b"
    answer = client.generic("POST", url, b"", content_type, CONTENT_LENGTH=size, **headers)
    return int(answer.status_code)


@pytest.mark.parametrize("name", effort.long_but(TELLING, ANY))
def test_nobody_fills_the_disk_through_an_address(riverside: Team, name: str) -> None:
    url = address(name, riverside)
    most = FILES.get(name, 5 * MEGABYTE)
    # A webhook that nobody subscribed is not there, whatever is sent to it.
    too_large = {"webhook": 404}.get(name, 413)
    for size in (str(most + 1), str(1500 * MEGABYTE), "9" * 5000):
        # A length that no program can count with is none to Django.
        assert send(Client(), url, size) == too_large, size


@pytest.mark.parametrize("name", effort.long_but(TELLING, sorted(set(ANY) - {"webhook"})))
def test_a_body_in_chunks_is_read_nowhere_but_at_a_webhook(riverside: Team, name: str) -> None:
    url = address(name, riverside)
    assert send(Client(), url, "", HTTP_TRANSFER_ENCODING="chunked") == 411


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/admin/teams/user/add/"])
def test_the_admin_takes_no_more_either(riverside: Team, url: str) -> None:
    assert send(Client(), url, str(6 * MEGABYTE)) == 413


def test_members_are_told_in_plain_words(site: Site, alice: User, client_of: ClientOf) -> None:
    url = reverse("media-upload", args=[site.team.slug])
    client = client_of(alice)
    answer = client.generic("POST", url, b"", CONTENT_LENGTH=str(300 * MEGABYTE))
    assert answer.status_code == 413
    assert "more than the 21 MB that fit here" in answer.content.decode()
    said = client.generic(
        "POST", url, b"", CONTENT_LENGTH=str(300 * MEGABYTE), HTTP_HX_REQUEST="true"
    )
    assert said["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("name", ["sign-in", "password-reset", "paste", "account", "launch"])
def test_a_file_that_no_form_asked_for_is_stored_nowhere(
    site: Site, alice: User, client_of: ClientOf, name: str
) -> None:
    """With the right token and without one, signed in and not."""
    url = site.url(name, alice)
    for client in (client_of(alice), Client(), Client(enforce_csrf_checks=True)):
        file = SimpleUploadedFile("big.bin", b"x" * 4 * MEGABYTE)
        assert client.post(url, {"file": file, "email": "emil"}).status_code < 500


def test_a_strangers_media_is_not_stored_before_he_is_known(site: Site, charlie: User) -> None:
    client = Client(enforce_csrf_checks=True)
    url = reverse("media-upload", args=[site.team.slug])
    file = SimpleUploadedFile("big.bin", b"x" * 4 * MEGABYTE)
    assert client.post(url, {"file": file}).status_code == 302
    client.force_login(charlie)
    assert client.post(url, {"file": file}).status_code == 404
