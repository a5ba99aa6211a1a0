"""Finding people of a list by a part of a name, a number or a value, with whatever is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db.backends.signals import connection_created
from django.urls import reverse

from recipients import halves, searching
from recipients.files.bulk_load import load_rows
from recipients.lists import people_editing
from recipients.lists.people_editing import Details
from recipients.models import Recipient, RecipientList
from teams.models import Team, User
from tests.people import ClientOf

pytestmark = [pytest.mark.thorough, pytest.mark.both_databases]

STREET, NOTE = 'Street "main"', "Note"
PEOPLE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("+4917612345678", "María González", {STREET: "Musterstr. 5", NOTE: "50% off"}),
    ("+4915112345679", "Ann Johnson", {STREET: 'The "Old" Mill', NOTE: "a_b"}),
    ("+14155552671", "ÉLODIE O'Neil", {STREET: "Öhringer Gasse", NOTE: "back\\slash"}),
    ("+5215512345678", "Иван Петров", {STREET: "Main Road", NOTE: "2024-03-11\nlate"}),
    ("+8613912345678", "王伟", {NOTE: "[street], {note}*?"}),
    ("+12025550155", "Bob", {}),
)


@pytest.fixture
def everybody(riverside: Team, alice: User) -> RecipientList:
    return filled(riverside, alice, PEOPLE)


def filled(team: Team, owner: User, people: Sequence[Any], name: str = "All") -> RecipientList:
    team.default_country = "DE"
    team.save()
    made = RecipientList.objects.create(
        team=team,
        owner=owner,
        name=name,
        field_names=[STREET, NOTE],
        is_ready=True,
        recipient_count=len(people),
    )
    for phone, called, fields in people:
        made.recipients.create(phone=phone, name=called, fields=fields)
    return made


def search(client: Any, people: RecipientList, words: str, **more: str) -> Any:
    address = reverse("list-search", args=[people.team.slug, people.public_id])
    return client.post(address, {"words": words, **more})


def names(answer: Any) -> list[str]:
    return [row.name for row in answer.context["page"].rows]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("maría", ["María González"]),
        ("MARÍA", ["María González"]),
        ("mari\u0301a gonz", ["María González"]),
        ("gonzález maría", ["María González"]),
        ("son", ["Ann Johnson"]),
        ("élodie", ["ÉLODIE O'Neil"]),
        ("o'n", ["ÉLODIE O'Neil"]),
        ("иван", ["Иван Петров"]),
        ("ПЕТР", ["Иван Петров"]),
        ("王", ["王伟"]),
        ("musterstr", ["María González"]),
        ("maría muster", ["María González"]),
        ("ann muster", []),
        ("öhr", ["ÉLODIE O'Neil"]),
        ("ÖHRINGER", ["ÉLODIE O'Neil"]),
        ('"', ["Ann Johnson"]),
        ('the "old', ["Ann Johnson"]),
        ("%", ["María González"]),
        ("0%", ["María González"]),
        ("_", ["Ann Johnson"]),
        ("r gasse", ["ÉLODIE O'Neil"]),
        ("иван 52155", ["Иван Петров"]),
        ("k\\s", ["ÉLODIE O'Neil"]),
        ("\\", ["ÉLODIE O'Neil"]),
        ("2024-03", ["Иван Петров"]),
        # Neither what JSON puts between values, nor the fields' names.
        ("[", ["王伟"]),
        (",", ["王伟"]),
        ("*?", ["王伟"]),
        ("note", ["王伟"]),
        ("street", ["王伟"]),
        ('"main"', []),
        ("main", ["Иван Петров"]),
        ("\\n", []),
        # Numbers: a part, as dialled at home and from abroad, in another spelling, whole.
        ("5552", ["ÉLODIE O'Neil"]),
        ("0176", ["María González"]),
        ("0176 123", ["María González"]),
        ("004917", ["María González"]),
        ("+49 151", ["Ann Johnson"]),
        ("525512345678", ["Иван Петров"]),
        ("(415) 555-26", ["ÉLODIE O'Neil"]),
        ("0176 12345678", ["María González"]),
        ("ann 0151", ["Ann Johnson"]),
        ("qz", []),
        ("nobody at all", []),
    ],
)
def test_people_are_found_by_a_part_of_what_is_known_of_them(
    client_of: ClientOf, everybody: RecipientList, alice: User, words: str, expected: list[str]
) -> None:
    assert names(search(client_of(alice), everybody, words)) == expected


def test_imported_people_are_found_like_those_added_by_hand(
    client_of: ClientOf, riverside: Team, alice: User
) -> None:
    people = filled(riverside, alice, ())
    columns = ("recipient_list_id", "phone", "occurrence", "name", "fields")
    rows = [(people.pk, "+4915112345679", 0, "Zoë", '{"Note":"Grün \\"1\\"","2024":"ÄÖ"}')]
    load_rows(Recipient._meta.db_table, columns, rows)
    client = client_of(alice)
    for words in ("zoë", "ZOË", "grün", 'n "1"', "äö", "Ä"):
        assert names(search(client, people, words)) == ["Zoë"], words
    assert names(search(client, people, "2024")) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("town", ["Ann", "Bob"]),
        ("TOWN h", ["Bob"]),
        ("città", ["Ann", "Cem"]),
        ("citt", ["Ann", "Cem"]),
        ("ГОРОД", ["Cem", "Dan"]),
        ("*ö", ["Dan"]),
        ("şek", ["Dan"]),
        (":", []),
    ],
)
def test_what_a_field_is_called_finds_nobody_but_its_values_do(
    client_of: ClientOf, riverside: Team, alice: User, words: str, expected: list[str]
) -> None:
    everybody = [
        ("+4915112345671", "Ann", {"Town": "Newtown", "Città di Town": "CITTÀ"}),
        ("+4915112345672", "Bob", {"Town": "Town hall", "Город": "x"}),
        ("+4915112345673", "Cem", {"Città di Town": "Bassa città", "Город": "город"}),
        ("+4915112345674", "Dan", {"Город": "Новгород", "Città di Town": "*Örebro ŞEKER"}),
        ("+4915112345675", "Eve", {"Town": "x", "Город": "", "Città di Town": "", "[x]": ""}),
    ]
    people = filled(riverside, alice, everybody)
    people.field_names = ["Town", "Город", "Città di Town", "[x]"]
    people.save()
    assert names(search(client_of(alice), people, words)) == expected


def test_a_field_that_is_called_like_the_end_of_another_hides_nobody(
    client_of: ClientOf, riverside: Team, alice: User
) -> None:
    only_the_longer = [("+4915112345671", "Ann", {'x"Town': "New town"})]
    people = filled(riverside, alice, only_the_longer)
    people.field_names = ["Town", 'x"Town']
    people.save()
    assert names(search(client_of(alice), people, "town")) == ["Ann"]
    assert names(search(client_of(alice), people, "x")) == []


def test_only_the_people_of_this_list_are_found(
    client_of: ClientOf, everybody: RecipientList, alice: User
) -> None:
    team = everybody.team
    filled(team, alice, [("+4917612345678", "María Álvarez", {NOTE: "Musterstr"})], "Other")
    for words in ("mar", "muster", "0176", "0176 12345678"):
        assert names(search(client_of(alice), everybody, words)) == ["María González"]


def test_a_search_stays_inside_the_team(
    client_of: ClientOf, everybody: RecipientList, charlie: User
) -> None:
    assert search(client_of(charlie), everybody, "mar").status_code == 404


def test_whoever_was_changed_or_removed_is_not_found_by_old_words(
    client_of: ClientOf, everybody: RecipientList, alice: User
) -> None:
    client = client_of(alice)
    maria = everybody.recipients.get(name__startswith="María")
    changed = Details("+4917699999999", "Mia", {STREET: "Nebenstr. 6"})
    assert people_editing.change_person(maria, changed)
    for words in ("maría", "musterstr", "0176123"):
        assert names(search(client, everybody, words)) == []
    for words in ("mia", "nebenstr", "0176999"):
        assert names(search(client, everybody, words)) == ["Mia"]
    people_editing.remove_people(everybody, [maria.pk])
    assert names(search(client, everybody, "mia")) == []


@pytest.mark.parametrize("order", ["file", "name", "phone"])
@pytest.mark.parametrize("most", [3, 1_000])
def test_every_page_of_what_is_found_comes_in_order_and_is_counted(
    client_of: ClientOf,
    riverside: Team,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    most: int,
) -> None:
    monkeypatch.setattr(searching, "MOST_COUNTED", most)
    monkeypatch.setattr("recipients.views.lists.RECIPIENTS_A_PAGE", 3)
    people: list[Any] = [
        (f"+491511234{n * 7 % 10}000", f"Person {n * 3 % 10}", {}) for n in range(10)
    ]
    everybody = filled(riverside, alice, [*people, ("+14155552671", "Else", {})])
    client, seen, after = client_of(alice), list[str](), ""
    while True:
        answer = search(client, everybody, "person", order=order, after=after)
        counted = "More than 3 people" if most == 3 else "10 people"
        assert counted in answer.content.decode()
        seen += [row.phone if order == "phone" else row.name for row in answer.context["page"].rows]
        if not (after := answer.context["page"].after):
            break
    wanted = [phone if order == "phone" else name for phone, name, _fields in people]
    assert seen == (wanted if order == "file" else sorted(wanted))


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("most", [3, 1_000])
@pytest.mark.parametrize(
    ("words", "which"),
    [("петр", range(1, 10)), ("петров 1", [1]), ("петров 9", [9]), ("сидор", [])],
)
def test_both_halves_of_a_long_list_are_looked_through_at_once(
    client_of: ClientOf,
    riverside: Team,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    words: str,
    which: Sequence[int],
) -> None:
    monkeypatch.setattr(searching, "MOST_COUNTED", most)
    people: list[Any] = [(f"+4915112340{n}00", f"Пётр Петров {n}", {}) for n in range(1, 10)]
    everybody = filled(riverside, alice, people)
    filled(riverside, alice, people, "Others")
    client, opened = client_of(alice), list[Any]()

    def count(connection: Any, **_more: Any) -> None:
        opened.append(connection)

    connection_created.connect(count)
    whole = search(client, everybody, words)
    assert not opened
    monkeypatch.setattr(halves, "FEWEST", 2)
    by_halves = search(client, everybody, words)
    assert len(opened) == 1
    assert names(by_halves) == names(whole) == [f"Пётр Петров {n}" for n in which]
    assert by_halves.context["found"] == whole.context["found"]
