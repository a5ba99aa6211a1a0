"""A list taken out as a file and brought back is the same list, and safe in every spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from recipients.files.rows import printable
from recipients.files.spreadsheet_cells import bare_cell, safe_cell
from recipients.imports import checking, importing
from recipients.models import ListImport, RecipientList
from teams.models import Team, User
from tests.effort import examples
from tests.recipients.conftest import Door
from tests.recipients.test_exports import FORMULAS, exported, is_formula

pytestmark = pytest.mark.thorough

CASES = Path(__file__).parent / "cases"
SIGNS = "=+-@＝'\";,\t\r\n |a0ñ"  # noqa: RUF001
CELL = st.text(st.sampled_from(SIGNS), max_size=8)
# What people have in their cells: as an import stores it, on one line and without blanks around.
KEPT = (
    st.text(st.sampled_from("=+-@＝'\";, |a0ñ#%é_x.\u200c🙂"), max_size=12)  # noqa: RUF001
    | st.sampled_from(
        ["00123", "+5", "-12.5", "1E5", "TRUE", "#N/A", "_x0041_", "5/12", "=cmd|'/C'!A0"]
    )
).map(str.strip)
# Names have no blanks around them, and one at a time within them.
COLUMN = st.text(st.sampled_from("=+-@'; ab\""), min_size=1, max_size=6).map(
    lambda text: " ".join(text.split())
)


@given(text=CELL)
@example(text="'=1+1")
@example(text="\t'=1")
def test_the_mark_of_a_formula_is_put_and_taken_away_again(text: str) -> None:
    assert bare_cell(safe_cell(text)) == text
    assert not is_formula(safe_cell(text))


@pytest.mark.parametrize("text", ["O'Neil", "'", "''", "rock 'n' roll", "5'-6", "a;b", ""])
def test_a_text_without_a_mark_stays_as_it_is(text: str) -> None:
    assert bare_cell(text) == text == safe_cell(text)


@pytest.fixture
def owners_door(riverside: Team, sami: User) -> Door:
    """Sami's door, who may take lists out."""
    return Door(riverside, sami)


def people_of(people: RecipientList) -> list[tuple[str, str, dict[str, str]]]:
    return list(people.recipients.order_by("phone").values_list("phone", "name", "fields"))


def brought_back(door: Door, people: RecipientList, file_format: str) -> ListImport:
    """Export a list and import the file in update mode."""
    content = exported(door.client, people, file_format)
    made = door.checked(content, f"people.{file_format}", target=people)
    checking.judge_whole(made.pk)
    response = door.post("import-confirm", made, mode="update")
    assert response.status_code == 302
    importing.run_import(made.pk)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_list_that_comes_back_changes_nothing(owners_door: Door, file_format: str) -> None:
    people = owners_door.imported((CASES / "round-trip.csv").read_bytes())
    before = people_of(people)
    assert before[1][1:] == ("=Bob", {"Balance": "+5", "Handle": "-"})
    made = brought_back(owners_door, people, file_format)
    assert people_of(people) == before
    assert made.effect == {"added": 0, "updated": 0, "removed": 0, "unchanged": 2}


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@examples(8, HealthCheck.function_scoped_fixture)
@given(
    names=st.lists(COLUMN, min_size=1, max_size=3, unique_by=str.casefold),
    rows=st.lists(st.lists(KEPT, min_size=4, max_size=4), min_size=1, max_size=12),
)
@example(names=["Phone 2", "=Town"], rows=[["Ann", "+14155552671", text, "x"] for text in FORMULAS])
@example(names=['";'], rows=[["", ';"0', "", ""]])
def test_whatever_a_list_holds_comes_back_unchanged(
    owners_door: Door, sami: User, file_format: str, names: list[str], rows: list[list[str]]
) -> None:
    fields = [name for name in names if name]
    people = RecipientList.objects.create(
        team=owners_door.team,
        owner=sami,
        name="Kept",
        field_names=fields,
        is_ready=True,
        recipient_count=len(rows),
    )
    for number, (name, *texts) in enumerate(rows):
        kept = {field: printable(text).strip() for field, text in zip(fields, texts, strict=False)}
        people.recipients.create(
            phone=f"+1202555{number:04d}",
            name=name,
            fields={field: text for field, text in kept.items() if text},
        )
    before = people_of(people)
    made = brought_back(owners_door, people, file_format)
    assert people_of(people) == before
    assert (made.effect["added"], made.effect["updated"]) == (0, 0)
