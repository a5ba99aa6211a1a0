"""Rejected rows come back as a file that can be corrected and uploaded again."""

from __future__ import annotations

import csv
import io

import pytest

from recipients.models import ListImport
from tests.recipients.conftest import Door

FILE = "Phone;Name;Town\n4155552671;Ann;Boston\n4.1E+09;Bob;Rome\n;=cmd|' /C calc'!A0;@Paris\n"
HEADER = ["Row in file", "Reason", "What to do", "Phone", "Name", "Town"]


def report(door: Door, made: ListImport) -> str:
    response = door.get("rejected-rows", made)
    assert response["Content-Disposition"] == 'attachment; filename="people-rejected-rows.csv"'
    content: bytes = b"".join(response.streaming_content)
    return content.decode("utf-8-sig")


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_rows_have_their_own_columns_and_the_reason(door: Door) -> None:
    made = door.checked(FILE)
    before = parsed(report(door, made))
    assert before[0] == HEADER
    assert before[1][:2] == ["3", "Excel cut this number off"]
    assert before[1][3:] == ["4.1E+09", "Bob", "Rome"]
    assert before[2][:2] == ["4", "No number"]


@pytest.mark.both_databases
def test_before_and_after_the_import_they_are_the_same(door: Door) -> None:
    made = door.checked(FILE)
    before = report(door, made)
    people = door.imported(FILE)
    assert report(door, people.list_imports.get()) == before


def test_no_cell_is_a_formula(door: Door) -> None:
    rows = parsed(report(door, door.checked(FILE)))
    assert rows[2][4:] == ["'=cmd|' /C calc'!A0", "'@Paris"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_every_beginning_of_a_formula_is_defused(door: Door, start: str) -> None:
    made = door.checked(f'Phone;Name\n4155552671;x\n;"{start}1+1"\n')
    (cell,) = (row[4] for row in parsed(report(door, made))[1:])
    assert cell.startswith("'")


def test_a_corrected_report_can_be_uploaded_again(door: Door) -> None:
    text = report(door, door.checked(FILE))
    again = door.imported(text.replace("4.1E+09", "2127365000"))
    row = again.recipients.get()
    assert (row.phone, row.name, row.fields) == ("+12127365000", "Bob", {"Town": "Rome"})
    assert again.field_names == ["Town"]


def test_a_report_that_comes_back_is_read_as_the_file_was(door: Door) -> None:
    people = door.imported(FILE, role_2="skip")
    text = report(door, people.list_imports.get())
    again = door.checked(text.replace("4.1E+09", "2127365000"), target=people)
    assert [column["role"] for column in again.columns] == ["skip"] * 3 + ["phone", "name", "skip"]
    # What is left over is reported once, not in the columns of two reports.
    left = parsed(report(door, again))
    assert left[0] == HEADER
    assert [row[:2] for row in left[1:]] == [["3", "No number"]]


def test_a_row_that_was_split_keeps_all_its_cells(door: Door) -> None:
    made = door.checked("Phone;Name\n4155552671;x\n2127365000;Lee; Ann\n2127365001;y\n")
    assert parsed(report(door, made))[1][3:] == ["2127365000", "Lee", " Ann"]
