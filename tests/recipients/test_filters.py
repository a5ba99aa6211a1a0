"""Saved filters: what their conditions mean, who may use them, and their pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django.asserts import assertRedirects

from recipients.cell_days import day_in, day_kind
from recipients.cell_numbers import number_in, number_kind
from recipients.lists import sharing
from recipients.models import (
    FilterList,
    Permission,
    Recipient,
    RecipientList,
    SavedFilter,
    Visibility,
)
from recipients.saved_filters import filters
from recipients.saved_filters.conditions import Condition, Op, Reading
from recipients.saved_filters.filters import Definition
from recipients.saved_filters.habits import survey
from teams.models import Team, User
from tests import world
from tests.browsing import complaints_of, fields_of, text_of
from tests.client import Client
from tests.effort import examples
from tests.people import ClientOf

pytestmark = [pytest.mark.thorough]

CELLS = [
    *("London", "  london ", "LEEDS", "", "   ", "Ärztehaus", "ÄRZTEHAUS", "50%_x", "a'b"),
    *("2026-04-03", "3.4.2026", "3/4/2026", "2026-04-03 09:30", "4/13/2026", "100", "-12.50"),
    *("1,000", "1e5", "\u00a0London"),
]


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    """A row for each of CELLS."""
    made = world.a_list(riverside, world.phones(len(CELLS)), "Patients")
    world.fill(made, 'Where "is\\ it" (Ort: Zürich)', CELLS)
    world.fill(made, "City", CELLS)
    return made


def held(
    people: RecipientList, field: str, op: str, *values: str, day_first: bool = True
) -> list[str]:
    """The cells of those who fit."""
    definition = Definition((people.pk,), (), (Condition(field, Op(op), values),), False, day_first)
    cells = dict(zip(world.phones(len(CELLS)), CELLS, strict=True))
    found = [cells[one.phone] for one in filters.sample(definition, 100)]
    assert filters.count_matches(definition).people == len(found)
    return found


CASES: list[tuple[str, tuple[str, ...], list[str]]] = [
    ("is", ("LONDON",), ["London", "  london ", "\u00a0London"]),
    ("is", ("ärztehaus",), ["Ärztehaus", "ÄRZTEHAUS"]),
    ("is", ("a'b",), ["a'b"]),
    ("one_of", ("leeds", "100"), ["LEEDS", "100"]),
    ("contains", ("%_",), ["50%_x"]),
    ("contains", ("ondo",), ["London", "  london ", "\u00a0London"]),
    ("starts", ("lo",), ["London", "  london ", "\u00a0London"]),
    ("empty", (), ["", "   "]),
    ("before", ("2026-04-04",), ["2026-04-03", "3.4.2026", "3/4/2026", "2026-04-03 09:30"]),
    ("after", ("2026-04-04",), ["4/13/2026"]),
    ("above", ("99.5",), ["100", "1,000"]),
    ("below", ("0",), ["-12.50"]),
]


@pytest.mark.both_databases
@pytest.mark.parametrize("field", ["City", 'Where "is\\ it" (Ort: Zürich)'])
@pytest.mark.parametrize(("op", "values", "expected"), CASES)
def test_a_condition_finds_whom_it_says(
    people: RecipientList, field: str, op: str, values: tuple[str, ...], expected: list[str]
) -> None:
    assert held(people, field, op, *values) == expected


@pytest.mark.both_databases
def test_the_opposites_hold_everybody_else(people: RecipientList) -> None:
    is_london = held(people, "City", "is", "london")
    assert held(people, "City", "is_not", "london") == [c for c in CELLS if c not in is_london]
    assert held(people, "City", "filled") == [c for c in CELLS if c.strip()]


@pytest.mark.both_databases
def test_the_month_comes_first_where_the_filter_says_so(people: RecipientList) -> None:
    found = held(people, "City", "before", "2026-04-01", day_first=False)
    assert found == ["3/4/2026"]
    assert held(people, "City", "after", "2026-04-12", day_first=False) == ["4/13/2026"]


@pytest.mark.both_databases
def test_name_and_phone_are_fields_too(people: RecipientList) -> None:
    assert held(people, "CUSTOMER_NAME", "is", "person 2") == [CELLS[0]]
    assert held(people, "PHONE_NUMBER", "is", world.phones(3)[2]) == [CELLS[2]]


@pytest.mark.both_databases
def test_a_field_that_nobody_has_is_empty(people: RecipientList) -> None:
    assert held(people, "No such", "filled") == []
    assert held(people, "No such", "is_not", "x") == CELLS


@pytest.mark.both_databases
def test_who_is_on_another_list_is_not_held(riverside: Team, people: RecipientList) -> None:
    away = world.a_list(riverside, world.phones(3), "Booked")
    definition = Definition((people.pk,), (away.pk,))
    assert filters.count_matches(definition).people == len(CELLS) - 3


words = st.text(st.sampled_from("aAäÄ é%_'\"\\ß1/.-"), max_size=4)


@pytest.mark.both_databases
@examples(8, HealthCheck.function_scoped_fixture)
@given(cells=st.lists(words, min_size=1, max_size=8), value=words, op=st.sampled_from(list(Op)[:7]))
def test_both_databases_compare_as_python_does(
    riverside: Team, alice: User, cells: list[str], value: str, op: Op
) -> None:
    Recipient.objects.all().delete()
    made = world.a_list(riverside, world.phones(len(cells)))
    world.fill(made, "City", cells)
    wanted = value.strip().lower()
    tests: dict[Op, Callable[[str], bool]] = {
        Op.IS: lambda cell: cell == wanted,
        Op.IS_NOT: lambda cell: cell != wanted,
        Op.ONE_OF: lambda cell: cell == wanted,
        Op.CONTAINS: lambda cell: wanted in cell,
        Op.STARTS: lambda cell: cell.startswith(wanted),
        Op.EMPTY: lambda cell: cell == "",
        Op.FILLED: lambda cell: cell != "",
    }
    definition = Definition((made.pk,), (), (Condition("City", op, (value,)),))
    expected = sum(1 for cell in cells if tests[op](cell.strip(" \t\r\n\u00a0").lower()))
    assert filters.count_matches(definition).people == expected


SPACES = " \t\r\n\u00a0"
FIGURES = [
    *("0", "7", "1,", ",5", ".5", "12", "1.234", "1,234", "1 234", "1'234", "12.34.56", "1,23,456"),
    *(
        "1.234,50",
        "1,234.50",
        "0.125",
        "0,125",
        "1234567",
        "1.234.567",
        "9999.999",
        "٣",
        "\uff11\uff12",
    ),
]
FRAMES = [
    *(
        "{}",
        "-{}",
        "({})",
        "({}",
        "+{}",
        "- {}",
        "€ {}",
        "€{}",
        "-€{}",
        "€-{}",
        "{} €",
        "{}\u202f€",
    ),
    *("$ {}", "US${}", "R$ {}", "{} USD", "usd {}", "{} kr.", "Rs. {}", "{} %", "{}%", "{},-"),
    *("CHF {}.\u2013", "{} kg", "about {}", "\u2212{}", "{} {}", "{}\n", "--{}", "(-{})"),
]
DAYS = [
    *(
        "{a}/{b}/2026",
        "{a}.{b}.2026",
        "{a}. {b}. 2026",
        "{a}-{b}-26",
        "{a}/{b}-2026",
        "2026-{b}-{a}",
    ),
    *("2026/{b}/{a}", "{a} Dec 2026", "{a}-Dec-26", "Dec {a}, 2026", "December {a}th 2026"),
    *("{a}. März 2026", "{a}. Ma\u0308rz 2026", "{a} de dezembro de 2026", "Fri, {a}/{b}/2026"),
    *(
        "2026年{b}月{a}日",
        "{a} Foo 2026",
        "{a}/{b}/1900",
        "29/{b}/{a}{a}",
        "{a}",
        "Dec 2026",
        "soon",
    ),
]
TIMES = ["", "", " 14:30", "T14:30:00", ", 2:30 PM", " at noon", "T14:30:00.5+01:00", "Z"]


def read_alike(riverside: Team, cells: list[str], of: Op, limit: str) -> None:
    """Hold that the database reads these cells as Python does, each way, and counts their kinds."""
    Recipient.objects.all().delete()
    made = world.a_list(riverside, world.phones(len(cells)))
    world.fill(made, "City", cells)
    is_day = of is Op.AFTER
    trimmed = [(cell, cell.strip(SPACES)) for cell in cells]
    for first in (True, False):
        keys = (made.pk,) if first else ()
        reading = Reading(() if is_day else keys, keys if is_day else ())
        definition = Definition(
            (made.pk,), (), (Condition("City", of, (limit,)),), readings=(reading,)
        )
        read: Any = day_in if is_day else number_in
        above = int(limit.replace("-", "")) if is_day else float(limit)
        expected = [
            cell for cell, bare in trimmed if (value := read(bare, first)) and value > above
        ]
        fitting = [one.fields["City"] for one in filters.sample(definition, 1000)]
        assert fitting == expected
    kinds = Counter((day_kind if is_day else number_kind)(bare) for _, bare in trimmed if bare)
    assert survey(Condition("City", of, (limit,)), made).by_kind == kinds


@pytest.mark.both_databases
@examples(8, HealthCheck.function_scoped_fixture)
@given(
    st.lists(
        st.builds(
            lambda frame, figures: frame.replace("{}", figures),
            st.sampled_from(FRAMES),
            st.sampled_from(FIGURES) | st.text("019.,' ", min_size=1, max_size=12),
        ),
        min_size=1,
        max_size=120,
    )
)
def test_both_databases_read_numbers_alike(riverside: Team, alice: User, cells: list[str]) -> None:
    read_alike(riverside, cells, Op.ABOVE, "12.5")


@pytest.mark.both_databases
@examples(8, HealthCheck.function_scoped_fixture)
@given(
    st.lists(
        st.builds(
            lambda form, a, b, time: form.replace("{a}", a).replace("{b}", b) + time,
            st.sampled_from(DAYS),
            st.sampled_from(["0", "1", "02", "3", "12", "13", "29", "30", "31", "32"]),
            st.sampled_from(["1", "02", "4", "12", "13", "31"]),
            st.sampled_from(TIMES),
        ),
        min_size=1,
        max_size=120,
    )
)
def test_both_databases_read_days_alike(riverside: Team, alice: User, cells: list[str]) -> None:
    read_alike(riverside, cells, Op.AFTER, "2026-12-05")


@pytest.mark.both_databases
def test_every_way_to_write_a_number_or_a_day_is_read_alike(riverside: Team, alice: User) -> None:
    numbers = [frame.replace("{}", figures) for frame in FRAMES for figures in FIGURES]
    read_alike(riverside, numbers, Op.ABOVE, "12.5")
    days = [
        form.replace("{a}", a).replace("{b}", b) + time
        for form in DAYS
        for a, b in (("3", "12"), ("12", "13"), ("31", "02"), ("13", "4"))
        for time in TIMES
    ]
    read_alike(riverside, days, Op.AFTER, "2026-12-05")
    # A thirteenth month would be after it, the thirteenth day is not.
    read_alike(riverside, days, Op.AFTER, "2026-12-13")


NUMBERS = {
    "1.234,50": 1234.5,
    "1,234.50": 1234.5,
    "€ 50": 50,
    "50 %": 50,
    "1'234.50": 1234.5,
    "(1,234.50)": -1234.5,
    "-€ 50": -50,
    "1 234,50": 1234.5,
    "₹1,23,456.50": 123456.5,
    "R$ 1.234,50": 1234.5,
    "CHF 50.\u2013": 50,
    "50,-": 50,
    "Rs. 500": 500,
    "1\u202f234": 1234,
    "\u2212 5": -5,
    "50 kr": 50,
    "1.234.567": 1234567,
    "kr. 12,5": 12.5,
    "\u0663\u0664\u066b\u0665": 34.5,
}
NO_NUMBERS = ["n/a", "12 Mar", "1.2.3", "1e5", "12 people", "50 or 60", "-", "(50", "1,2,3", "+-5"]


@pytest.mark.both_databases
def test_numbers_are_read_as_people_write_them() -> None:
    assert {cell: number_in(cell, False) for cell in NUMBERS} == NUMBERS
    assert [cell for cell in NO_NUMBERS if number_kind(cell)] == []
    assert (number_in("1.234", False), number_in("1.234", True)) == (1.234, 1234)
    assert (number_in("1,234", False), number_in("1,234", True)) == (1234, 1.234)


FIFTH = [
    "2026-12-05",
    "05.12.2026",
    "5 Dec 2026",
    "December 5, 2026",
    "5. Dezember 2026",
    "5-Dec-26",
]
FIFTH += [
    "2026-12-05T14:30:00",
    "2026/12/05",
    "Sat, 5 Dec 2026 14:30",
    "5 déc. 2026",
    "5. 12. 2026",
]
FIFTH += ["5 de diciembre de 2026", "2026年12月5日", "05.12.26", "5th December 2026", "Dec 5 2026"]


@pytest.mark.both_databases
def test_days_are_read_as_people_write_them() -> None:
    assert {day_in(cell, False) for cell in FIFTH} == {20261205}
    assert (day_in("05/12/2026", True), day_in("05/12/2026", False)) == (20261205, 20260512)
    assert (day_in("31/12/2026", False), day_in("12/31/2026", True)) == (20261231, 20261231)
    assert (day_in("5/12/49", True), day_in("5/12/50", True)) == (20491205, 19501205)
    assert [day_in(cell, True) for cell in ("31.2.2026", "soon", "12/2026", "5.12", "30")] == [
        None
    ] * 5


# --- Who may use one ------------------------------------------------------------------------------


@pytest.fixture
def in_london(riverside: Team, people: RecipientList) -> SavedFilter:
    return world.a_filter(
        riverside, people, conditions=[{"field": "City", "op": "is", "values": ["London"]}]
    )


def usable(team: Team, person: User) -> list[str]:
    found = SavedFilter.objects.for_member(team, person)
    return list(found.values_list("name", flat=True))


@pytest.mark.both_databases
def test_a_filter_is_usable_only_with_all_its_lists(
    riverside: Team, alice: User, sami: User, people: RecipientList, in_london: SavedFilter
) -> None:
    assert usable(riverside, sami) == ["In London"]
    booked = world.a_list(riverside, world.phones(1), "Booked")
    FilterList.objects.create(saved_filter=in_london, recipient_list=booked, is_without=True)
    for one in (people, booked):
        sharing.share(one, alice, Visibility.PRIVATE)
        assert usable(riverside, sami) == []
        assert usable(riverside, alice) == ["In London"]
        sharing.share(one, alice, Visibility.NAMED, people={sami: Permission.USE})
        assert usable(riverside, sami) == ["In London"]


def test_a_private_filter_is_its_owners_and_a_lent_one_whom_it_is_lent_to(
    riverside: Team, alice: User, sami: User, bob: User, in_london: SavedFilter
) -> None:
    SavedFilter.objects.update(visibility="named")
    in_london.lent_to.add(sami)
    assert usable(riverside, sami) == ["In London"]
    assert usable(riverside, bob) == []
    SavedFilter.objects.update(visibility="private")
    assert usable(riverside, sami) == []


def test_filters_of_who_leaves_go_to_the_heir(
    riverside: Team, alice: User, sami: User, people: RecipientList
) -> None:
    world.a_filter(riverside, people, owner=sami)
    assert filters.hand_over_filters(riverside, sami, alice) == 1
    assert SavedFilter.objects.get().owner == alice


# --- The pages ------------------------------------------------------------------------------------


@pytest.fixture
def client(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


def typed(people: RecipientList, *lines: dict[str, str], **more: Any) -> dict[str, Any]:
    """What the form would send."""
    fields = {"name": "Londoners", "lists": [str(people.public_id)], "match": "all"}
    fields |= {"visibility": "team", "day_first": "yes"} | more
    for n, line in enumerate(lines):
        blank = {"field": "", "op": "is", "value": "", "values": "", "day": ""}
        fields |= {f"{what}-{n}": box for what, box in (blank | line).items()}
    return fields


@pytest.mark.both_databases
def test_a_filter_is_made_read_again_and_changed(
    client: Client, riverside: Team, people: RecipientList
) -> None:
    line = {"field": "City", "op": "one_of", "values": "London\r\n\r\nLeeds "}
    url = reverse("filter-new", args=[riverside.slug])
    page = client.post(url, typed(people, line, {}), follow=True)
    assert "Filter “Londoners” saved." in text_of(page)
    saved = SavedFilter.objects.get()
    assert saved.conditions == [{"field": "City", "op": "one_of", "values": ["London", "Leeds"]}]

    shown = fields_of(page, "filter")
    assert (shown["field-0"], shown["values-0"]) == ("City", "London\nLeeds")
    client.post(reverse("filter", args=[riverside.slug, saved.public_id]), shown | {"name": "New"})
    saved.refresh_from_db()
    assert saved.name == "New"
    assert len(saved.conditions) == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"field": "City", "op": "is"}, "Enter a value to compare with"),
        ({"field": "City", "op": "one_of"}, "Enter a value to compare with"),
        ({"field": "City", "op": "before", "day": "3 April"}, "Enter the date as 2026-04-02."),
        ({"field": "City", "op": "above", "value": "many"}, "Enter a number"),
        ({"field": "City", "op": "like", "value": "x"}, "Choose a comparison."),
        ({"field": "City", "op": "is", "value": "x" * 501}, "Use up to 500 characters."),
    ],
)
def test_a_line_that_says_nothing_is_told_at_its_place_and_stays_typed(
    client: Client, riverside: Team, people: RecipientList, line: dict[str, str], sentence: str
) -> None:
    page = client.post(reverse("filter-new", args=[riverside.slug]), typed(people, line))
    assert page.status_code == 422
    found = {place for text, place in complaints_of(page).items() if sentence in text}
    assert found == {"id_field-0"}
    assert fields_of(page, "filter")["value-0"] == line.get("value", "")
    assert not SavedFilter.objects.exists()


def test_name_and_lists_are_asked_for(
    client: Client, riverside: Team, people: RecipientList
) -> None:
    page = client.post(
        reverse("filter-new", args=[riverside.slug]), typed(people, name=" ", lists=[])
    )
    assert set(complaints_of(page).values()) == {"id_name", "id_lists_0"}


def test_lending_it_to_nobody_is_asked_about(
    client_of: ClientOf, riverside: Team, alice: User, people: RecipientList
) -> None:
    url = reverse("filter-new", args=[riverside.slug])
    page = client_of(alice).post(url, typed(people, visibility="named"))
    assert complaints_of(page) == {
        "No colleague is chosen. Choose who can use it, or choose “Only me”.": "id_visibility_0"
    }
    assert not SavedFilter.objects.exists()


def test_lines_come_and_go_without_scripts(
    client: Client, riverside: Team, people: RecipientList
) -> None:
    url = reverse("filter-new", args=[riverside.slug])
    lines = ({"field": "City", "value": "London"}, {"field": "City", "value": "Leeds"})
    more = fields_of(client.post(url, typed(people, *lines, add="1")), "filter")
    assert [more[f"value-{n}"] for n in range(3)] == ["London", "Leeds", ""]
    less = fields_of(client.post(url, typed(people, *lines, drop="0")), "filter")
    assert (less["value-0"], "value-1" in less, less["name"]) == ("Leeds", False, "Londoners")


@pytest.mark.both_databases
def test_the_count_answers_while_one_types(
    client: Client, riverside: Team, people: RecipientList
) -> None:
    url = reverse("filter-typed-count", args=[riverside.slug])
    text = text_of(client.post(url, typed(people, {"field": "City", "value": "london"}, name="")))
    assert text.startswith("3 people match now")
    assert "+1 202 555 0000" in text


def test_a_colleague_reads_it_and_cannot_change_it(
    client_of: ClientOf, riverside: Team, sami: User, in_london: SavedFilter, people: RecipientList
) -> None:
    client = client_of(sami)
    url = reverse("filter", args=[riverside.slug, in_london.public_id])
    assert "City is “London”" in text_of(client.get(url))
    assert "Only the owner" in text_of(client.post(url, typed(people), follow=True))
    delete = reverse("filter-delete", args=[riverside.slug, in_london.public_id])
    assert "Only the owner" in text_of(client.post(delete, follow=True))
    in_london.refresh_from_db()
    assert (in_london.name, in_london.archived_at) == ("In London", None)


@pytest.mark.both_databases
def test_people_of_a_list_that_is_not_theirs_are_not_counted_for_them(
    client_of: ClientOf, riverside: Team, alice: User, sami: User, in_london: SavedFilter
) -> None:
    sharing.share(RecipientList.objects.get(), alice, Visibility.PRIVATE)
    client = client_of(sami)
    url = reverse("filter-count", args=[riverside.slug, in_london.public_id])
    assert not any(sign.isdigit() for sign in text_of(client.get(url, {"people": ""})))
    page = client.get(reverse("filter", args=[riverside.slug, in_london.public_id]))
    assert "it uses a list that is not shared with you" in text_of(page)
    assert "you cannot use all of them" in text_of(
        client.get(reverse("filters", args=[riverside.slug]))
    )


def test_a_deleted_filter_is_gone_from_the_page(
    client: Client, riverside: Team, people: RecipientList, alice: User
) -> None:
    mine = world.a_filter(riverside, people, owner=alice)
    answer = client.post(reverse("filter-delete", args=[riverside.slug, mine.public_id]))
    assertRedirects(answer, reverse("filters", args=[riverside.slug]))
    assert usable(riverside, alice) == []
