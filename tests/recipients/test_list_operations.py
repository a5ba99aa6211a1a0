"""Lists made out of lists: everybody exactly once, and numbers that add up."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from recipients import claiming
from recipients.lists import list_filling, list_lifecycle, list_operations
from recipients.models import (
    ListInOperation,
    ListOperation,
    ListShare,
    Recipient,
    RecipientList,
    Visibility,
)
from teams.models import Role, Team, User
from tests.effort import examples
from tests.people import ClientOf
from tests.world import add_member, create_person, create_team

pytestmark = pytest.mark.thorough

# Which of few phones, and the value of FIELD, whose name is hard on paths into JSON.
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["", "Boston", "Ayr", "7"])), max_size=12
)
THREE = st.lists(ROWS, min_size=3, max_size=3)
FIELD = '2024 "x"'


def a_list(team: Team, owner: User, rows: list[tuple[int, str]], name: str) -> RecipientList:
    """A list with these rows, its duplicates numbered as an import does."""
    made = RecipientList.objects.create(
        team=team, owner=owner, name=name, field_names=[FIELD, name], is_ready=True
    )
    seen: Counter[int] = Counter()
    for number, (phone, town) in enumerate(rows):
        fields = {FIELD: town} if town else {}
        made.recipients.create(
            phone=f"+1202555{phone:04d}",
            occurrence=seen[phone],
            fields=fields | {name: f"{name} {number}"},
        )
        seen[phone] += 1
    made.recipient_count, made.duplicate_count = len(seen), len(rows) - len(seen)
    made.save()
    return made


def done(operation: ListOperation) -> list[RecipientList]:
    """Carry an operation out; the lists it made."""
    list_filling.run_operation(operation.pk)
    operation.refresh_from_db()
    assert operation.state == ListOperation.State.COMPLETED
    made = operation.lists.filter(part=ListInOperation.Part.TARGET).order_by("pk")
    found = [one.recipient_list for one in made.select_related("recipient_list")]
    for one in found:
        assert one.is_ready
        check_numbers(one)
    return found


def check_numbers(one: RecipientList) -> None:
    """The counters are the rows', and each phone's rows are numbered without a gap."""
    rows = list(one.recipients.values_list("phone", "occurrence"))
    by_phone: dict[str, list[int]] = {}
    for phone, occurrence in rows:
        by_phone.setdefault(phone, []).append(occurrence)
    assert all(sorted(found) == list(range(len(found))) for found in by_phone.values())
    assert (one.recipient_count, one.row_count) == (len(by_phone), len(rows))


def phones(one: RecipientList) -> Counter[str]:
    return Counter(one.recipients.values_list("phone", flat=True))


class TestWhateverIsInTheLists(TestCase):
    """Properties; every example in chunks of three rows, so that most take several."""

    def setUp(self) -> None:
        self.owner = create_person("Alice Moreau")
        self.team = create_team(self.owner)
        before = list_filling._ROWS_A_CHUNK
        list_filling._ROWS_A_CHUNK = dict.fromkeys(before, 3)
        self.addCleanup(setattr, list_filling, "_ROWS_A_CHUNK", before)

    def lists(self, *rows: list[tuple[int, str]]) -> list[RecipientList]:
        return [a_list(self.team, self.owner, some, f"L{n}") for n, some in enumerate(rows)]

    @pytest.mark.both_databases
    @examples(5)
    @given(ROWS)
    def test_a_copy_is_the_same(self, rows: list[tuple[int, str]]) -> None:
        (source,) = self.lists(rows)
        (made,) = done(list_operations.copy(source, self.owner, "Copy"))
        columns = ("phone", "occurrence", "name", "fields", "row_number")
        assert [*made.recipients.order_by("pk").values_list(*columns)] == [
            *source.recipients.order_by("pk").values_list(*columns)
        ]

    @pytest.mark.both_databases
    @examples(8)
    @given(THREE)
    def test_a_merge_keeps_everybody(self, rows: list[list[tuple[int, str]]]) -> None:
        sources = self.lists(*rows)
        (whole,) = done(list_operations.merge(sources, self.owner, "All", each_once=False))
        assert phones(whole) == sum(map(phones, sources), Counter())
        (once,) = done(list_operations.merge(sources, self.owner, "Once", each_once=True))
        assert phones(once) == Counter(set(phones(whole)))
        assert once.field_names == [FIELD, "L0", "L1", "L2"]
        for row in once.recipients.all():
            # What the first list says first, and then what only later ones say.
            said: dict[str, Any] = {}
            for source in sources:
                first = source.recipients.filter(phone=row.phone, occurrence=0).first()
                said = (first.fields if first else {}) | said
            assert row.fields == said

    @pytest.mark.both_databases
    @examples(8)
    @given(ROWS)
    def test_the_parts_of_a_split_add_up(self, rows: list[tuple[int, str]]) -> None:
        (source,) = self.lists(rows)
        values = sorted({town for _phone, town in rows}) or [""]
        made = done(list_operations.split(source, self.owner, FIELD, values))
        assert len(made) == len(values)
        assert sum(map(phones, made), Counter()) == phones(source)
        for value, part in zip(values, made, strict=True):
            found = part.recipients.values_list("fields", flat=True)
            assert {fields.get(FIELD, "") for fields in found} <= {value}
        (one,) = done(list_operations.split(source, self.owner, FIELD, values[:1]))
        assert phones(one) == phones(made[0])

    @pytest.mark.both_databases
    @examples(8)
    @given(THREE)
    def test_nobody_is_left_of_who_is_taken_out(self, rows: list[list[tuple[int, str]]]) -> None:
        source, *without = self.lists(*rows)
        (made,) = done(list_operations.subtract(source, without, self.owner, "Rest"))
        gone = set().union(*map(phones, without))
        assert phones(made) == Counter({p: n for p, n in phones(source).items() if p not in gone})

    @pytest.mark.both_databases
    @examples(4)
    @given(ROWS, st.integers(0, 4))
    def test_a_killed_worker_costs_nobody(self, rows: list[tuple[int, str]], chunks: int) -> None:
        sources = self.lists(rows, rows)
        begun = list_operations.merge(sources, self.owner, "All", each_once=False)
        claimed = claiming.claim_work(ListOperation.objects.filter(state="queued"), begun.pk)
        assert claimed is not None
        ListOperation.objects.update(state=ListOperation.State.WORKING)
        for _ in range(chunks):
            list_filling._next_chunk(claimed)
        assert not RecipientList.objects.for_member(self.team, self.owner).filter(name="All")
        list_filling.run_operation(begun.pk)
        begun.refresh_from_db()
        assert begun.state == ListOperation.State.WORKING, "its worker may still be alive"
        ListOperation.objects.update(lease_until=timezone.now())
        (made,) = done(begun)
        assert phones(made) == phones(sources[0]) + phones(sources[1])
        assert begun.rows_done == begun.rows_total == 2 * len(rows)


@pytest.fixture
def town_list(riverside: Team, alice: User) -> RecipientList:
    """A list of Alice's that the team may use."""
    rows = [(0, "Boston"), (1, "Ayr"), (2, ""), (0, "Ayr")]
    made = a_list(riverside, alice, rows, "Towns")
    made.visibility = Visibility.TEAM
    made.save()
    return made


def url(name: str, one: RecipientList) -> str:
    return reverse(name, args=[one.team.slug, one.public_id])


def mine(person: User) -> list[RecipientList]:
    return list(RecipientList.objects.filter(owner=person).order_by("pk"))


@pytest.mark.both_databases
def test_a_list_is_split_by_the_page(
    client_of: ClientOf, town_list: RecipientList, bob: User
) -> None:
    client = client_of(bob)
    page = client.get(url("list-split", town_list), {"field": FIELD}).content.decode()
    assert 'value="=Ayr" checked' in page
    assert "no value" in page
    fields: dict[str, Any] = {"field": FIELD, "value": ["=Ayr", "="]}
    answer = client.post(url("list-split", town_list), fields, follow=True)
    assert "2 lists are ready." in answer.content.decode()
    assert [(one.name, one.row_count) for one in mine(bob)] == [
        ("Towns · Ayr", 2),
        ("Towns · no value", 1),
    ]
    assert {one.visibility for one in mine(bob)} == {Visibility.PRIVATE}


@pytest.mark.parametrize("value", [["=Elsewhere"], []])
def test_a_value_that_is_not_there_makes_no_list(
    client_of: ClientOf, town_list: RecipientList, bob: User, value: list[str]
) -> None:
    answer = client_of(bob).post(url("list-split", town_list), {"field": FIELD, "value": value})
    assert answer.status_code == 422
    assert not mine(bob)


@pytest.mark.both_databases
def test_lists_are_put_together_and_taken_out_by_the_pages(
    client_of: ClientOf, town_list: RecipientList, riverside: Team, bob: User
) -> None:
    client = client_of(bob)
    own = a_list(riverside, bob, [(1, ""), (9, "")], "Own")
    fields = {"others": [str(own.public_id)], "each_once": "yes", "name": "Both"}
    client.post(url("list-merge", town_list), fields)
    fields = {"without": [str(own.public_id)], "name": "Rest"}
    answer = client.post(url("list-subtract", town_list), fields, follow=True)
    assert "“Rest” is ready." in answer.content.decode()
    assert [(one.name, one.row_count) for one in mine(bob)[1:]] == [("Both", 4), ("Rest", 3)]


@pytest.mark.parametrize("name", ["list-merge", "list-subtract", "list-copy"])
def test_a_form_that_says_too_little_keeps_what_it_says(
    client_of: ClientOf, town_list: RecipientList, riverside: Team, bob: User, name: str
) -> None:
    own = a_list(riverside, bob, [(1, "")], "Own")
    fields = {"others": [str(own.public_id)], "without": [str(own.public_id)], "name": " "}
    answer = client_of(bob).post(url(name, town_list), fields)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Give the list a name" in page
    assert name == "list-copy" or f'value="{own.public_id}" id="id_' in page
    assert mine(bob) == [own]


def test_a_list_lent_to_be_used_is_not_copied(
    client_of: ClientOf, riverside: Team, alice: User, bob: User
) -> None:
    lent = a_list(riverside, alice, [(1, "")], "Lent")
    RecipientList.objects.update(visibility=Visibility.NAMED)
    share = ListShare.objects.create(recipient_list=lent, user=bob)
    answer = client_of(bob).post(url("list-copy", lent), {"name": "Copy"})
    assert "Ask Alice Moreau to let you edit it." in answer.content.decode()
    assert not mine(bob)
    ListShare.objects.filter(pk=share.pk).update(permission="edit")
    client_of(bob).post(url("list-copy", lent), {"name": "Copy"})
    assert [one.name for one in mine(bob)] == ["Copy"]


@pytest.mark.both_databases
def test_a_large_one_is_left_to_a_worker_and_seen_by_who_began_it(
    client_of: ClientOf,
    town_list: RecipientList,
    bob: User,
    sami: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(list_operations, "ROWS_AT_ONCE", 3)
    client = client_of(bob)
    begun = client.post(url("list-copy", town_list), {"name": "Copy"})
    page = client.get(begun["Location"]).content.decode()
    assert "of 4 done" in page
    lists = reverse("lists", args=[town_list.team.slug])
    assert "New lists in progress" in client.get(lists).content.decode()
    assert client_of(sami).get(begun["Location"]).status_code == 404
    (waiting,) = list_operations.waiting_operations()
    list_filling.run_operation(waiting)
    assert client.get(begun["Location"])["Location"] == url("list", mine(bob)[0])


@pytest.mark.both_databases
def test_a_list_that_is_read_from_is_not_deleted_under_the_workers_hands(
    town_list: RecipientList, bob: User, alice: User
) -> None:
    begun = list_operations.copy(town_list, bob, "Copy")
    assert list_lifecycle.delete_list(town_list, alice)
    list_lifecycle.clear_deleted()
    assert len(phones(done(begun)[0])) == 3
    list_lifecycle.clear_deleted()
    assert not RecipientList.objects.filter(pk=town_list.pk).exists()
    assert Recipient.objects.count() == 4
    with pytest.raises(list_operations.OperationRefused):
        list_operations.copy(town_list, bob, "Again")


@pytest.mark.both_databases
def test_work_that_kills_its_workers_is_given_up(
    client_of: ClientOf, town_list: RecipientList, bob: User
) -> None:
    begun = list_operations.copy(town_list, bob, "Copy")
    ListOperation.objects.update(attempts=claiming.MOST_ATTEMPTS)
    list_filling.run_operation(begun.pk)
    begun.refresh_from_db()
    assert begun.state == ListOperation.State.FAILED
    page = client_of(bob).get(
        reverse("list-operation", args=[town_list.team.slug, begun.public_id])
    )
    assert "This did not work." in page.content.decode()


def test_others_are_nobodys_business(client_of: ClientOf, town_list: RecipientList) -> None:
    viewer, stranger = create_person("Vera Lind"), create_person("Charlie Stern")
    add_member(town_list.team, viewer, Role.VIEWER)
    for name in ("list-copy", "list-merge", "list-split", "list-subtract"):
        assert client_of(viewer).post(url(name, town_list), {"name": "x"}).status_code == 403
        assert client_of(stranger).post(url(name, town_list), {"name": "x"}).status_code == 404
