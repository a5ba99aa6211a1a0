"""POST, GET, PUT and DELETE on /messages/bulk, as the contract describes them."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from tests.sociocs_sandbox.conftest import ANN, BOB, CEM, Vendor, bulk_body, later

pytestmark = pytest.mark.thorough

WHATSAPP = {"provider": "twlowa", "channel_key": "clinic-whatsapp"}


def test_a_job_is_made_and_listed_with_what_was_given(vendor: Vendor) -> None:
    schedule = "2031-05-01T09:30:17+02:00"
    job_id = vendor.make_job(schedule=schedule, user_id="member-ada")
    (job,) = vendor.listed()
    assert job["job_id"] == job_id
    assert job["schedule"] == "2031-05-01T07:30:17.000Z"
    assert (job["provider"], job["channel_key"]) == ("twlo", "front-desk-sms")
    assert (job["recipients_count"], job["text"]) == (2, "Your check-up is due.")
    assert (job["status"], job["user_id"]) == ("scheduled", "member-ada")


def test_a_time_without_an_offset_is_one_in_utc(vendor: Vendor) -> None:
    vendor.make_job(schedule="2031-05-01T09:30:17")
    assert vendor.listed()[0]["schedule"] == "2031-05-01T09:30:17.000Z"


@pytest.mark.parametrize("medium", ["image_url", "video_url", "file_url"])
def test_a_media_address_stands_in_for_the_text(vendor: Vendor, medium: str) -> None:
    vendor.make_job(text=..., **WHATSAPP, **{medium: "https://media.example.org/a"})
    (job,) = vendor.listed()
    assert (job["text"], job[medium]) == ("", "https://media.example.org/a")


def test_text_and_media_go_together(vendor: Vendor) -> None:
    vendor.make_job(file_url="https://media.example.org/a.pdf", **WHATSAPP)
    assert vendor.listed()[0]["file_url"] == "https://media.example.org/a.pdf"


def test_image_urls_is_ignored(vendor: Vendor) -> None:
    vendor.make_job(image_urls=["https://media.example.org/a.png"])
    assert "https://media.example.org" not in str(vendor.listed())


def test_image_urls_does_not_stand_in_for_the_text(vendor: Vendor) -> None:
    body = bulk_body(text=..., image_urls=["https://media.example.org/a.png"])
    assert "text is required" in vendor.errors("POST", "/messages/bulk", body)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"provider": ...}, "provider must be one of gswa, twlo, twlowa"),
        ({"provider": "tlnx"}, "provider must be one of"),
        ({"channel_key": ...}, "channel_key is not a channel of this provider"),
        ({"channel_key": "clinic-whatsapp"}, "channel_key is not a channel of this provider"),
        ({"recipients": ...}, "recipients must be a list with at least one entry"),
        ({"recipients": []}, "recipients must be a list with at least one entry"),
        ({"recipients": {"to": ANN}}, "recipients must be a list with at least one entry"),
        ({"recipients": [ANN]}, "recipients[0] must be an object with to and name"),
        ({"recipients": [{"name": "Ann"}]}, "recipients[0].to must start with the country code"),
        ({"recipients": [{"to": 14155550101}]}, "recipients[0].to must start with"),
        ({"recipients": [{"to": ANN, "name": 7}]}, "recipients[0].name must be a text"),
        ({"text": ...}, "text is required unless image_url, video_url or file_url is given"),
        ({"text": ["Hello"]}, "text must be a text"),
        ({"image_url": "ftp://media.example.org/a.png"}, "image_url must be an http or https"),
        ({"file_url": "https://"}, "file_url must be an http or https address"),
        ({"duplicates_allowed": "yes"}, "duplicates_allowed must be true or false"),
        ({"schedule": "tomorrow"}, "schedule must be an ISO 8601 time with an offset"),
        ({"schedule": 1_900_000_000}, "schedule must be an ISO 8601 time with an offset"),
        ({"user_id": "member-nobody"}, "user_id is not a team member"),
    ],
)
def test_a_mistake_is_refused_with_its_sentence(
    vendor: Vendor, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in vendor.errors("POST", "/messages/bulk", bulk_body(**changes))
    assert vendor.witness()["jobs"] == 0


@pytest.mark.parametrize(
    "to", ["", "+", "0170123456", "+1 415 555 0101", "+141", "1" * 16, "+١٤١٥٥٥٥٠١٠١"]
)
def test_what_is_no_international_number_is_refused_by_position(vendor: Vendor, to: str) -> None:
    body = bulk_body(recipients=[{"to": ANN}, {"to": to}])
    assert vendor.errors("POST", "/messages/bulk", body).startswith("recipients[1].to")


def test_all_mistakes_come_at_once_and_none_repeats_a_number(vendor: Vendor) -> None:
    body = bulk_body(text=..., user_id="?", recipients=[{"to": "0415-555-0199"}])
    sentences = vendor.errors("POST", "/messages/bulk", body)
    assert len(sentences.splitlines()) == 3
    assert "0199" not in sentences


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"text": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(vendor: Vendor, body: bytes) -> None:
    answer = vendor.call("POST", "/messages/bulk", data=body)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")


def test_json_that_breaks_off_is_told_where(vendor: Vendor) -> None:
    body = b'{"text": "Hello",\n "schedule: "2031-05-01T09:30:00Z"}'
    told = vendor.call("POST", "/messages/bulk", data=body).json()["errors"][0]["msg"]
    assert told == "The body is not valid JSON: line 2, column 14"


def test_more_people_than_it_takes_get_413(vendor: Vendor) -> None:
    body = bulk_body(recipients=[{"to": ANN}] * 10_001)
    told = vendor.errors("POST", "/messages/bulk", body, status=413)
    assert told == "recipients has 10001 entries, more than the 10000 allowed"


def test_a_body_over_the_limit_gets_413(vendor: Vendor) -> None:
    answer = vendor.call("POST", "/messages/bulk", data=b" " * 25_000_001)
    assert (answer.status_code, answer.json()["status"]) == (413, "error")


def test_a_number_counts_the_same_with_and_without_plus(vendor: Vendor) -> None:
    job_id = vendor.make_job(recipients=[{"to": ANN, "name": "First"}, {"to": ANN[1:]}])
    recipients = vendor.witness(f"/jobs/{job_id}")["recipients"]
    assert recipients == [{"to": ANN, "name": "First"}]


def test_the_list_shows_the_hundred_newest_scheduled_first(vendor: Vendor) -> None:
    for minute in range(105):
        vendor.make_job(schedule=f"2031-05-01T{9 + minute % 2:02d}:{minute // 2:02d}:00Z")
    schedules = [job["schedule"] for job in vendor.listed()]
    assert len(schedules) == 100
    assert schedules == sorted(schedules, reverse=True)
    assert schedules[-1] == "2031-05-01T09:05:00.000Z"


def test_a_waiting_job_is_moved(vendor: Vendor) -> None:
    job_id = vendor.make_job()
    data = vendor.data("PUT", f"/messages/bulk/{job_id}", {"schedule": "2031-05-01T00:00:00Z"})
    assert data == {"job_id": job_id}
    assert vendor.listed()[0]["schedule"] == "2031-05-01T00:00:00.000Z"


def test_moving_a_job_into_the_past_sends_it_at_once(vendor: Vendor) -> None:
    job_id = vendor.make_job()
    vendor.data("PUT", f"/messages/bulk/{job_id}", {"schedule": later(timedelta(hours=-1))})
    assert vendor.settled()["messages"] == 2


@pytest.mark.parametrize("body", [{}, {"schedule": None}, {"schedule": "soon"}, ["schedule"]])
def test_a_job_is_not_moved_to_no_time(vendor: Vendor, body: object) -> None:
    job_id = vendor.make_job()
    vendor.errors("PUT", f"/messages/bulk/{job_id}", body)
    assert vendor.listed()[0]["status"] == "scheduled"


def test_a_deleted_job_is_gone(vendor: Vendor) -> None:
    job_id = vendor.make_job()
    assert vendor.data("DELETE", f"/messages/bulk/{job_id}") == {"job_id": job_id}
    assert vendor.listed() == []
    assert vendor.witness()["deleted_jobs"] == 1


def test_a_deleted_job_never_goes_out(vendor: Vendor) -> None:
    job_id = vendor.make_job(schedule=later(timedelta(seconds=1.5)))
    vendor.data("DELETE", f"/messages/bulk/{job_id}")
    marker = vendor.make_job(schedule=later(timedelta(seconds=1.6)), recipients=[{"to": CEM}])
    while vendor.witness(f"/jobs/{marker}")["executed"] is None:
        time.sleep(0.01)
    assert vendor.settled()["messages"] == 1


@pytest.mark.parametrize(("method", "body"), [("PUT", {"schedule": later()}), ("DELETE", None)])
def test_a_job_that_has_run_can_neither_be_moved_nor_deleted(
    vendor: Vendor, method: str, body: object
) -> None:
    job_id = vendor.make_job(schedule=...)
    vendor.settled()
    assert "already run" in vendor.errors(method, f"/messages/bulk/{job_id}", body)


@pytest.mark.parametrize(("method", "body"), [("PUT", {"schedule": later()}), ("DELETE", None)])
def test_an_unknown_job_is_404(vendor: Vendor, method: str, body: object) -> None:
    assert vendor.errors(method, "/messages/bulk/0", body, status=404) == "Job not found"
    gone = vendor.make_job()
    vendor.data("DELETE", f"/messages/bulk/{gone}")
    assert vendor.errors(method, f"/messages/bulk/{gone}", body, status=404) == "Job not found"


def test_a_single_message_is_no_bulk_job(vendor: Vendor) -> None:
    message = {"provider": "twlo", "channel_key": "front-desk-sms", "to": BOB, "text": "Hello"}
    message_id = vendor.data("POST", "/message", message | {"schedule": later()})["message_id"]
    assert vendor.listed() == []
    vendor.errors("DELETE", f"/messages/bulk/{message_id}", status=404)
