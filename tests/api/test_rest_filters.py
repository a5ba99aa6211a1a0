"""Saved filters over REST: as on their page."""

from __future__ import annotations

from typing import Any

import pytest

from recipients.models import RecipientList, SavedFilter
from teams.models import Team, User
from tests import world
from tests.api.conftest import MakeToken
from tests.api.programs import Program
from trail.acts import Act
from trail.models import Entry


@pytest.fixture
def people(riverside: Team) -> RecipientList:
    return world.a_list(riverside, world.phones(3))


@pytest.fixture
def leavers(riverside: Team) -> RecipientList:
    return world.a_list(riverside, world.phones(1), "Leavers")


def said(people: RecipientList, **others: Any) -> dict[str, Any]:
    rome = {"field": "City", "op": "one_of", "values": ["Rome", "Roma"]}
    young = {"field": "Born", "op": "after", "values": ["2000-01-31"]}
    return {
        "name": "Young people in Rome",
        "lists": [str(people.public_id)],
        "match": "any",
        "conditions": [rome, young, {"field": "Dentist", "op": "empty"}],
        "day_first": True,
    } | others


def test_a_filter_is_made_read_changed_and_deleted(
    program: Program, people: RecipientList, leavers: RecipientList, riverside: Team
) -> None:
    made = program.post("/filters", said(people), idempotency_key="f")
    assert program.post("/filters", said(people), idempotency_key="f") == made
    address = f"/filters/{made['id']}"
    assert program.get(address) == made
    assert program.get("/filters")["items"] == [made]
    kept = {name: value for name, value in said(people).items() if name != "conditions"}
    assert kept.items() <= made.items()
    assert [(one["op"], one["values"]) for one in made["conditions"]] == [
        ("one_of", ["Rome", "Roma"]),
        ("after", ["2000-01-31"]),
        ("empty", []),
    ]

    seen = program.call("GET", address)["ETag"]
    change = {"lists_left_out": [str(leavers.public_id)], "visibility": "team"}
    assert program.call("PATCH", address, change).status_code == 428
    changed = program.call("PATCH", address, change, if_match=seen).json()
    assert changed | {"updated_at": made["updated_at"]} == made | change
    for method in ("PATCH", "DELETE"):
        assert program.call(method, address, {"name": "x"}, if_match=seen).status_code == 412
    campaign = program.post("/campaigns", {"name": "C", "filters": [made["id"]]})
    assert campaign["filters"] == [made["id"]]

    assert program.call("DELETE", address).status_code == 204
    assert program.call("GET", address).status_code == 404
    acts = Entry.objects.filter(act__in=[Act.FILTER_SAVED, Act.FILTER_DELETED])
    assert acts.filter(through__startswith="token").count() == 3


def test_a_colleagues_filter_is_seen_and_left_as_it_is(
    program: Program, token_of: MakeToken, sami: User, people: RecipientList
) -> None:
    theirs = Program(token_of(sami).key).post("/filters", said(people, visibility="team"))
    address = f"/filters/{theirs['id']}"
    assert not program.get(address)["is_own"]
    for method in ("PATCH", "DELETE"):
        answer = program.call(method, address, {"name": "Mine"}, if_match="*")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    mine = program.post("/filters", said(people))
    assert Program(token_of(sami).key).call("GET", f"/filters/{mine['id']}").status_code == 404


def test_whom_it_is_lent_to_stays(
    program: Program, people: RecipientList, alice: User, sami: User
) -> None:
    made = program.post("/filters", said(people))
    saved = SavedFilter.objects.get()
    saved.visibility = "named"
    saved.save()
    saved.lent_to.add(sami)
    program.call("PATCH", f"/filters/{made['id']}", {"name": "New"}, if_match="*")
    saved.refresh_from_db()
    assert (saved.name, saved.visibility, list(saved.lent_to.all())) == ("New", "named", [sami])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u200b \x01"}, "name"),
        ({"lists": []}, "lists"),
        ({"lists": ["0b8a1e7c-0000-4000-8000-000000000000"]}, "lists"),
        ({"conditions": [{"field": "", "op": "empty"}]}, "conditions.0.field"),
        ({"conditions": [{"field": "A", "op": "like"}]}, "conditions.0.op"),
        ({"conditions": [{"field": "A", "op": "is"}]}, "conditions.0"),
        ({"conditions": [{"field": "A", "op": "empty", "values": ["b"]}]}, "conditions.0.values"),
        ({"conditions": [{"field": "A", "op": "is", "values": ["b", "c"]}]}, "conditions.0.values"),
        (
            {"conditions": [{"field": "A", "op": "one_of", "values": ["b\nc"]}]},
            "conditions.0.values.0",
        ),
        ({"conditions": [{"field": "A", "op": "after", "values": ["soon"]}]}, "conditions.0"),
        ({"conditions": [{"field": "A", "op": "above", "values": ["many"]}]}, "conditions.0"),
        ({"visibility": "named"}, "visibility"),
    ],
)
def test_what_is_wrong_names_its_field_and_makes_nothing(
    program: Program, people: RecipientList, wrong: dict[str, Any], field: str
) -> None:
    answer = program.call("POST", "/filters", said(people, **wrong))
    assert answer.status_code == 422, answer.content
    assert field in {one["field"] for one in answer.json()["errors"]}, answer.json()
    assert not SavedFilter.objects.exists()
