"""The vendor, as a caller sees it who knows its address and its key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.processes import Sandbox
from tests.waiting import wait_until

ANN, BOB, CEM = "+14155550101", "+14155550102", "+4915112345678"
DAY = timedelta(days=1)


@dataclass
class Vendor:
    """The sandbox as a caller sees it; answers are plain `requests` ones."""

    sandbox: Sandbox

    @property
    def url(self) -> str:
        return self.sandbox.url

    def call(
        self, method: str, path: str, body: object = None, *, fault: str | None = None, **more: Any
    ) -> requests.Response:
        """Call the vendor's API with the right key."""
        headers = {"apikey": self.sandbox.api_key} | more.pop("headers", {})
        if fault:
            headers["X-Sandbox-Fault"] = fault
        return requests.request(
            method, self.url + path, json=body, headers=headers, timeout=30, **more
        )

    def data(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Call, expect success, and give what is in the envelope."""
        answer = self.call(method, path, body, **more)
        envelope = answer.json()
        assert (answer.status_code, envelope["status"]) == (200, "success"), envelope
        return envelope["data"]

    def data_less(self, method: str, path: str) -> None:
        """Call, and expect a success without data."""
        assert self.call(method, path).json() == {"status": "success"}

    def errors(self, method: str, path: str, body: object = None, *, status: int = 400) -> str:
        """Call, expect the vendor's error envelope, and give its sentences in one text."""
        answer = self.call(method, path, body)
        envelope = answer.json()
        assert (answer.status_code, envelope["status"]) == (status, "error"), envelope
        assert set(envelope) == {"status", "errors"}
        return "\n".join(error["msg"] for error in envelope["errors"])

    def make_job(self, *, fault: str | None = None, **changes: Any) -> str:
        """Hand over a bulk job; give its id."""
        job_id: str = self.data("POST", "/messages/bulk", bulk_body(**changes), fault=fault)[
            "job_id"
        ]
        return job_id

    def listed(self, **more: Any) -> list[dict[str, Any]]:
        """The jobs as GET /messages/bulk lists them."""
        jobs: list[dict[str, Any]] = self.data("GET", "/messages/bulk", **more)
        return jobs

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask something of the sandbox itself."""
        answer = requests.request(method, f"{self.url}/sandbox{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def witness(self, path: str = "") -> Any:
        """What really arrived."""
        return self.control("GET", f"/witness{path}")

    def settled(self) -> dict[str, Any]:
        """Wait until all that was due has reached the phones; give the totals."""

        def totals() -> dict[str, Any] | None:
            found: dict[str, Any] = self.witness()
            return found if found["settled"] else None

        return wait_until(totals, progress=self.witness, pause=0.01)


def bulk_body(**changes: Any) -> dict[str, Any]:
    """The body of a small job that is good as it stands and waits until tomorrow."""
    body = {
        "provider": "twlo",
        "channel_key": "front-desk-sms",
        "recipients": [{"to": ANN, "name": "Ann"}, {"to": BOB, "name": "Bob"}],
        "text": "Your check-up is due.",
        "schedule": later(),
    } | changes
    return {name: value for name, value in body.items() if value is not ...}


def later(by: timedelta = DAY) -> str:
    """A time from now as ISO 8601 with an offset."""
    return (datetime.now(UTC) + by).isoformat()


@pytest.fixture
def vendor(sandbox: Sandbox) -> Vendor:
    return Vendor(sandbox)
