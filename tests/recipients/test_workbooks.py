"""XLSX, XLS and ODS files: read like text, and none can hurt the dashboard."""

from __future__ import annotations

import io
import re
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings

from interface import children
from recipients.models import ListImport
from tests.recipients.conftest import Door
from tests.recipients.test_upload import sentence
from tests.recipients.workbooks import Rows, archive, compound, ods, with_entity, xls, xlsx

pytestmark = pytest.mark.thorough

PEOPLE: Rows = [["Phone", "Name"], [14155552671, "Ann"], ["+44 7400 123456", "José"]]


@pytest.mark.parametrize(
    "content",
    [
        xlsx({"People": PEOPLE}),
        ods({"People": PEOPLE}),
        xls([["Phone", "Name"], [14155552671.0, "Ann"], ["+44 7400 123456", "José"]]),
    ],
    ids=["xlsx", "ods", "xls"],
)
def test_a_workbook_becomes_a_list(door: Door, content: bytes) -> None:
    people = door.imported(content)
    found = people.recipients.order_by("id").values_list("phone", "name", "row_number")
    assert list(found) == [("+14155552671", "Ann", 2), ("+447400123456", "José", 3)]


def test_rows_keep_the_numbers_the_spreadsheet_shows(door: Door) -> None:
    rows: Rows = [[], [], [None, "Phone"], [], [None, 14155552671], [None, "x"]]
    made = door.checked(xlsx({"A": rows}))
    assert [row["number"] for row in made.judgement["sample"]] == [5, 6]
    assert [column["name"] for column in made.columns] == ["Column A", "Phone"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (4155552671, "4155552671"),
        (4155552671.0, "4155552671"),
        ("04155552671", "04155552671"),
        (2.5, "2.5"),
        (-3, "-3"),
        (True, "TRUE"),
        (4.15555267112345e20, "4.155553E+20"),
        (" a\nb ", "a b"),
    ],
)
def test_a_cell_is_what_the_person_sees(door: Door, value: str | float, read: str) -> None:
    people = door.imported(xlsx({"A": [["Phone", "Value"], ["+14155552671", value]]}))
    assert people.recipients.get().fields == {"Value": read}


def test_a_number_that_lost_digits_is_refused(door: Door) -> None:
    made = door.checked(xlsx({"A": [["Phone"], [4.15555267112345e20], [14155552671]]}))
    assert made.judgement["rejected"] == {"excel_shortened": 1}


def test_the_first_sheet_with_anything_in_it_is_read(door: Door) -> None:
    made = door.checked(xlsx({"Cover": [], "People": PEOPLE, "More": PEOPLE}))
    assert made.reading["sheet"] == "People"
    assert made.judgement["ready"] == 2


def test_another_sheet_can_be_chosen(door: Door, uploads: Path) -> None:
    other: Rows = [["Name", "Mobile", "Town"], ["Bob", "2127365000", "Rome"]]
    made = door.checked(xlsx({"People": PEOPLE, "Others & more": other}))
    page = door.get("import", made).content.decode()
    assert re.search(r'id="id_sheet".*?<option value="People" selected>', page, re.DOTALL)
    door.post("import-check", made, sheet="Others & more", list_name="Kept")
    made.refresh_from_db()
    assert [column["role"] for column in made.columns] == ["name", "phone", "field"]
    assert (made.judgement["rows"], made.list_name) == (1, "Kept")
    door.post("import-confirm", made, sheet="Others & more")
    assert len(list(uploads.iterdir())) == 3
    door.post("import-stop", made)


def test_an_empty_sheet_is_told_and_nothing_changes(door: Door) -> None:
    made = door.checked(xlsx({"People": PEOPLE, "Empty": []}))
    response = door.post("import-check", made, sheet="Empty")
    assert response.status_code == 422
    assert "This sheet is empty. Choose another one." in response.content.decode()
    made.refresh_from_db()
    assert made.reading["sheet"] == "People"


def test_what_was_made_of_a_workbook_goes_with_it(door: Door, uploads: Path) -> None:
    made = door.checked(xlsx({"People": PEOPLE}))
    assert len(list(uploads.iterdir())) == 2
    door.post("import-discard", made)
    assert list(uploads.iterdir()) == []


def encrypted_zip() -> bytes:
    content = bytearray(xlsx({"A": PEOPLE}))
    for match in re.finditer(rb"PK\x01\x02", bytes(content)):
        content[match.start() + 8] |= 1
    return bytes(content)


def lying_zip() -> bytes:
    """Every member says that it unpacks to ten bytes."""
    content = bytearray(xlsx({"A": [["Phone"], *[["4155552671"]] * 5000]}))
    for match in re.finditer(rb"PK\x01\x02", bytes(content)):
        struct.pack_into("<I", content, match.start() + 24, 10)
    return bytes(content)


def bomb() -> bytes:
    inside = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"0" * 30_000_000}</t></is></c></row>'
    return xlsx({"A": f"<sheetData>{inside}</sheetData>"})


def corner_to_corner() -> bytes:
    """Two cells, with 17 thousand million between them."""
    return xlsx(
        {
            "A": '<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
            '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        }
    )


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>'
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row>'
    )
    whole = f"{document}{sheet}</sheetData></worksheet>"
    return xlsx({"A": PEOPLE}, **{"xl/worksheets/s1.xml": whole.encode()})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (encrypted_zip(), "This file has a password."),
        (compound("EncryptedPackage", b"x"), "This file has a password."),
        (compound("WordDocument", b"x"), "This is a Word file, not a table."),
        (compound("Workbook", b"nonsense"), "We could not read this file."),
        (compound("Something", b"x"), "This file is not a table."),
        (archive({"word/document.xml": "<x/>"}), "This is a Word file"),
        (archive({"Index/Document.iwa": "x"}), "This is a Numbers file"),
        (archive({"photo.jpg": "x"}), "This is a ZIP file"),
        (archive({"a.zip": archive({"b.zip": b"x"})}), "This is a ZIP file"),
        (archive({"xl/workbook.xml": "<x/>"}), "We could not read this file."),
        (xlsx({"A": PEOPLE})[:-30], "We could not read this file."),
        (xlsx({"A": PEOPLE})[:200], "We could not read this file."),
        (xlsx({"A": []}), "This file is empty."),
        (xlsx({"A": [["Phone"]]}), "There is only one row"),
        (xlsx({"A": "<sheetData><row r='1'><c r='A1'><v>1</v>"}), "We could not read this file."),
        (
            xlsx({"A": [["Phone"]]}, **{f"x{n}": b"" for n in range(1001)}),
            "This file is much larger",
        ),
        (bomb(), "This file is much larger than a list needs."),
        (corner_to_corner(), "There is only one row"),
        (lying_zip(), "We could not read this file."),
        (laughs(), "We could not read this file."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_workbook_that_cannot_become_a_list(
    door: Door, uploads: Path, content: bytes, said: str
) -> None:
    response = door.upload(content, "people.xlsx")
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith(said)
    assert list(uploads.iterdir()) == []


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Takes connections; `accept` fails as long as there was none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize("make", [xlsx, ods], ids=["xlsx", "ods"])
@pytest.mark.parametrize("cell", ["ENTITY", "Rome"], ids=["used", "declared"])
def test_nothing_outside_a_workbook_is_fetched_or_read(
    door: Door, listener: socket.socket, tmp_path: Path, make: Callable[..., bytes], cell: str
) -> None:
    """External entities (CWE-611): an address at which somebody waits, and a file of the server."""
    secret = tmp_path / "secret"
    secret.write_text("opensesame")
    workbook = make({"A": [["Phone", "City"], [14155552671, cell]]})
    web = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    for address in (web, secret.as_uri()):
        response = door.upload(with_entity(workbook, address), "people.xlsx")
        if cell == "ENTITY":
            assert response.status_code == 422
            assert sentence(response.content.decode()).startswith("We could not read this file.")
        else:
            made = ListImport.objects.latest("pk")
            page = door.get("import", made).content.decode()
            assert "Rome" in page
            assert "opensesame" not in page
        assert "opensesame" not in response.content.decode()
    with pytest.raises(BlockingIOError):
        listener.accept()


class TestAReaderThatIsEnded:
    """Fault G17: the process that opens a workbook dies, and nothing else does."""

    def test_for_taking_too_long(
        self, door: Door, uploads: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as impatient:
            impatient.setattr(children, "_SECONDS_TO_WAIT", 0.001 - settings.IMPORT_MAX_SECONDS)
            response = door.upload(xlsx({"A": PEOPLE}), "people.xlsx")
        assert response.status_code == 422
        assert sentence(response.content.decode()).startswith("Reading this file took too long.")
        assert list(uploads.iterdir()) == []
        assert door.checked(xlsx({"A": PEOPLE}), "people.xlsx").judgement["ready"] == 2

    @pytest.mark.parametrize(
        "limits", [{"IMPORT_MAX_MEMORY_MB": 30}, {"IMPORT_MAX_UNPACKED_MB": 1}], ids=str
    )
    def test_by_the_system_at_its_limits(
        self, door: Door, uploads: Path, settings: Settings, limits: dict[str, int]
    ) -> None:
        content = xlsx({"A": [["Name", "Phone"], ["n" * 9_000_000, 14155552671]]})
        for name, most in limits.items():
            setattr(settings, name, most)
        response = door.upload(content, "people.xlsx")
        assert response.status_code == 422
        assert sentence(response.content.decode()).startswith("This file is much larger")
        assert list(uploads.iterdir()) == []


def test_a_row_that_is_too_wide_is_named(door: Door) -> None:
    cells = "<c><v>1</v></c>" * 702
    inside = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2">{cells}</row>'
    response = door.upload(xlsx({"A": f"<sheetData>{inside}</sheetData>"}))
    assert sentence(response.content.decode()).startswith(
        "Row 2 has 702 columns, and the most is 200"
    )


def test_a_dimension_that_lies_is_not_believed(door: Door) -> None:
    inside = '<row r="1"><c r="A1"><v>14155552671</v></c></row>'
    content = f'<dimension ref="A1:XFD1048576"/><sheetData>{inside}</sheetData>'
    assert door.checked(xlsx({"A": content})).judgement["ready"] == 1


def test_the_archive_makers_own_check_holds() -> None:
    # The tests above prove nothing if the files they make are broken in another way.
    for content in (xlsx({"A": PEOPLE}), ods({"A": PEOPLE}), bomb(), corner_to_corner()):
        with zipfile.ZipFile(io.BytesIO(content)) as made:
            assert made.testzip() is None
