"""A client that is generated from the schema as it is served does the main job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from api.models import Scope
from api.rest.application import ROOT
from api.tokens import make_token
from campaigns.models import Campaign
from sending import launch, tick
from tests import world
from tooling.places import PYTHON, tool

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PACKAGE = "generated_campaigns_client"


Generated = Callable[[str], Any]


@pytest.fixture
def generated(
    live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Generated]:
    """`generated("models")` is that module of a client just generated, without a warning."""
    command: list[str | Path] = [
        *(tool("openapi-python-client"), "generate", "--meta", "none", "--fail-on-warning"),
        *("--url", f"{live_server.url}{ROOT}/openapi.json", "--output-path", tmp_path / PACKAGE),
    ]
    # It has its files put in order by a program that it looks for.
    path = os.pathsep.join([str(PYTHON.parent), os.environ["PATH"]])
    env = os.environ | {"PATH": path}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda module: import_module(f"{PACKAGE}.{module}")
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


def test_a_generated_client_brings_people_launches_and_reads_what_became_of_them(
    generated: Generated, live_server: LiveServer, request: pytest.FixtureRequest
) -> None:
    team = world.a_team()
    channel = world.a_channel(team)
    key = make_token(team, world.owner_of(team), name="Till", scopes=list(Scope)).key
    models = generated("models")
    client = generated("client").AuthenticatedClient(
        base_url=live_server.url, token=key, raise_on_unexpected_status=True
    )
    request.addfinalizer(client.get_httpx_client().close)

    def call(subject: str, operation: str, *values: Any, **named: Any) -> Any:
        return generated(f"api.{subject}.{operation}").sync(*values, client=client, **named)

    people = call("lists", "make_list", body=models.ListName(name="Patients"))
    ann = models.PersonIn(phone="+12025550101", name="Ann")
    ann.fields = models.PersonInFields.from_dict({"City": "Rome"})
    batch = models.People(people=[ann, models.PersonIn(phone="+12025550102")])
    brought = call("lists", "upsert_people", people.id, body=batch)
    assert (brought.added, brought.changed) == (2, 0)

    at = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    wished = models.NewCampaign(
        name="Reminder",
        channel=channel.public_id,
        lists=[people.id],
        text="See you on Tuesday.",
        send_at=at,
        hours=None,
    )
    made = call("campaigns", "make_campaign", body=wished, idempotency_key="reminder-1")
    assert (made.send_at, made.lists) == (at, [people.id])
    again = call("campaigns", "make_campaign", body=wished, idempotency_key="reminder-1")
    assert again == made

    stale = call(
        "campaigns", "change_campaign", made.id, body=models.DraftFields(name="New"), if_match='"1"'
    )
    assert isinstance(stale, models.Problem)
    assert (stale.status, stale.code) == (412, "outdated")

    plan = call("campaigns", "plan_campaign", made.id)
    assert (plan.is_ready, plan.people) == (True, 2)
    confirmed = models.LaunchConfirmation(
        version=plan.version, people=plan.people, overruled=[one.code for one in plan.warnings]
    )
    launched = call("campaigns", "launch_campaign", made.id, body=confirmed)
    assert launched.result == "launched"

    campaign = Campaign.objects.get()
    launch.freeze(campaign.pk)
    tick.tick()
    page = call("looking", "list_people_of_campaign", made.id)
    assert {(one.phone, one.name, one.state) for one in page.items} == {
        ("+12025550101", "Ann", "still_to_send"),
        ("+12025550102", "", "still_to_send"),
    }
    report = call("looking", "get_report", made.id)
    assert report.people.to_dict() == {"still_to_send": 2}
