"""Rules: which requests they hit, how often, and what makes no sense as one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sociocs_sandbox.conftest import Vendor, bulk_body

pytestmark = pytest.mark.thorough


def rule(vendor: Vendor, **fields: Any) -> int:
    made: int = vendor.control("POST", "/faults", {"fault": "503"} | fields)["id"]
    return made


def statuses(vendor: Vendor, count: int, method: str = "GET") -> list[int]:
    body = bulk_body() if method == "POST" else None
    return [vendor.call(method, "/messages/bulk", body).status_code for _ in range(count)]


def test_a_rule_hits_until_it_is_removed(vendor: Vendor) -> None:
    made = rule(vendor)
    assert statuses(vendor, 3) == [503] * 3
    vendor.control("DELETE", f"/faults/{made}")
    assert statuses(vendor, 1) == [200]


def test_a_rule_hits_as_often_as_it_was_told(vendor: Vendor) -> None:
    rule(vendor, times=2)
    assert statuses(vendor, 4) == [503, 503, 200, 200]


def test_a_rule_lets_the_first_ones_pass(vendor: Vendor) -> None:
    rule(vendor, after=2, times=1)
    assert statuses(vendor, 4) == [200, 200, 503, 200]


def test_a_rule_hits_its_method_only(vendor: Vendor) -> None:
    rule(vendor, method="POST")
    assert statuses(vendor, 1) == [200]
    assert statuses(vendor, 1, "POST") == [503]


def test_a_rule_hits_its_path_only(vendor: Vendor) -> None:
    rule(vendor, path="/messages/bulk/*")
    assert statuses(vendor, 1) == [200]
    assert vendor.call("DELETE", "/messages/bulk/some-job").status_code == 503


def test_a_probability_with_a_seed_repeats_itself(vendor: Vendor) -> None:
    def twenty() -> list[int]:
        vendor.control("DELETE", "/faults")
        rule(vendor, probability=0.5, seed=7)
        return statuses(vendor, 20)

    first = twenty()
    assert first == twenty()
    assert 3 < first.count(503) < 17


def test_a_probability_of_zero_never_hits(vendor: Vendor) -> None:
    rule(vendor, probability=0)
    assert statuses(vendor, 5) == [200] * 5


def test_rules_add_up(vendor: Vendor) -> None:
    rule(vendor, fault="clock_skew", seconds=86_400)
    rule(vendor, fault="429", retry_after=9)
    answer = vendor.call("GET", "/messages/bulk")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "9")


def test_the_list_of_rules_counts_hits(vendor: Vendor) -> None:
    rule(vendor, method="GET", times=1)
    statuses(vendor, 3)
    listed = vendor.control("GET", "/faults")
    (shown,) = listed["rules"]
    assert (shown["seen"], shown["hits"], shown["used_up"]) == (3, 1, True)
    assert "silence" in listed["known"]


def test_pages_and_the_witness_are_never_hit(vendor: Vendor) -> None:
    rule(vendor, fault="silence", path="*")
    assert vendor.witness()["jobs"] == 0
    assert vendor.control("GET", "/faults")["rules"]
    assert vendor.call("GET", "/jobs").status_code == 200


def test_a_reset_drops_the_rules(vendor: Vendor) -> None:
    rule(vendor)
    vendor.control("POST", "/reset")
    assert vendor.control("GET", "/faults")["rules"] == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "A rule is a JSON object"),
        ({}, "There is no such fault"),
        ({"fault": "meteor"}, "There is no such fault"),
        ({"fault": "200"}, "There is no such fault"),
        ({"fault": "600"}, "There is no such fault"),
        ({"fault": "503", "times": "often"}, "times must be a whole number"),
        ({"fault": "503", "after": -1}, "after must not be negative"),
        ({"fault": "503", "probability": 1.5}, "probability must lie between 0 and 1"),
        ({"fault": "delay", "seconds": "long"}, "seconds must be a number"),
        ({"fault": "delay", "seconds": "nan"}, "seconds must be a number"),
        ({"fault": "400", "seconds": 3}, "400 knows these parameters only: job_made"),
        ({"fault": "429", "retry_after": "1\r\nX-Evil: 1"}, "must be one line"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(vendor: Vendor, body: Any, sentence: str) -> None:
    assert sentence in vendor.errors("POST", "/sandbox/faults", body)
    assert vendor.control("GET", "/faults")["rules"] == []


def test_a_header_that_makes_no_sense_is_refused(vendor: Vendor) -> None:
    answer = vendor.call("POST", "/messages/bulk", bulk_body(), fault="meteor")
    assert answer.status_code == 400
    assert "There is no such fault" in answer.json()["errors"][0]["msg"]
    assert vendor.witness()["jobs"] == 0


def test_removing_no_rule_is_404(vendor: Vendor) -> None:
    vendor.errors("DELETE", "/sandbox/faults/999", status=404)
