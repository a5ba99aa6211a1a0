"""Whatever comes in, the sandbox answers in its envelope and stays up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sociocs_sandbox.routing import Routes
from tests.effort import examples
from tests.processes import Sandbox
from tests.sociocs_sandbox.conftest import ANN, Vendor, bulk_body
from tests.sociocs_sandbox.wire import exchange

pytestmark = pytest.mark.thorough

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(bulk_body(image_url="", duplicates_allowed=True, user_id="", template={}, to=""))
SCHEDULES = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())


@pytest.fixture(scope="module")
def vendor(sandbox_process: Sandbox) -> Vendor:
    """Emptied once, as whatever one example leaves behind must not trouble the next one."""
    vendor = Vendor(sandbox_process)
    vendor.control("POST", "/reset")
    return vendor


@examples(20)
@given(name=st.sampled_from(FIELDS), value=ANY_JSON | SCHEDULES)
def test_any_value_of_any_field_gets_a_verdict(vendor: Vendor, name: str, value: object) -> None:
    answer = vendor.call("POST", "/messages/bulk", bulk_body(**{name: value}))
    assert answer.status_code in {200, 400}
    message = {"provider": "twlo", "channel_key": "front-desk-sms", "to": ANN, "text": "Hello"}
    assert vendor.call("POST", "/message", message | {name: value}).status_code in {200, 400}
    assert vendor.call("GET", "/messages/bulk").status_code == 200


@examples(10)
@given(body=ANY_JSON)
def test_any_json_to_any_call_gets_a_verdict(vendor: Vendor, body: object) -> None:
    for method, path in (
        ("PUT", "/messages/bulk/none"),
        ("POST", "/webhook-subscriptions"),
        ("POST", "/sandbox/faults"),
        ("POST", "/sandbox/accounts"),
    ):
        assert vendor.call(method, path, body).status_code in {200, 201, 400, 404}
    vendor.control("DELETE", "/faults")


@examples(10)
@given(query=st.text(max_size=30), before=st.text(max_size=20) | st.integers().map(str))
def test_any_query_shows_a_page(vendor: Vendor, query: str, before: str) -> None:
    pages = ("/", "/jobs", f"/phones/{ANN}", "/messages", "/sandbox/witness/phones")
    words = {"q": query, "before": before, "channel": query, "start_date": query, "min": before}
    words = {name: value.encode("utf-8", "replace").decode() for name, value in words.items()}
    for path in pages:
        assert vendor.call("GET", path, params=words).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "sent",
    [
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //[::1 HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET /%ff%fe?%ff=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /messages/bulk HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /messages/bulk HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /messages/bulk HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HEAD /messages/bulk HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_odd_requests_harm_nobody(vendor: Vendor, sent: bytes) -> None:
    exchange(vendor, sent, patience=0.3)
    assert vendor.make_job()
    assert "Traceback" not in vendor.sandbox.child.output


PATHS = st.text(alphabet="ab/{}%2é", max_size=12)


@given(path=PATHS)
def test_a_route_takes_no_path_but_its_own(path: str) -> None:
    routes: Routes[Any] = Routes([("GET", "/a/{x}", "one"), ("GET", "/b", "two")])
    found = routes.find("GET", path)
    parts = path.split("/")
    is_one = len(parts) == 3 and parts[:2] == ["", "a"] and parts[2] != ""
    assert (found is not None) == (is_one or path == "/b")
