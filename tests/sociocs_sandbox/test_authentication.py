"""The three ways to show a key, accounts apart from each other, and paths that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sociocs_sandbox.conftest import Vendor, bulk_body

pytestmark = pytest.mark.thorough


def without_key(vendor: Vendor, method: str, path: str, **more: Any) -> requests.Response:
    return requests.request(method, vendor.url + path, timeout=30, **more)


def test_the_key_comes_as_header(vendor: Vendor) -> None:
    headers = {"apikey": vendor.sandbox.api_key}
    assert without_key(vendor, "GET", "/messages/bulk", headers=headers).status_code == 200


def test_the_key_comes_as_basic_auth(vendor: Vendor) -> None:
    user, password = vendor.sandbox.api_key.split(":")
    assert without_key(vendor, "GET", "/messages/bulk", auth=(user, password)).status_code == 200


def test_the_key_comes_in_the_query_string(vendor: Vendor) -> None:
    query = {"apikey": vendor.sandbox.api_key}
    assert without_key(vendor, "GET", "/messages/bulk", params=query).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"headers": {"apikey": "wrong:key"}},
        {"headers": {"apikey": ""}},
        {"headers": {"Authorization": "Basic not-base64!"}},
        {"headers": {"Authorization": "Basic /w=="}},
        {"headers": {"Authorization": "Bearer token"}},
        {"auth": ("wrong", "key")},
        {"params": {"apikey": "wrong:key"}},
    ],
)
def test_no_valid_key_is_401(vendor: Vendor, more: dict[str, Any]) -> None:
    answer = without_key(vendor, "POST", "/messages/bulk", json=bulk_body(), **more)
    assert (answer.status_code, answer.json()["status"]) == (401, "error")
    assert vendor.witness()["jobs"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing/here"),
        ("PATCH", "/messages/bulk"),
        ("PUT", "/messages/bulk"),
        ("GET", "/messages/bulk/"),
        ("POST", "/messages"),
        ("OPTIONS", "/messages/bulk"),
    ],
)
def test_what_is_no_endpoint_is_404(vendor: Vendor, method: str, path: str) -> None:
    assert vendor.errors(method, path, status=404) == "Endpoint not found"


def test_accounts_do_not_see_each_others_jobs(vendor: Vendor) -> None:
    other = vendor.control("POST", "/accounts", {"name": "Second lane"})["api_key"]
    job_id = vendor.make_job()
    headers = {"apikey": other}
    assert vendor.data("GET", "/messages/bulk", headers=headers) == []
    answer = vendor.call("DELETE", f"/messages/bulk/{job_id}", headers=headers)
    assert answer.status_code == 404


def test_an_account_takes_the_key_it_is_given(vendor: Vendor) -> None:
    given = {"name": "Third lane", "api_key": "third:lane-key"}
    first = vendor.control("POST", "/accounts", given)
    assert first["api_key"] == "third:lane-key"
    assert vendor.control("POST", "/accounts", given)["id"] == first["id"]
    assert vendor.data("GET", "/messages/bulk", headers={"apikey": "third:lane-key"}) == []


def test_listing_accounts_shows_only_the_end_of_a_key(vendor: Vendor) -> None:
    listed = vendor.control("GET", "/accounts")
    assert listed[0]["key_tail"] == vendor.sandbox.api_key[-4:]
    assert vendor.sandbox.api_key not in str(listed)
