"""What Prometheus reads, and what is made of it: rules and a dashboard that name what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings
from ruamel.yaml import YAML

from campaigns.states import SubmissionState
from delivery.models import WebhookEndpoint, WebhookEvent
from sending.models import Submission
from sociocs_accounts.encrypted_fields import Secret
from tests import world
from tests.client import Client
from tooling.places import ROOT

MONITORING = ROOT / "docs" / "monitoring"
RULES = YAML(typ="safe").load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
TOKEN = "read-by-prometheus-alone"

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def visit(path: str = "/metrics", token: str = TOKEN) -> tuple[int, str]:
    answer = Client().get(path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.content.decode()


def samples() -> dict[tuple[str, str], float]:
    """The value of each sample, by its name and the first of its labels' values."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(visit()[1])
        for sample in family.samples
    }


@pytest.mark.parametrize("brought", ["", "another", f"{TOKEN} "])
def test_whoever_brings_no_token_finds_nothing_there(brought: str, settings: Settings) -> None:
    assert visit(token=brought)[0] == 404
    settings.METRICS_TOKEN = ""
    assert visit(token="")[0] == 404


@pytest.mark.both_databases
def test_it_tells_how_work_stands_and_of_nobody() -> None:
    channel = world.a_channel(world.a_team())
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(3)))
    )
    Submission.objects.update(state=SubmissionState.UNKNOWN)
    endpoint = WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("s"), state="on")
    for body in (b"first", b"second"):
        WebhookEvent.objects.create(endpoint=endpoint, body=body, body_sha256=body)
    Client().get("/sign-in/")

    seen = samples()

    assert seen["campaigns_campaigns", campaign.state] == 1
    assert seen["campaigns_jobs", "unknown"] == 1
    assert seen["campaigns_jobs", "ready"] == 0
    assert seen["campaigns_oldest_unknown_seconds", ""] > 0
    assert seen["campaigns_webhook_calls_waiting", ""] == 2
    assert seen["campaigns_accounts", "open"] == 1
    assert seen["campaigns_tick_age_seconds", "sending"] >= 0
    assert seen["campaigns_request_seconds_count", "sign-in"] >= 1
    text = visit()[1]
    for word in (channel.team.name, channel.label, campaign.name, world.phones(1)[0][1:]):
        assert word not in text


def test_a_visit_costs_the_same_however_much_there_is() -> None:
    channel = world.a_channel(world.a_team())
    visit()
    with CaptureQueriesContext(connection) as before:
        visit()
    for _ in range(3):
        world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(2))))
    with CaptureQueriesContext(connection) as after:
        visit()
    assert len(after) == len(before) <= 16


def test_ready_is_a_server_whose_database_has_all_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert visit("/readyz") == (200, '{"ready": true}')
    monkeypatch.setattr("sending.liveness._LEAST_ROOM", 2**63)
    assert visit("/readyz") == (503, '{"ready": false}')


def named(expression: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(r"\bcampaigns_\w+", expression))


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_rules_and_dashboard_name_only_what_there_is_and_the_dashboard_all_of_it() -> None:
    Client().get("/sign-in/")
    visit()
    known = {name for name, _label in samples()}
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in known} - {
        "campaigns_database"
    }
    used = {name for expression in expressions() for name in named(expression)}
    assert used <= known | families
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in used} >= families


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_each_alert_says_what_is_the_matter_and_the_docs_what_to_do(rule: dict[str, str]) -> None:
    assert rule["annotations"]["summary"].endswith(".")  # type: ignore[index]
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert f"| `{rule['alert']}` |" in operations
