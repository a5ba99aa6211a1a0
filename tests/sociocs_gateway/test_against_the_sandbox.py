"""The client against the vendor's stand-in: the whole contract, and every fault it can play."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sociocs_gateway import (
    AuthenticationFailed,
    BulkMessage,
    GatewayError,
    Halt,
    MessageRecipient,
    NotFound,
    OutcomeUnknown,
    Provider,
    Reason,
    Refused,
    SingleMessage,
    SociocsClient,
    Template,
    TryLater,
)
from sociocs_gateway.webhooks import SubscriptionRequest
from sociocs_sandbox.fault_catalogue import CATALOGUE
from tests.processes import Sandbox
from tests.waiting import wait_until

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
PHONE = "+14155550142"


@pytest.fixture
def client(sandbox: Sandbox) -> SociocsClient:
    return SociocsClient(sandbox.url, sandbox.api_key, total_timeout=10)


def control(sandbox: Sandbox, method: str, path: str, body: object = None) -> Any:
    return requests.request(method, sandbox.url + path, json=body, timeout=10).json()


def jobs_made(sandbox: Sandbox) -> int:
    made: int = control(sandbox, "GET", "/sandbox/witness")["jobs"]
    return made


def bulk_message(**changes: Any) -> BulkMessage:
    parts: dict[str, Any] = {
        "provider": Provider.TWILIO_SMS,
        "channel_key": "front-desk-sms",
        "recipients": [MessageRecipient(PHONE, "Ann")],
        "text": "Hello",
        "schedule": LATER,
    }
    return BulkMessage(**{**parts, **changes})


class TestTheContract:
    @pytest.mark.parametrize("provider", list(Provider))
    def test_a_job_is_made_listed_moved_and_deleted(
        self, client: SociocsClient, provider: Provider
    ) -> None:
        (channel,) = client.list_channels(provider)
        message = bulk_message(
            provider=provider,
            channel_key=channel.channel_key,
            recipients=[MessageRecipient(f"+1415555{n:04d}", "Ann") for n in range(1_000)],
            image_url="https://example.org/a.png",
            duplicates_allowed=True,
            user_id=client.list_team_members().items[0].user_id,
        )
        job_id = client.send_bulk(message).job_id
        (listed,) = client.list_bulk_jobs()
        assert (listed.job_id, listed.schedule) == (job_id, LATER)
        assert (listed.recipient_count, listed.text) == (1_000, "Hello")
        assert listed.channel_key == channel.channel_key
        moved_to = LATER + timedelta(seconds=17)
        client.reschedule_bulk_job(job_id, moved_to)
        assert client.list_bulk_jobs().jobs[0].schedule == moved_to
        client.delete_bulk_job(job_id)
        assert len(client.list_bulk_jobs()) == 0
        with pytest.raises((NotFound, Refused)):
            client.delete_bulk_job(job_id)

    def test_a_job_that_has_run_can_no_longer_be_taken_back(self, client: SociocsClient) -> None:
        job_id = client.send_bulk(bulk_message(schedule=None)).job_id
        for change in (
            lambda: client.delete_bulk_job(job_id),
            lambda: client.reschedule_bulk_job(job_id, LATER),
        ):
            with pytest.raises(Refused) as caught:
                change()
            assert caught.value.http_status == 400
            assert caught.value.messages

    def test_the_clock_is_the_gateways(self, client: SociocsClient) -> None:
        server_date = client.list_bulk_jobs().server_date
        assert server_date is not None
        assert abs(server_date - datetime.now(UTC)) < timedelta(minutes=1)

    def test_what_the_vendor_does_not_accept_comes_back_in_its_words(
        self, client: SociocsClient
    ) -> None:
        with pytest.raises(Refused) as caught:
            client.send_bulk(bulk_message(channel_key="nobody's"))
        assert (caught.value.reason, caught.value.http_status) == (Reason.INVALID, 400)
        assert caught.value.messages

    def test_an_unknown_key_is_not_authenticated(self, sandbox: Sandbox) -> None:
        client = SociocsClient(sandbox.url, "wrong:key")
        with pytest.raises(AuthenticationFailed):
            client.send_bulk(bulk_message())

    def test_a_message_is_sent_and_found_by_its_day(self, client: SociocsClient) -> None:
        message = SingleMessage(
            Provider.TWILIO_SMS, "front-desk-sms", MessageRecipient(PHONE, "Ann"), text="Hello"
        )
        message_id = client.send_message(message).message_id
        today = datetime.now(UTC).date()
        found = wait_until(lambda: client.list_messages(today - timedelta(days=1), today).items)
        assert [(m.message_id, m.phone) for m in found] == [(message_id, PHONE)]

    @pytest.mark.parametrize(
        ("provider", "channel_key", "variables"),
        [
            (Provider.TWILIO_WHATSAPP, "clinic-whatsapp", {"1": "Ann"}),
            (Provider.GUPSHUP_WHATSAPP, "india-whatsapp", {"Body": {"1": "Ann"}}),
        ],
    )
    def test_a_template_is_taken(
        self, client: SociocsClient, provider: Provider, channel_key: str, variables: dict[str, Any]
    ) -> None:
        template = Template("HX1", variables)
        message = SingleMessage(provider, channel_key, MessageRecipient(PHONE), template=template)
        assert client.send_message(message).message_id

    def test_a_channel_tells_its_number(self, client: SociocsClient) -> None:
        channel = client.get_channel("front-desk-sms")
        assert (channel.provider, channel.country_code) == (Provider.TWILIO_SMS, "1")
        assert channel.phone_number == "+16317471111"
        with pytest.raises(NotFound):
            client.get_channel("nobody's")

    def test_a_contact_is_blocked_and_unblocked(self, client: SociocsClient) -> None:
        assert client.block_contact(PHONE).is_blocked
        assert client.is_contact_blocked(PHONE).is_blocked
        assert not client.unblock_contact(PHONE).is_blocked
        assert not client.is_contact_blocked(PHONE).is_blocked

    def test_a_subscription_is_kept_changed_and_deleted(self, client: SociocsClient) -> None:
        def request(path: str) -> SubscriptionRequest:
            return SubscriptionRequest(
                Provider.TWILIO_SMS,
                "front-desk-sms",
                "team-1",
                f"http://127.0.0.1:9/{path}",
                "a-shared-secret",
                status_updates=("delivered",),
            )

        made = client.create_webhook_subscription(request("one"))
        assert client.create_webhook_subscription(request("two")).id == made.id
        kept = client.get_webhook_subscription(made.id)
        assert kept.webhook_url == "http://127.0.0.1:9/two"
        assert [s.id for s in client.list_webhook_subscriptions()] == [made.id]
        client.delete_webhook_subscription(made.id)
        with pytest.raises(NotFound):
            client.get_webhook_subscription(made.id)


@dataclass(frozen=True)
class Expected:
    """What a fault means for a bulk send, and whether the vendor made a job all the same."""

    kind: type[GatewayError]
    reason: Reason
    job: bool = False
    halt: Halt | None = None


LOST = Expected(OutcomeUnknown, Reason.CONNECTION_LOST)
LOST_BUT_MADE = Expected(OutcomeUnknown, Reason.CONNECTION_LOST, job=True)
NOT_JSON = Expected(OutcomeUnknown, Reason.ANSWER_NOT_JSON, job=True)
CUT_SHORT = Expected(OutcomeUnknown, Reason.ANSWER_CUT_SHORT, job=True)

EXPECTED: dict[str, Expected] = {
    "400": Expected(Refused, Reason.INVALID),
    "401": Expected(AuthenticationFailed, Reason.AUTHENTICATION, halt=Halt.AUTHENTICATION),
    "403": Expected(Refused, Reason.FORBIDDEN, halt=Halt.AUTHENTICATION),
    "404": Expected(Refused, Reason.NOT_FOUND, halt=Halt.SETTINGS),
    "405": Expected(Refused, Reason.METHOD_NOT_ALLOWED, halt=Halt.SETTINGS),
    "408": Expected(OutcomeUnknown, Reason.UNEXPECTED_STATUS),
    "413": Expected(Refused, Reason.TOO_LARGE),
    "415": Expected(Refused, Reason.INVALID),
    "422": Expected(Refused, Reason.INVALID),
    "429": Expected(TryLater, Reason.RATE_LIMITED),
    "200_error": Expected(Refused, Reason.STATUS_ERROR),
    **{str(n): Expected(OutcomeUnknown, Reason.SERVER_ERROR) for n in range(500, 512)},
    **{
        str(n): Expected(OutcomeUnknown, Reason.REDIRECT, halt=Halt.REDIRECT)
        for n in (301, 302, 303, 307, 308)
    },
    "reset_before_reading": LOST,
    "reset_after_part": LOST,
    "reset_after_reading": LOST,
    "closed_no_answer": LOST,
    "reset_after_job_made": LOST_BUT_MADE,
    "job_made_no_answer": LOST_BUT_MADE,
    "job_made_then_502": Expected(OutcomeUnknown, Reason.SERVER_ERROR, job=True),
    "late_landing": LOST_BUT_MADE,
    "silence": Expected(OutcomeUnknown, Reason.TIMEOUT),
    "half_body": CUT_SHORT,
    "slow_drip": Expected(OutcomeUnknown, Reason.TIMEOUT, job=True),
    "broken_chunks": CUT_SHORT,
    "invalid_json": NOT_JSON,
    "deep_json": NOT_JSON,
    "html_page": NOT_JSON,
    "own_body": NOT_JSON,
    "many_headers": Expected(OutcomeUnknown, Reason.UNREADABLE_ANSWER, job=True),
    "huge_body": Expected(OutcomeUnknown, Reason.ANSWER_TOO_LARGE, job=True),
    "gzip_bomb": NOT_JSON,
    "no_job_id": Expected(OutcomeUnknown, Reason.ANSWER_INCOMPLETE, job=True),
}

# Faults that leave the answer to a bulk send whole; each has a test of its own below.
HARMLESS = {
    "block_later_jobs_only",
    "duplicate_job_id",
    "delay",
    "clock_skew",
    "list_without_schedule",
    "list_without_number",
    "list_stale",
    "list_empty",
    "list_html",
}


def test_every_fault_of_the_sandbox_is_expected() -> None:
    assert set(CATALOGUE) == set(EXPECTED) | HARMLESS


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_is_told_for_what_it_is_and_asked_for_once(sandbox: Sandbox, fault: str) -> None:
    expected = EXPECTED[fault]
    play(sandbox, fault, "POST")
    is_slow = fault in {"silence", "slow_drip"}
    client = SociocsClient(sandbox.url, sandbox.api_key, total_timeout=1 if is_slow else 10)
    posts_before = posts(sandbox)
    with pytest.raises(GatewayError) as caught:
        client.send_bulk(bulk_message())
    assert type(caught.value) is expected.kind
    assert (caught.value.reason, caught.value.halt) == (expected.reason, expected.halt)
    assert posts(sandbox) - posts_before == 1
    assert jobs_made(sandbox) == int(expected.job)
    assert control(sandbox, "GET", "/sandbox/witness")["redirects_followed"] == 0


@pytest.mark.parametrize(
    ("given", "seconds"), [("", None), ("7", 7), ("99999999", 900), ("-1", None), ("soon", None)]
)
def test_a_rate_limit_says_how_long_to_wait(
    sandbox: Sandbox, client: SociocsClient, given: str, seconds: float | None
) -> None:
    play(sandbox, "429", "POST", retry_after=given)
    with pytest.raises(TryLater) as caught:
        client.send_bulk(bulk_message())
    assert caught.value.retry_after == seconds


def test_an_answer_that_takes_its_time_is_waited_for(
    sandbox: Sandbox, client: SociocsClient
) -> None:
    play(sandbox, "delay", "POST", seconds=0.5)
    assert client.send_bulk(bulk_message()).job_id


def test_the_gateways_clock_is_told_even_when_it_is_wrong(
    sandbox: Sandbox, client: SociocsClient
) -> None:
    play(sandbox, "clock_skew", "GET", seconds=-3_600)
    server_date = client.list_bulk_jobs().server_date
    assert server_date is not None
    assert timedelta(minutes=59) < datetime.now(UTC) - server_date < timedelta(minutes=61)


def test_a_job_id_seen_before_is_handed_on_for_the_caller_to_notice(
    sandbox: Sandbox, client: SociocsClient
) -> None:
    first = client.send_bulk(bulk_message()).job_id
    play(sandbox, "duplicate_job_id", "POST")
    assert client.send_bulk(bulk_message()).job_id == first


class TestTheList:
    def test_a_missing_schedule_is_none(self, sandbox: Sandbox, client: SociocsClient) -> None:
        client.send_bulk(bulk_message())
        play(sandbox, "list_without_schedule", "GET")
        assert [job.schedule for job in client.list_bulk_jobs()] == [None]

    @pytest.mark.parametrize("fault", ["list_stale", "list_empty"])
    def test_an_older_or_empty_list_is_what_it_is(
        self, sandbox: Sandbox, client: SociocsClient, fault: str
    ) -> None:
        client.send_bulk(bulk_message())
        play(sandbox, fault, "GET")
        assert len(client.list_bulk_jobs()) == 0

    @pytest.mark.parametrize("fault", ["list_html", "500", "invalid_json", "job_made_no_answer"])
    def test_a_look_that_fails_is_taken_again(
        self, sandbox: Sandbox, client: SociocsClient, fault: str
    ) -> None:
        client.send_bulk(bulk_message())
        play(sandbox, fault, "GET", times=1)
        assert len(client.list_bulk_jobs()) == 1

    def test_a_list_that_never_comes_is_no_empty_list(
        self, sandbox: Sandbox, client: SociocsClient
    ) -> None:
        play(sandbox, "list_html", "GET")
        with pytest.raises(TryLater) as caught:
            client.list_bulk_jobs()
        assert caught.value.reason is Reason.ANSWER_NOT_JSON


def single_message(**changes: Any) -> SingleMessage:
    parts: dict[str, Any] = {
        "provider": Provider.TWILIO_SMS,
        "channel_key": "front-desk-sms",
        "recipient": MessageRecipient(PHONE, "Ann"),
        "text": "Hello",
        "schedule": LATER,
    }
    return SingleMessage(**{**parts, **changes})


class TestWaitingMessages:
    def test_one_is_made_listed_and_taken_back(self, client: SociocsClient) -> None:
        message_id = client.send_message(single_message()).message_id
        (waiting,) = client.list_scheduled_messages()
        assert (waiting.message_id, waiting.schedule) == (message_id, LATER)
        assert (waiting.phone, waiting.channel_key) == (PHONE, "front-desk-sms")
        assert client.delete_scheduled_message(message_id).server_date is not None
        assert len(client.list_scheduled_messages()) == 0
        with pytest.raises(NotFound) as caught:
            client.delete_scheduled_message(message_id)
        assert caught.value.server_date is not None

    def test_one_that_has_gone_is_neither_listed_nor_taken_back(
        self, client: SociocsClient
    ) -> None:
        message_id = client.send_message(single_message(schedule=None)).message_id
        assert len(client.list_scheduled_messages()) == 0
        with pytest.raises(Refused) as caught:
            client.delete_scheduled_message(message_id)
        assert (type(caught.value), caught.value.http_status) == (Refused, 400)

    @pytest.mark.parametrize(
        ("fault", "field"),
        [("list_without_schedule", "schedule"), ("list_without_number", "phone")],
    )
    def test_what_the_list_does_not_show_is_none(
        self, sandbox: Sandbox, client: SociocsClient, fault: str, field: str
    ) -> None:
        client.send_message(single_message())
        play(sandbox, fault, "GET")
        (waiting,) = client.list_scheduled_messages()
        assert getattr(waiting, field) is None

    @pytest.mark.parametrize("fault", ["list_html", "500", "invalid_json", "job_made_no_answer"])
    def test_a_look_that_fails_is_taken_again(
        self, sandbox: Sandbox, client: SociocsClient, fault: str
    ) -> None:
        client.send_message(single_message())
        play(sandbox, fault, "GET", times=1)
        assert len(client.list_scheduled_messages()) == 1

    def test_a_list_that_never_comes_is_no_empty_list(
        self, sandbox: Sandbox, client: SociocsClient
    ) -> None:
        play(sandbox, "list_html", "GET")
        with pytest.raises(TryLater):
            client.list_scheduled_messages()

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ("401", AuthenticationFailed),
            ("405", Refused),
            ("503", OutcomeUnknown),
            ("silence", OutcomeUnknown),
            ("429", TryLater),
        ],
    )
    def test_taking_one_back_fails_in_a_way_that_says_what_to_do(
        self, sandbox: Sandbox, fault: str, kind: type[GatewayError]
    ) -> None:
        client = SociocsClient(sandbox.url, sandbox.api_key, total_timeout=1)
        message_id = client.send_message(single_message()).message_id
        play(sandbox, fault, "DELETE")
        with pytest.raises(GatewayError) as caught:
            client.delete_scheduled_message(message_id)
        assert type(caught.value) is kind
        assert len(client.list_scheduled_messages()) == 1

    def test_one_whose_deletion_got_no_answer_is_not_found_the_second_time(
        self, sandbox: Sandbox, client: SociocsClient
    ) -> None:
        message_id = client.send_message(single_message()).message_id
        play(sandbox, "job_made_no_answer", "DELETE", times=1)
        with pytest.raises(NotFound):
            client.delete_scheduled_message(message_id)
        assert len(client.list_scheduled_messages()) == 0


class TestDeleting:
    @pytest.mark.parametrize("fault", ["500", "reset_after_reading", "closed_no_answer"])
    def test_a_deletion_that_did_not_come_through_is_said_again(
        self, sandbox: Sandbox, client: SociocsClient, fault: str
    ) -> None:
        job_id = client.send_bulk(bulk_message()).job_id
        play(sandbox, fault, "DELETE", times=1)
        client.delete_bulk_job(job_id)
        assert control(sandbox, "GET", "/sandbox/witness")["deleted_jobs"] == 1

    def test_a_deletion_whose_answer_was_lost_is_not_found_the_second_time(
        self, sandbox: Sandbox, client: SociocsClient
    ) -> None:
        job_id = client.send_bulk(bulk_message()).job_id
        play(sandbox, "job_made_no_answer", "DELETE", times=1)
        with pytest.raises(NotFound):
            client.delete_bulk_job(job_id)
        assert control(sandbox, "GET", "/sandbox/witness")["deleted_jobs"] == 1


def play(sandbox: Sandbox, fault: str, method: str, **parameters: object) -> None:
    """Let the sandbox play a fault to requests of this method."""
    rule = control(
        sandbox, "POST", "/sandbox/faults", {"fault": fault, "method": method, **parameters}
    )
    assert rule["fault"] == fault


def posts(sandbox: Sandbox) -> int:
    """How many bulk sends have arrived since the sandbox started."""
    counts: dict[str, int] = control(sandbox, "GET", "/sandbox/witness")["requests_by_call"]
    return counts.get("POST /messages/bulk", 0)
