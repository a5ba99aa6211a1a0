"""Jobs go out at their second, once, and outlive the process."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.processes import start_sandbox
from tests.sociocs_sandbox.conftest import ANN, BOB, CEM, Vendor, later
from tests.waiting import wait_until

pytestmark = pytest.mark.thorough

# How late a start may be noticed on a busy machine; much less than any wrong time would be off.
SOON = timedelta(seconds=10)


def executed_at(vendor: Vendor, job_id: str) -> datetime:
    """Wait for a job to start; give when it did."""
    executed: str = wait_until(lambda: vendor.witness(f"/jobs/{job_id}")["executed"], pause=0.01)
    return datetime.fromisoformat(executed)


def test_a_job_goes_out_at_its_second(vendor: Vendor) -> None:
    slot = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    job_id = vendor.make_job(schedule=slot.isoformat())
    assert timedelta(0) <= executed_at(vendor, job_id) - slot < SOON


def test_nothing_goes_out_before_its_second(vendor: Vendor) -> None:
    vendor.make_job(schedule=later(timedelta(seconds=30)))
    vendor.make_job(schedule=...)
    totals = vendor.settled()
    assert (totals["messages"], totals["scheduled_jobs"]) == (2, 1)


@pytest.mark.parametrize("schedule", [..., None, "2001-01-01T00:00:00Z"])
def test_no_time_and_a_past_time_mean_now(vendor: Vendor, schedule: Any) -> None:
    before = datetime.now(UTC)
    job_id = vendor.make_job(schedule=schedule)
    assert executed_at(vendor, job_id) - before < SOON
    assert vendor.settled()["messages"] == 2


def test_a_job_moved_forward_goes_out_at_the_new_second(vendor: Vendor) -> None:
    job_id = vendor.make_job()
    slot = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    vendor.data("PUT", f"/messages/bulk/{job_id}", {"schedule": slot.isoformat()})
    assert timedelta(0) <= executed_at(vendor, job_id) - slot < SOON


def test_a_moved_job_goes_out_once(vendor: Vendor) -> None:
    job_id = vendor.make_job(schedule=later(timedelta(seconds=2)))
    vendor.data("PUT", f"/messages/bulk/{job_id}", {"schedule": later(timedelta(seconds=2.4))})
    executed_at(vendor, job_id)
    time.sleep(0.3)
    assert vendor.settled()["messages"] == 2


def test_duplicates_within_a_job_get_one_message_the_first(vendor: Vendor) -> None:
    people = [{"to": ANN, "name": "First"}, {"to": BOB}, {"to": ANN[1:], "name": "Second"}]
    job_id = vendor.make_job(schedule=..., recipients=people)
    assert vendor.settled()["messages"] == 2
    assert vendor.witness("/phones?min=1")["numbers"] == {ANN: 1, BOB: 1}
    assert vendor.witness(f"/jobs/{job_id}")["recipients"][0]["name"] == "First"


def test_duplicates_all_get_theirs_when_they_are_allowed(vendor: Vendor) -> None:
    people = [{"to": ANN}, {"to": BOB}, {"to": ANN}]
    vendor.make_job(schedule=..., recipients=people, duplicates_allowed=True)
    assert vendor.settled()["messages"] == 3
    assert vendor.witness("/phones?min=2") == {"phones": 1, "numbers": {ANN: 2}}


def test_duplicates_over_several_jobs_are_not_the_vendors_concern(vendor: Vendor) -> None:
    for _ in range(2):
        vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    vendor.settled()
    assert vendor.witness("/phones")["numbers"] == {ANN: 2}


def test_a_blocked_contact_gets_nothing_from_bulk_jobs(vendor: Vendor) -> None:
    vendor.data("POST", f"/contacts/block/{ANN}")
    job_id = vendor.make_job(schedule=...)
    vendor.settled()
    assert vendor.witness("/phones?min=1")["numbers"] == {BOB: 1}
    assert vendor.witness(f"/jobs/{job_id}")["message_count"] == 1


def test_a_block_set_after_the_hand_over_still_counts(vendor: Vendor) -> None:
    job_id = vendor.make_job()
    vendor.data("POST", f"/contacts/block/{ANN}")
    vendor.data("PUT", f"/messages/bulk/{job_id}", {"schedule": later(timedelta(days=-1))})
    vendor.settled()
    assert vendor.witness("/phones?min=1")["numbers"] == {BOB: 1}


def test_a_blocked_contact_still_gets_single_messages(vendor: Vendor) -> None:
    vendor.data("POST", f"/contacts/block/{ANN}")
    message = {"provider": "twlo", "channel_key": "front-desk-sms", "to": ANN, "text": "Hello"}
    vendor.data("POST", "/message", message)
    assert vendor.settled()["messages"] == 1


def test_many_jobs_of_one_second_all_go_out(vendor: Vendor) -> None:
    slot = later(timedelta(seconds=2))
    for number in range(250):
        vendor.make_job(schedule=slot, recipients=[{"to": f"+1415555{number:04d}"}])
    while vendor.witness()["scheduled_jobs"]:
        time.sleep(0.02)
    assert vendor.settled()["messages"] == 250


def test_everything_is_there_again_after_a_kill(tmp_path: Path) -> None:
    vendor = Vendor(start_sandbox(tmp_path))
    due = vendor.make_job(schedule=later(timedelta(seconds=1)), recipients=[{"to": CEM}])
    waiting = vendor.make_job()
    vendor.make_job(schedule=...)
    vendor.data("POST", f"/contacts/block/{BOB}")
    vendor.settled()
    vendor.sandbox.child.kill()
    time.sleep(1)
    vendor = Vendor(start_sandbox(tmp_path))
    try:
        assert executed_at(vendor, due) < datetime.now(UTC)
        totals = vendor.settled()
        assert (totals["jobs"], totals["messages"]) == (3, 3)
        assert vendor.listed()[0]["job_id"] == waiting
        assert vendor.data("GET", f"/contacts/isblocked/{BOB}")["is_blocked"]
        vendor.data("DELETE", f"/messages/bulk/{waiting}")
        assert "Traceback" not in vendor.sandbox.child.output
    finally:
        vendor.sandbox.child.terminate(patience=5)


def test_a_kill_in_the_middle_of_landing_neither_loses_nor_doubles(tmp_path: Path) -> None:
    vendor = Vendor(start_sandbox(tmp_path))
    slot = datetime.now(UTC) + timedelta(seconds=2)
    for number in range(20):
        people = [{"to": f"+1415{number:03d}{place:04d}"} for place in range(5_000)]
        vendor.make_job(schedule=slot.isoformat(), recipients=people)
    time.sleep(max(0.0, (slot - datetime.now(UTC)).total_seconds() + 0.05))
    vendor.sandbox.child.kill()
    vendor = Vendor(start_sandbox(tmp_path))
    try:
        assert vendor.settled()["messages"] == 100_000
        assert vendor.witness("/phones")["phones"] == 0
    finally:
        vendor.sandbox.child.terminate(patience=5)


NUMBERS = st.sampled_from([ANN, BOB, CEM, ANN[1:], BOB[1:]])
JOBS = st.lists(st.tuples(st.lists(NUMBERS, min_size=1, max_size=6), st.booleans()), max_size=4)


@examples(8)
@given(jobs=JOBS, blocked=st.sets(st.sampled_from([ANN, BOB, CEM])))
def test_each_phone_gets_what_the_contract_says(
    sandbox_process: Any, jobs: list[tuple[list[str], bool]], blocked: set[str]
) -> None:
    vendor = Vendor(sandbox_process)
    vendor.control("POST", "/reset")
    for number in blocked:
        vendor.data("POST", f"/contacts/block/{number}")
    expected: dict[str, int] = {}
    for numbers, duplicates_allowed in jobs:
        people = [{"to": number} for number in numbers]
        vendor.make_job(schedule=..., recipients=people, duplicates_allowed=duplicates_allowed)
        full = [f"+{number.lstrip('+')}" for number in numbers]
        for number in full if duplicates_allowed else set(full):
            if number not in blocked:
                expected[number] = expected.get(number, 0) + 1
    assert vendor.settled()["messages"] == sum(expected.values())
    assert vendor.witness("/phones?min=1")["numbers"] == expected
