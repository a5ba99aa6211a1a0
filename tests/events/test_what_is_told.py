"""What happens in a team reaches its own systems: one test for each kind of event."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from delivery import delivery_reports
from delivery.models import WebhookEndpoint, WebhookEvent
from events.models import OutgoingEvent, Receiver
from events.receivers import VendorWish, put_vendor_receiver
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.events.conftest import Listener, send

pytestmark = pytest.mark.thorough

Kind = CampaignEvent.Kind
ANN, BEN = world.phones(2)


@pytest.fixture
def channel(team: Team) -> Channel:
    return world.a_channel(team)


@pytest.fixture
def campaign(channel: Channel) -> Campaign:
    people = world.a_list(channel.team, [ANN, BEN])
    return world.launched(world.a_campaign(channel, people))


@pytest.fixture
def endpoint(channel: Channel) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        channel=channel, state=WebhookEndpoint.State.ON, secret=Secret.of("s")
    )


def told(receiver: Receiver, listener: Listener) -> list[tuple[str, Any]]:
    """Everything that arrives: kinds and data."""
    send(receiver)
    return [(call.json["type"], call.json["data"]) for call in listener.calls]


def reported(endpoint: WebhookEndpoint, *bodies: dict[str, Any]) -> None:
    for number, body in enumerate(bodies):
        raw = orjson.dumps(body)
        digest = hashlib.sha256(raw + bytes([number]) + str(timezone.now()).encode()).digest()
        WebhookEvent.objects.create(endpoint=endpoint, body=raw, body_sha256=digest)
    while delivery_reports.work_through():
        pass


def status(message_id: str, word: str) -> dict[str, Any]:
    data = {"status": word, "error": {"code": 30003, "message": "x"}, "provider_err_obj": None}
    return {"message_id": message_id, "event": "status_update", "event_data": data}


def wrote(text: str, message_id: str = "in-1") -> dict[str, Any]:
    return {
        "message_id": message_id,
        "event": "message",
        "provider": "twlo",
        "channel_key": "k",
        "direction": "incoming",
        "from": ANN.lstrip("+"),
        "text": text,
        "timestamp": 1_790_000_000_000,
    }


@pytest.mark.parametrize(
    ("kind", "type_", "more"),
    [
        (Kind.COMPLETED, "campaign.finished", {}),
        (Kind.CANCELLED, "campaign.finished", {}),
        (Kind.MISSED, "campaign.finished", {}),
        (Kind.NEEDS_DECISION, "campaign.needs_answer", {"about": "jobs"}),
        (Kind.APPROVAL_ASKED, "campaign.needs_answer", {"about": "approval"}),
        (Kind.PAUSED, "campaign.paused", {"reason": "auth"}),
    ],
)
def test_what_becomes_of_a_campaign(
    campaign: Campaign,
    receiver: Receiver,
    listener: Listener,
    kind: Kind,
    type_: str,
    more: dict[str, str],
) -> None:
    record_event(campaign, kind, reason="auth")
    expected = {"campaign": str(campaign.public_id), "state": campaign.state, "people": 2}
    assert told(receiver, listener) == [(type_, expected | more)]


def test_other_lines_of_a_timeline_are_not_told(campaign: Campaign, receiver: Receiver) -> None:
    record_event(campaign, Kind.STARTED, jobs=1)
    assert not OutgoingEvent.objects.filter(receiver=receiver).exists()


def test_a_reply_is_told_once_and_its_stop_as_an_opt_out(
    endpoint: WebhookEndpoint, campaign: Campaign, receiver: Receiver, listener: Listener
) -> None:
    reported(endpoint, wrote("Stop"))
    reported(endpoint, wrote("Stop"))

    by_type = dict(told(receiver, listener))
    assert len(listener.calls) == 2
    reply = by_type["reply.received"]
    assert (reply["phone"], reply["text"], reply["wish"]) == (ANN, "Stop", "stop")
    assert reply["channel"] == str(endpoint.channel.public_id)
    assert by_type["opt_out.changed"] == {"opted_out": True, "people": [{"phone": ANN}]}


def test_opt_outs_are_told_both_ways_and_only_when_something_changed(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    owner = world.owner_of(team)
    opt_outs.add_opt_outs(team, [ANN, BEN], OptOut.Source.BY_HAND, owner)
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.BY_HAND, owner)
    opt_outs.lift(OptOut.objects.get(phone=BEN), "They asked for it", owner)

    assert told(receiver, listener) == [
        ("opt_out.changed", {"opted_out": True, "people": [{"phone": p} for p in (ANN, BEN)]}),
        ("opt_out.changed", {"opted_out": False, "people": [{"phone": BEN}]}),
    ]


def test_a_wish_is_told_when_somebody_has_decided_that_it_is_one(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.UNSURE, None)
    assert told(receiver, listener) == []
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.INBOUND, world.owner_of(team))
    assert [data["opted_out"] for _type, data in told(receiver, listener)] == [True]


@pytest.mark.both_databases
def test_what_became_of_messages_goes_out_many_at_a_time(
    endpoint: WebhookEndpoint, campaign: Campaign, receiver: Receiver, listener: Listener
) -> None:
    for message_id, person in zip("ab", campaign.recipients.order_by("position"), strict=True):
        delivery_reports.credit_message(endpoint.channel, message_id, person)
    reported(endpoint, status("a", "sent"), status("a", "delivered"), status("b", "undelivered"))

    ((type_, data),) = told(receiver, listener)
    assert type_ == "messages.reported"
    facts = [(one["phone"], one["status"], one["error_code"]) for one in data["people"]]
    assert facts == [(ANN, "delivered", ""), (BEN, "failed", "30003")]
    assert {one["campaign"] for one in data["people"]} == {str(campaign.public_id)}


def test_what_is_learnt_later_is_told_later(
    endpoint: WebhookEndpoint, campaign: Campaign, receiver: Receiver, listener: Listener
) -> None:
    reported(endpoint, status("a", "delivered"))
    assert told(receiver, listener) == []
    person = campaign.recipients.order_by("position")[0]
    delivery_reports.credit_message(endpoint.channel, "a", person)
    ((_type, data),) = told(receiver, listener)
    assert [one["status"] for one in data["people"]] == ["delivered"]


def test_reports_cost_no_more_because_somebody_may_listen(
    endpoint: WebhookEndpoint, campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    people = campaign.recipients.order_by("position")
    for message_id, person in zip("ab", people, strict=True):
        delivery_reports.credit_message(endpoint.channel, message_id, person)
    assert not Receiver.objects.exists()
    with django_assert_max_num_queries(40) as asked:
        reported(endpoint, status("a", "delivered"), status("b", "delivered"))
    mine = [one for one in asked.captured_queries if "events_receiver" in one["sql"]]
    assert len(mine) == 1


def test_who_takes_us_for_the_vendor_gets_what_the_vendor_said(
    endpoint: WebhookEndpoint, campaign: Campaign, listener: Listener
) -> None:
    channel = endpoint.channel
    kinds = ("messages", "status_updates")
    asked = VendorWish(channel.provider, channel.channel_key, "r", listener.url, kinds=kinds)
    receiver = put_vendor_receiver(channel.team, None, asked)
    people = campaign.recipients.order_by("position")
    job = campaign.submissions.get()
    delivery_reports.credit_message(channel, "a", people[0])
    reported(endpoint, wrote("Hello"), status("a", "undelivered"), status("b", "delivered"))
    # Whose it is is learnt later; until then it is nobody's.
    delivery_reports.credit_message(channel, "b", people[1])
    send(receiver)

    ids = [job.message_id_of(person.position) for person in people]
    first, second, third = [call.json for call in listener.calls]
    assert first == wrote("Hello")
    # Under the id by which programs know the message.
    assert second == status("a", "undelivered") | {"message_id": ids[0]}
    assert (third["message_id"], third["event_data"]["status"]) == (ids[1], "delivered")
