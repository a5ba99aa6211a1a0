"""A person whose number stands there in two spellings is one person, at every door of the lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from recipients.imports import checking, importing
from recipients.lists import list_filling, list_operations
from recipients.lists.paging import write_place
from recipients.models import ListImport, OptOut, Recipient, RecipientList
from recipients.opting_out import opt_outs
from teams.models import Team, User
from tests import world
from tests.browsing import text_of
from tests.recipients.conftest import Door

pytestmark = pytest.mark.thorough

CASES = Path(__file__).parent / "cases"
# (on the list, as WhatsApp has it)
SPELLINGS = [
    ("+525512345678", "+5215512345678"),
    ("+5511987654321", "+551187654321"),
    ("+5491123456789", "+541123456789"),
    ("+24166123456", "+24106123456"),
]
NOW, OLD = SPELLINGS[1]


@pytest.fixture
def brazil(riverside: Team) -> Team:
    riverside.default_country = "BR"
    riverside.save()
    return riverside


def rows_of(people: RecipientList) -> list[tuple[str, int, str]]:
    """(number, which of its person's rows, name) in the order of the list; the counters fit."""
    people.refresh_from_db()
    rows = people.recipients.order_by("pk")
    assert people.recipient_count == rows.filter(occurrence=0).count()
    assert people.row_count == rows.count()
    return list(rows.values_list("phone", "occurrence", "name"))


def into(door: Door, people: RecipientList, content: str, mode: str) -> ListImport:
    """Bring a file into a list that is there."""
    made = door.checked(content, target=people)
    checking.judge_whole(made.pk)
    assert door.post("import-confirm", made, mode=mode).status_code == 302
    importing.run_import(made.pk)
    made.refresh_from_db()
    return made


def list_url(name: str, people: RecipientList, *more: Any) -> str:
    return reverse(name, args=[people.team.slug, people.public_id, *more])


@pytest.mark.both_databases
def test_rows_of_a_file_with_two_spellings_are_one_person_and_stay_as_written(
    brazil: Team, door: Door
) -> None:
    made = door.checked((CASES / "br-ninth-digit.csv").read_bytes())
    checking.judge_whole(made.pk)
    made.refresh_from_db()
    assert (made.judgement["ready"], made.judgement["duplicates"]) == (4, 1)

    people = door.imported((CASES / "br-ninth-digit.csv").read_bytes())

    assert rows_of(people)[:3] == [(NOW, 0, "Ana"), (OLD, 1, "Ana"), ("+551187654322", 0, "Beto")]
    assert (people.recipient_count, people.duplicate_count) == (4, 1)


@pytest.mark.both_databases
def test_an_import_that_was_killed_goes_on_with_both_spellings_as_one(
    brazil: Team, door: Door
) -> None:
    made = door.checked(f"Phone\n{NOW}\n{OLD}\n")
    door.post("import-confirm", made)
    # As a worker leaves it that was killed behind the first row.
    people = RecipientList.objects.get()
    people.recipients.create(phone=NOW, row_number=2)
    ListImport.objects.update(
        state=ListImport.State.IMPORTING, rows_done=1, recipient_count=1, duplicate_count=0
    )
    importing.run_import(made.pk)
    assert rows_of(people) == [(NOW, 0, ""), (OLD, 1, "")]


@pytest.mark.either_database
@pytest.mark.both_databases
@pytest.mark.parametrize(("listed", "other"), SPELLINGS)
def test_the_check_page_knows_who_has_opted_out_in_another_spelling(
    riverside: Team, door: Door, listed: str, other: str
) -> None:
    world.opt_out(riverside, other)
    made = door.checked(f"Phone,Name\n{listed},Ana\n+14155552671,Ann\n")
    checking.judge_whole(made.pk)
    made.refresh_from_db()
    assert made.judgement["opted_out"] == 1


@pytest.mark.both_databases
def test_update_mode_updates_the_person_and_keeps_the_number_as_written(
    brazil: Team, door: Door
) -> None:
    people = door.imported(f"Phone,Name,City\n{NOW},Ana,Santos\n")
    made = into(door, people, f"Phone,Name,City\n{OLD},Ana Lima,\n", "update")
    assert made.effect == {"added": 0, "updated": 1, "removed": 0, "unchanged": 0}
    assert rows_of(people) == [(NOW, 0, "Ana Lima")]
    door.client.post(door.url("import-undo", made))
    assert rows_of(people) == [(NOW, 0, "Ana")]


@pytest.mark.both_databases
@pytest.mark.parametrize("mode", ["new", "replace"])
def test_other_modes_know_the_person_too(brazil: Team, door: Door, mode: str) -> None:
    people = door.imported(f"Phone,Name\n{NOW},Ana\n")
    made = into(door, people, f"Phone,Name\n{OLD},Ana\n", mode)
    assert made.effect == {"added": 0, "updated": 0, "removed": 0, "unchanged": 1}
    assert len(rows_of(people)) == 1


@pytest.mark.both_databases
def test_somebody_added_by_hand_in_the_other_spelling_is_told_to_be_there(
    brazil: Team, door: Door
) -> None:
    people = door.imported(f"Phone,Name\n{NOW},Ana\n")
    answer = door.client.post(list_url("list-person-add", people), {"phone": OLD, "name": "Ana"})
    assert answer.status_code == 422
    told = "This person is already on the list, with the number +55 11 98765 4321."
    assert told in text_of(answer)
    assert len(rows_of(people)) == 1


@pytest.mark.both_databases
def test_the_spelling_of_a_number_can_be_changed_by_hand(brazil: Team, door: Door) -> None:
    people = door.imported(f"Phone,Name\n{NOW},Ana\n{NOW},Ana\n")
    first = people.recipients.get(occurrence=0)
    form = {"phone": OLD, "name": "Ana"}
    answer = door.client.post(list_url("list-person", people, write_place(first.pk)), form)
    assert answer.status_code == 302
    assert rows_of(people) == [(OLD, 0, "Ana"), (NOW, 1, "Ana")]


@pytest.mark.either_database
@pytest.mark.both_databases
@pytest.mark.parametrize("written", ["+5511987654321", "11 98765-4321", "551187654321"])
def test_a_search_finds_either_spelling(brazil: Team, door: Door, written: str) -> None:
    people = door.imported(f"Phone,Name\n{NOW},Ana\n{OLD},Annie\n11 3765-4321,Landline\n")
    page = text_of(door.client.post(list_url("list-search", people), {"words": written}))
    assert "Ana" in page
    assert "Annie" in page
    assert "Landline" not in page


@pytest.mark.both_databases
def test_lists_put_together_or_taken_out_know_the_person(brazil: Team, alice: User) -> None:
    one = world.a_list(brazil, [NOW, "+14155552671"], "One")
    other = world.a_list(brazil, [OLD, "+14155552672"], "Other")

    def made_by(operation: Any) -> list[tuple[str, int]]:
        list_filling.run_operation(operation.pk)
        (target,) = RecipientList.objects.filter(operations__operation=operation).filter(
            operations__part="target"
        )
        return [row[:2] for row in rows_of(target)]

    once = list_operations.merge([one, other], alice, "Once", each_once=True)
    assert made_by(once) == [(NOW, 0), ("+14155552671", 0), ("+14155552672", 0)]
    marked = list_operations.merge([one, other], alice, "Marked", each_once=False)
    assert (OLD, 1) in made_by(marked)
    rest = list_operations.subtract(one, [other], alice, "Rest")
    assert made_by(rest) == [("+14155552671", 0)]


@pytest.mark.either_database
@pytest.mark.both_databases
@pytest.mark.parametrize(("listed", "other"), SPELLINGS)
def test_the_register_has_one_entry_for_a_person(
    riverside: Team, alice: User, door: Door, listed: str, other: str
) -> None:
    def add(numbers: str) -> str:
        url = reverse("opt-outs-add", args=[riverside.slug])
        return text_of(door.client.post(url, {"numbers": numbers}, follow=True))

    add(f"{listed}\n{other}")
    add(other)
    assert OptOut.objects.get().is_open
    search = reverse("opt-outs-search", args=[riverside.slug])
    for written in (listed, other):
        page = text_of(door.client.post(search, {"words": written}))
        assert "Added by hand" in page
    assert opt_outs.opted_out(riverside, [other]) == {other}
    assert opt_outs.opted_out(riverside, [listed]) == {listed}

    people = world.a_list(riverside, [other])
    assert opt_outs.opted_out_count(people) == 1
    lift = reverse("opt-out-lift", args=[riverside.slug, OptOut.objects.get().public_id])
    door.client.post(lift, {"reason": "Asked to be written to again"})
    assert opt_outs.opted_out(riverside, [listed, other]) == set()
    add(listed)
    assert OptOut.objects.count() == 2


def test_two_people_stay_two(brazil: Team, door: Door) -> None:
    # A landline, and a mobile whose digits without its first are the landline's.
    people = door.imported("Phone,Name\n+55 11 3765-4321,Ana\n+55 11 93765-4321,Beto\n")
    assert [row[1] for row in rows_of(people)] == [0, 0]
    assert Recipient.objects.filter(recipient_list=people).count() == 2
