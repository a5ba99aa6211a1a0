"""What a column is, guessed from its header and its values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipients.files.column_guessing import (
    find_header,
    guess_columns,
    phone_candidates,
    require_phone_column,
)
from recipients.files.columns import Column, ColumnRole, column_letters, unique_names
from recipients.files.file_problems import FileFault, FileProblem
from recipients.phone_numbers import PhoneReader

US = PhoneReader("US")
PEOPLE = [["(415) 555-2671", "Ann", "Boston"], ["+447400123456", "Bob", ""]]


def roles(header: list[str], sample: list[list[str]] = PEOPLE) -> list[ColumnRole]:
    return [column.role for column in guess_columns(header, sample, US)]


@pytest.mark.parametrize(
    "header",
    [
        *("Phone", "PHONE", "phone_number", "PhoneNumber", "Phone No.", "Mobile", "Cell #"),
        *("Mobile (primary)", "Customer phone", "Telefon", "Telefonnummer", "Mobilnummer"),
        *("Handynummer", "Teléfono", "Móvil", "Celular", "Téléphone", "Portable", "GSM"),
        *("Telefoonnummer", "Cellulare", "Телефон", "手机", "電話番号", "휴대폰", "هاتف"),
        *("Số điện thoại", "WhatsApp", "MSISDN", "tel", "Numer telefonu komórkowego"),
    ],
)
def test_a_header_says_phone(header: str) -> None:
    assert roles([header, "Visits", "Town"]) == [
        ColumnRole.PHONE,
        ColumnRole.FIELD,
        ColumnRole.FIELD,
    ]


@pytest.mark.parametrize("header", ["Fax", "Phone type", "Tel. ext", "Country phone code"])
def test_a_header_only_sounds_like_phone(header: str) -> None:
    sample = [["x", "(415) 555-2671"]]
    assert roles([header, "Reached at"], sample) == [ColumnRole.FIELD, ColumnRole.PHONE]


def test_values_say_phone_when_no_header_does() -> None:
    assert roles(["A", "B", "C"]) == [ColumnRole.PHONE, ColumnRole.FIELD, ColumnRole.FIELD]


def test_a_file_without_header_gets_names_of_its_columns() -> None:
    columns = guess_columns([], PEOPLE, US)
    assert [column.name for column in columns] == ["Column A", "Column B", "Column C"]
    assert columns[0].role is ColumnRole.PHONE


@pytest.mark.parametrize("header", ["Name", "FULL_NAME", "fullName", "Customer", "Imię i nazwisko"])
def test_a_header_says_name(header: str) -> None:
    assert roles(["Phone", header, "Town"]) == [ColumnRole.PHONE, ColumnRole.NAME, ColumnRole.FIELD]


def test_first_and_last_name_are_both_the_name() -> None:
    assert roles(["Phone", "First name", "Surname"]) == [
        ColumnRole.PHONE,
        ColumnRole.NAME,
        ColumnRole.NAME,
    ]


def test_a_full_name_is_enough() -> None:
    assert roles(["Phone", "Name", "First name"]) == [
        ColumnRole.PHONE,
        ColumnRole.NAME,
        ColumnRole.FIELD,
    ]


def test_two_phone_columns_are_a_question() -> None:
    header, sample = ["Home phone", "Mobile"], [["4155552671", "2127365000"]]
    assert roles(header, sample) == [ColumnRole.FIELD, ColumnRole.FIELD]
    assert phone_candidates(header, sample, US) == [0, 1]


def test_an_empty_phone_column_is_no_question() -> None:
    assert roles(["Phone", "Mobile"], [["", "2127365000"]]) == [ColumnRole.FIELD, ColumnRole.PHONE]


def test_empty_columns_without_a_name_are_left_out() -> None:
    assert roles(["Phone", "", "Town"], [["4155552671", "", "x"]])[1] is ColumnRole.SKIP


def test_a_row_that_a_comma_has_split_is_no_reason_for_another_column() -> None:
    sample = [["4155552671", "Lee", " Ann"], ["2127365000", "Bob"], ["2127365001", "Cleo", ""]]
    assert len(guess_columns(["Phone", "Name"], sample, US)) == 2


def test_a_column_may_have_no_header() -> None:
    columns = guess_columns(["Phone"], [["4155552671", "Boston"]] * 3, US)
    assert [column.name for column in columns] == ["Phone", "Column B"]


def test_our_own_columns_are_left_out_when_a_report_comes_back() -> None:
    columns = guess_columns(["Row in file", "Phone"], [["7", "4155552671"]], US, ["Row in file"])
    assert [column.role for column in columns] == [ColumnRole.SKIP, ColumnRole.PHONE]


PERSON = ["4155552671", "Ann", "Boston"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Phone", "Name", "City"], PERSON], 1),
        ([PERSON, PERSON], 0),
        ([["hello"]], 1),
        ([["4155552671"]], 0),
        # A title, notes and blank cells above the names; the rows keep their numbers.
        ([["Patients of 2026", "", ""], ["Phone", "Name", "City"], PERSON], 2),
        ([["Report"], ["by Ann", "x"], ["Phone", "Name", "City", "Age"], [*PERSON, "7"]], 3),
        # Few names, but one says what it is.
        ([["Mobile", "", ""], PERSON, PERSON], 1),
        ([["Title", "", ""], PERSON, PERSON], 1),
        ([["", "", ""], ["Phone", "Name", ""], PERSON], 2),
    ],
)
def test_the_row_with_the_names_is_found(rows: list[list[str]], expected: int) -> None:
    assert find_header(list(enumerate(rows, 1)), US) == expected


def column(name: str, role: ColumnRole) -> Column:
    return Column(name, name, role)


def test_no_phone_column_is_told_with_the_columns_there_are() -> None:
    columns = [column("a", ColumnRole.FIELD), column("b", ColumnRole.NAME)]
    with pytest.raises(FileProblem) as caught:
        require_phone_column(columns, [])
    assert caught.value.fault is FileFault.NO_PHONE_COLUMN
    assert caught.value.details["columns"] == ["a", "b"]


def test_two_chosen_phone_columns_are_told() -> None:
    columns = [column(name, ColumnRole.PHONE) for name in "ab"]
    with pytest.raises(FileProblem) as caught:
        require_phone_column(columns, [])
    assert caught.value.fault is FileFault.TWO_PHONE_COLUMNS


def test_names_are_clean_and_unique() -> None:
    headers = ["Notes", "notes", " NOTES ", "", "{{Visit}}", "a\nb\x00", "x" * 5000, "Notes 2"]
    assert unique_names(headers) == [
        *("Notes", "notes 2", "NOTES 3", "Column D", "Visit", "a b", "x" * 60, "Notes 2 2")
    ]


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")])
def test_columns_have_the_letters_of_a_spreadsheet(index: int, letters: str) -> None:
    assert column_letters(index) == letters


@given(st.lists(st.text(max_size=80), max_size=30))
def test_any_headers_give_unique_names(headers: list[str]) -> None:
    names = unique_names(headers)
    assert len({name.casefold() for name in names}) == len(headers)
    assert all(name and "{" not in name and "}" not in name for name in names)


@given(
    header=st.lists(st.sampled_from(["Phone", "Name", "x", "", "Mobile", "Fax"]), max_size=6),
    sample=st.lists(
        st.lists(st.sampled_from(["4155552671", "Ann", "", "+44", "2025-01-01"]), max_size=8),
        max_size=5,
    ),
)
def test_there_is_never_more_than_one_phone_column(
    header: list[str], sample: list[list[str]]
) -> None:
    columns = guess_columns(header, sample, US)
    assert sum(column.role is ColumnRole.PHONE for column in columns) <= 1
    assert len(columns) >= len(header)


@given(st.permutations(["Phone", "Name", "Town", "Visits"]))
def test_the_order_of_columns_does_not_matter(header: list[str]) -> None:
    values = {"Phone": "4155552671", "Name": "Ann", "Town": "Boston", "Visits": "3"}
    found = guess_columns(header, [[values[name] for name in header]], US)
    assert {column.name: column.role for column in found} == {
        "Phone": ColumnRole.PHONE,
        "Name": ColumnRole.NAME,
        "Town": ColumnRole.FIELD,
        "Visits": ColumnRole.FIELD,
    }
