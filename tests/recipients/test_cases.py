"""Files that people really upload, each with the numbers and names that are right for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.recipients.conftest import Door
from tests.recipients.test_columns_of_phones import case, from_country, imported, words

__all__ = ["from_country"]

NUMBERS = {
    ("JP", "dashes.csv"): [f"+8190123456{n}" for n in (78, 79, 80, 81, 82)],
    ("US", "facebook-leads.csv"): ["+14155552671", "+4915123456789"],
    ("GB", "gb-personal.csv"): [
        *("+447012345678", "+870773111632", "+881612345678", "+447400123456"),
    ],
    ("MX", "mx-old-prefixes.csv"): [f"+5255123456{n}" for n in range(78, 84)],
    ("US", "nbsp-names.csv"): ["+14155552671", "+12127365000"],
    ("IN", "plus-after-code.csv"): [f"+9198765432{n}" for n in (12, 13, 10, 11)],
    ("US", "utf8-two-boms.csv"): ["+14155552671"],
    ("DE", "tab-decimals.csv"): ["+4915123456789", "+4915123456780"],
}


@pytest.mark.parametrize(("country", "name"), list(NUMBERS))
def test_every_number_of_the_file_is_read(from_country: Any, country: str, name: str) -> None:
    door = from_country(country)
    assert imported(door, case(door, name)) == NUMBERS[country, name]


# As the page shows them before the import, and as they are kept.
NAMES = {
    ("PL", "windows-1250.csv"): ("Łukasz", "Łódź", "Żaneta", "Gdańsk"),
    ("RU", "windows-1251.csv"): ("Юлия", "Пётр"),
    ("GR", "windows-1253.csv"): ("Γιώργος",),
    ("JP", "shift-jis.csv"): ("山田太郎",),
    ("CN", "gbk.csv"): ("王小明",),
    ("US", "decomposed-accents.csv"): ("Zürich",),
}


@pytest.mark.parametrize(("country", "name"), list(NAMES))
def test_every_name_of_the_file_is_itself(from_country: Any, country: str, name: str) -> None:
    door = from_country(country)
    made = case(door, name)
    page = words(door, made)
    imported(door, made)
    made.refresh_from_db()
    assert made.recipient_list is not None
    kept = str(list(made.recipient_list.recipients.values_list("name", "fields")))
    for word in NAMES[country, name]:
        assert word in page
        assert word in kept


def test_names_have_no_blanks_around_them(from_country: Any) -> None:
    door = from_country("US")
    made = case(door, "nbsp-names.csv")
    imported(door, made)
    made.refresh_from_db()
    assert made.recipient_list is not None
    rows = made.recipient_list.recipients.order_by("id").values_list("name", "fields")
    assert list(rows) == [("Ann", {"City": "Bath"}), ("Bob", {"City": "Rome"})]


def test_digits_that_excel_cut_off_are_refused_and_never_guessed(door: Door) -> None:
    made = case(door, "delimiter-scientific.csv")
    page = words(door, made)
    assert (made.reading["delimiter"], made.judgement["ready"]) == (";", 0)
    assert made.judgement["rejected"] == {"excel_shortened": 3}
    assert "Excel" in page


@pytest.mark.parametrize("name", ["shopify.csv", "google-new.csv", "outlook.csv"])
def test_exports_of_shops_and_address_books_are_read_or_asked_about(
    from_country: Any, name: str
) -> None:
    door = from_country("US")
    made = case(door, name)
    phones = [column["header"] for column in made.columns if column["role"].startswith("phone")]
    if not phones:
        assert "phone" in words(door, made).casefold()
        return
    numbers = imported(door, made)
    assert "+14155552671" in numbers


def test_personal_and_satellite_numbers_are_asked_about(from_country: Any) -> None:
    door = from_country("GB")
    assert case(door, "gb-personal.csv").judgement["doubts"] == {"dear": 3}
