"""Narrowing the history down: by whom, to which list, when, by job id, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from campaigns.models import Campaign
from history.history_filters import Filters
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, text_of
from tests.history.test_history import made, names_on
from tests.world import accepted, job

pytestmark = [pytest.mark.thorough]


@pytest.fixture
def season(
    front_desk: Channel, patients: RecipientList, alice: User, sami: User
) -> dict[str, Campaign]:
    """Spring (Alice's, to the patients, job J1) and Autumn (launched by Sami, to others)."""
    others = world.a_list(front_desk.team, ["+12025559999"], "Others")
    spring = world.launched(world.a_campaign(front_desk, patients, name="Spring"))
    autumn = world.launched(world.a_campaign(front_desk, others, name="Autumn", text="Leaves fall"))
    accepted(job(spring), "J1")
    Campaign.objects.filter(pk=spring.pk).update(send_at=datetime(2026, 3, 31, 3, tzinfo=UTC))
    Campaign.objects.filter(pk=autumn.pk).update(
        send_at=datetime(2026, 10, 1, 15, tzinfo=UTC), launched_by=sami
    )
    return {"Spring": spring, "Autumn": autumn}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "leaves"}, ["Autumn"]),
        ({"job_id": "J1"}, ["Spring"]),
        ({"job_id": "J"}, []),
        # 3:00 UTC on the 31st is still the 30th in New York.
        ({"since": "2026-03-30", "until": "2026-03-30"}, ["Spring"]),
        ({"since": "2026-03-31", "until": "2026-09-30"}, []),
        ({"since": "2026-09-30"}, ["Autumn"]),
        ({"until": "9999-12-31"}, ["Autumn", "Spring"]),
        ({"since": "yesterday", "author": "me", "list": "x", "channel": "y"}, ["Autumn", "Spring"]),
        ({"person": "made-up"}, []),
        ({"q": "\x00"}, ["Autumn", "Spring"]),
    ],
)
def test_each_filter_shows_what_fits(
    desk: Desk, season: dict[str, Campaign], query: dict[str, str], names: list[str]
) -> None:
    assert names_on(desk.get("campaigns", **query)) == names


@pytest.mark.both_databases
def test_by_whom_and_to_which_list(
    desk: Desk, season: dict[str, Campaign], sami: User, patients: RecipientList
) -> None:
    assert names_on(desk.get("campaigns", author=str(sami.public_id))) == ["Autumn"]
    assert names_on(desk.get("campaigns", list=str(patients.public_id))) == ["Spring"]


@pytest.mark.both_databases
def test_a_list_of_a_colleagues_own_tells_nothing(
    desk: Desk, season: dict[str, Campaign], sami: User, patients: RecipientList
) -> None:
    RecipientList.objects.filter(pk=patients.pk).update(visibility="private", owner=sami)
    assert names_on(desk.get("campaigns", list=str(patients.public_id))) == []


def test_a_phone_number_stands_in_no_address(desk: Desk, season: dict[str, Campaign]) -> None:
    answer = desk.post("campaigns-of-person", phone="(202) 555-9999", q="leaves")
    assert "5559999" not in answer.url
    query = {name: one[0] for name, one in parse_qs(urlsplit(answer.url).query).items()}
    assert query["q"] == "leaves"
    page = desk.get("campaigns", **query)
    assert names_on(page) == ["Autumn"]
    assert "to +1 202 555 9999" in text_of(page)
    assert "12025559999" not in page.content.decode()


def test_what_is_no_number_keeps_the_other_filters(desk: Desk, season: dict[str, Campaign]) -> None:
    page = desk.client.post(
        desk.url("campaigns-of-person"), {"phone": "Emilia", "q": "leaves"}, follow=True
    )
    assert "This is not a phone number." in text_of(page)
    assert names_on(page) == ["Autumn"]


def test_filters_of_a_page_lead_on_to_the_next(desk: Desk, front_desk: Channel) -> None:
    for n in range(30):
        made(front_desk, f"Sale {n}")
    html = desk.get("campaigns", q="sale", since="2020-01-01").content.decode()
    assert "q=sale&amp;since=2020-01-01&amp;before=" in html


@pytest.mark.both_databases
def test_stored_filters_are_read_again(riverside: Team) -> None:
    filters = Filters(q="sale", status="draft", since="2026-01-01")
    assert Filters.read(filters.chosen()) == filters
