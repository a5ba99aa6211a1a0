"""Each sentence of the check page, with a file of which it is true and one of which it is not."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from recipients.imports import checking, guessing
from recipients.models import ListImport
from tests.recipients.conftest import Door

pytestmark = pytest.mark.thorough

HOME, CODED, BARE = "4155552671", "+447400123456", "447400123456"


def words(response: Any) -> str:
    """A page's words, its labels and its choices among them."""
    page = re.sub(r'<[^>]*aria-label="([^"]*)"[^>]*>', r" \1 ", response.content.decode())
    return " ".join(
        html.unescape(re.sub(r"</?bdi>|(<[^>]+>)", lambda tag: " " * bool(tag[1]), page)).split()
    )


def column(*cells: str) -> str:
    return "\n".join(["Phone", *cells, ""])


@dataclass(frozen=True)
class Said:
    """A sentence, the file of which it is true, and those under which it must not stand."""

    sentence: str
    of: str
    not_of: tuple[str, ...]


TWICE = column(HOME, HOME)
SAID = [
    Said(
        "Every number starts with a country code, so this changes nothing.",
        column(CODED, "0049 151 23456789"),
        # None was read; one has no plus; one was not read.
        (column("x", "y"), column(BARE, CODED), column(CODED, "12"), column(CODED, HOME)),
    ),
    Said("Every number starts with a country code.", column(BARE), (column(CODED), column("x"))),
    Said(
        "Every number that could be read starts with a country code.",
        column(CODED, "12"),
        (column(CODED), column("12")),
    ),
    Said(
        "1 of 2 numbers start with a country code.",
        column(CODED, HOME),
        (column(CODED, CODED), column(HOME, HOME)),
    ),
    Said(
        "The other one is read as a number from this country.",
        column(CODED, HOME),
        (column(CODED, HOME, "2127365000"), column(HOME)),
    ),
    Said(
        "The other 2 are read as numbers from this country.",
        column(CODED, HOME, "2127365000"),
        (column(CODED, HOME), column(HOME, HOME)),
    ),
    Said(
        "The number has no country code, so it is read as a number from this country.",
        column(HOME),
        (TWICE, column(CODED), column("x")),
    ),
    Said(
        "No number has a country code: all 2 are read as numbers from this country.",
        TWICE,
        (column(HOME, CODED), column(HOME, BARE), column("x", "y")),
    ),
    Said(
        "2 of 3 numbers are read with the country in their rows.",
        "Country,Phone\nFR,0612345678\nUK,07400123456\n,4155552671\n",
        ("Country,Phone\nFR,+33612345678\nUK,+447400123456\n", TWICE),
    ),
    Said(
        "Most numbers do not look like numbers from United States.",
        column("07400 123456", "0151 23456789", HOME),
        (
            column("+49 12", "+49 13", HOME),
            column("x", "y", HOME),
            column(BARE, BARE),
            column("+52 1 55 1234 5678", "+52 55 1234 5679"),
        ),
    ),
    Said(
        "Most numbers without a country code do not look like numbers from United States.",
        column(CODED, CODED, "07400 123456", "07400 123457"),
        (column(CODED, CODED), column(CODED, HOME), column(CODED, "x"), column(CODED, "12")),
    ),
    Said(
        "2 of 2 already start with +44 (United Kingdom).",
        column(CODED, CODED),
        (column(BARE, BARE), TWICE),
    ),
    Said("2 of 2 have the code 44 (United Kingdom).", column(BARE, BARE), (column(CODED, CODED),)),
    Said(
        "2 of 2 already start with +1 (United States and others).",
        column("+1 416 555 2671", "+1 415 555 2671"),
        (column(CODED, CODED),),
    ),
    Said(
        "Are the others really from United States?",
        column(CODED, CODED, HOME),
        (column(CODED, HOME, HOME), column(CODED, CODED)),
    ),
    Said("The row is ready to import.", column(HOME), (column("x"), TWICE)),
    Said("The row is not ready to import.", column("x"), (column(HOME), column("x", "y"))),
    Said("1 of 2 rows is ready to import.", column(HOME, "x"), (column(HOME), column("x", "y"))),
    Said("0 of 2 rows are ready to import.", column("x", "y"), (TWICE,)),
    Said("Import 1 recipient ", TWICE, (column(HOME, CODED), column("x"))),
    Said("Import 2 recipients", column(HOME, CODED), (TWICE,)),
    Said("No row has a phone number we can use.", column("x", "y"), (column(HOME, "x"),)),
    Said(
        "No column looks like phone numbers.",
        "Name,Town\nAnn,Rome\n",
        (column(HOME), "Phone,Mobile\n4155552671,2127365000\n"),
    ),
    Said(
        "More than one column could be the phone number: “Phone” and “Mobile”.",
        "Phone,Mobile\n4155552671,2127365000\n",
        ("Phone,Mobile\n4155552671,no\n", "Name,Town\nAnn,Rome\n"),
    ),
    Said("Choose the column with the phone numbers first.", "Name,Town\nAnn,Rome\n", (TWICE,)),
    Said("The first rows of your file, as we read them.", TWICE, (column("x"), column(BARE))),
    Said(
        "The first rows of your file, and the first ones to check.",
        column(BARE),
        (TWICE, column("x", HOME)),
    ),
    Said(
        "These are the first rows and the first problems.", column("x", HOME), (TWICE, column(BARE))
    ),
    Said("How to include these people", column("x", HOME), (TWICE, column(BARE))),
    Said("Ready to import, please check", column(BARE), (TWICE, column("x", HOME))),
    Said("Read as one column, UTF-8", TWICE, ("Phone,Name\n4155552671,Ann\n",)),
    Said(
        "Read with a comma between the columns, UTF-8",
        "Phone,Name\n4155552671,Ann\n",
        (TWICE, "Phone;Name\n4155552671;Ann\n"),
    ),
    Said(
        "1 of them with different data",
        "Phone,Name\n4155552671,Ann\n4155552671,Bob\n",
        ("Phone,Name\n4155552671,Ann\n4155552671,Ann\n",),
    ),
    Said("Download the row and its reason", column("x", HOME), (TWICE, column("x", "y"))),
    Said("Download the 2 rows and their reasons", column("x", "y"), (column("x", HOME),)),
    Said("1 number seems to begin with another country's code", column(BARE, HOME), (TWICE,)),
    Said("2 numbers seem to begin with another country's code", column(BARE, BARE), (TWICE,)),
]


@pytest.fixture(scope="module")
def kept_words() -> dict[str, str]:
    """The words of each file's check page: many sentences ask for the same few files."""
    return {}


@pytest.fixture
def words_of(door: Door, kept_words: dict[str, str]) -> Callable[[str], str]:
    """`words_of(file)`: what its check page says."""

    def read(file: str) -> str:
        if file not in kept_words:
            kept_words[file] = words(door.get("import", door.checked(file)))
        return kept_words[file]

    return read


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.sentence)
def test_a_sentence_stands_where_it_is_true_and_nowhere_else(
    words_of: Callable[[str], str], said: Said
) -> None:
    assert said.sentence in words_of(said.of)
    for other in said.not_of:
        assert said.sentence not in words_of(other), other


def test_the_country_says_whose_choice_it_is(door: Door) -> None:
    made = door.checked(TWICE)
    assert "This is your team's country." in words(door.get("import", made))
    door.post("import-check", made, default_country="CA")
    page = words(door.get("import", made))
    assert "Chosen for this file; your team's country is United States." in page
    assert "This is your team's country." not in page


def test_roles_that_were_changed_are_no_longer_as_the_team_chose(door: Door) -> None:
    file = "Cell,Home phone\n4155552671,2127365000\n"
    door.post("import-confirm", door.checked(file), role_0="phone", role_1="skip")
    again = door.checked(file)
    said = "Set as your team chose last time for a file with these columns."
    assert said in words(door.get("import", again))
    door.post("import-check", again, role_1="phone_2")
    assert said not in words(door.get("import", again))


def test_a_column_that_was_not_chosen_is_not_said_to_look_like_none(door: Door) -> None:
    made = door.checked(TWICE)
    door.post("import-check", made, role_0="skip")
    page = words(door.get("import", made))
    assert "Choose the column with the phone numbers below. It looks like “Phone”." in page
    assert "No column looks like phone numbers." not in page


def test_what_is_not_counted_yet_is_only_said_of_the_first_rows(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(guessing, "_ROWS_TO_GUESS_FROM", 2)
    made = door.checked(column(CODED, CODED, HOME))
    page = words(door.get("import", made))
    assert "In the first 2 rows: Every number starts with a country code" in page
    assert "We are counting the rest; you can import without waiting." in page
    checking.judge_whole(made.pk)
    page = words(door.get("import", made))
    assert "In the first 2 rows" not in page
    assert "Every number" not in page


def test_an_addition_cannot_be_imported_without_waiting(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = door.imported(TWICE)
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    made = door.checked(column(CODED, CODED, HOME), target=people)
    page = words(door.get("import", made))
    assert "We are counting the rest." in page
    assert "without waiting" not in page
    assert ListImport.objects.get(pk=made.pk).is_judged is False


@pytest.mark.parametrize(("rows", "said"), [(1, "1 person is added"), (2, "2 people are added")])
def test_people_are_counted_as_people(door: Door, rows: int, said: str) -> None:
    people = door.imported(column("+14155552600"))
    made = door.checked(column(*(f"+1415555267{number}" for number in range(rows))), target=people)
    assert said in words(door.get("import", made))
