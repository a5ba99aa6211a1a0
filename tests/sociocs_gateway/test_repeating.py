"""What the client repeats by itself: reads and deletions, a few times, and never a POST or PUT."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

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
    TryLater,
)
from sociocs_gateway.webhooks import SubscriptionRequest
from tests.sociocs_gateway import canaries
from tests.sociocs_gateway.asking import MakeClient
from tests.sociocs_gateway.scripted_server import (
    ScriptedServer,
    answer,
    close_after_reading,
    error,
    reset_before_reading,
    silence,
    success,
)

WHEN = datetime(2026, 4, 2, tzinfo=UTC)
ONE = SingleMessage(Provider.TWILIO_SMS, "front-desk", MessageRecipient(canaries.PHONE), text="Hi")
MANY = BulkMessage(Provider.TWILIO_SMS, "front-desk", [MessageRecipient(canaries.PHONE)], text="Hi")
HOOK = SubscriptionRequest(Provider.TWILIO_SMS, "front-desk", "ref", "https://example.org", "s")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between repetitions, which take no time here."""
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    return naps


@pytest.mark.parametrize(
    "script", [error(500), reset_before_reading, close_after_reading, error(429)]
)
def test_a_read_is_repeated(
    server: ScriptedServer, client: SociocsClient, naps: list[float], script: object
) -> None:
    server.will(script, script, success([]))  # type: ignore[arg-type]
    assert len(client.list_bulk_jobs()) == 0
    assert server.connections == 3
    assert 0.1 <= naps[0] <= 0.4
    assert 0.5 <= naps[1] <= 1.5


def test_a_read_is_given_up_after_the_third_time(
    server: ScriptedServer, client: SociocsClient, naps: list[float]
) -> None:
    server.will(*[error(503)] * 9)
    with pytest.raises(TryLater) as caught:
        client.list_team_members()
    assert (caught.value.reason, caught.value.http_status) == (Reason.SERVER_ERROR, 503)
    assert server.connections == 3


def test_a_read_waits_as_long_as_it_is_told(
    server: ScriptedServer, client: SociocsClient, naps: list[float]
) -> None:
    server.will(error(429, headers={"Retry-After": "3"}), success([]))
    client.list_bulk_jobs()
    assert naps == [3]


def test_a_read_that_is_told_to_wait_long_is_given_back(
    server: ScriptedServer, make_client: MakeClient, naps: list[float]
) -> None:
    server.will(error(429, headers={"Retry-After": "30"}))
    with pytest.raises(TryLater) as caught:
        make_client(total_timeout=60).list_bulk_jobs()
    assert caught.value.retry_after == 30
    assert (server.connections, naps) == (1, [])


def test_repetitions_stay_inside_the_total_time(
    server: ScriptedServer, hasty_client: SociocsClient
) -> None:
    server.will(silence, success([]))
    started = time.monotonic()
    with pytest.raises(TryLater) as caught:
        hasty_client.list_bulk_jobs()
    assert caught.value.reason is Reason.TIMEOUT
    assert time.monotonic() - started < 20
    assert server.connections == 1


def test_a_repetition_that_runs_out_of_time_does_not_hide_what_was_answered_before(
    server: ScriptedServer, hasty_client: SociocsClient, naps: list[float]
) -> None:
    server.will(error(503), silence)
    with pytest.raises(TryLater) as caught:
        hasty_client.list_bulk_jobs()
    assert (caught.value.reason, caught.value.http_status) == (Reason.SERVER_ERROR, 503)
    assert server.connections == 2


@pytest.mark.parametrize("script", [error(400), error(401), error(403), error(404), error(200)])
def test_a_clear_no_is_not_asked_again(
    server: ScriptedServer, client: SociocsClient, naps: list[float], script: object
) -> None:
    server.will(script)  # type: ignore[arg-type]
    with pytest.raises((Refused, AuthenticationFailed)):
        client.list_bulk_jobs()
    assert server.connections == 1


@pytest.mark.parametrize("script", [error(500), close_after_reading, answer(b"<html>")])
@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.send_bulk(MANY),
        lambda client: client.send_message(ONE),
        lambda client: client.reschedule_bulk_job("1", WHEN),
        lambda client: client.block_contact(canaries.PHONE),
        lambda client: client.unblock_contact(canaries.PHONE),
        lambda client: client.create_webhook_subscription(HOOK),
    ],
)
def test_no_post_and_no_put_is_ever_repeated(
    server: ScriptedServer,
    client: SociocsClient,
    naps: list[float],
    ask: Callable[[SociocsClient], object],
    script: object,
) -> None:
    server.will(script, script)  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        ask(client)
    assert server.connections == 1


def test_a_post_that_met_the_rate_limit_is_not_repeated_here_either(
    server: ScriptedServer, client: SociocsClient, message: BulkMessage, naps: list[float]
) -> None:
    server.will(error(429))
    with pytest.raises(TryLater):
        client.send_bulk(message)
    assert server.connections == 1


@pytest.mark.usefixtures("naps")
class TestDeletingAJob:
    def test_a_lost_answer_is_asked_for_again(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(close_after_reading, success())
        client.delete_bulk_job("1")
        assert server.connections == 2

    def test_a_job_that_runs_is_refused(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(error(400, "already executing"))
        with pytest.raises(Refused) as caught:
            client.delete_bulk_job("1")
        assert caught.value.messages == ("already executing",)

    def test_a_job_that_is_not_there_is_not_found_and_halts_nothing(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(error(404))
        with pytest.raises(NotFound) as caught:
            client.delete_bulk_job("1")
        assert caught.value.halt is None

    def test_three_lost_answers_are_unknown(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(*[close_after_reading] * 3)
        with pytest.raises(OutcomeUnknown) as caught:
            client.delete_bulk_job("1")
        assert caught.value.reason is Reason.CONNECTION_LOST

    @pytest.mark.parametrize(
        ("then", "halt"),
        [
            (error(429, headers={"Retry-After": "60"}), None),
            (error(401), Halt.AUTHENTICATION),
            (error(403), Halt.AUTHENTICATION),
        ],
    )
    def test_an_unclear_try_stays_unclear_when_the_next_says_nothing_of_it(
        self,
        server: ScriptedServer,
        client: SociocsClient,
        then: object,
        halt: Halt | None,
    ) -> None:
        server.will(error(502), then)  # type: ignore[arg-type]
        with pytest.raises(OutcomeUnknown) as caught:
            client.delete_bulk_job("1")
        assert (caught.value.reason, caught.value.http_status) == (Reason.SERVER_ERROR, 502)
        assert caught.value.halt is halt

    @pytest.mark.parametrize("status", [400, 404])
    def test_a_clear_no_outranks_an_unclear_try(
        self, server: ScriptedServer, client: SociocsClient, status: int
    ) -> None:
        server.will(error(502), error(status))
        with pytest.raises(Refused) as caught:
            client.delete_bulk_job("1")
        assert caught.value.http_status == status

    def test_a_gateway_that_is_away_is_tried_later(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.close()
        with pytest.raises(GatewayError) as caught:
            client.delete_bulk_job("1")
        assert isinstance(caught.value, TryLater)


class TestReschedulingAJob:
    def test_an_answer_about_another_job_is_unknown(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(success({"job_id": "2"}))
        with pytest.raises(OutcomeUnknown):
            client.reschedule_bulk_job("1", WHEN)

    def test_a_success_that_names_no_job_is_about_the_one_asked_for(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(success())
        assert client.reschedule_bulk_job("1", WHEN).job_id == "1"

    def test_a_job_that_runs_is_refused(
        self, server: ScriptedServer, client: SociocsClient
    ) -> None:
        server.will(error(400))
        with pytest.raises(Refused):
            client.reschedule_bulk_job("1", WHEN)
