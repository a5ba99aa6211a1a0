"""One id through web, worker and gateway, as whoever looks for a fault reads their logs."""

from __future__ import annotations

import json
import logging
import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from campaigns import pulse
from config.logs import NoteIds, ids_of
from interface import log_ids
from interface.log_ids import HEADER
from sending import submit, turns
from sociocs_accounts.models import Channel
from tests import world
from tests.processes import Child, Processes, Sandbox, WebServer
from tests.waiting import wait_until

TOLD = "7d3e1fa0-2b6c-4e0d-9a51-0c9d8e7f6a5b"
MADE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def records(child: Child, logger: str) -> list[dict[str, Any]]:
    """What it wrote under this name, of lines that are whole."""
    whole = [line for line in child.output.splitlines() if line.startswith("{")]
    return [one for one in map(json.loads, whole) if one["logger"] == logger]


def ended(worker: Child, name: str) -> dict[str, Any]:
    """What it wrote when it had done the first task of this name, for which this waits.

    Another test may have left one in the queue.
    """

    def found() -> list[dict[str, Any]]:
        told = records(worker, "celery.app.trace")
        return [one for one in told if f"Task {name}[" in one["message"]]

    return wait_until(found, progress=lambda: worker.output[-3000:])[0]


def ask_who_is_blocked(web: WebServer, channel: Channel) -> requests.Response:
    """The team's owner presses a button; a task then asks Sociocs about one person."""
    client, owner = Client(), world.owner_of(channel.team)
    client.force_login(owner)
    people = world.a_list(channel.team, world.phones(1))
    with requests.Session() as browser:
        browser.trust_env = False
        port = urlsplit(web.url).port
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        browser.cookies.set(f"sessionid-{port}", session, domain="127.0.0.1")
        browser.get(web.url + reverse("blocks", args=[channel.team.slug]), timeout=20)
        address = reverse("find-blocked", args=[channel.team.slug, channel.account.public_id])
        return browser.post(
            web.url + address,
            data={
                "list": str(people.public_id),
                "csrfmiddlewaretoken": browser.cookies[f"csrftoken-{port}"],
            },
            headers={HEADER: TOLD},
            allow_redirects=False,
            timeout=20,
        )


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_request_its_task_and_the_call_to_sociocs_bear_one_id(
    channel: Channel, processes: Processes, sandbox: Sandbox
) -> None:
    at_sandbox = {"SOCIOCS_BASE_URL": sandbox.url, "LOG_LEVEL": "DEBUG"}
    web = processes.web({"TRUSTED_PROXIES": "1"})
    reports = {
        "SENTRY_DSN": "https://key@sentry.invalid/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid",
    }
    worker = processes.worker("background", {"LOG_FORMAT": "json", **at_sandbox, **reports})

    answer = ask_who_is_blocked(web, channel)
    missing = requests.get(f"{web.url}/none/such/", headers={HEADER: TOLD}, timeout=20)

    assert (answer.status_code, answer.headers[HEADER]) == (302, TOLD)
    assert missing.headers[HEADER] == TOLD
    web.child.wait_for(rf"WARNING django\.request request_id={TOLD} Not Found: /none/such/")

    task = ended(worker, "delivery.find_blocked")
    assert task["request_id"] == TOLD
    assert task["task_id"] in task["message"]
    (call,) = [
        one
        for one in records(worker, "sociocs_gateway.transport")
        if one["task_id"] == task["task_id"]
    ]
    assert call["request_id"] == TOLD
    # What the worker found by itself has an id of its own.
    counted = ended(worker, "history.count_days")
    assert MADE.fullmatch(counted["request_id"])
    assert re.search(r"succeeded in \d+\.\d{3,}s: None$", counted["message"])
    # Of packages that are not there it says so, and works.
    told = [one["message"] for one in records(worker, "config.reporting")]
    assert len(told) == 2
    assert told[0].startswith("SENTRY_DSN is set, but sentry-sdk is not installed")
    assert told[1].startswith("OTEL_EXPORTER_OTLP_ENDPOINT is set, but opentelemetry-sdk is not")
    assert "sentry.invalid" not in worker.output


@pytest.mark.django_db(transaction=True)
def test_an_accounts_turn_bears_the_id_of_whatever_asked_for_it(
    channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    """It has a thread of its own, and its calls to Sociocs have another."""
    caplog.handler.addFilter(NoteIds())
    caplog.set_level(logging.DEBUG)
    world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(25))))
    pulse.is_beating.set()
    log_ids.bear(log_ids.Ids(TOLD))
    try:
        turns.begin(submit.hand_over, channel.account_id)
        wait_until(lambda: all(one.name != "turn" for one in threading.enumerate()))
    finally:
        pulse.is_beating.clear()
        log_ids.end_work()

    told = [ids_of(one) for one in caplog.records if one.name == "sociocs_gateway.transport"]
    calls = [ids_of(one) for one in caplog.records if one.name == "sending.submit"]
    assert len(calls) == 3
    assert len(told) > 3
    assert all(one == {"request_id": TOLD} for one in [*told, *calls])


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_web_processes_that_share_a_folder_tell_of_each_others_requests(
    processes: Processes, tmp_path: Path
) -> None:
    env = {"METRICS_TOKEN": "one", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    first, second = processes.web(env), processes.web(env)
    for _ in range(3):
        assert requests.get(f"{first.url}/readyz", timeout=20).ok

    told = requests.get(
        f"{second.url}/metrics", headers={"Authorization": "Bearer one"}, timeout=20
    ).text

    (count,) = re.findall(
        r'^campaigns_request_seconds_count{address="readyz",.*} (\S+)$', told, re.M
    )
    assert float(count) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "proxies", "is_kept"),
    [
        (TOLD, 1, True),
        (TOLD.replace("-", ""), 1, True),
        (TOLD, 0, False),
        ("12025550001", 1, False),
        ("0123456789abcdef:secret", 1, False),
        (f"{TOLD}\nforged", 1, False),
        ("", 1, False),
    ],
)
def test_an_id_is_taken_from_a_proxy_where_it_is_plain_and_else_made(
    client: Client, settings: Settings, told: str, proxies: int, is_kept: bool
) -> None:
    settings.TRUSTED_PROXIES = proxies

    given = client.get("/none/such/", headers={HEADER: told})[HEADER]

    assert (given == told) is is_kept
    assert is_kept or MADE.fullmatch(given)
