"""The lists a person may use, and the page of one of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from recipients.lists.sharing import hand_over_lists
from recipients.models import ListShare, OptOut, Recipient, RecipientList, Visibility
from recipients.opting_out import opt_outs
from teams.models import Team, User
from tests.browsing import text_of
from tests.client import Client
from tests.people import ClientOf
from tests.recipients.conftest import Door

FILE = "Phone,Name,Town\n(415) 555-2671,Ann,Boston\n212 736 5000,Bob,Albany\nx,Cleo,\n"


def a_list(team: Team, owner: User, **fields: Any) -> RecipientList:
    values = {"name": "Patients", "is_ready": True, "field_names": ["Town"]} | fields
    return RecipientList.objects.create(team=team, owner=owner, **values)


def with_people(people: RecipientList, count: int) -> RecipientList:
    Recipient.objects.bulk_create(
        Recipient(
            recipient_list=people,
            phone=f"+1212{2_000_000 + number}",
            name=f"Person {number}",
            row_number=number + 2,
        )
        for number in range(count)
    )
    return people


def rows(response: Any) -> list[int]:
    """The row numbers on a page of people."""
    found = re.findall(r'<td class="rownum">([\d,]+)</td>', response.content.decode())
    return [int(number.replace(",", "")) for number in found]


def link(response: Any, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def names(client: Client, team: Team) -> list[str]:
    page = client.get(reverse("lists", args=[team.slug])).content.decode()
    return re.findall(r'<td class="main-cell"><a [^>]*><bdi>(.*?)</bdi>', page)


def list_url(people: RecipientList, name: str = "list") -> str:
    return reverse(name, args=[people.team.slug, people.public_id])


@pytest.mark.both_databases
def test_a_list_shows_its_people_and_its_numbers(door: Door) -> None:
    page = door.open(door.imported(FILE)).content.decode()
    for text in ("+1 415 555 2671", "Ann", "Boston", "+1 212 736 5000", "Why rows were left out"):
        assert text in page


def test_only_who_uploaded_it_sees_the_rejected_rows(
    door: Door, riverside: Team, alice: User
) -> None:
    people = door.imported(FILE, visibility="team")
    assert "rejected-rows" in door.open(people).content.decode()
    page = Door(riverside, alice).open(people)
    assert page.status_code == 200
    assert "rejected-rows" not in page.content.decode()


def test_a_private_list_is_not_there_for_colleagues(
    riverside: Team, alice: User, bob: User, client_of: ClientOf
) -> None:
    people = a_list(riverside, alice)
    assert names(client_of(alice), riverside) == ["Patients"]
    assert names(client_of(bob), riverside) == []
    assert client_of(bob).get(list_url(people)).status_code == 404


def test_a_shared_list_is_there_at_once_and_gone_at_once(
    riverside: Team, alice: User, bob: User, client_of: ClientOf
) -> None:
    people = a_list(riverside, alice)
    client_of(alice).post(list_url(people, "list-sharing"), {"visibility": "team"})
    assert client_of(bob).get(list_url(people)).status_code == 200
    client_of(alice).post(list_url(people, "list-sharing"), {"visibility": "private"})
    assert client_of(bob).get(list_url(people)).status_code == 404


def test_only_the_owner_shares(
    riverside: Team, alice: User, bob: User, client_of: ClientOf
) -> None:
    people = a_list(riverside, alice, visibility=Visibility.TEAM)
    client = client_of(bob)
    client.post(list_url(people, "list-sharing"), {"visibility": "private"})
    people.refresh_from_db()
    assert people.visibility == Visibility.TEAM
    page = client.get(list_url(people)).content.decode()
    assert "Only the owner of a list can share it." in page


@pytest.mark.both_databases
def test_a_list_lent_to_one_colleague_is_there_once(
    riverside: Team, alice: User, bob: User, vera: User, client_of: ClientOf
) -> None:
    people = a_list(riverside, alice, visibility=Visibility.NAMED)
    for person in (bob, vera):
        ListShare.objects.create(recipient_list=people, user=person)
    assert names(client_of(bob), riverside) == ["Patients"]


def test_an_unfinished_list_is_nowhere(riverside: Team, alice: User, client_of: ClientOf) -> None:
    people = a_list(riverside, alice, is_ready=False)
    assert names(client_of(alice), riverside) == []
    assert client_of(alice).get(list_url(people)).status_code == 404


@pytest.mark.both_databases
def test_a_leavers_lists_go_to_the_heir(riverside: Team, alice: User, bob: User) -> None:
    mine, lent = a_list(riverside, bob), a_list(riverside, alice)
    ListShare.objects.create(recipient_list=lent, user=bob)
    assert hand_over_lists(riverside, bob, alice) == 1
    mine.refresh_from_db()
    assert mine.owner == alice
    assert not ListShare.objects.exists()


@pytest.mark.both_databases
def test_pages_go_forth_and_back_without_gap_or_repeat(
    riverside: Team, alice: User, client_of: ClientOf
) -> None:
    people = with_people(a_list(riverside, alice), 120)
    client, url = client_of(alice), list_url(people)
    pages = [client.get(url)]
    while address := link(pages[-1], "next"):
        pages.append(client.get(url + address))
    assert [number for page in pages for number in rows(page)] == list(range(2, 122))
    back = [pages[-1]]
    while address := link(back[-1], "prev"):
        back.append(client.get(url + address))
    assert [rows(page) for page in back] == [rows(page) for page in reversed(pages)]


@pytest.mark.parametrize("place", ["1", "made:up", "", "zz:zz", "\0"])
def test_a_made_up_place_is_the_first_page(
    riverside: Team, alice: User, client_of: ClientOf, place: str
) -> None:
    people = with_people(a_list(riverside, alice), 60)
    page = client_of(alice).get(list_url(people), {"after": place})
    assert rows(page) == list(range(2, 52))


@pytest.mark.both_databases
def test_every_page_costs_the_same_number_of_queries(
    riverside: Team, alice: User, client_of: ClientOf, django_assert_num_queries: Any
) -> None:
    people = with_people(a_list(riverside, alice), 160)
    client, url = client_of(alice), list_url(people)
    first = client.get(url)
    for address in ("", link(first, "next")):
        with django_assert_num_queries(12):
            client.get(url + address)


def found(client: Client, people: RecipientList, words: str, **fields: str) -> list[int]:
    return rows(client.post(list_url(people, "list-search"), {"words": words, **fields}))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("person 7", [9]),
        ("(212) 200-0003", [5]),
        ("+12122000003", [5]),
        ("2000003", [5]),
        ("nobody", []),
        ("", list(range(2, 12))),
        ("%", []),
    ],
)
def test_people_are_found_by_name_or_phone(
    riverside: Team, alice: User, client_of: ClientOf, words: str, expected: list[int]
) -> None:
    people = with_people(a_list(riverside, alice), 10)
    assert found(client_of(alice), people, words) == expected


@pytest.mark.both_databases
def test_the_pages_of_a_search(riverside: Team, alice: User, client_of: ClientOf) -> None:
    people = with_people(a_list(riverside, alice), 120)
    client = client_of(alice)
    first = client.post(list_url(people, "list-search"), {"words": "person"})
    place = re.search(r'name="after" value="([^"]+)"', first.content.decode())
    assert place
    assert found(client, people, "person", after=place[1]) == list(range(52, 102))


def test_a_search_by_htmx_brings_only_the_people(
    riverside: Team, alice: User, client_of: ClientOf
) -> None:
    people = with_people(a_list(riverside, alice), 3)
    response = client_of(alice).post(
        list_url(people, "list-search"), {"words": "1"}, headers={"HX-Request": "true"}
    )
    assert response.content.decode().strip().endswith("</div>")
    assert "<html" not in response.content.decode()


@pytest.mark.both_databases
def test_people_who_opted_out_are_counted(
    riverside: Team, alice: User, client_of: ClientOf
) -> None:
    people = with_people(a_list(riverside, alice), 3)
    OptOut.objects.create(team=riverside, phone="+12122000001")
    OptOut.objects.create(team=riverside, phone="+12122999999")
    page = client_of(alice).get(list_url(people)).content.decode()
    assert re.search(r"<dt>Opted out</dt><dd>1</dd>", page)


@pytest.mark.both_databases
def test_a_large_count_comes_later(
    riverside: Team, alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_outs, "QUICKLY_COUNTED", 1)
    people = with_people(a_list(riverside, alice, recipient_count=3), 3)
    for number in range(2):
        OptOut.objects.create(team=riverside, phone=f"+1212200000{number}")
    client, address = client_of(alice), list_url(people, "list-opted-out")
    assert f'hx-get="{address}"' in client.get(list_url(people)).content.decode()
    assert client.get(address).content.decode().strip() == "<span>2</span>"


def test_a_viewer_sees_shared_lists_but_no_button_to_change_them(
    riverside: Team, alice: User, vera: User, client_of: ClientOf
) -> None:
    people = a_list(riverside, alice, visibility=Visibility.TEAM)
    client = client_of(vera)
    assert client.get(list_url(people)).status_code == 200
    assert (
        "Upload a file" not in client.get(reverse("lists", args=[riverside.slug])).content.decode()
    )
    assert client.post(list_url(people, "list-sharing")).status_code == 403


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ["list-merge", "list-subtract", "list-copy", "list-put-away"])
def test_a_number_that_stands_twice_is_one_person_on_every_page(
    door: Door, riverside: Team, name: str
) -> None:
    ann = "+14155552671"
    people = door.imported(f"Phone,Name\n{ann},Ann\n{ann},Ann again\n")
    assert (people.recipient_count, people.duplicate_count) == (1, 1)
    page = text_of(door.client.get(reverse(name, args=[riverside.slug, people.public_id])))
    assert "person" in page
    assert not re.search(r"\b2 (rows|people)|\b1 people|\brows\b", page)
