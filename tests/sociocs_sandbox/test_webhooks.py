"""Webhooks that go out: signed, in order, to those who asked, and not beyond this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sociocs_sandbox.webhook_call import signature
from tests.processes import start_sandbox
from tests.sociocs_sandbox.conftest import ANN, BOB, Vendor

pytestmark = pytest.mark.thorough

SECRET = "shared between two"


@dataclass
class Subscriber:
    """A server that keeps what it is told; it answers with `statuses` first, then with 200."""

    url: str = ""
    calls: list[tuple[dict[str, Any], dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def bodies(self, count: int, *, within: float = 15) -> list[dict[str, Any]]:
        """Wait for so many calls; give their bodies."""
        deadline = time.monotonic() + within
        while len(self.calls) < count:
            assert time.monotonic() < deadline, self.calls
            time.sleep(0.02)
        return [body for body, _, _ in self.calls]


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    kept = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            kept.calls.append((json.loads(raw), dict(self.headers), raw))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hooks?from=sandbox"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def subscribe(vendor: Vendor, url: str, **changes: Any) -> str:
    body = {
        "platform": "api",
        "provider": "twlo",
        "channel_key": "front-desk-sms",
        "subscriber_reference_id": "dashboard",
        "webhook_url": url,
        "events": ["messages", "status_updates"],
        "secret": SECRET,
    } | changes
    made: str = vendor.data("POST", "/webhook-subscriptions", body)["id"]
    return made


def reply(vendor: Vendor, phone: str, text: str, channel: str = "front-desk-sms") -> None:
    answer = requests.post(
        f"{vendor.url}/phones/{phone}/reply", data={"channel": channel, "text": text}, timeout=10
    )
    assert answer.status_code == 200


def wait_until_idle(vendor: Vendor) -> dict[str, Any]:
    """Wait until what was due has gone out, and whoever subscribed was told all of it."""
    vendor.settled()
    deadline = time.monotonic() + 20
    while not (counts := vendor.witness()["webhooks"])["idle"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    found: dict[str, Any] = counts
    return found


def statuses(bodies: list[dict[str, Any]]) -> list[str]:
    return [body["event_data"]["status"] for body in bodies]


def test_the_signature_is_the_one_of_the_vendors_example() -> None:
    expected = "a52954ef969a496aeed237f48b03c6df7ea43cd0f6e595d06dfe7a8b14b5d891"
    assert signature(b"Hello, World!", "My Shared Secret") == expected


def test_a_call_is_signed_over_its_exact_body(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url)
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    subscriber.bodies(1)
    _, headers, raw = subscriber.calls[0]
    expected = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    assert headers["X-Sociocs-Signature"] == expected
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("provider", "channel_key", "words"),
    [
        ("twlo", "front-desk-sms", ["queued", "sent", "delivered"]),
        ("twlowa", "clinic-whatsapp", ["queued", "sent", "delivered", "read"]),
        ("gswa", "india-whatsapp", ["queued", "enqueued", "sent", "delivered", "read"]),
    ],
)
def test_a_message_passes_its_providers_status_words_in_order(
    vendor: Vendor, subscriber: Subscriber, provider: str, channel_key: str, words: list[str]
) -> None:
    line = {"provider": provider, "channel_key": channel_key}
    subscribe(vendor, subscriber.url, **line)
    vendor.make_job(schedule=..., recipients=[{"to": ANN}], **line)
    bodies = subscriber.bodies(len(words))
    assert statuses(bodies) == words
    assert {body["event"] for body in bodies} == {"status_update"}
    assert len({body["message_id"] for body in bodies}) == 1


def test_each_message_has_updates_under_the_id_the_list_shows(
    vendor: Vendor, subscriber: Subscriber
) -> None:
    subscribe(vendor, subscriber.url, subevents={"status_updates": ["sent"]})
    before = datetime.now(UTC).date()
    vendor.make_job(schedule=...)
    told = {body["message_id"] for body in subscriber.bodies(2)}
    after = datetime.now(UTC).date()
    listed = vendor.data("GET", f"/messages?start_date={before}&end_date={after}")
    assert told == {message["message_id"] for message in listed}


def test_only_the_chosen_words_are_told(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url, subevents={"status_updates": ["delivered"]})
    vendor.make_job(schedule=...)
    assert statuses(subscriber.bodies(2)) == ["delivered", "delivered"]
    assert wait_until_idle(vendor)["answered"] == 2


def test_an_unreachable_number_fails_with_a_code(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url)
    vendor.make_job(schedule=..., recipients=[{"to": "+14155000404"}])
    last = subscriber.bodies(3)[-1]["event_data"]
    assert (last["status"], last["error"]["code"]) == ("undelivered", 30003)


def test_other_channels_and_accounts_are_not_told(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url)
    vendor.make_job(schedule=..., provider="twlowa", channel_key="clinic-whatsapp")
    key = vendor.control("POST", "/accounts")["api_key"]
    message = {"provider": "twlo", "channel_key": "front-desk-sms", "to": ANN, "text": "Hello"}
    vendor.data("POST", "/message", message, headers={"apikey": key})
    vendor.settled()
    assert vendor.witness()["webhooks"]["idle"]
    assert subscriber.calls == []


def test_a_blocked_contact_has_no_updates(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url, subevents={"status_updates": ["sent"]})
    vendor.data("POST", f"/contacts/block/{ANN}")
    vendor.make_job(schedule=...)
    wait_until_idle(vendor)
    assert len(subscriber.calls) == 1


def test_a_phones_reply_is_told_in_full(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url, events=["messages"])
    vendor.make_job(schedule=...)
    vendor.settled()
    reply(vendor, ANN, "STOP")
    (body,) = subscriber.bodies(1)
    assert abs(body.pop("timestamp") / 1000 - time.time()) < 30
    assert body.pop("message_id")
    assert body == {
        "event": "message",
        "provider": "twlo",
        "channel_key": "front-desk-sms",
        "direction": "incoming",
        "from": ANN[1:],
        "to": "16317471111",
        "name": "Ann",
        "text": "STOP",
        "file_urls": [],
        "image_urls": [],
        "video_urls": [],
    }


def test_a_reply_of_a_saved_contact_names_it_with_its_eight_fields(
    vendor: Vendor, subscriber: Subscriber
) -> None:
    subscribe(vendor, subscriber.url, events=["messages"])
    saving = {"save": True, "list_id": 2, "extra_fields": {"City": "Bonn"}}
    message = {"provider": "twlo", "channel_key": "front-desk-sms", "to": ANN, "name": "Ann"}
    vendor.data("POST", "/message", message | {"text": "Hello", "contact_saving": saving})
    vendor.settled()
    reply(vendor, ANN, "Yes")
    (body,) = subscriber.bodies(1)
    assert body["contact"] == vendor.data("GET", "/contacts?list_id=2")[0]
    assert set(body["contact"]) == {
        *("id", "name", "phone_number", "phone_number_cc"),
        *("extra_fields", "created_at", "updated_at", "is_blocked"),
    }
    assert body["contact"]["extra_fields"] == '{"City":"Bonn"}'


def test_nothing_that_is_told_names_a_job(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url)
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    assert all("job_id" not in body for body in subscriber.bodies(3))


def test_without_a_secret_nothing_is_signed(vendor: Vendor, subscriber: Subscriber) -> None:
    subscribe(vendor, subscriber.url, secret="")
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    subscriber.bodies(1)
    assert "X-Sociocs-Signature" not in subscriber.calls[0][1]


def test_a_paused_subscription_is_not_called(vendor: Vendor, subscriber: Subscriber) -> None:
    made = subscribe(vendor, subscriber.url, subevents={"status_updates": ["sent"]})
    vendor.control("POST", f"/subscriptions/{made}", {"status": "paused"})
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    wait_until_idle(vendor)
    assert subscriber.calls == []
    vendor.control("POST", f"/subscriptions/{made}", {"status": "active"})
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    assert statuses(subscriber.bodies(1)) == ["sent"]


def test_who_subscribed_to_updates_only_hears_no_replies(
    vendor: Vendor, subscriber: Subscriber
) -> None:
    vendor.make_job(schedule=...)
    vendor.settled()
    subscribe(vendor, subscriber.url, events=["status_updates"])
    reply(vendor, BOB, "Yes")
    vendor.settled()
    assert wait_until_idle(vendor)["answered"] == 0


def test_a_call_that_failed_is_made_again(vendor: Vendor, subscriber: Subscriber) -> None:
    subscriber.statuses = [503]
    subscribe(vendor, subscriber.url, subevents={"status_updates": ["sent"]})
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    first, again = subscriber.bodies(2)
    assert first == again
    assert wait_until_idle(vendor)["answered"] == 1


def test_an_ended_subscription_hears_nothing_more(vendor: Vendor, subscriber: Subscriber) -> None:
    made = subscribe(vendor, subscriber.url)
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    subscriber.bodies(1)
    vendor.data("DELETE", f"/webhook-subscriptions/{made}")
    wait_until_idle(vendor)
    assert "delivered" not in statuses(subscriber.bodies(1))


@pytest.mark.parametrize("url", ["http://192.0.2.1/hook", "http://[2001:db8::1]:8080/hook"])
def test_nothing_is_called_beyond_this_machine(vendor: Vendor, url: str) -> None:
    subscribe(vendor, url, subevents={"status_updates": ["sent"]})
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    vendor.settled()
    counts = wait_until_idle(vendor)
    assert (counts["withheld"], counts["answered"]) == (1, 0)


def test_calls_go_on_after_a_restart(tmp_path: Path, subscriber: Subscriber) -> None:
    vendor = Vendor(start_sandbox(tmp_path))
    subscribe(vendor, subscriber.url, subevents={"status_updates": ["delivered"]})
    vendor.make_job(schedule=...)
    vendor.settled()
    vendor.sandbox.child.kill()
    vendor = Vendor(start_sandbox(tmp_path))
    try:
        assert statuses(subscriber.bodies(2)) == ["delivered", "delivered"]
    finally:
        vendor.sandbox.child.terminate(patience=5)
