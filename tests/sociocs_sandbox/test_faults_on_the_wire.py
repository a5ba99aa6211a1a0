"""Each fault as it arrives on the socket, and whether a job was made behind it."""

from __future__ import annotations

import email.utils
import gzip
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from sociocs_sandbox.fault_catalogue import CATALOGUE
from tests.sociocs_sandbox.conftest import Vendor, bulk_body
from tests.sociocs_sandbox.wire import exchange, get_jobs, post_job, request_bytes
from tests.waiting import wait_until

pytestmark = pytest.mark.thorough

REFUSALS = [400, 401, 403, 404, 405, 408, 413, 415, 422, 429, *range(500, 512), 418, 599]
REDIRECTS = [301, 302, 303, 307, 308]
# A clock that is an hour off differs by more, and an answer on a busy machine by less.
SOON = timedelta(minutes=1)


def jobs_made(vendor: Vendor) -> int:
    made: int = vendor.witness()["jobs"]
    return made


@pytest.mark.parametrize("status", REFUSALS)
def test_a_status_comes_in_the_vendors_envelope_and_makes_no_job(
    vendor: Vendor, status: int
) -> None:
    heard = post_job(vendor, str(status))
    assert heard.status == status
    assert json.loads(heard.body)["status"] == "error"
    assert jobs_made(vendor) == 0


@pytest.mark.parametrize("given", ["120", "999999999999", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_429_comes_with_the_retry_after_that_was_asked_for(vendor: Vendor, given: str) -> None:
    heard = post_job(vendor, f"429; retry_after={given}")
    assert (heard.status, heard.header("Retry-After")) == (429, given)


def test_429_comes_without_retry_after_unless_asked(vendor: Vendor) -> None:
    with pytest.raises(KeyError):
        post_job(vendor, "429").header("Retry-After")


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_leads_elsewhere(vendor: Vendor, status: int) -> None:
    heard = post_job(vendor, f"{status};location=http://127.0.0.1:9/other")
    assert (heard.status, heard.header("Location")) == (status, "http://127.0.0.1:9/other")
    assert jobs_made(vendor) == 0


@pytest.mark.parametrize("status", [302, 307])
def test_a_caller_that_follows_a_redirect_is_found_out(vendor: Vendor, status: int) -> None:
    answer = vendor.call("POST", "/messages/bulk", bulk_body(), fault=str(status))
    assert answer.json()["data"] == {"job_id": "made-elsewhere"}
    assert vendor.witness()["redirects_followed"] == 1
    assert jobs_made(vendor) == 0


def test_200_can_carry_an_error(vendor: Vendor) -> None:
    heard = post_job(vendor, "200_error")
    assert (heard.status, json.loads(heard.body)["status"]) == (200, "error")
    assert jobs_made(vendor) == 0


@pytest.mark.parametrize(
    ("fault", "ending", "jobs"),
    [
        ("reset_before_reading", "reset", 0),
        ("reset_after_part", "reset", 0),
        ("reset_after_reading", "reset", 0),
        ("reset_after_job_made", "reset", 1),
        ("closed_no_answer", "closed", 0),
        ("job_made_no_answer", "closed", 1),
    ],
)
def test_no_byte_comes_back(vendor: Vendor, fault: str, ending: str, jobs: int) -> None:
    heard = post_job(vendor, fault)
    assert (heard.received, heard.ending) == (b"", ending)
    assert jobs_made(vendor) == jobs


def test_a_reset_before_reading_does_not_wait_for_the_body(vendor: Vendor) -> None:
    body = json.dumps(bulk_body()).encode()
    whole = request_bytes(vendor, "POST", "/messages/bulk", "reset_before_reading", body)
    heard = exchange(vendor, whole.removesuffix(body))
    assert (heard.ending, jobs_made(vendor)) == ("reset", 0)


def test_a_reset_after_part_waits_for_half_of_the_body(vendor: Vendor) -> None:
    body = json.dumps(bulk_body()).encode()
    whole = request_bytes(vendor, "POST", "/messages/bulk", "reset_after_part", body)
    head = whole.removesuffix(body)
    assert exchange(vendor, head + body[: len(body) // 3], patience=0.5).ending == "silence"
    assert exchange(vendor, head + body[: len(body) // 2 + 1]).ending == "reset"


def test_silence_lasts_as_long_as_it_was_asked_to(vendor: Vendor) -> None:
    heard = post_job(vendor, "silence; seconds=0.6")
    assert (heard.received, heard.ending) == (b"", "closed")
    assert 0.5 < heard.seconds < 20
    assert jobs_made(vendor) == 0


def test_silence_is_silence_until_the_caller_has_enough(vendor: Vendor) -> None:
    assert post_job(vendor, "silence", patience=0.5).ending == "silence"


def test_a_proxy_answers_502_after_the_job_was_made(vendor: Vendor) -> None:
    heard = post_job(vendor, "job_made_then_502")
    assert heard.status == 502
    assert heard.body.startswith(b"<html>")
    assert jobs_made(vendor) == 1


def test_half_of_a_body_arrives(vendor: Vendor) -> None:
    heard = post_job(vendor, "half_body")
    assert (heard.status, heard.ending) == (200, "closed")
    assert len(heard.body) == int(heard.header("Content-Length")) // 2
    assert jobs_made(vendor) == 1


def test_a_body_drips(vendor: Vendor) -> None:
    heard = post_job(vendor, "slow_drip; bytes=40", patience=1)
    assert heard.ending == "silence"
    assert 0 < len(heard.received) <= 40 * heard.seconds + 5
    assert jobs_made(vendor) == 1


def test_a_dripping_answer_is_the_true_one_in_the_end(vendor: Vendor) -> None:
    heard = post_job(vendor, "slow_drip; bytes=2000")
    assert json.loads(heard.body)["data"]["job_id"] == vendor.listed()[0]["job_id"]


def test_chunks_break_off(vendor: Vendor) -> None:
    heard = post_job(vendor, "broken_chunks")
    assert heard.header("Transfer-Encoding") == "chunked"
    announced = int(heard.body.partition(b"\r\n")[0], 16)
    assert len(heard.body.partition(b"\r\n")[2]) == announced // 2
    assert jobs_made(vendor) == 1


def test_json_is_broken(vendor: Vendor) -> None:
    heard = post_job(vendor, "invalid_json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(heard.body)
    assert (heard.status, jobs_made(vendor)) == (200, 1)


def test_json_is_too_deep(vendor: Vendor) -> None:
    with pytest.raises(RecursionError):
        json.loads(post_job(vendor, "deep_json").body)


def test_a_page_comes_instead_of_json(vendor: Vendor) -> None:
    heard = post_job(vendor, "html_page")
    assert (heard.status, heard.header("Content-Type")) == (200, "text/html; charset=utf-8")
    assert jobs_made(vendor) == 1


def test_headers_come_in_hundreds(vendor: Vendor) -> None:
    assert post_job(vendor, "many_headers").head.count(b"\r\n") > 400
    assert post_job(vendor, "many_headers; headers=900").head.count(b"\r\n") > 900


def test_a_body_can_be_named(vendor: Vendor) -> None:
    heard = post_job(vendor, 'own_body; body={"status": "success", "data": {"job_id": null}}')
    assert json.loads(heard.body)["data"] == {"job_id": None}
    assert jobs_made(vendor) == 1


def test_a_body_unpacks_to_a_multiple(vendor: Vendor) -> None:
    heard = post_job(vendor, "gzip_bomb; bytes=20000000", patience=20)
    assert heard.header("Content-Encoding") == "gzip"
    assert len(heard.body) < 200_000
    assert len(gzip.decompress(heard.body)) == 20_000_000
    assert jobs_made(vendor) == 1


def test_a_body_is_huge(vendor: Vendor) -> None:
    heard = post_job(vendor, "huge_body; bytes=3000000", patience=20)
    assert len(heard.body) > 3_000_000
    assert jobs_made(vendor) == 1


def test_an_answer_lacks_the_job_id(vendor: Vendor) -> None:
    heard = post_job(vendor, "no_job_id")
    assert json.loads(heard.body) == {"status": "success", "data": {}}
    assert jobs_made(vendor) == 1


def test_an_answer_repeats_an_earlier_job_id(vendor: Vendor) -> None:
    first = vendor.make_job()
    assert json.loads(post_job(vendor, "duplicate_job_id").body)["data"]["job_id"] == first
    assert len({job["job_id"] for job in vendor.listed()}) == 2


def test_a_job_lands_late(vendor: Vendor) -> None:
    heard = post_job(vendor, "late_landing; seconds=2")
    assert (heard.received, heard.ending) == (b"", "closed")
    assert vendor.listed() == []
    wait_until(lambda: len(vendor.listed()) == 1)


def test_a_job_that_landed_late_goes_out_late(vendor: Vendor) -> None:
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    body = json.dumps(bulk_body(schedule=past)).encode()
    fault = "late_landing; seconds=2"
    exchange(vendor, request_bytes(vendor, "POST", "/messages/bulk", fault, body))
    assert vendor.settled()["messages"] == 0
    wait_until(lambda: vendor.settled()["messages"] == 2)


def test_a_job_that_has_not_landed_cannot_be_deleted(vendor: Vendor) -> None:
    post_job(vendor, "late_landing; seconds=30")
    (job,) = vendor.witness("/jobs")
    vendor.errors("DELETE", f"/messages/bulk/{job['job_id']}", status=404)


def test_listed_jobs_lack_their_schedule(vendor: Vendor) -> None:
    vendor.make_job()
    (job,) = json.loads(get_jobs(vendor, "list_without_schedule").body)["data"]
    assert "schedule" not in job
    assert job["job_id"]


def test_a_list_is_stale(vendor: Vendor) -> None:
    old = vendor.make_job()
    time.sleep(2.1)
    vendor.make_job()
    stale = json.loads(get_jobs(vendor, "list_stale; seconds=2").body)["data"]
    assert [job["job_id"] for job in stale] == [old]
    assert len(vendor.listed()) == 2


def test_a_stale_list_still_shows_a_job_that_was_deleted_since(vendor: Vendor) -> None:
    job_id = vendor.make_job()
    time.sleep(2.1)
    vendor.data("DELETE", f"/messages/bulk/{job_id}")
    stale = json.loads(get_jobs(vendor, "list_stale; seconds=2").body)["data"]
    assert [job["job_id"] for job in stale] == [job_id]


def test_a_list_is_empty(vendor: Vendor) -> None:
    vendor.make_job()
    assert json.loads(get_jobs(vendor, "list_empty").body) == {"status": "success", "data": []}


def test_a_list_is_a_page(vendor: Vendor) -> None:
    assert get_jobs(vendor, "list_html").body.startswith(b"<!doctype html>")


def test_an_answer_is_late(vendor: Vendor) -> None:
    heard = post_job(vendor, "delay; seconds=0.5")
    assert (heard.status, heard.seconds > 0.5) == (200, True)


@pytest.mark.parametrize("skew", [3600, -3600])
def test_the_date_is_off(vendor: Vendor, skew: int) -> None:
    told = email.utils.parsedate_to_datetime(
        get_jobs(vendor, f"clock_skew; seconds={skew}").header("Date")
    )
    assert abs(told - datetime.now(UTC) - timedelta(seconds=skew)) < SOON


def test_the_date_is_honest_unless_asked_otherwise(vendor: Vendor) -> None:
    told = email.utils.parsedate_to_datetime(get_jobs(vendor, "").header("Date"))
    assert abs(told - datetime.now(UTC)) < SOON


@pytest.mark.parametrize(
    ("fault", "jobs"), [("502; job_made=true", 1), ("half_body;job_made=false", 0)]
)
def test_whether_the_job_is_made_can_be_chosen(vendor: Vendor, fault: str, jobs: int) -> None:
    post_job(vendor, fault)
    assert jobs_made(vendor) == jobs


@pytest.mark.parametrize("fault", sorted(CATALOGUE))
def test_the_sandbox_is_well_after_every_fault(vendor: Vendor, fault: str) -> None:
    post_job(vendor, fault, patience=0.15)
    get_jobs(vendor, fault, patience=0.15)
    assert vendor.make_job()
