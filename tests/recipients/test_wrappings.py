"""Tables that are wrapped: archives with one file in them, and cards of people."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

from recipients.models import ListImport
from tests.recipients.conftest import Door
from tests.recipients.test_upload import sentence

CASES = Path(__file__).parent / "cases"
TABLE = "Phone,Name\n+14155552671,Ann\n"


def archive(**members: str | bytes) -> bytes:
    """A ZIP file; "_" in a name stands for a dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("_", "."), content)
    return made.getvalue()


def cells(made: ListImport) -> list[list[str]]:
    """The first rows below the names of the columns."""
    return [row["cells"] for row in made.judgement["sample"]]


def test_the_only_table_of_an_archive_is_read(door: Door) -> None:
    assert cells(door.checked((CASES / "one-csv.zip").read_bytes(), "one-csv.zip")) == [
        ["+14155552671", "Ann"]
    ]
    inside = (CASES / "opt-outs.xlsx").read_bytes()
    assert door.checked(archive(people_xlsx=inside), "a.zip").judgement["ready"] == 2
    beside = archive(people_csv=TABLE, README_txt="x", **{"__MACOSX/_people_csv": b"x"})
    assert door.checked(beside, "a.zip").judgement["ready"] == 1
    assert door.checked(archive(people_vcf=CARDS["2.1"]), "a.zip").judgement["ready"] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive(a_csv=TABLE, b_csv=TABLE), "This ZIP file holds 2 tables. Unpack it"),
        (archive(photo_jpg=b"x"), "This is a ZIP file"),
        (archive(a_zip=archive(b_csv=TABLE)), "This is a ZIP file"),
        (archive(a_csv=b""), "This file is empty."),
        (archive(a_csv=b"%PDF-1.7"), "This is a PDF file"),
        (archive(a_csv=bytes(2 * 1024 * 1024)), "This file is larger than 1 MB."),
        (archive(a_csv=TABLE * 50)[:-60], "We could not read this file."),
    ],
    # The bytes hold the time at which they were made.
    ids=["two", "picture", "archive", "empty", "pdf", "large", "broken"],
)
def test_other_archives_get_advice(
    door: Door, uploads: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    monkeypatch.setattr(settings, "UPLOAD_MAX_MB", 1)
    response = door.upload(content, "people.zip")
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith(said)
    assert list(uploads.iterdir()) == []


CARDS = {
    "2.1": (
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;"
        "\r\nTEL;CELL:+14155552671\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        "FN;ENCODING=QUOTED-PRINTABLE:A very long name =\r\nindeed\r\n"
        "TEL;HOME;VOICE:(212) 736-5000\r\nEND:VCARD\r\n"
    ),
    "3.0": (
        "BEGIN:VCARD\nVERSION:3.0\nFN:M\u00fcller\\, J\u00f6rg\nTEL;TYPE=HOME:+12127365000\n"
        "item1.TEL;TYPE=CELL,VOICE;TYPE=pref:+1415\n 5552671\n"
        "NOTE:x\\ny\nPHOTO;ENCODING=b:AAA\n AAA\n"
        "END:VCARD\n"
    ),
    "4.0": (
        "BEGIN:VCARD\nVERSION:4.0\nFN:Ann Lee\n"
        'TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+1-415-555-2671\n'
        "TEL;VALUE=uri:tel:+1-212-736-5000;ext=12\nEND:VCARD\nbegin:vcard\nFN:Nobody\nend:vcard\n"
    ),
}


@pytest.mark.parametrize(
    ("version", "rows"),
    [
        (
            "2.1",
            [
                ["J\u00f6rg M\u00fcller", "+14155552671"],
                ["A very long name indeed", "(212) 736-5000"],
            ],
        ),
        ("3.0", [["M\u00fcller, J\u00f6rg", "+14155552671", "+12127365000"]]),
        ("4.0", [["Ann Lee", "+1-415-555-2671", "+1-212-736-5000"], ["Nobody", "", ""]]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_cards_are_read(door: Door, version: str, encoding: str, rows: list[list[str]]) -> None:
    made = door.checked(CARDS[version].encode(encoding), "people.vcf")
    assert cells(made) == rows
    assert [column["role"] for column in made.columns][:2] == ["name", "phone"]
    assert made.judgement["ready"] == sum(row[1] != "" for row in rows)


def test_a_file_of_cards_as_a_phone_writes_it(door: Door) -> None:
    made = door.checked((CASES / "people.vcf").read_bytes(), "people.vcf")
    assert cells(made) == [["Ann Lee", "+14155552671"], ["Bob Ray", "+12127365000"]]
