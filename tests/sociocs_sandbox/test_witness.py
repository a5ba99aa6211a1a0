"""The witness tells what really arrived."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

import pytest
import requests

from tests.sociocs_sandbox.conftest import ANN, BOB, Vendor, bulk_body

pytestmark = pytest.mark.thorough


def test_totals_count_requests_jobs_and_messages(vendor: Vendor) -> None:
    vendor.make_job(schedule=...)
    deleted = vendor.make_job()
    vendor.make_job()
    vendor.data("DELETE", f"/messages/bulk/{deleted}")
    vendor.call("POST", "/messages/bulk", bulk_body(), fault="503")
    totals = vendor.settled()
    assert totals["requests"] == 5
    assert totals["requests_by_call"]["POST /messages/bulk"] == 4
    assert (totals["jobs"], totals["deleted_jobs"]) == (3, 1)
    assert (totals["scheduled_jobs"], totals["executed_jobs"]) == (1, 1)
    assert (totals["messages"], totals["recipients"]) == (2, 4)


def test_a_job_is_known_by_the_hash_of_its_exact_body(vendor: Vendor) -> None:
    body = json.dumps(bulk_body(), indent=3).encode()
    job_id = vendor.call("POST", "/messages/bulk", data=body).json()["data"]["job_id"]
    (job,) = vendor.witness("/jobs")
    assert (job["job_id"], job["recipient_count"]) == (job_id, 2)
    assert job["body_sha256"] == hashlib.sha256(body).hexdigest()
    numbers = f"{ANN}\n{BOB}\n".encode()
    assert job["recipients_sha256"] == hashlib.sha256(numbers).hexdigest()


def test_jobs_come_oldest_first_with_their_times(vendor: Vendor) -> None:
    first, second = vendor.make_job(schedule="2031-01-02T03:04:05Z"), vendor.make_job()
    jobs = vendor.witness("/jobs")
    assert [job["job_id"] for job in jobs] == [first, second]
    assert datetime.fromisoformat(jobs[0]["schedule"]).isoformat() == "2031-01-02T03:04:05+00:00"
    assert jobs[0]["executed"] is None


def test_phones_with_several_messages_are_named_most_first(vendor: Vendor) -> None:
    for people in ([ANN, BOB], [ANN, BOB], [BOB]):
        vendor.make_job(schedule=..., recipients=[{"to": number} for number in people])
    vendor.settled()
    found = vendor.witness("/phones?min=2")
    assert (found["phones"], list(found["numbers"].items())) == (2, [(BOB, 3), (ANN, 2)])
    assert vendor.witness("/phones?min=3")["numbers"] == {BOB: 3}


def test_a_phones_own_reply_is_no_message_it_got(vendor: Vendor) -> None:
    vendor.make_job(schedule=...)
    vendor.settled()
    form = {"channel": "front-desk-sms", "text": "Yes"}
    requests.post(f"{vendor.url}/phones/{ANN}/reply", data=form, timeout=10)
    totals = vendor.settled()
    assert (totals["messages"], totals["replies"]) == (2, 1)
    assert vendor.witness("/phones?min=2")["phones"] == 0


@pytest.mark.parametrize("path", ["/witness/jobs/none", "/witness/phones?min=many"])
def test_what_cannot_be_told_is_refused(vendor: Vendor, path: str) -> None:
    assert requests.get(f"{vendor.url}/sandbox{path}", timeout=10).status_code in {400, 404}


def test_a_reset_forgets_all_but_the_accounts(vendor: Vendor) -> None:
    key = vendor.control("POST", "/accounts")["api_key"]
    vendor.make_job(schedule=...)
    vendor.data("POST", f"/contacts/block/{ANN}")
    vendor.control("POST", "/reset")
    totals = vendor.settled()
    assert (totals["jobs"], totals["messages"], totals["requests"]) == (0, 0, 0)
    assert vendor.witness("/phones?min=1")["phones"] == 0
    assert not vendor.data("GET", f"/contacts/isblocked/{ANN}")["is_blocked"]
    assert vendor.data("GET", "/messages/bulk", headers={"apikey": key}) == []
