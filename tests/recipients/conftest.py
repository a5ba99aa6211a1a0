"""The door by which the tests of recipient lists come in: the product's own pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from recipients.imports import importing
from recipients.models import ListImport, RecipientList
from teams.models import Team, User
from tests.client import Client


class Door:
    """The product as one signed-in person's browser meets it."""

    def __init__(self, team: Team, person: User) -> None:
        self.team = team
        self.client = Client()
        self.client.force_login(person)

    def upload(
        self,
        content: bytes | str,
        name: str = "people.csv",
        target: RecipientList | None = None,
        **fields: str,
    ) -> Any:
        """Send a file by the upload form; the response, not following a redirect."""
        raw = content.encode() if isinstance(content, str) else content
        url = reverse("upload", args=[self.team.slug])
        if target is not None:
            url += f"?list={target.public_id}"
        return self.client.post(url, {**fields, "file": SimpleUploadedFile(name, raw)})

    def checked(
        self,
        content: bytes | str,
        name: str = "people.csv",
        target: RecipientList | None = None,
    ) -> ListImport:
        """Upload a file that must be taken, and return its import."""
        response = self.upload(content, name, target)
        assert response.status_code == 302, response.content.decode()
        import_id = response["Location"].rstrip("/").rpartition("/")[2]
        return ListImport.objects.get(public_id=import_id)

    def url(self, name: str, list_import: ListImport) -> str:
        """The address of one of an import's pages."""
        return reverse(name, args=[self.team.slug, list_import.public_id])

    def get(self, name: str, list_import: ListImport, **headers: str) -> Any:
        """Open one of an import's pages."""
        return self.client.get(self.url(name, list_import), headers=headers)

    def post(self, name: str, list_import: ListImport, **fields: str) -> Any:
        """Press one of an import's buttons with the check page's form as it stands, changed."""
        data = self.choices(list_import) | fields
        return self.client.post(
            self.url(name, list_import), {key: value for key, value in data.items() if value}
        )

    def choices(self, list_import: ListImport) -> dict[str, str]:
        """What the check page's form holds."""
        list_import.refresh_from_db()
        fields = {
            "list_name": list_import.list_name,
            "default_country": list_import.default_country,
            "visibility": list_import.visibility,
            "mode": list_import.mode,
            "header_row": str(list_import.reading["header_row"]),
        }
        roles = {f"role_{n}": column["role"] for n, column in enumerate(list_import.columns)}
        return fields | roles

    def imported(self, content: bytes | str, **fields: str) -> RecipientList:
        """Upload, confirm and import a file; the list it became."""
        list_import = self.checked(content)
        response = self.post("import-confirm", list_import, **fields)
        assert response.status_code == 302, response.content.decode()
        importing.run_import(list_import.pk)
        list_import.refresh_from_db()
        assert list_import.state == ListImport.State.COMPLETED, list_import.failure
        assert list_import.recipient_list is not None
        return list_import.recipient_list

    def open(self, recipient_list: RecipientList) -> Any:
        """Open a list's page."""
        return self.client.get(reverse("list", args=[self.team.slug, recipient_list.public_id]))


@pytest.fixture
def door(riverside: Team, bob: User) -> Door:
    """Bob's door; he is an editor."""
    return Door(riverside, bob)


@pytest.fixture
def uploads() -> Path:
    """Where uploaded files lie."""
    return Path(settings.UPLOADS_DIR)


@pytest.fixture(autouse=True)
def _own_uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "UPLOADS_DIR", tmp_path / "uploads")
