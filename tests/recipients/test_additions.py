"""A file for a list that is there: what it does is told first, done at once, and can be undone."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from recipients.imports import checking, import_lifecycle, importing, undoing
from recipients.lists.paging import write_place
from recipients.models import ListImport, OptOut, Recipient, RecipientList, Visibility
from teams.models import User
from tests import world
from tests.effort import examples
from tests.recipients.conftest import Door

pytestmark = [pytest.mark.thorough]

State = ListImport.State
ANN, BOB, CLEO, DEE = (f"+1415555{n}" for n in (2671, 2672, 2673, 2674))
THERE = f"Phone,Name,City\n{ANN},Ann,Boston\n{BOB},Bob,Boston\n"
FILE = f"Phone,Name,city,Level\n{BOB},,Salem,gold\n{CLEO},Cleo,Lynn,\n"


def people_of(people: RecipientList) -> dict[str, tuple[str, dict[str, str]]]:
    """Phone: (name, fields) of the first rows; the counters must be right, too."""
    people.refresh_from_db()
    rows = Recipient.objects.filter(recipient_list=people)
    assert people.recipient_count == rows.filter(occurrence=0).count()
    assert people.duplicate_count == rows.filter(occurrence__gt=0).count()
    return {row.phone: (row.name, row.fields) for row in rows.filter(occurrence=0)}


def added(door: Door, people: RecipientList, content: str, mode: str) -> ListImport:
    """Upload a file for a list, confirm it in this mode and import it."""
    made = door.checked(content, target=people)
    checking.judge_whole(made.pk)
    response = door.post("import-confirm", made, mode=mode)
    assert response.status_code == 302, response.content.decode()
    importing.run_import(made.pk)
    made.refresh_from_db()
    return made


def told(response: Any) -> str:
    """A page's words."""
    return " ".join(
        re.sub(
            r"</?bdi>|(<[^>]+>)", lambda tag: " " * bool(tag[1]), response.content.decode()
        ).split()
    )


def undone(door: Door, made: ListImport) -> Any:
    return door.client.post(door.url("import-undo", made), follow=True)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("mode", "effect", "after"),
    [
        (
            "new",
            {"added": 1, "updated": 0, "removed": 0, "unchanged": 1},
            {
                ANN: ("Ann", {"City": "Boston"}),
                BOB: ("Bob", {"City": "Boston"}),
                CLEO: ("Cleo", {"City": "Lynn"}),
            },
        ),
        (
            "update",
            {"added": 1, "updated": 1, "removed": 0, "unchanged": 0},
            {
                ANN: ("Ann", {"City": "Boston"}),
                BOB: ("Bob", {"City": "Salem", "Level": "gold"}),
                CLEO: ("Cleo", {"City": "Lynn"}),
            },
        ),
        (
            "replace",
            {"added": 1, "updated": 1, "removed": 1, "unchanged": 0},
            {BOB: ("", {"City": "Salem", "Level": "gold"}), CLEO: ("Cleo", {"City": "Lynn"})},
        ),
    ],
)
def test_what_a_file_does_to_a_list_and_how_it_is_undone(
    door: Door, mode: str, effect: dict[str, int], after: dict[str, Any]
) -> None:
    people = door.imported(THERE)
    before = people_of(people)
    made = added(door, people, FILE, mode)
    assert (made.state, made.effect) == (State.COMPLETED, effect)
    assert people_of(people) == after
    # Where the list has the field already, its spelling stays.
    assert people.field_names == ["City", "Level"]
    assert undone(door, made).status_code == 200
    assert people_of(people) == before
    assert people.field_names == ["City"]
    import_lifecycle.clear_leftovers()
    assert [one.pk for one in RecipientList.objects.all()] == [people.pk]
    assert Recipient.objects.count() == 2


@pytest.mark.both_databases
def test_what_happens_is_told_before_it_does(door: Door) -> None:
    people = door.imported(THERE)
    made = door.checked(FILE, target=people)
    page = told(door.get("import", made))
    assert "1 person is added" in page
    assert "1 already on the list: not changed" in page
    page = told(door.post("import-check", made, mode="replace"))
    made.refresh_from_db()
    assert made.mode == "replace"
    page = told(door.get("import", made))
    assert "1 person is removed" in page
    assert "Replace the list" in page
    assert people_of(people).keys() == {ANN, BOB}


def test_the_effect_must_be_counted_before_it_is_confirmed(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 1)
    people = door.imported(THERE)
    made = door.checked(FILE, target=people)
    response = door.post("import-confirm", made, mode="replace")
    assert response.status_code == 422
    assert "We are still counting" in told(response)
    made.refresh_from_db()
    assert made.state == State.CHECKING


@pytest.mark.both_databases
def test_the_corrected_rows_go_to_the_list_they_came_from(door: Door) -> None:
    people = door.imported(f"Phone,Name\n{ANN},Ann\n(415) 555-26,Bob\n")
    made = people.list_imports.get()
    page = door.open(people).content.decode()
    address = reverse("upload", args=[door.team.slug]) + f"?list={people.public_id}"
    assert address in page
    report = b"".join(door.get("rejected-rows", made)).decode()
    corrected = report.replace("(415) 555-26", "(415) 555-2672")
    again = added(door, people, corrected, "new")
    assert again.effect["added"] == 1
    assert people_of(people) == {ANN: ("Ann", {}), BOB: ("Bob", {})}


@pytest.mark.both_databases
def test_the_same_file_again_adds_nobody(door: Door) -> None:
    people = door.imported(THERE + f"{ANN},Ann,Salem\n")
    for mode, unchanged in (("new", 3), ("update", 3), ("replace", 3)):
        made = added(door, people, THERE + f"{ANN},Ann,Salem\n", mode)
        assert made.effect == {"added": 0, "updated": 0, "removed": 0, "unchanged": unchanged}
        assert people_of(people).keys() == {ANN, BOB}
        assert people.duplicate_count == 1


@pytest.mark.both_databases
def test_people_added_by_hand_since_survive_an_undo(door: Door) -> None:
    people = door.imported(THERE)
    made = added(door, people, FILE, "replace")
    people.recipients.create(phone=DEE, name="Dee")
    people.recipients.create(phone=ANN, name="Ann by hand")
    undone(door, made)
    assert people_of(people) == {
        ANN: ("Ann by hand", {}),
        BOB: ("Bob", {"City": "Boston"}),
        DEE: ("Dee", {}),
    }


@pytest.mark.both_databases
def test_a_person_removed_by_hand_since_does_not_come_back(door: Door) -> None:
    people = door.imported(THERE)
    made = added(door, people, FILE, "update")
    people.recipients.filter(phone=BOB).delete()
    undone(door, made)
    assert people_of(people).keys() == {ANN}


def change(door: Door, people: RecipientList, number: str, **typed: str) -> None:
    """Change a person by hand, as the list's page lets one do."""
    row = people.recipients.get(phone=number, occurrence=0)
    address = [door.team.slug, people.public_id, write_place(row.pk)]
    said = {"phone": number, "name": row.name, **typed}
    assert door.client.post(reverse("list-person", args=address), said).status_code == 302


@pytest.mark.either_database
@pytest.mark.parametrize("mode", ["new", "update", "replace"])
@pytest.mark.parametrize("keeps", [True, False])
def test_undoing_names_whom_somebody_changed_since_and_asks(
    door: Door, mode: str, keeps: bool
) -> None:
    people = door.imported(THERE)
    before = people_of(people)
    made = added(door, people, f"Phone,Name,City\n{BOB},Bob,Rome\n{DEE},Dee,Oslo", mode)
    changed = [DEE] if mode == "new" else [BOB, DEE]
    for phone in changed:
        change(door, people, phone, name="By hand")
    page = undone(door, made)
    assert "Nothing is undone yet. Check what was changed by hand first." in told(page)
    sentence = "2 of these people have been" if len(changed) == 2 else "1 of these people has been"
    assert f"{sentence} changed by hand since:" in told(page)
    assert told(page).count("By hand") == len(changed)
    made.refresh_from_db()
    assert made.state == State.COMPLETED

    sent = {"seen": page.context["seen"]} | ({"keep": "1"} if keeps else {})
    door.client.post(door.url("import-undo", made), sent)
    by_hand = {phone for phone, (name, _) in people_of(people).items() if name == "By hand"}
    assert by_hand == (set(changed) if keeps else set())
    if not keeps:
        assert people_of(people) == before


@pytest.mark.both_databases
@pytest.mark.parametrize("keeps", [True, False])
def test_a_person_whose_spelling_was_changed_by_hand_is_named_too(door: Door, keeps: bool) -> None:
    short, long = "+551187654321", "+5511987654321"
    people = door.imported(f"Phone,Name,City\n{short},Ana,Rio\n")
    made = added(door, people, f"Phone,Name,City\n{short},Ana,Bahia\n", "update")
    change(door, people, short, phone=long, name="By hand")
    page = undone(door, made)
    assert "1 of these people has been changed by hand since:" in told(page)
    sent = {"seen": page.context["seen"]} | ({"keep": "1"} if keeps else {})
    door.client.post(door.url("import-undo", made), sent)
    (name, _fields) = next(iter(people_of(people).values()))
    assert (len(people_of(people)), name) == (1, "By hand" if keeps else "Ana")


@pytest.mark.both_databases
def test_a_change_after_the_page_was_opened_is_asked_about_again(door: Door) -> None:
    people = door.imported(THERE)
    made = people.list_imports.get()
    change(door, people, BOB, name="Bea")
    seen = door.get("import-undo", made).context["seen"]
    change(door, people, BOB, name="Cy")
    door.client.post(door.url("import-undo", made), {"seen": seen})
    assert RecipientList.objects.filter(pk=people.pk, is_ready=True).exists()
    door.client.post(
        door.url("import-undo", made), {"seen": door.get("import-undo", made).context["seen"]}
    )
    assert not RecipientList.objects.filter(pk=people.pk, is_ready=True).exists()


@pytest.mark.both_databases
def test_a_new_list_goes_when_its_import_is_undone_and_the_file_can_be_used_again(
    door: Door,
) -> None:
    people = door.imported(THERE)
    made = people.list_imports.get()
    page = told(door.get("import-undo", made))
    assert f"2 people are removed, and the list “{people.name}”" in page
    assert "Campaigns already sent or scheduled keep their people" in page
    response = undone(door, made)
    assert "The import was undone" in told(response)
    assert door.open(people).status_code == 404
    import_lifecycle.clear_leftovers()
    assert not RecipientList.objects.exists()
    assert not Recipient.objects.exists()
    assert door.post("import-retry", made).status_code == 302
    made.refresh_from_db()
    assert made.state == State.CHECKING


@pytest.mark.both_databases
def test_a_campaign_keeps_its_people_and_the_name_of_the_list(door: Door, alice: User) -> None:
    people = door.imported(THERE, visibility="team")
    campaign = world.launched(world.a_campaign(world.a_channel(door.team), people))
    undone(door, people.list_imports.get())
    import_lifecycle.clear_leftovers()
    import_lifecycle.clear_leftovers()
    assert campaign.recipients.count() == 2
    kept = RecipientList.objects.get()
    assert (kept.name, kept.row_count) == (people.name, 0)
    assert door.open(people).status_code == 404


@pytest.mark.both_databases
def test_imports_are_undone_from_the_last_to_the_first(door: Door) -> None:
    people = door.imported(THERE)
    first, second = (added(door, people, FILE, mode) for mode in ("update", "replace"))
    assert "Another file was added to this list later." in told(door.get("import-undo", first))
    undone(door, first)
    first.refresh_from_db()
    assert first.state == State.COMPLETED
    undone(door, second)
    undone(door, first)
    assert people_of(people) == {ANN: ("Ann", {"City": "Boston"}), BOB: ("Bob", {"City": "Boston"})}


@pytest.mark.both_databases
def test_what_was_displaced_is_forgotten_with_the_file(door: Door) -> None:
    people = door.imported(THERE)
    made = added(door, people, FILE, "replace")
    ago = timezone.now() - timedelta(days=8)
    ListImport.objects.update(created_at=ago, completed_at=ago)
    import_lifecycle.delete_old_uploads()
    import_lifecycle.clear_leftovers()
    assert people_of(people).keys() == {BOB, CLEO}
    assert Recipient.objects.count() == 2
    assert "too old to undo" in told(door.get("import-undo", made))
    with pytest.raises(undoing.CannotUndo):
        undoing.undo_import(ListImport.objects.get(pk=made.pk), people.owner)


@pytest.mark.both_databases
def test_no_import_revives_who_has_opted_out(door: Door) -> None:
    people = door.imported(THERE)
    OptOut.objects.create(team=door.team, phone=CLEO)
    made = door.checked(FILE, target=people)
    assert made.judgement["opted_out"] == 1
    added(door, people, FILE, "replace")
    assert OptOut.objects.filter(phone=CLEO, lifted_at=None).exists()


def test_only_who_may_edit_a_list_can_add_to_it(
    door: Door, alice: User, sami: User, charlie: User
) -> None:
    people = door.imported(THERE)
    theirs = Door(door.team, sami)
    assert theirs.upload(FILE, target=people).status_code == 404
    RecipientList.objects.update(visibility=Visibility.TEAM, team_permission="use")
    assert theirs.upload(FILE, target=people).status_code == 404
    RecipientList.objects.update(team_permission="edit")
    made = theirs.checked(FILE, target=people)
    # Withdrawn between the check and the import: nothing happens to the list.
    confirmed = theirs.post("import-confirm", made, mode="replace")
    assert confirmed.status_code == 302
    RecipientList.objects.update(team_permission="use")
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.state, made.failure) == (State.FAILED, "list_gone")
    assert people_of(people).keys() == {ANN, BOB}
    assert theirs.get("import-undo", people.list_imports.get()).status_code == 404
    stranger = Door(door.team, charlie)
    assert stranger.get("import-undo", people.list_imports.get()).status_code == 404


def test_why_somebody_may_not_undo_is_said_as_it_is(door: Door, sami: User) -> None:
    people = door.imported(THERE)
    RecipientList.objects.update(visibility=Visibility.TEAM, team_permission="edit")
    theirs = Door(door.team, sami)
    made = added(theirs, people, FILE, "update")
    assert "can edit this list" not in told(theirs.get("import-undo", made))
    RecipientList.objects.update(team_permission="use")
    assert "Only people who can edit this list" in told(theirs.get("import-undo", made))


@pytest.mark.parametrize("named", ["", "x", "0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b"])
def test_a_list_that_is_not_there(door: Door, named: str) -> None:
    url = reverse("upload", args=[door.team.slug])
    assert door.client.get(f"{url}?list={named}").status_code == 404


@pytest.mark.both_databases
def test_a_list_deleted_meanwhile_makes_no_new_one(door: Door) -> None:
    people = door.imported(THERE)
    made = door.checked(FILE, target=people)
    people.list_imports.exclude(pk=made.pk).delete()
    people.recipients.all().delete()
    people.delete()
    response = door.post("import-confirm", made, mode="new")
    assert response.status_code == 422
    assert "was deleted, or you can no longer edit it" in told(response)
    assert not RecipientList.objects.exists()


row = st.tuples(
    st.sampled_from([ANN, BOB, CLEO, DEE, "none"]), st.sampled_from("xyz"), st.sampled_from("pqr")
)
_names = itertools.count(1)


@pytest.mark.both_databases
@given(
    there=st.lists(row, max_size=6),
    file=st.lists(row, max_size=6),
    mode=st.sampled_from(["new", "update", "replace"]),
)
@examples(8, HealthCheck.function_scoped_fixture)
def test_undoing_any_addition_gives_the_list_back(
    door: Door, there: list[Any], file: list[Any], mode: str
) -> None:
    def written(rows: list[Any]) -> str:
        first = ("+14155550199", "a", "b")
        return "Phone,Name,City\n" + "".join(",".join(one) + "\n" for one in [first, *rows])

    people = door.imported(written(there), list_name=f"List {next(_names)}")
    columns = ("phone", "occurrence", "name", "fields", "row_number")
    before = list(people.recipients.order_by("phone", "occurrence").values(*columns))
    made = added(door, people, written(file), mode)
    effect = made.effect
    assert effect["added"] + effect["updated"] + effect["unchanged"] == (
        made.recipient_count + made.duplicate_count
    )
    people.refresh_from_db()
    assert people.row_count == len(before) + effect["added"] - effect["removed"]
    people_of(people)
    undoing.undo_import(made, people.owner)
    assert list(people.recipients.order_by("phone", "occurrence").values(*columns)) == before


@pytest.mark.both_databases
def test_the_database_does_the_work_in_few_steps(
    door: Door, django_assert_max_num_queries: Any
) -> None:
    """The number of statements must not grow with the list."""
    people = door.imported("Phone\n" + "".join(f"+1415555{n}\n" for n in range(2000, 2300)))
    made = door.checked(
        "Phone\n" + "".join(f"+1415555{n}\n" for n in range(2200, 2500)), target=people
    )
    door.post("import-confirm", made, mode="update")
    with django_assert_max_num_queries(40, connection=connection):
        importing.run_import(made.pk)
    people.refresh_from_db()
    assert people.recipient_count == 500


def test_undoing_speaks_of_one_person_as_one(door: Door) -> None:
    people = door.imported(f"Phone,Name\n{ANN},Ann\n{ANN},Ann again\n")
    page = told(door.get("import-undo", people.list_imports.get()))
    assert "1 person is removed, and the list" in page
    made = added(door, people, f"Phone,Name\n{BOB},Bob\n", "new")
    assert "1 person from the file is removed from the list" in told(door.get("import-undo", made))
