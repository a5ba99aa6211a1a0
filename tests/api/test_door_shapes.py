"""What other clients of the Sociocs API send is answered as Sociocs would answer it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import override_settings
from django.urls import resolve
from django.utils import timezone

from campaigns.models import Campaign
from sending import launch
from sociocs_accounts.models import VendorMember
from teams.models import Team
from tests import world
from tests.api.calling import ANN, PEOPLE, Program, a_program
from tooling.places import ROOT

LINES = {
    "twlo": {"provider": "twlo", "channel_key": "front-desk"},
    "twlowa": {"provider": "twlowa", "channel_key": "clinic-whatsapp"},
    "gswa": {"provider": "gswa", "channel_key": "india-whatsapp"},
}
SMS = LINES["twlo"]
BULK = SMS | {"recipients": PEOPLE, "text": "Hello"}
ONE = SMS | {"to": ANN, "text": "Hello"}
MEDIA = "https://example.org/a.png"
HOOK = SMS | {
    "platform": "n8n",
    "subscriber_reference_id": "node-1",
    "webhook_url": "https://flows.example.org/hook",
}
TWILIO = json.dumps({"id": "HX1", "variables": {"1": "Ann"}})
GUPSHUP = json.dumps({"id": "g1", "variables": {"Body": {"1": "Ann"}, "MEDIA_URL": MEDIA}})
SAVING = json.dumps({"save": True, "list_id": 1, "extra_fields": {"City": "Bonn"}})
TODAY = datetime.now(UTC).date().isoformat()


def later() -> str:
    return (timezone.now() + timedelta(days=2)).isoformat()


# By their numbers in the contract; those with an id in their address have tests of their own.
SHAPES: dict[int, tuple[str, str, Callable[[], object]]] = {
    1: ("GET", "/messages", lambda: None),
    2: ("GET", "/channels?provider=twlo", lambda: None),
    3: ("POST", "/messages/bulk", lambda: BULK),
    4: ("POST", "/messages/bulk", lambda: BULK | LINES["twlowa"]),
    5: ("POST", "/messages/bulk", lambda: BULK | LINES["gswa"]),
    6: ("POST", "/messages/bulk", lambda: BULK | {"text": "", "image_url": MEDIA}),
    7: ("POST", "/messages/bulk", lambda: BULK | {"text": "", "video_url": MEDIA}),
    8: ("POST", "/messages/bulk", lambda: BULK | {"text": "", "file_url": MEDIA}),
    9: ("POST", "/messages/bulk", lambda: BULK | {"duplicates_allowed": True, "user_id": "ada"}),
    10: ("POST", "/messages/bulk", lambda: BULK | {"schedule": later()}),
    11: ("POST", "/messages/bulk", lambda: BULK | {"schedule": later()[:19]}),
    12: ("POST", "/messages/bulk", lambda: BULK | {"schedule": "", "user_id": ""}),
    13: ("POST", "/message", lambda: ONE),
    14: ("POST", "/message", lambda: ONE | {"name": "Ann", "contact_saving": SAVING}),
    15: ("POST", "/message", lambda: ONE | {"schedule": later()}),
    16: ("POST", "/message", lambda: LINES["twlowa"] | {"to": ANN, "text": "", "template": TWILIO}),
    17: ("POST", "/message", lambda: LINES["gswa"] | {"to": ANN, "template": GUPSHUP}),
    18: ("GET", f"/messages?start_date={TODAY}&end_date={TODAY}", lambda: None),
    19: ("GET", "/messages/scheduled", lambda: None),
    21: ("GET", "/messages/unreplied", lambda: None),
    22: (
        "POST",
        "/webhook-subscriptions",
        lambda: (
            HOOK
            | {
                "events": ["messages", "status_updates"],
                "subevents": {"status_updates": ["delivered"]},
                "secret": "s",
            }
        ),
    ),
    23: ("POST", "/webhook-subscriptions", lambda: HOOK | {"events": ["messages"], "secret": ""}),
    24: ("POST", "/webhook-subscriptions", lambda: HOOK | {"secret": "s"}),
    25: ("GET", "/webhook-subscriptions", lambda: None),
    28: ("POST", "/messages/bulk", lambda: BULK | {"recipients": json.dumps(PEOPLE)}),
}


@pytest.fixture
def till(riverside: Team, alice: object) -> Program:
    """A till of a team that has a channel of each provider."""
    channel = world.a_channel(riverside)
    world.a_channel(riverside, provider="twlowa", channel_key="clinic-whatsapp")
    world.a_channel(riverside, provider="gswa", channel_key="india-whatsapp")
    VendorMember.objects.create(account=channel.account, user_id="ada", name="Ada")
    return a_program(riverside)


@pytest.mark.parametrize("number", SHAPES)
def test_it_is_taken(till: Program, number: int) -> None:
    method, path, body = SHAPES[number]
    answer = till.call(method, path, body())
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("application/json")
    assert answer["X-Sociocs-Door"] == "1"


def test_shape_20_a_scheduled_message_is_taken_back(till: Program) -> None:
    made = till.data("POST", "/message", ONE | {"schedule": later()})
    assert till.data("DELETE", f"/messages/scheduled/{made['message_id']}") is None
    assert till.data("GET", "/messages/scheduled") == []


def test_shape_26_a_subscription_is_ended(till: Program) -> None:
    made = till.data("POST", "/webhook-subscriptions", HOOK)
    assert till.data("GET", f"/webhook-subscriptions/{made['id']}")["status"] == "active"
    till.data("DELETE", f"/webhook-subscriptions/{made['id']}")
    assert till.data("GET", "/webhook-subscriptions") == []


def test_shape_27_a_form_is_read_as_json_is(till: Program) -> None:
    form = ONE | {"name": "Ann", "schedule": ""}
    answer = till.call("POST", "/message", urlencode(form), "application/x-www-form-urlencoded")
    assert answer.status_code == 200, answer.content
    bulk = BULK | {"recipients": json.dumps([*PEOPLE, *PEOPLE]), "duplicates_allowed": "true"}
    answer = till.call(
        "POST", "/messages/bulk", urlencode(bulk), "application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200, answer.content
    assert Campaign.objects.get(called_job__isnull=False).duplicates_allowed


def test_shape_28_recipients_in_a_text_are_the_people_they_say(till: Program) -> None:
    till.data("POST", "/messages/bulk", BULK | {"recipients": json.dumps(PEOPLE)})
    (people,) = Campaign.objects.get().lists.all()
    rows = people.recipients.order_by("pk").values_list("phone", "name")
    assert list(rows) == [(ANN, "Ann"), ("+12025550102", "Bob")]


def test_shape_29_the_key_comes_by_basic_auth(till: Program) -> None:
    both = base64.b64encode(till.made.key.encode()).decode()
    assert (
        till.call("GET", "/messages", apikey="", Authorization=f"Basic {both}").status_code == 200
    )
    whole = base64.b64encode(f"{till.made.key}:".encode()).decode()
    assert (
        till.call("GET", "/messages", apikey="", Authorization=f"Basic {whole}").status_code == 200
    )


def test_shape_30_the_key_comes_in_the_query(till: Program) -> None:
    answer = till.call("GET", f"/messages?apikey={till.made.key}", apikey="")
    assert answer.status_code == 200
    assert till.call("POST", f"/message?apikey={till.made.key}", ONE, apikey="").status_code == 200


# The seed's own sample lacks a quote behind `schedule`.
SAMPLE = """{
    "provider": "twlo",
    "channel_key": "front-desk",
    "recipients": [{"to": "+12025550101", "name": "Ann"}],
    "text": "Hello",
    "schedule: "2031-01-05T09:30:00Z"
}"""


def test_the_sample_of_the_documentation_is_told_where_its_quote_is_missing(till: Program) -> None:
    (sentence,) = till.errors("POST", "/messages/bulk", SAMPLE)
    assert sentence.startswith("The body is not valid JSON")
    assert "line 6, column 17" in sentence
    assert not Campaign.objects.exists()


def test_the_sample_is_taken_once_its_quote_is_mended(till: Program) -> None:
    soon = later()
    mended = SAMPLE.replace("schedule:", 'schedule":').replace("2031-01-05T09:30:00Z", soon)
    assert till.data("POST", "/messages/bulk", mended)["job_id"]
    # As curl sends it where nobody says what it is.
    answer = till.call("POST", "/messages/bulk", mended + " ", "application/x-www-form-urlencoded")
    assert answer.status_code == 200, answer.content


def test_a_time_without_an_offset_is_the_teams(till: Program, riverside: Team) -> None:
    till.data("POST", "/messages/bulk", BULK | {"schedule": later()[:10] + "T11:30:00"})
    campaign = Campaign.objects.get()
    assert campaign.time_zone == riverside.time_zone == "America/New_York"
    assert campaign.wall_time.endswith("T11:30")


def test_names_of_the_vendors_node_are_written_into_the_text(till: Program) -> None:
    till.data("POST", "/messages/bulk", BULK | {"text": "Hello {{name}}"})
    campaign = Campaign.objects.get()
    launch.freeze(campaign.pk)
    texts = campaign.messages.get().rendered_texts.order_by("number")
    assert list(texts.values_list("text", flat=True)) == ["Hello Ann", "Hello Bob"]


@override_settings(MAX_DISTINCT_TEXTS=1)
def test_more_texts_than_jobs_can_be_made_of_go_one_by_one(till: Program) -> None:
    till.data("POST", "/messages/bulk", BULK | {"text": "Hello {{name}}"})
    assert Campaign.objects.get().one_by_one


def test_channels_are_told_as_the_vendor_tells_them(till: Program) -> None:
    listed: Any = till.call("GET", "/channels?provider=twlo").json()
    assert listed == [{"id": "front-desk", "channel_key": "front-desk", "name": "Front desk"}]
    assert till.call("GET", "/channels?provider=tlnx").json() == []
    assert till.data("GET", "/channels/front-desk")["provider"] == "twlo"
    assert till.data("GET", "/team-members")[0]["user_id"] == "ada"
    assert till.errors("GET", "/channels/nowhere", status=404)


def test_the_flow_for_n8n_calls_what_there_is() -> None:
    flow = json.loads((ROOT / "docs" / "n8n-flow.json").read_text())
    calls = [node["parameters"] for node in flow["nodes"] if "url" in node["parameters"]]
    assert len(calls) == 2
    for call in calls:
        path = urlsplit(call["url"]).path
        assert resolve(path).url_name == "door-jobs"
    names = {node["name"] for node in flow["nodes"]}
    assert set(flow["connections"]) < names
