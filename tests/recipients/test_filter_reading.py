"""Numbers, days and letters of real files: whom a filter finds, and what it says it cannot read."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from recipients.models import Recipient, RecipientList, SavedFilter
from teams.models import Team, User
from tests import world
from tests.browsing import text_of
from tests.recipients.conftest import Door

pytestmark = pytest.mark.thorough

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def club(riverside: Team, alice: User, bob: User) -> Door:
    """Bob's door in a team whose numbers may be American."""
    riverside.default_country = "US"
    riverside.save()
    return Door(riverside, bob)


def counted(
    door: Door, people: RecipientList, *conditions: tuple[str, str, str], **more: Any
) -> str:
    """What stands beside the filter's lines while they are typed."""
    data: dict[str, Any] = {"name": "F", "lists": [str(people.public_id)], "match": "all"}
    data |= {"visibility": "private", "day_first": "yes"} | more
    for n, (field, op, text) in enumerate(conditions):
        data |= {f"field-{n}": field, f"op-{n}": op, f"value-{n}": text, f"values-{n}": text}
        data[f"day-{n}"] = text
    page = door.client.post(reverse("filter-typed-count", args=[door.team.slug]), data)
    assert page.status_code == 200
    return text_of(page)


def of_column(door: Door, *values: str) -> RecipientList:
    """A list with these values in its column Balance."""
    lines = [f'+1415555{2671 + n},"{value}"' for n, value in enumerate(values)]
    return door.imported("\n".join(["Phone,Balance", *lines]))


@pytest.mark.both_databases
def test_amounts_of_a_real_file_are_read_and_a_count_says_what_is_none(club: Door) -> None:
    people = club.imported((CASES / "filter-values.csv").read_bytes())
    words = counted(club, people, ("Balance", "above", "40"))
    assert "5 people match now" in words
    assert "no number" not in words
    assert "3 people match now" in counted(club, people, ("Balance", "above", "1,000"))
    assert "1 person matches now" in counted(club, people, ("Balance", "below", "0"))


@pytest.mark.both_databases
def test_days_of_a_real_file_are_read_however_they_are_written(club: Door) -> None:
    people = club.imported((CASES / "filter-values.csv").read_bytes())
    words = counted(club, people, ("Joined", "after", "2026-12-30"))
    assert "7 people match now" in words
    assert "no date" not in words
    assert "0 people match now" in counted(club, people, ("Joined", "before", "2026-12-31"))


@pytest.mark.both_databases
def test_what_is_no_number_and_no_day_is_told_beside_the_count(club: Door) -> None:
    people = of_column(club, "12", "n/a", "many", "", "7 or 8", "?", "12 kg", "30.5")
    words = counted(club, people, ("Balance", "above", "10"))
    assert "2 people match now" in words
    assert "Balance: 5 of 7 values are not numbers." in words
    assert "Balance: 7 of 7 values are not dates." in counted(
        club, people, ("Balance", "after", "2026-01-01")
    )
    one = of_column(club, "12", "soon")
    assert "Balance: 1 of 2 values is not a number." in counted(
        club, one, ("Balance", "below", "0")
    )


@pytest.mark.both_databases
def test_a_point_is_read_as_the_other_values_of_its_column_show(club: Door) -> None:
    comma = of_column(club, "1.500", "2.000,50", "10")
    assert "2 people match now" in counted(club, comma, ("Balance", "above", "1.000"))
    assert "1 person matches now" in counted(club, comma, ("Balance", "above", "1.500"))
    point = of_column(club, "1.500", "2,000.50", "10")
    assert "2 people match now" in counted(club, point, ("Balance", "above", "1.500"))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("country", "people", "sentence"),
    [
        ("DE", "1 person matches now", "1.500 could mean two numbers. It is read as 1500."),
        ("US", "0 people match now", "It is read as one and a half."),
    ],
)
def test_where_a_column_does_not_show_it_the_country_decides_and_it_is_told(
    club: Door, country: str, people: str, sentence: str
) -> None:
    made = of_column(club, "1.500", "3")
    Team.objects.update(default_country=country)
    words = counted(club, made, ("Balance", "above", "100"))
    assert people in words
    assert sentence in words


@pytest.mark.both_databases
def test_the_month_comes_first_where_the_column_shows_it(club: Door) -> None:
    american = of_column(club, "05/12/2026", "12/31/2025")
    assert "1 person matches now" in counted(club, american, ("Balance", "before", "2026-05-01"))
    british = of_column(club, "05/12/2026", "31/12/2025")
    words = counted(club, british, ("Balance", "after", "2026-12-01"), day_first="no")
    assert "1 person matches now" in words
    assert "two ways" not in words
    neither = of_column(club, "05/12/2026")
    words = counted(club, neither, ("Balance", "after", "2026-12-01"), day_first="no")
    assert "0 people match now" in words
    assert "3/4/2026 could mean two dates. It is read as March 4." in words


@pytest.mark.both_databases
def test_two_lists_are_each_read_by_their_own_habit(club: Door) -> None:
    german = of_column(club, "1.500", "2,5")
    american = club.imported("Phone,Balance\n+14155559999,1.500\n+14155559998,2.5")
    data = {"lists": [str(german.public_id), str(american.public_id)]}
    assert "1 person matches now" in counted(club, german, ("Balance", "above", "1000"), **data)
    assert "4 people match now" in counted(club, german, ("Balance", "above", "0"), **data)


@pytest.mark.both_databases
def test_a_change_by_hand_changes_what_a_column_shows(club: Door) -> None:
    people = of_column(club, "1.500", "3")
    assert "0 people match now" in counted(club, people, ("Balance", "above", "100"))
    url = reverse("list-person-add", args=[club.team.slug, people.public_id])
    club.client.post(url, {"phone": "+14155559999", "field_0": "2.000,50"})
    assert "2 people match now" in counted(club, people, ("Balance", "above", "100"))


@pytest.mark.parametrize("limit", ["abc", "nan", "1e5", "12 or 13", ""])
def test_a_limit_that_cannot_be_read_leaves_the_count_unknown(club: Door, limit: str) -> None:
    people = of_column(club, "12", "500")
    for conditions in (
        [("Balance", "above", limit)],
        [("Balance", "filled", ""), ("Balance", "below", limit)],
    ):
        words = counted(club, people, *conditions)
        assert "—" in words
        assert "fit now" not in words
    words = counted(club, people, ("Balance", "before", "31 April"))
    assert "—" in words
    assert "Enter the date as 2026-04-02." in words


@pytest.mark.parametrize(
    ("op", "value", "why"),
    [
        ("above", "abc", "Balance is compared with “abc”, which is not a number."),
        ("before", "soon", "Balance is compared with “soon”, which is not a date."),
    ],
)
def test_a_stored_limit_that_cannot_be_read_is_told_everywhere_and_nobody_is_sent_to(
    club: Door, op: str, value: str, why: str
) -> None:
    people = of_column(club, "12", "500")
    condition = {"field": "Balance", "op": op, "values": [value]}
    saved = world.a_filter(club.team, people, conditions=[condition])
    RecipientList.objects.update(visibility="team")
    url = reverse("filter-count", args=[club.team.slug, saved.public_id])
    assert text_of(club.client.get(url)).strip() == "—"
    assert why in text_of(club.client.get(url + "?people"))

    campaign = world.a_campaign(world.a_channel(club.team))
    fields = {"lists": [], "filters": [str(saved.public_id)], "send_method": "jobs"}
    page = club.client.post(reverse("audience", args=[club.team.slug, campaign.public_id]), fields)
    assert "— Nobody can be counted yet." in text_of(page)
    assert why in text_of(page)
    campaign.filter_choices.create(saved_filter=saved)
    page = club.client.get(reverse("compose", args=[club.team.slug, campaign.public_id]) + "?check")
    assert f"The filter “In London” cannot be used: {why} Change the filter." in text_of(page)


def test_the_composer_says_what_a_filter_cannot_read(club: Door) -> None:
    people = of_column(club, "12", "n/a")
    condition = {"field": "Balance", "op": "above", "values": ["10"]}
    saved = world.a_filter(club.team, people, conditions=[condition])
    RecipientList.objects.update(visibility="team")
    campaign = world.a_campaign(world.a_channel(club.team))
    url = reverse("audience", args=[club.team.slug, campaign.public_id])
    page = club.client.post(url, {"filters": [str(saved.public_id)], "send_method": "jobs"})
    assert "1 person gets this message" in text_of(page)
    assert "Balance: 1 of 2 values is not a number." in text_of(page)


# --- Letters and their accents --------------------------------------------------------------------


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.both_databases
def test_zurich_is_zurich_however_it_is_composed(club: Door) -> None:
    people = club.imported((CASES / "decomposed-accents.csv").read_bytes())
    for city in ("Zürich", decomposed("ZÜRICH")):
        for op in ("is", "starts", "contains", "one_of"):
            assert "2 people match now" in counted(club, people, ("City", op, city)), (op, city)
    assert "0 people match now" in counted(club, people, ("City", "is_not", "Zürich"))
    assert "2 people match now" in counted(
        club, people, ("CUSTOMER_NAME", "is", decomposed("José"))
    )


@pytest.mark.both_databases
def test_whatever_is_stored_is_composed(club: Door) -> None:
    jose, zoe = decomposed("José"), decomposed("Zoë")
    people = club.imported(f"Phone,Name,{decomposed('Straße à')}\n+14155552671,{jose},{zoe}")
    assert people.field_names == ["Straße à"]
    add = reverse("list-person-add", args=[club.team.slug, people.public_id])
    club.client.post(add, {"phone": "+14155552672", "name": jose, "field_0": zoe})
    for row in Recipient.objects.filter(recipient_list=people):
        assert (row.name, row.fields) == ("José", {"Straße à": "Zoë"})
    data = {"name": "F", "lists": [str(people.public_id)], "match": "all", "visibility": "private"}
    data |= {"field-0": "Straße à", "op-0": "is", "value-0": zoe}
    club.client.post(reverse("filter-new", args=[club.team.slug]), data)
    assert SavedFilter.objects.get().conditions[0]["values"] == ["Zoë"]


@pytest.mark.both_databases
def test_people_are_found_in_their_list_however_a_name_is_composed(club: Door) -> None:
    people = club.imported((CASES / "decomposed-accents.csv").read_bytes())
    url = reverse("list-search", args=[club.team.slug, people.public_id])
    for asked in ({"words": decomposed("josé")}, {"field": "City", "value": decomposed("Zürich")}):
        assert text_of(club.client.post(url, asked)).count("José") == 2
