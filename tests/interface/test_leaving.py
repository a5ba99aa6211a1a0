"""A web server among several: asked by its own address whether it is ready, until it ends."""

from __future__ import annotations

import signal

import pytest
import requests

from tests.processes import Processes
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def test_a_web_server_that_is_to_end_says_so_and_goes_on_meanwhile(processes: Processes) -> None:
    site = {"BASE_URL": "http://localhost:8000", "ALLOWED_HOSTS": "localhost"}
    web = processes.web(site | {"LEAVE_SECONDS": "5"})

    def status(path: str, **headers: str) -> int:
        return requests.get(web.url + path, headers=headers, timeout=30).status_code

    assert status("/sign-in/") == 400
    assert status("/readyz") == 200
    web.child.process.send_signal(signal.SIGTERM)
    wait_until(lambda: status("/readyz") == 503)
    assert status("/sign-in/", Host="localhost") == 200
    assert web.child.wait(60) == 0
