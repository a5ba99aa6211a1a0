"""Every method's request, as the server receives it: method, path, headers, body."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from sociocs_gateway import (
    BulkMessage,
    MessageRecipient,
    NotExpressible,
    Provider,
    SingleMessage,
    SociocsClient,
    Template,
)
from sociocs_gateway.webhooks import SubscriptionRequest
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.asking import MakeClient
from tests.sociocs_gateway.scripted_server import ScriptedServer, job, success

ANN = MessageRecipient("+14155550101", "Ann")
BEN = MessageRecipient("+4915123456789")


def test_a_bulk_job_carries_every_parameter(server: ScriptedServer, client: SociocsClient) -> None:
    server.will(job())
    client.send_bulk(
        BulkMessage(
            provider=Provider.TWILIO_WHATSAPP,
            channel_key="clinic",
            recipients=[ANN, BEN],
            text="Héllo 👋",
            image_url="https://example.org/a.png",
            duplicates_allowed=True,
            schedule=datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC),
            user_id="u-7",
        )
    )
    assert (server.request.method, server.request.target) == ("POST", "/messages/bulk")
    assert server.request.json == {
        "provider": "twlowa",
        "channel_key": "clinic",
        "recipients": [
            {"to": "+14155550101", "name": "Ann"},
            {"to": "+4915123456789", "name": ""},
        ],
        "text": "Héllo 👋",
        "image_url": "https://example.org/a.png",
        "duplicates_allowed": True,
        "schedule": "2026-04-02T09:30:17+00:00",
        "user_id": "u-7",
    }


def test_what_is_not_set_is_not_sent(server: ScriptedServer, client: SociocsClient) -> None:
    server.will(job())
    client.send_bulk(BulkMessage(Provider.TWILIO_SMS, "front-desk", [BEN], text="Hi"))
    assert set(server.request.json) == {
        "provider",
        "channel_key",
        "recipients",
        "text",
        "duplicates_allowed",
    }
    assert server.request.json["duplicates_allowed"] is False


@pytest.mark.parametrize("kind", ["image", "video", "file"])
def test_each_kind_of_media_has_its_parameter(
    server: ScriptedServer, client: SociocsClient, kind: str
) -> None:
    server.will(job())
    url = f"https://example.org/{kind}?size=1&v=2"
    media: dict[str, Any] = {f"{kind}_url": url}
    client.send_bulk(BulkMessage(Provider.TWILIO_SMS, "front-desk", [ANN], **media))
    assert server.request.json[f"{kind}_url"] == url
    assert "text" not in server.request.json


@pytest.mark.parametrize(
    "schedule",
    [
        datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC),
        datetime(2026, 4, 2, 11, 30, 17, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 4, 2, 9, 30, 17, 999_999, tzinfo=UTC),
        datetime(2026, 4, 2, 3, 45, 17, tzinfo=timezone(-timedelta(hours=5, minutes=45))),
    ],
)
def test_a_schedule_is_sent_in_utc_and_whole_seconds(
    server: ScriptedServer, client: SociocsClient, schedule: datetime
) -> None:
    server.will(job())
    client.send_bulk(
        BulkMessage(Provider.TWILIO_SMS, "front-desk", [ANN], text="Hi", schedule=schedule)
    )
    assert server.request.json["schedule"] == "2026-04-02T09:30:17+00:00"


def test_the_headers_are_the_documented_ones(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(job())
    client.send_bulk(message)
    headers = dict(server.request.headers)
    assert headers.pop("host") == f"127.0.0.1:{server.port}"
    assert headers.pop("content-length") == str(len(message.body()))
    assert headers == {
        "apikey": canaries.API_KEY,
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "sociocs-campaigns",
    }


def test_the_body_is_the_one_whose_digest_was_told(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(job())
    client.send_bulk(message)
    assert server.request.body == message.body()


def test_a_single_message_carries_its_parameters(
    server: ScriptedServer, client: SociocsClient
) -> None:
    server.will(success({"message_id": "m-1"}))
    sent = client.send_message(
        SingleMessage(Provider.TWILIO_SMS, "front-desk", ANN, text="Hi", user_id="u-7")
    )
    assert sent.message_id == "m-1"
    assert (server.request.method, server.request.target) == ("POST", "/message")
    assert server.request.json == {
        "provider": "twlo",
        "channel_key": "front-desk",
        "to": "+14155550101",
        "name": "Ann",
        "text": "Hi",
        "user_id": "u-7",
    }


@pytest.mark.parametrize(
    ("provider", "variables"),
    [
        (Provider.TWILIO_WHATSAPP, {"1": "Ann", "2": "09:30"}),
        (
            Provider.GUPSHUP_WHATSAPP,
            {"MEDIA_URL": "https://example.org/a.png", "Header": {"1": "x"}, "Body": {"1": "Ann"}},
        ),
    ],
)
def test_a_template_goes_with_its_variables(
    server: ScriptedServer, client: SociocsClient, provider: Provider, variables: dict[str, Any]
) -> None:
    server.will(success({"message_id": "m-1"}))
    client.send_message(SingleMessage(provider, "clinic", ANN, template=Template("HX1", variables)))
    assert server.request.json["template"] == {"id": "HX1", "variables": variables}
    assert "text" not in server.request.json


def test_a_job_is_rescheduled_by_its_id(server: ScriptedServer, client: SociocsClient) -> None:
    server.will(job("j/1"))
    moved = client.reschedule_bulk_job("j/1", datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC))
    assert moved.job_id == "j/1"
    assert (server.request.method, server.request.target) == ("PUT", "/messages/bulk/j%2F1")
    assert server.request.json == {"schedule": "2026-04-02T09:30:17+00:00"}


def test_messages_are_listed_by_day(server: ScriptedServer, client: SociocsClient) -> None:
    server.will(success([]))
    client.list_messages(date(2026, 1, 1), date(2026, 1, 31))
    assert server.request.target == "/messages?start_date=2026-01-01&end_date=2026-01-31"


@pytest.mark.parametrize(
    ("start", "end"),
    [(date(2026, 1, 2), date(2026, 1, 1)), (date(2026, 1, 1), date(2026, 2, 2))],
)
def test_a_range_the_vendor_cannot_list_is_not_asked_for(
    server: ScriptedServer, client: SociocsClient, start: date, end: date
) -> None:
    with pytest.raises(NotExpressible, match="date_range"):
        client.list_messages(start, end)
    assert server.connections == 0


def test_thirty_two_days_are_asked_for_at_once(
    server: ScriptedServer, client: SociocsClient
) -> None:
    server.will(success([]))
    client.list_messages(date(2026, 1, 1), date(2026, 2, 1))
    assert server.request.target == "/messages?start_date=2026-01-01&end_date=2026-02-01"


PHONE = ANN.phone
WITHOUT_BODY: list[tuple[Callable[[SociocsClient], object], str, str, Any]] = [
    (lambda c: c.list_bulk_jobs(), "GET", "/messages/bulk", []),
    (lambda c: c.delete_bulk_job("j 1"), "DELETE", "/messages/bulk/j%201", None),
    (lambda c: c.list_scheduled_messages(), "GET", "/messages/scheduled", []),
    (lambda c: c.delete_scheduled_message("m/1"), "DELETE", "/messages/scheduled/m%2F1", None),
    (lambda c: c.list_channels(Provider.TWILIO_SMS), "GET", "/channels?provider=twlo", []),
    (lambda c: c.get_channel("twlo_16311113333"), "GET", "/channels/twlo_16311113333", {}),
    (lambda c: c.list_team_members(), "GET", "/team-members", []),
    (lambda c: c.block_contact(PHONE), "POST", "/contacts/block/14155550101", None),
    (lambda c: c.unblock_contact(PHONE), "POST", "/contacts/unblock/14155550101", None),
    (
        lambda c: c.is_contact_blocked(PHONE),
        "GET",
        "/contacts/isblocked/14155550101",
        {"is_blocked": True},
    ),
    (lambda c: c.list_webhook_subscriptions(), "GET", "/webhook-subscriptions", []),
    (
        lambda c: c.get_webhook_subscription("s1"),
        "GET",
        "/webhook-subscriptions/s1",
        {"id": "s1"},
    ),
    (lambda c: c.delete_webhook_subscription("s1"), "DELETE", "/webhook-subscriptions/s1", None),
]


@pytest.mark.parametrize(("ask", "method", "target", "data"), WITHOUT_BODY)
def test_calls_without_a_body_say_all_in_the_path(
    server: ScriptedServer,
    client: SociocsClient,
    ask: Callable[[SociocsClient], object],
    method: str,
    target: str,
    data: Any,
) -> None:
    server.will(success(data))
    ask(client)
    assert (server.request.method, server.request.target) == (method, target)
    assert server.request.body == b""
    assert server.request.headers["apikey"] == canaries.API_KEY


def test_a_subscription_names_events_and_secret(
    server: ScriptedServer, client: SociocsClient
) -> None:
    server.will(success({"id": "s1"}))
    subscription = client.create_webhook_subscription(
        SubscriptionRequest(
            provider=Provider.TWILIO_SMS,
            channel_key="front-desk",
            subscriber_reference_id="team-1",
            webhook_url="https://example.org/hooks/1",
            secret="shared",
            status_updates=("delivered", "failed"),
        )
    )
    assert subscription.id == "s1"
    assert (server.request.method, server.request.target) == ("POST", "/webhook-subscriptions")
    assert server.request.json == {
        "platform": "sociocs-campaigns",
        "provider": "twlo",
        "channel_key": "front-desk",
        "subscriber_reference_id": "team-1",
        "webhook_url": "https://example.org/hooks/1",
        "events": ["messages", "status_updates"],
        "subevents": {"status_updates": ["delivered", "failed"]},
        "secret": "shared",
    }


def test_a_base_url_with_a_path_keeps_it(server: ScriptedServer, make_client: MakeClient) -> None:
    server.will(success([]))
    make_client(f"{server.url}/sociocs/").list_bulk_jobs()
    assert server.request.target == "/sociocs/messages/bulk"


@pytest.mark.parametrize("job_id", ["", " ", ".", "..", "a\nb", "a\x00", "\ud800", "x" * 201])
def test_an_id_that_would_change_the_path_is_not_sent(
    server: ScriptedServer, client: SociocsClient, job_id: str
) -> None:
    with pytest.raises(NotExpressible, match="unusable_id"):
        client.delete_bulk_job(job_id)
    assert server.connections == 0


@pytest.mark.parametrize("phone", ["", "14155550101", "+141555", "+1415555010x", "+0415555010"])
def test_only_e164_is_blocked(server: ScriptedServer, client: SociocsClient, phone: str) -> None:
    with pytest.raises(NotExpressible, match="phone_not_e164"):
        client.block_contact(phone)
    assert server.connections == 0


def test_every_request_has_a_connection_of_its_own(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage
) -> None:
    server.will(job("1"), job("2"))
    client.send_bulk(message)
    client.send_bulk(message)
    assert server.connections == 2
