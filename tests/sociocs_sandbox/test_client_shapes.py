"""Requests as other clients of the API send them: the vendor's n8n node, tills, no-code tools."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.sociocs_sandbox.conftest import ANN, BOB, Vendor, later

pytestmark = pytest.mark.thorough

PEOPLE = [{"to": ANN, "name": "Ann"}, {"to": BOB[1:], "name": "Bob"}]
LINES = {
    "twlo": {"provider": "twlo", "channel_key": "front-desk-sms"},
    "twlowa": {"provider": "twlowa", "channel_key": "clinic-whatsapp"},
    "gswa": {"provider": "gswa", "channel_key": "india-whatsapp"},
}
SMS = LINES["twlo"]
BULK = SMS | {"recipients": PEOPLE, "text": "Hello"}
ONE = SMS | {"to": ANN, "text": "Hello"}
HOOK = SMS | {
    "platform": "n8n",
    "subscriber_reference_id": "node-1",
    "webhook_url": "http://127.0.0.1:9/hook",
}
MEDIA = "https://example.org/a.png"
TODAY = datetime.now(UTC).date().isoformat()
TWILIO = json.dumps({"id": "HX1", "variables": {"1": "Ann"}})
GUPSHUP = json.dumps({"id": "g1", "variables": {"Body": {"1": "Ann"}}})
SAVING = json.dumps({"save": True, "list_id": 1, "extra_fields": {"City": "Bonn"}})

SHAPES: list[tuple[str, str, object]] = [
    ("GET", "/messages", None),
    ("GET", "/channels?provider=twlo", None),
    ("GET", "/channels?provider=tlnx", None),
    *(("POST", "/messages/bulk", BULK | line) for line in LINES.values()),
    *(
        ("POST", "/messages/bulk", BULK | {"text": "", medium: MEDIA})
        for medium in ("image_url", "video_url", "file_url")
    ),
    ("POST", "/messages/bulk", BULK | {"duplicates_allowed": True, "user_id": "member-ada"}),
    ("POST", "/messages/bulk", BULK | {"schedule": later()}),
    ("POST", "/messages/bulk", BULK | {"schedule": "2031-11-29T01:57:59"}),
    ("POST", "/messages/bulk", BULK | {"schedule": "", "user_id": "", "image_url": ""}),
    ("POST", "/message", ONE),
    ("POST", "/message", ONE | {"name": "Ann", "contact_saving": SAVING}),
    ("POST", "/message", ONE | {"schedule": later(), "name": "", "contact_saving": ""}),
    ("POST", "/message", LINES["twlowa"] | {"to": ANN, "text": "", "template": TWILIO}),
    ("POST", "/message", LINES["gswa"] | {"to": ANN, "template": GUPSHUP}),
    ("GET", f"/messages?start_date={TODAY}&end_date={TODAY}", None),
    ("GET", "/messages/scheduled", None),
    ("GET", "/messages/unreplied", None),
    ("GET", "/messages/search?text=hello&direction=both", None),
    ("GET", "/lists", None),
    ("GET", "/contacts", None),
    ("POST", "/webhook-subscriptions", HOOK | {"events": ["messages"], "secret": "s"}),
    ("POST", "/webhook-subscriptions", HOOK | {"events": ["messages"], "secret": ""}),
    ("POST", "/webhook-subscriptions", HOOK | {"secret": "s", "subevents": "{}"}),
    ("GET", "/webhook-subscriptions", None),
    ("POST", "/messages/bulk", BULK | {"recipients": json.dumps(PEOPLE)}),
]


@pytest.mark.parametrize(("method", "path", "body"), SHAPES)
def test_it_is_taken(vendor: Vendor, method: str, path: str, body: object) -> None:
    answer = vendor.call(method, path, body)
    assert answer.status_code == 200, answer.text


def test_what_comes_as_json_in_a_text_is_what_it_says(vendor: Vendor) -> None:
    made = vendor.make_job(recipients=json.dumps(PEOPLE))
    recipients = vendor.witness(f"/jobs/{made}")["recipients"]
    assert recipients == [{"to": ANN, "name": "Ann"}, {"to": BOB, "name": "Bob"}]
    body = LINES["twlowa"] | {"to": ANN, "template": TWILIO}
    message_id = vendor.data("POST", "/message", body)["message_id"]
    assert vendor.witness(f"/jobs/{message_id}")["template"] == json.loads(TWILIO)


def test_an_empty_time_is_none_so_that_it_goes_at_once(vendor: Vendor) -> None:
    vendor.data("POST", "/message", ONE | {"schedule": ""})
    assert vendor.settled()["messages"] == 1


def test_a_form_is_read_as_json_is(vendor: Vendor) -> None:
    form = ONE | {"name": "Ann", "schedule": ""}
    message_id = vendor.data("POST", "/message", data=form)["message_id"]
    assert vendor.witness(f"/jobs/{message_id}")["text"] == "Hello"
    bulk = BULK | {"recipients": json.dumps([*PEOPLE, *PEOPLE]), "duplicates_allowed": "true"}
    job_id = vendor.data("POST", "/messages/bulk", data=bulk)["job_id"]
    assert len(vendor.witness(f"/jobs/{job_id}")["recipients"]) == 4


@pytest.mark.parametrize("way", ["basic", "query"])
def test_the_key_may_come_in_other_ways(vendor: Vendor, way: str) -> None:
    key = vendor.sandbox.api_key
    ways: dict[str, dict[str, Any]] = {
        "basic": {"auth": tuple(key.split(":"))},
        "query": {"params": {"apikey": key}},
    }
    answer = requests.post(f"{vendor.url}/message", json=ONE, timeout=10, **ways[way])
    assert answer.status_code == 200


def test_whoever_is_saved_is_found_among_the_contacts_of_their_list(vendor: Vendor) -> None:
    body = ONE | {"name": "Ann", "contact_saving": SAVING}
    vendor.data("POST", "/message", body)
    vendor.data("POST", "/message", body | {"name": "Anna"})
    vendor.data("POST", "/message", ONE | {"to": BOB, "contact_saving": {"save": False}})
    vendor.data("POST", f"/contacts/block/{ANN}")
    (contact,) = vendor.data("GET", "/contacts?list_id=0&limit=1000&offset=0")
    assert (contact["name"], contact["is_blocked"]) == ("Anna", 1)
    assert contact["extra_fields"] == '{"City":"Bonn"}'
    assert vendor.data("GET", "/contacts?list_id=2") == []
    assert vendor.data("GET", "/contacts?list_id=1&offset=1") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("list_id=9", "list_id is not a list"),
        ("limit=1001", "limit must be at most 1000"),
        ("offset=-1", "must be whole numbers"),
    ],
)
def test_contacts_that_cannot_be_listed_are_refused(
    vendor: Vendor, query: str, sentence: str
) -> None:
    assert sentence in vendor.errors("GET", f"/contacts?{query}")


@pytest.mark.parametrize(
    ("saving", "sentence"),
    [
        ("Ann", "contact_saving must be an object"),
        ({"save": True}, "contact_saving.list_id is not a list"),
        ({"save": True, "list_id": 1, "extra_fields": [1]}, "extra_fields must be an object"),
    ],
)
def test_a_contact_that_cannot_be_saved_is_refused(
    vendor: Vendor, saving: object, sentence: str
) -> None:
    assert sentence in vendor.errors("POST", "/message", ONE | {"contact_saving": saving})


def reply(vendor: Vendor, phone: str, text: str) -> None:
    data = {"channel": "front-desk-sms", "text": text}
    assert requests.post(f"{vendor.url}/phones/{phone}/reply", data=data, timeout=10).ok
    vendor.settled()


def texts(vendor: Vendor, path: str) -> list[str]:
    return [message["text"] for message in vendor.data("GET", path)]


def test_messages_are_searched_by_text_and_direction(vendor: Vendor) -> None:
    vendor.data("POST", "/message", ONE)
    vendor.settled()
    reply(vendor, ANN, "HELLO yourself")
    search = "/messages/search?text=hello"
    assert texts(vendor, search) == ["HELLO yourself", "Hello"]
    assert texts(vendor, f"{search}&direction=incoming") == ["HELLO yourself"]
    assert texts(vendor, f"{search}&direction=outbound") == ["Hello"]
    assert texts(vendor, "/messages/search?text=nothing") == []
    assert texts(vendor, f"{search}&end_date=2026-01-01") == []
    vendor.errors("GET", f"{search}&direction=sideways")
    vendor.errors("GET", f"{search}&start_date=2026-01-02&end_date=2026-01-01")


def test_what_came_in_is_unreplied_until_it_is_answered(vendor: Vendor) -> None:
    vendor.data("POST", "/message", ONE)
    vendor.settled()
    reply(vendor, ANN, "How much?")
    assert texts(vendor, "/messages/unreplied") == ["How much?"]
    vendor.data("POST", "/message", ONE | {"text": "Nothing"})
    vendor.settled()
    assert texts(vendor, "/messages/unreplied") == []
