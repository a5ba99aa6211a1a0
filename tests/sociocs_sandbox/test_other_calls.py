"""Channels, team members, single messages, blocks and webhook subscriptions."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.sociocs_sandbox.conftest import ANN, Vendor, later

pytestmark = pytest.mark.thorough

SMS = {"provider": "twlo", "channel_key": "front-desk-sms", "to": ANN, "name": "Ann"}
WHATSAPP = SMS | {"provider": "twlowa", "channel_key": "clinic-whatsapp"}
SUBSCRIPTION = {
    "platform": "api",
    "provider": "twlo",
    "channel_key": "front-desk-sms",
    "subscriber_reference_id": "dashboard",
    "webhook_url": "http://127.0.0.1:9/hook",
    "events": ["messages", "status_updates"],
    "secret": "keep-this",
}


@pytest.mark.parametrize(
    ("provider", "key", "name", "number"),
    [
        ("twlo", "front-desk-sms", "Front desk SMS", "+16317471111"),
        ("twlowa", "clinic-whatsapp", "Clinic WhatsApp", "+16317472222"),
        ("gswa", "india-whatsapp", "India WhatsApp", "+917940001212"),
    ],
)
def test_each_provider_has_its_channel(
    vendor: Vendor, provider: str, key: str, name: str, number: str
) -> None:
    bare_list = vendor.call("GET", f"/channels?provider={provider}").json()
    assert bare_list == [{"id": key, "channel_key": key, "name": name}]
    details = vendor.data("GET", f"/channels/{key}")
    assert (details["name"], details["phone_number"]) == (name, number)
    assert details["provider"] == provider
    assert number.startswith(f"+{details['country_code']}")


def test_channels_are_asked_for_by_provider(vendor: Vendor) -> None:
    assert "provider must be one of" in vendor.errors("GET", "/channels")


def test_an_unknown_channel_is_404(vendor: Vendor) -> None:
    assert vendor.errors("GET", "/channels/none", status=404) == "Channel not found"


def test_team_members_have_ids_that_jobs_accept(vendor: Vendor) -> None:
    members = vendor.data("GET", "/team-members")
    assert len(members) == 3
    for member in members:
        vendor.make_job(user_id=member["id"])


def test_a_message_is_sent_and_found_on_its_day(vendor: Vendor) -> None:
    before = datetime.now(UTC).date()
    message_id = vendor.data("POST", "/message", SMS | {"text": "Hello"})["message_id"]
    vendor.settled()
    (found,) = messages(vendor, before, datetime.now(UTC).date())
    assert found["message_id"] == message_id
    assert (found["to"], found["name"], found["text"]) == (ANN, "Ann", "Hello")
    assert found["direction"] == "outgoing"


def test_a_message_waits_for_its_schedule(vendor: Vendor) -> None:
    vendor.data("POST", "/message", SMS | {"text": "Hello", "schedule": later()})
    assert vendor.settled()["messages"] == 0


def test_a_whatsapp_template_stands_in_for_the_text(vendor: Vendor) -> None:
    template = {"id": "spring", "variables": {"1": "Ann"}}
    message_id = vendor.data("POST", "/message", WHATSAPP | {"template": template})["message_id"]
    assert vendor.witness(f"/jobs/{message_id}")["template"] == template


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (SMS, "one of text, image_url, video_url, file_url and template is required"),
        (SMS | {"to": "0415"}, "to must be a phone number"),
        (SMS | {"name": 7, "text": "Hello"}, "name must be a text"),
        (SMS | {"template": {"id": "spring"}}, "template is for WhatsApp channels only"),
        (WHATSAPP | {"template": "spring"}, "template must be an object with an id"),
        (WHATSAPP | {"template": {"variables": {}}}, "template must be an object with an id"),
        (WHATSAPP | {"template": {"id": "a", "variables": []}}, "variables must be an object"),
        (SMS | {"text": "Hello", "schedule": "soon"}, "schedule must be an ISO 8601 time"),
    ],
)
def test_a_message_with_a_mistake_is_refused(
    vendor: Vendor, body: dict[str, Any], sentence: str
) -> None:
    assert sentence in vendor.errors("POST", "/message", body)


def test_every_message_of_a_job_is_found_with_its_own_id(vendor: Vendor) -> None:
    vendor.make_job(schedule=...)
    vendor.settled()
    today = datetime.now(UTC).date()
    found = messages(vendor, today - timedelta(days=1), today)
    assert [message["name"] for message in found] == ["Ann", "Bob"]
    assert len({message["message_id"] for message in found}) == 2


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-01-01", ""), ("01/02/2026", "2026-01-03"), ("2026-01-02", "2026-01-01")],
)
def test_messages_are_asked_for_by_days(vendor: Vendor, start: str, end: str) -> None:
    vendor.errors("GET", f"/messages?start_date={start}&end_date={end}")


def test_messages_reach_over_31_days_at_most(vendor: Vendor) -> None:
    assert messages(vendor, date(2026, 1, 1), date(2026, 2, 1)) == []
    assert "0 to 31 days" in vendor.errors(
        "GET", "/messages?start_date=2026-01-01&end_date=2026-02-02"
    )


def test_without_dates_the_messages_are_todays(vendor: Vendor) -> None:
    while datetime.now(UTC).strftime("%H:%M") in {"23:59", "00:00"}:
        time.sleep(1)
    message_id = vendor.data("POST", "/message", SMS | {"text": "Hello"})["message_id"]
    vendor.settled()
    today = datetime.now(UTC).date()
    for query in ("", "?start_date=&end_date=", f"?start_date={today}", f"?end_date={today}"):
        (found,) = vendor.data("GET", f"/messages{query}")
        assert found["message_id"] == message_id


def messages(vendor: Vendor, start: date, end: date) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = vendor.data("GET", f"/messages?start_date={start}&end_date={end}")
    return found


def test_a_contact_is_blocked_and_unblocked(vendor: Vendor) -> None:
    def is_blocked() -> bool:
        answer: bool = vendor.data("GET", f"/contacts/isblocked/{ANN}")["is_blocked"]
        return answer

    assert not is_blocked()
    assert vendor.data("POST", f"/contacts/block/{ANN[1:]}") == {"is_blocked": True}
    assert vendor.data("POST", f"/contacts/block/{ANN}") == {"is_blocked": True}
    assert is_blocked()
    assert vendor.data("POST", f"/contacts/unblock/{ANN}") == {"is_blocked": False}
    assert not is_blocked()


@pytest.mark.parametrize("call", ["POST /contacts/block", "GET /contacts/isblocked"])
def test_only_a_number_can_be_blocked(vendor: Vendor, call: str) -> None:
    method, path = call.split()
    assert "country code" in vendor.errors(method, f"{path}/nobody")


def test_a_subscription_is_made_shown_and_ended(vendor: Vendor) -> None:
    made = vendor.data("POST", "/webhook-subscriptions", SUBSCRIPTION)["id"]
    shown = vendor.data("GET", f"/webhook-subscriptions/{made}")
    assert vendor.data("GET", "/webhook-subscriptions") == [shown]
    assert shown["webhook_url"] == "http://127.0.0.1:9/hook"
    assert "keep-this" not in str(shown)
    vendor.data("DELETE", f"/webhook-subscriptions/{made}")
    assert vendor.data("GET", "/webhook-subscriptions") == []
    vendor.errors("GET", f"/webhook-subscriptions/{made}", status=404)
    vendor.errors("DELETE", f"/webhook-subscriptions/{made}", status=404)


def test_a_subscription_is_shown_as_documented(vendor: Vendor) -> None:
    before = time.time()
    made = vendor.data("POST", "/webhook-subscriptions", SUBSCRIPTION)["id"]
    shown = vendor.data("GET", f"/webhook-subscriptions/{made}")
    assert before - 60 < shown["created_at"] / 1000 < time.time() + 60
    assert (shown["status"], shown["trigger_direction"]) == ("active", "incoming")
    for name in ("channel_key", "platform", "provider", "subscriber_reference_id", "webhook_url"):
        assert shown[name] == SUBSCRIPTION[name]


def test_events_and_secret_may_be_left_out(vendor: Vendor) -> None:
    left_out = {"events", "secret"}
    body = {name: value for name, value in SUBSCRIPTION.items() if name not in left_out}
    made = vendor.data("POST", "/webhook-subscriptions", body)["id"]
    assert vendor.data("GET", f"/webhook-subscriptions/{made}")["events"] == ["messages"]


@pytest.mark.parametrize(("sticks", "then"), [(False, "active"), (True, "paused")])
def test_a_paused_subscription_says_so_until_it_is_asked_for_again(
    vendor: Vendor, sticks: bool, then: str
) -> None:
    def status() -> str:
        (shown,) = vendor.data("GET", "/webhook-subscriptions")
        found: str = shown["status"]
        return found

    made = vendor.data("POST", "/webhook-subscriptions", SUBSCRIPTION)["id"]
    vendor.control("POST", f"/subscriptions/{made}", {"status": "paused", "sticks": sticks})
    assert status() == "paused"
    vendor.data("POST", "/webhook-subscriptions", SUBSCRIPTION)
    assert status() == then
    vendor.data("DELETE", f"/webhook-subscriptions/{made}")
    vendor.data("POST", "/webhook-subscriptions", SUBSCRIPTION)
    assert status() == "active"


def test_the_same_reference_again_changes_the_subscription(vendor: Vendor) -> None:
    first = vendor.data("POST", "/webhook-subscriptions", SUBSCRIPTION)["id"]
    changed = SUBSCRIPTION | {"events": ["messages"]}
    assert vendor.data("POST", "/webhook-subscriptions", changed)["id"] == first
    (shown,) = vendor.data("GET", "/webhook-subscriptions")
    assert shown["events"] == ["messages"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"secret": 7}, "secret must be a text"),
        ({"subscriber_reference_id": None}, "subscriber_reference_id is required"),
        ({"channel_key": "clinic-whatsapp"}, "channel_key is not a channel of this provider"),
        ({"webhook_url": "file:///etc/passwd"}, "webhook_url must be an http or https address"),
        ({"webhook_url": "http://[::1"}, "webhook_url must be an http or https address"),
        ({"events": []}, "events must list"),
        ({"events": ["calls"]}, "events must list"),
        ({"subevents": ["delivered"]}, "subevents must be an object"),
    ],
)
def test_a_subscription_with_a_mistake_is_refused(
    vendor: Vendor, changes: dict[str, Any], sentence: str
) -> None:
    body = SUBSCRIPTION | changes
    assert sentence in vendor.errors("POST", "/webhook-subscriptions", body)
