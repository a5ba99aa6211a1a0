"""Delivery reports over real sockets: the sandbox calls a real server, signed, by itself."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
import requests
from django.utils import timezone
from pytest_django.fixtures import Settings

from delivery import attributing, delivery_reports, subscriptions, tasks
from delivery.models import DeliveryCount, Reply, WebhookEndpoint, WebhookEvent
from recipients.models import OptOut
from sending import submit
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from tests import world
from tests.processes import Processes, Sandbox, WebServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def reported(channel: Channel, live_server: Any, settings: Settings) -> WebhookEndpoint:
    """A channel on which the sandbox reports to this test's own server."""
    settings.BASE_URL = live_server.url
    endpoint = subscriptions.switch_on(channel, world.owner_of(channel.team))
    assert (endpoint.state, endpoint.reason) == ("on", "")
    return endpoint


def work() -> None:
    while delivery_reports.work_through():
        pass


def test_messages_are_followed_to_the_phone_and_a_stop_comes_back(
    reported: WebhookEndpoint, sandbox: Sandbox
) -> None:
    channel = reported.channel
    phones = world.phones(12)
    campaign = world.launched(world.a_campaign(channel, world.a_list(channel.team, phones)))
    submit.hand_over(channel.account_id)
    # Three statuses for each of twelve messages.
    wait_until(lambda: WebhookEvent.objects.count() >= 36, progress=WebhookEvent.objects.count)
    work()
    reported.refresh_from_db()
    assert reported.unattributed_count == 12

    WebhookEndpoint.objects.update(learn_at=timezone.now())
    tasks.learn(attributing.endpoints_to_learn()[0])

    rows = DeliveryCount.objects.filter(campaign=campaign).exclude(messages=0)
    found = dict(rows.values_list("status", "messages"))
    assert sum(found.values()) == 12
    assert set(found) <= {"delivered", "failed"}
    reported.refresh_from_db()
    assert (reported.unattributed_count, reported.learn_at) == (0, None)

    answer = requests.post(
        f"{sandbox.url}/phones/{phones[3].removeprefix('+')}/reply",
        data={"channel": channel.channel_key, "text": "Stop please"},
        timeout=10,
    )
    assert answer.status_code == 200
    wait_until(lambda: WebhookEvent.objects.count() >= 37)
    work()
    assert Reply.objects.get().campaign == campaign
    assert OptOut.objects.get().phone == phones[3]


def test_a_subscription_is_renewed_checked_and_ended(
    reported: WebhookEndpoint, sandbox: Sandbox
) -> None:
    first = reported.secret.reveal()
    again = subscriptions.switch_on(
        reported.channel, world.owner_of(reported.channel.team), wants_replies=False
    )
    assert again.subscription_id == reported.subscription_id
    assert again.secret.reveal() != first
    assert first in subscriptions.secrets_of(again)

    def at_the_vendor() -> list[dict[str, Any]]:
        url, key = f"{sandbox.url}/webhook-subscriptions", {"apikey": sandbox.api_key}
        rows: list[dict[str, Any]] = requests.get(url, headers=key, timeout=10).json()["data"]
        return rows

    (only,) = at_the_vendor()
    assert only["events"] == ["status_updates"]
    assert only["webhook_url"] == subscriptions.address_of(reported)
    subscriptions.check_subscription(again)
    assert again.state == "on"

    # The answer gets lost: whichever secret the vendor has now, it is good.
    world.set_fault(sandbox, "half_body", path="/webhook-subscriptions")
    unclear = subscriptions.switch_on(again.channel, world.owner_of(again.channel.team))
    assert unclear.state == "unclear"
    kept = set(subscriptions.secrets_of(unclear))
    settled = subscriptions.switch_on(again.channel, world.owner_of(again.channel.team))
    assert settled.state == "on"
    assert settled.secret.reveal() in kept - {again.secret.reveal()}

    assert subscriptions.switch_off(settled)
    assert at_the_vendor() == []
    assert not WebhookEndpoint.objects.exists()


CHUNKS = [b'{"event":"message","message_id', b'":"c1","from":"12025550101","text":"hi"}']


def in_chunks(server: WebServer, endpoint: WebhookEndpoint, chunks: list[bytes]) -> int:
    """Call as a client that knows no length beforehand; the status of the answer."""
    signature = hmac.new(b"shared", b"".join(chunks), hashlib.sha256).hexdigest()
    return requests.post(
        f"{server.url}/webhooks/{endpoint.public_id}/",
        data=iter(chunks),
        headers={"X-Sociocs-Signature": signature, "Content-Type": "application/json"},
        timeout=30,
    ).status_code


def test_a_call_in_chunks_is_taken_in_up_to_the_limit(
    channel: Channel, processes: Processes
) -> None:
    endpoint = WebhookEndpoint.objects.create(
        channel=channel, secret=Secret.of("shared"), state="on"
    )
    server = processes.web()
    assert in_chunks(server, endpoint, CHUNKS) == 200
    work()
    assert (Reply.objects.get().text, Reply.objects.get().phone) == ("hi", "+12025550101")
    assert in_chunks(server, endpoint, [*CHUNKS, b" " * 300_000]) == 413
