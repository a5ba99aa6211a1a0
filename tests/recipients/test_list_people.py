"""People of a list, one by one: added, changed, taken out, and looked for."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import phonenumbers
import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from recipients.lists import people_editing
from recipients.lists.paging import write_place
from recipients.lists.people_editing import AlreadyThere, Details
from recipients.models import ListShare, OptOut, RecipientList, Visibility
from teams.models import Team, User
from tests.client import Client
from tests.effort import examples
from tests.people import ClientOf
from tests.recipients.test_list_operations import FIELD, a_list, check_numbers, url
from tests.world import create_person, create_team

pytestmark = [pytest.mark.thorough]


def details(phone: int, name: str = "") -> Details:
    return Details(f"+1202555{phone:04d}", name, {})


CHANGES = st.lists(
    st.tuples(st.sampled_from(["add", "change", "remove"]), st.integers(0, 4), st.integers(0, 9)),
    max_size=8,
)
ROWS = st.lists(st.tuples(st.integers(0, 4), st.just("")), max_size=8)


class TestWhateverIsDone(TestCase):
    def setUp(self) -> None:
        self.owner = create_person("Alice Moreau")
        self.team = create_team(self.owner)

    @pytest.mark.both_databases
    @examples(10)
    @given(ROWS, CHANGES)
    def test_the_numbers_stay_right(
        self, rows: list[tuple[int, str]], changes: list[tuple[str, int, int]]
    ) -> None:
        people = a_list(self.team, self.owner, rows, "People")
        for what, phone, which in changes:
            found = list(people.recipients.order_by("pk"))
            row = found[which % len(found)] if found else None
            expected = len(found)
            with suppress(AlreadyThere):
                if what == "add":
                    people_editing.add_person(people, details(phone))
                    expected += 1
                elif row is not None and what == "change":
                    assert people_editing.change_person(row, details(phone, "New"))
                elif row is not None:
                    assert people_editing.remove_people(people, [row.pk, 0]) == 1
                    expected -= 1
            people.refresh_from_db()
            assert people.row_count == expected
            check_numbers(people)


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    """Four rows of three people; Alice's, and the team may edit it."""
    made = a_list(riverside, alice, [(0, "Boston"), (1, "Ayr"), (2, ""), (0, "Ayr")], "Towns")
    for number, row in enumerate(made.recipients.order_by("pk")):
        row.name = ("Zoë", "Ann", "bob", "Zoë again")[number]
        row.save()
    made.visibility, made.team_permission = Visibility.TEAM, "edit"
    made.save()
    return made


def person_url(people: RecipientList, number: int) -> str:
    row = people.recipients.order_by("pk")[number]
    return f"{url('list', people)}people/{write_place(row.pk)}/"


@pytest.mark.both_databases
def test_somebody_is_added_by_hand(client_of: ClientOf, people: RecipientList, bob: User) -> None:
    client, add = client_of(bob), url("list-person-add", people)
    fields = {"phone": "(202) 555-0199", "name": "New  one", "field_0": "Ayr", "field_1": " "}
    answer = client.post(add, {**fields, "another": "1"})
    assert answer["Location"] == add
    row = people.recipients.get(phone="+12025550199")
    assert (row.name, row.fields, row.occurrence) == ("New  one", {FIELD: "Ayr"}, 0)
    people.refresh_from_db()
    check_numbers(people)


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("", "Enter the phone number."),
        ("12", "Too short"),
        ("call me", "Has letters in it"),
        ("202-555-0001", "This number is already on the list."),
    ],
)
def test_a_number_that_will_not_do_says_why_and_loses_nothing(
    client_of: ClientOf, people: RecipientList, bob: User, phone: str, sentence: str
) -> None:
    fields = {"phone": phone, "name": "Kept", "field_0": "Kept too"}
    answer = client_of(bob).post(url("list-person-add", people), fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="Kept"' in page
    assert 'value="Kept too"' in page
    assert people.recipients.count() == 4


@pytest.mark.both_databases
def test_somebody_is_changed(client_of: ClientOf, people: RecipientList, bob: User) -> None:
    client = client_of(bob)
    page = client.get(person_url(people, 0)).content.decode()
    assert 'value="Boston"' in page
    fields = {"phone": "+1 202 555 0077", "name": "Zoë", "field_0": ""}
    client.post(person_url(people, 0), fields)
    rows = people.recipients.order_by("pk").values_list("phone", "occurrence", "fields")
    first, _ann, _bob, last = rows
    assert first == ("+12025550077", 0, {})
    # The other row of the old number is a person of its own now.
    assert last[:2] == ("+12025550000", 0)
    people.refresh_from_db()
    check_numbers(people)
    answer = client.post(person_url(people, 0), {"phone": "+1 202 555 0001"})
    assert answer.status_code == 422
    assert person_url(people, 1) in answer.content.decode()


@pytest.mark.both_databases
def test_the_ticked_are_taken_out(client_of: ClientOf, people: RecipientList, bob: User) -> None:
    client = client_of(bob)
    rows = [write_place(row.pk) for row in people.recipients.order_by("pk")[:2]]
    answer = client.post(url("list-people-remove", people), {"row": [*rows, "x"]}, follow=True)
    assert "2 entries were removed from the list." in answer.content.decode()
    people.refresh_from_db()
    check_numbers(people)
    assert people.row_count == 2
    assert client.get(person_url(people, 0).replace(write_place(1), "x")).status_code in (200, 404)
    answer = client.post(url("list-people-remove", people), follow=True)
    assert "Nobody was removed" in answer.content.decode()


def test_a_row_of_another_list_is_not_touched(
    client_of: ClientOf, people: RecipientList, riverside: Team, alice: User, bob: User
) -> None:
    private = a_list(riverside, alice, [(7, "")], "Private")
    row = private.recipients.get()
    client = client_of(bob)
    client.post(url("list-people-remove", people), {"row": write_place(row.pk)})
    address = f"{url('list', people)}people/{write_place(row.pk)}/"
    assert client.post(address, {"phone": "+12025550003"}).status_code == 404
    row.refresh_from_db()
    assert row.phone == "+12025550007"


@pytest.mark.both_databases
def test_who_opted_out_is_told_of(client_of: ClientOf, people: RecipientList, bob: User) -> None:
    OptOut.objects.create(team=people.team, phone="+12025550199")
    answer = client_of(bob).post(
        url("list-person-add", people), {"phone": "+12025550199"}, follow=True
    )
    assert "This person has opted out" in answer.content.decode()


@pytest.mark.parametrize("who", ["may use", "viewer", "stranger"])
def test_who_may_only_use_a_list_changes_nobody(
    client_of: ClientOf,
    people: RecipientList,
    sami: User,
    vera: User,
    charlie: User,
    who: str,
) -> None:
    RecipientList.objects.update(visibility=Visibility.NAMED, team_permission="use")
    for person in (sami, vera):
        ListShare.objects.create(recipient_list=people, user=person, permission="use")
    client = client_of({"may use": sami, "viewer": vera, "stranger": charlie}[who])
    expected = 404 if who == "stranger" else 403
    assert client.post(url("list-person-add", people), {"phone": "+12025550199"}).status_code == (
        expected
    )
    assert client.post(person_url(people, 0), {"phone": "+12025550199"}).status_code == expected
    assert client.post(url("list-people-remove", people)).status_code == expected
    assert client.post(url("list-rename", people), {"name": "x"}).status_code == expected
    assert people.recipients.count() == 4
    if who == "may use":
        page = client.get(url("list", people)).content.decode()
        assert "Add people" not in page
        assert 'name="row"' not in page


def names(answer: Any) -> list[str]:
    return [row.name for row in answer.context["page"].rows]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"order": "phone"}, ["Zoë", "Zoë again", "Ann", "bob"]),
        ({"field": FIELD, "value": "Ayr"}, ["Ann", "Zoë again"]),
        ({"field": FIELD, "value": " Ayr "}, ["Ann", "Zoë again"]),
        ({"field": FIELD, "value": ""}, ["bob"]),
        ({"field": FIELD, "value": "Boston", "words": "zo"}, ["Zoë"]),
        ({"field": "none such", "value": "Ayr"}, ["Zoë", "Ann", "bob", "Zoë again"]),
        ({"order": "none such"}, ["Zoë", "Ann", "bob", "Zoë again"]),
    ],
)
def test_people_are_found_by_a_field_and_put_in_order(
    client_of: ClientOf,
    people: RecipientList,
    vera: User,
    fields: dict[str, str],
    expected: list[str],
) -> None:
    assert names(client_of(vera).post(url("list-search", people), fields)) == expected


@pytest.mark.both_databases
@pytest.mark.parametrize("order", ["file", "name", "phone"])
def test_the_pages_of_every_order_have_everybody_once(
    client_of: ClientOf, riverside: Team, alice: User, order: str
) -> None:
    rows = [(number % 40, "") for number in range(120)]
    people = a_list(riverside, alice, rows, "Many")
    for row in people.recipients.all():
        row.name = f"Name {row.pk % 3}"
        row.save()
    client = client_of(alice)
    seen, there = follow(client, people, order, "after", "")
    back, _place = follow(client, people, order, "before", there)
    assert len(seen) == 120
    assert len(set(seen)) == 120
    assert back == seen[:100]


def follow(
    client: Client, people: RecipientList, order: str, way: str, place: str
) -> tuple[list[int], str]:
    """The rows of all pages in one way, and the place before the last of them."""
    seen: list[int] = []
    last = ""
    while True:
        answer = client.post(url("list-search", people), {"order": order, way: place})
        page = answer.context["page"]
        found = [row.pk for row in page.rows]
        seen = seen + found if way == "after" else found + seen
        if way == "after":
            last = page.before
        place = getattr(page, way)
        # The first page is reached by a place that nothing stands before.
        if not place:
            return seen, last


def test_no_name_or_number_travels_in_an_address(
    client_of: ClientOf, people: RecipientList, alice: User
) -> None:
    page = client_of(alice).get(url("list", people)).content.decode()
    addresses = re.findall(r'(?:href|action|hx-\w+)="([^"]*)"', page)
    # The tokens in them are random letters, so only what is longer than chance is looked for.
    told = ("2025550", "Zoë", quote("Zoë"), "Boston")
    assert addresses
    assert not [address for address in addresses if any(word in address for word in told)]


def test_the_number_as_it_will_be_called_stands_on_the_form(
    client_of: ClientOf, people: RecipientList, bob: User
) -> None:
    page = client_of(bob).get(person_url(people, 0)).content.decode()
    called = phonenumbers.format_number(
        phonenumbers.parse(people.recipients.order_by("pk")[0].phone),
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    )
    assert re.search(rf'id="becomes"[^>]*>{re.escape(called)}', page)
    assert 'hx-target="#becomes"' in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("(415) 555-2671", "+1 415-555-2671"),
        ("+49 151 23456789", "+49 1512 3456789, Germany"),
        ("447400123456", "+44 7400 123456, United Kingdom. Kept, read with a plus in front."),
        ("<b>12", "Has letters in it. Leave only the number in the cell, without words."),
        (" ", ""),
    ],
)
def test_what_is_typed_is_told_as_it_will_be_called(
    riverside: Team, bob: User, client_of: ClientOf, typed: str, words: str
) -> None:
    address = reverse("phone-becomes", args=[riverside.slug])
    assert client_of(bob).post(address, {"phone": typed}).content.decode() == words
