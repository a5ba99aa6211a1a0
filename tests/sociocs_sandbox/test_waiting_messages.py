"""Single messages that wait for their time: listed, and taken back until it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sociocs_sandbox.conftest import ANN, BOB, Vendor, later
from tests.waiting import wait_until

pytestmark = pytest.mark.thorough

SMS = {"provider": "twlo", "channel_key": "front-desk-sms", "to": ANN, "name": "Ann"}
HELLO = SMS | {"text": "Hello"}


def send(vendor: Vendor, *, fault: str | None = None, **changes: Any) -> str:
    """Hand one message over for tomorrow; give its id."""
    body = HELLO | {"schedule": later()} | changes
    message_id: str = vendor.data("POST", "/message", body, fault=fault)["message_id"]
    return message_id


def waiting(vendor: Vendor, **more: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = vendor.data("GET", "/messages/scheduled", **more)
    return listed


def test_a_message_that_waits_is_listed_with_its_second_and_its_number(vendor: Vendor) -> None:
    message_id = send(vendor, schedule="2031-05-01T09:30:17+02:00")
    (message,) = waiting(vendor)
    assert message["message_id"] == message_id
    assert (message["to"], message["name"], message["text"]) == (ANN[1:], "Ann", "Hello")
    assert message["schedule"] == "2031-05-01T07:30:17.000Z"
    assert (message["provider"], message["channel_key"]) == ("twlo", "front-desk-sms")


def test_neither_bulk_jobs_nor_what_goes_at_once_nor_what_has_gone_waits(vendor: Vendor) -> None:
    vendor.make_job()
    vendor.data("POST", "/message", HELLO)
    soon = send(vendor, schedule=later(timedelta(seconds=1)))
    assert [message["message_id"] for message in waiting(vendor)] in ([soon], [])
    wait_until(lambda: not waiting(vendor))
    assert vendor.settled()["messages"] == 2


def test_the_list_shows_the_hundred_newest_scheduled_first(vendor: Vendor) -> None:
    for second in range(105):
        send(vendor, schedule=f"2031-05-01T09:{second // 60:02d}:{second % 60:02d}Z")
    schedules = [message["schedule"] for message in waiting(vendor)]
    assert len(schedules) == 100
    assert schedules == sorted(schedules, reverse=True)
    assert schedules[-1] == "2031-05-01T09:00:05.000Z"


def test_a_message_is_taken_back_without_data_and_never_goes_out(vendor: Vendor) -> None:
    message_id = send(vendor, schedule=later(timedelta(seconds=1.5)))
    answer = vendor.call("DELETE", f"/messages/scheduled/{message_id}")
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert waiting(vendor) == []
    marker = send(vendor, to=BOB, schedule=later(timedelta(seconds=1.6)))
    wait_until(lambda: vendor.witness(f"/jobs/{marker}")["executed"])
    assert vendor.settled()["messages"] == 1


def test_what_was_sent_is_not_taken_back(vendor: Vendor) -> None:
    message_id = vendor.data("POST", "/message", HELLO)["message_id"]
    vendor.settled()
    assert "being sent" in vendor.errors("DELETE", f"/messages/scheduled/{message_id}")


def test_what_is_not_there_is_404(vendor: Vendor) -> None:
    gone = send(vendor)
    vendor.data_less("DELETE", f"/messages/scheduled/{gone}")
    for message_id in ("0", gone, vendor.make_job()):
        vendor.errors("DELETE", f"/messages/scheduled/{message_id}", status=404)


def test_another_accounts_messages_are_neither_shown_nor_taken_back(vendor: Vendor) -> None:
    message_id = send(vendor)
    stranger = {"apikey": vendor.control("POST", "/accounts")["api_key"]}
    assert waiting(vendor, headers=stranger) == []
    answer = vendor.call("DELETE", f"/messages/scheduled/{message_id}", headers=stranger)
    assert answer.status_code == 404
    assert len(waiting(vendor)) == 1


@pytest.mark.parametrize(
    ("fault", "name"), [("list_without_schedule", "schedule"), ("list_without_number", "to")]
)
def test_a_list_may_lack_a_field(vendor: Vendor, fault: str, name: str) -> None:
    send(vendor)
    (message,) = waiting(vendor, fault=fault)
    assert name not in message


def test_a_list_may_be_empty_or_old(vendor: Vendor) -> None:
    send(vendor)
    assert waiting(vendor, fault="list_empty") == []
    assert waiting(vendor, fault="list_stale; seconds=60") == []


def test_a_message_may_land_after_the_connection_was_closed(vendor: Vendor) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - whatever a closed connection is to requests
        send(vendor, fault="late_landing; seconds=1")
    assert waiting(vendor) == []
    wait_until(lambda: waiting(vendor))


def test_a_message_may_be_given_the_id_of_the_one_before(vendor: Vendor) -> None:
    vendor.make_job()
    first = send(vendor)
    assert send(vendor, fault="duplicate_job_id") == first
    assert len(waiting(vendor)) == 2
