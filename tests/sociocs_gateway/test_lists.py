"""Lists and objects whose fields the vendor does not document are read as far as they go."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from sociocs_gateway import NotFound, Provider, Refused, SociocsClient, TryLater
from sociocs_gateway.results import BulkJob, DeliveryStatus
from tests.sociocs_gateway.scripted_server import ScriptedServer, answer, error, success

SLOT = datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC)


def job_of(server: ScriptedServer, client: SociocsClient, row: dict[str, Any]) -> BulkJob:
    server.will(success([{"job_id": "1", **row}]))
    (job,) = client.list_bulk_jobs()
    return job


class TestBulkJobs:
    def test_all_that_a_row_shows_is_read(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        row = {
            "job_id": "j1",
            "schedule": "2026-04-02T11:30:17+02:00",
            "recipient_count": 1_000,
            "text": "Hi",
            "channel_key": "front-desk",
            "colour": "green",
        }
        server.will(success([row]))
        jobs = client.list_bulk_jobs()
        assert list(jobs) == [BulkJob("j1", SLOT, 1_000, "Hi", "front-desk", row)]
        assert jobs.server_date == datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        "schedule",
        [
            "2026-04-02T09:30:17Z",
            "2026-04-02T09:30:17.123Z",
            "2026-04-02 09:30:17+00:00",
            "2026-04-02T05:30:17-04:00",
            SLOT.timestamp(),
            SLOT.timestamp() * 1_000,
            int(SLOT.timestamp()) * 1_000 + 999,
        ],
    )
    def test_a_schedule_is_read_to_the_second(
        self, server: ScriptedServer, client: SociocsClient, schedule: object
    ) -> None:
        assert job_of(server, client, {"schedule": schedule}).schedule == SLOT

    @pytest.mark.parametrize(
        "schedule",
        [
            None,
            "",
            "2026-04-02T09:30:17",
            "2026-04-02",
            "tomorrow",
            "0001-01-01T00:00:00+02:00",
            True,
            [],
            1e300,
            -1e300,
            10**17,
            "9" * 5_000,
        ],
    )
    def test_a_schedule_that_proves_nothing_is_none(
        self, server: ScriptedServer, client: SociocsClient, schedule: object
    ) -> None:
        assert job_of(server, client, {"schedule": schedule}).schedule is None

    @pytest.mark.parametrize(
        ("row", "count"),
        [
            ({"recipient_count": 7}, 7),
            ({"recipients_count": "7"}, 7),
            ({"recipients": [{"to": "1"}, {"to": "2"}]}, 2),
            ({"recipient_count": -1}, None),
            ({"recipient_count": True}, None),
            ({"recipient_count": 1.5}, None),
            ({"recipient_count": "²"}, None),
            ({"recipients": {"to": "1"}}, None),
            ({"recipient_count": "9" * 5_000}, None),
            ({}, None),
        ],
    )
    def test_recipients_are_counted_where_they_can_be(
        self, server: ScriptedServer, client: SociocsClient, row: dict[str, Any], count: int | None
    ) -> None:
        assert job_of(server, client, row).recipient_count == count

    @pytest.mark.parametrize("name", ["job_id", "id", "_id"])
    def test_the_id_may_go_by_several_names(
        self, server: ScriptedServer, client: SociocsClient, name: str
    ) -> None:
        server.will(success([{name: "j1"}]))
        assert [job.job_id for job in client.list_bulk_jobs()] == ["j1"]

    def test_rows_that_name_no_job_are_counted_and_left_out(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(success([{"job_id": "1"}, {}, None, 7, "x", [], {"job_id": []}]))
        jobs = client.list_bulk_jobs()
        assert (len(jobs), jobs.unreadable_rows) == (1, 6)

    @pytest.mark.parametrize(("rows", "is_full"), [(0, False), (99, False), (100, True)])
    def test_a_hundred_rows_may_hide_more(
        self, server: ScriptedServer, client: SociocsClient, rows: int, is_full: bool
    ) -> None:
        server.will(success([{"job_id": str(n)} for n in range(rows)]))
        assert client.list_bulk_jobs().is_full is is_full

    def test_a_hundred_rows_are_a_full_list_even_if_none_can_be_read(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(success([{}] * 100))
        assert client.list_bulk_jobs().is_full

    @pytest.mark.parametrize("content", [[{"job_id": "1"}], {"jobs": [{"job_id": "1"}], "n": 1}])
    def test_the_list_may_be_wrapped_once_more(
        self, server: ScriptedServer, client: SociocsClient, content: Any
    ) -> None:
        server.will(success(content))
        assert len(client.list_bulk_jobs()) == 1

    @pytest.mark.parametrize("data", [None, {}, "none", 0, {"jobs": [], "more": []}])
    def test_an_answer_without_a_list_is_not_an_empty_list(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        data: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda _seconds: None)
        server.will(*[success(data)] * 3)
        with pytest.raises(TryLater):
            client.list_bulk_jobs()


class TestChannels:
    @pytest.mark.parametrize("wrap", [answer, success])
    def test_a_bare_list_and_the_envelope_are_both_taken(
        self, server: ScriptedServer, client: SociocsClient, wrap: Any
    ) -> None:
        server.will(wrap([{"id": "k1", "channel_key": "k1", "name": "Front desk"}]))
        (channel,) = client.list_channels(Provider.TWILIO_SMS)
        assert (channel.channel_key, channel.name) == ("k1", "Front desk")
        assert channel.provider is Provider.TWILIO_SMS

    @pytest.mark.parametrize(
        ("row", "provider"),
        [
            ({"id": "k"}, Provider.TWILIO_SMS),
            ({"id": "k", "provider": "gswa"}, Provider.GUPSHUP_WHATSAPP),
            ({"id": "k", "provider": "tlnx"}, None),
        ],
    )
    def test_a_provider_nobody_knows_is_none(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        row: dict[str, Any],
        provider: Provider | None,
    ) -> None:
        server.will(success([row]))
        (channel,) = client.list_channels(Provider.TWILIO_SMS)
        assert (channel.name, channel.provider) == ("k", provider)

    def test_a_channels_number_is_shown(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        data = {
            "name": "Front desk",
            "country_code": "1",
            "phone_number": 16317471111,
            "provider": "twlo",
        }
        server.will(success(data))
        channel = client.get_channel("k1")
        assert (channel.channel_key, channel.name) == ("k1", "Front desk")
        assert (channel.country_code, channel.phone_number) == ("1", "16317471111")

    def test_a_channel_that_is_not_there_is_not_found(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(error(404))
        with pytest.raises(NotFound):
            client.get_channel("k1")


class TestTeamMembers:
    def test_either_name_of_the_id_is_taken(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        rows = [{"id": 7, "name": "Ann"}, {"user_id": "u8", "email": "ben@example.org"}, {}]
        server.will(success(rows))
        members = client.list_team_members()
        assert [(m.user_id, m.name, m.email) for m in members] == [
            ("7", "Ann", None),
            ("u8", None, "ben@example.org"),
        ]
        assert members.unreadable_rows == 1


class TestListedMessages:
    def test_a_message_tells_whom_it_went_to(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        row = {
            "message_id": "m1",
            "to": "14155550101",
            "status": "Delivered",
            "timestamp": 1_775_122_217_500,
        }
        server.will(success([row]))
        (message,) = client.list_messages(SLOT.date(), SLOT.date())
        assert (message.message_id, message.phone) == ("m1", "+14155550101")
        assert (message.status, message.vendor_status) == (DeliveryStatus.DELIVERED, "Delivered")
        assert message.sent_at == datetime(2026, 4, 2, 9, 30, 17, 500_000, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("to", "phone"),
        [
            ("+14155550101", "+14155550101"),
            (14155550101, "+14155550101"),
            ("whatsapp:+14155550101", "+14155550101"),
            ("++14155550101", None),
            ("SHORT", None),
            ("12345", None),
            (None, None),
        ],
    )
    def test_a_number_is_one_only_in_full(
        self, server: ScriptedServer, client: SociocsClient, to: object, phone: str | None
    ) -> None:
        server.will(success([{"message_id": "m1", "to": to}]))
        (message,) = client.list_messages(SLOT.date(), SLOT.date())
        assert message.phone == phone


class TestScheduledMessages:
    def test_all_that_a_row_shows_is_read(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        row = {
            "message_id": "m1",
            "to": "14155550101",
            "channel_key": "front-desk",
            "schedule": "2026-04-02T11:30:17.400+02:00",
        }
        server.will(success([row]))
        waiting = client.list_scheduled_messages()
        (message,) = waiting
        assert (message.message_id, message.phone) == ("m1", "+14155550101")
        assert (message.schedule, message.channel_key) == (SLOT, "front-desk")
        assert message.raw == row
        assert (len(waiting), waiting.is_full, waiting.unreadable_rows) == (1, False, 0)
        assert waiting.server_date == datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)
        assert "4155550101" not in repr(message)

    @pytest.mark.parametrize(
        "row",
        [
            {"id": 7},
            {"id": 7, "to": "Ann", "schedule": "2026-04-02T09:30:17", "channel_key": ""},
            {"id": 7, "to": None, "schedule": "soon", "channel_key": {}},
        ],
    )
    def test_what_a_row_does_not_show_is_none(
        self, server: ScriptedServer, client: SociocsClient, row: dict[str, Any]
    ) -> None:
        server.will(success([row]))
        (message,) = client.list_scheduled_messages()
        assert message.message_id == "7"
        assert (message.schedule, message.phone, message.channel_key) == (None, None, None)

    @pytest.mark.parametrize(("rows", "is_full"), [(99, False), (100, True), (101, True)])
    def test_a_hundred_rows_may_hide_more(
        self, server: ScriptedServer, client: SociocsClient, rows: int, is_full: bool
    ) -> None:
        server.will(success([{"message_id": f"m{n}"} for n in range(rows - 1)] + [{}]))
        waiting = client.list_scheduled_messages()
        assert (waiting.is_full, waiting.unreadable_rows) == (is_full, 1)

    def test_an_answer_without_a_list_is_not_an_empty_list(
        self, server: ScriptedServer, client: SociocsClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda _seconds: None)
        server.will(*[success({})] * 3)
        with pytest.raises(TryLater):
            client.list_scheduled_messages()

    def test_one_is_taken_back_by_a_success_without_data(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(answer(b'{"status": "success"}'))
        taken_back = client.delete_scheduled_message("m1")
        assert taken_back.server_date == datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)

    def test_one_that_is_being_sent_is_refused(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(error(400, "It was sent"))
        with pytest.raises(Refused) as caught:
            client.delete_scheduled_message("m1")
        assert not isinstance(caught.value, NotFound)

    def test_one_that_is_not_there_says_when_it_was_looked_for(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(error(404))
        with pytest.raises(NotFound) as caught:
            client.delete_scheduled_message("m1")
        assert caught.value.server_date == datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)
        kept = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made here
        assert kept.server_date == caught.value.server_date


class TestBlockedContacts:
    @pytest.mark.parametrize("is_blocked", [True, False])
    def test_the_answer_is_told(
        self, server: ScriptedServer, client: SociocsClient, is_blocked: bool
    ) -> None:
        server.will(success({"is_blocked": is_blocked}))
        assert client.is_contact_blocked("+14155550101").is_blocked is is_blocked

    @pytest.mark.parametrize("data", [None, {}])
    def test_a_bare_success_means_what_was_asked_for(
        self, server: ScriptedServer, client: SociocsClient, data: Any
    ) -> None:
        server.will(success(data), success(data))
        assert client.block_contact("+14155550101").is_blocked
        assert not client.unblock_contact("+14155550101").is_blocked

    @pytest.mark.parametrize("data", [None, {}, {"is_blocked": 1}, {"is_blocked": "false"}])
    def test_a_question_without_an_answer_stays_open(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        data: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("time.sleep", lambda _seconds: None)
        server.will(*[success(data)] * 3)
        with pytest.raises(TryLater):
            client.is_contact_blocked("+14155550101")


class TestSubscriptions:
    def test_a_subscription_is_read_as_documented(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        row = {
            "id": "s1",
            "channel_key": "k1",
            "platform": "sociocs-campaigns",
            "provider": "twlo",
            "status": "active",
            "subscriber_reference_id": "team-1",
            "webhook_url": "https://example.org/hooks/1",
        }
        server.will(success(row), success([row]))
        one = client.get_webhook_subscription("s1")
        (listed,) = client.list_webhook_subscriptions()
        for subscription in (one, listed):
            assert subscription.id == "s1"
            assert subscription.subscriber_reference_id == "team-1"
            assert subscription.provider is Provider.TWILIO_SMS
            assert subscription.channel_key == "k1"
            assert subscription.webhook_url == "https://example.org/hooks/1"
            assert subscription.status == "active"

    @pytest.mark.parametrize(
        ("shown", "events"),
        [
            ({}, None),
            ({"events": None}, None),
            ({"events": []}, None),
            ({"events": ["messages"]}, {"messages"}),
            ({"events": '["messages", "status_updates"]'}, {"messages", "status_updates"}),
        ],
    )
    def test_what_it_reports_is_known_only_where_it_is_shown(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        shown: dict[str, Any],
        events: set[str] | None,
    ) -> None:
        server.will(success({"id": "s1"} | shown))
        assert client.get_webhook_subscription("s1").events == events

    @pytest.mark.parametrize(
        ("status", "is_paused"),
        [("paused", True), (" Paused", True), ("active", False), ("", False), (None, False)],
    )
    def test_one_that_is_paused_says_so(
        self, server: ScriptedServer, client: SociocsClient, status: str | None, is_paused: bool
    ) -> None:
        server.will(success({"id": "s1", "status": status}))
        assert client.get_webhook_subscription("s1").is_paused is is_paused


class TestStatuses:
    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("queued", DeliveryStatus.QUEUED),
            ("enqueued", DeliveryStatus.QUEUED),
            ("sending", DeliveryStatus.QUEUED),
            ("sent", DeliveryStatus.SENT),
            ("delivered", DeliveryStatus.DELIVERED),
            ("read", DeliveryStatus.READ),
            ("undelivered", DeliveryStatus.FAILED),
            ("failed", DeliveryStatus.FAILED),
            ("partially_delivered", DeliveryStatus.UNKNOWN),
            ("", DeliveryStatus.UNKNOWN),
        ],
    )
    def test_the_vendors_words_have_ours(self, word: str, status: DeliveryStatus) -> None:
        assert DeliveryStatus.of(word) is status

    def test_a_message_only_ever_gets_further(self) -> None:
        order = sorted(DeliveryStatus, key=lambda status: status.rank)
        assert order == ["unknown", "queued", "sent", "failed", "delivered", "read"]
