"""A client that is generated from the schema as it is served does the main job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from api.models import Scope
from api.rest.application import ROOT
from api.tokens import make_token
from campaigns.models import Campaign
from sending import launch, tick
from sociocs_accounts.models import Channel
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
    # Its own question would wait five seconds for a server that just began.
    schema = tmp_path / "openapi.json"
    schema.write_text(requests.get(f"{live_server.url}{ROOT}/openapi.json", timeout=120).text)
    command: list[str | Path] = [
        *(tool("openapi-python-client"), "generate", "--meta", "none", "--fail-on-warning"),
        *("--path", schema, "--output-path", tmp_path / PACKAGE),
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


@dataclass(frozen=True)
class Client:
    """A generated client with a token that may everything."""

    generated: Generated
    session: Any

    @property
    def models(self) -> Any:
        return self.generated("models")

    def call(self, subject: str, operation: str, *values: Any, **named: Any) -> Any:
        """What an operation answers."""
        module = self.generated(f"api.{subject}.{operation}")
        return module.sync(*values, client=self.session, **named)


@pytest.fixture
def channel() -> Channel:
    return world.a_channel(world.a_team())


@pytest.fixture
def client(generated: Generated, live_server: LiveServer, channel: Channel) -> Iterator[Client]:
    team = channel.team
    key = make_token(team, world.owner_of(team), name="Till", scopes=list(Scope)).key
    session = generated("client").AuthenticatedClient(
        base_url=live_server.url, token=key, raise_on_unexpected_status=True
    )
    yield Client(generated, session)
    session.get_httpx_client().close()


def people_brought(client: Client) -> UUID:
    """A list with two people, made and filled."""
    models = client.models
    people = client.call("lists", "make_list", body=models.ListName(name="Patients"))
    ann = models.PersonIn(phone="+12025550101", name="Ann")
    ann.fields = models.PersonInFields.from_dict({"City": "Rome"})
    batch = models.People(people=[ann, models.PersonIn(phone="+12025550102")])
    brought = client.call("lists", "upsert_people", people.id, body=batch)
    assert (brought.added, brought.changed) == (2, 0)
    found: UUID = people.id
    return found


def campaign_made(client: Client, channel: Channel, list_id: UUID) -> UUID:
    """A draft for tomorrow, made once by two calls, and not changed by who saw another one."""
    models = client.models
    at = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    wished = models.NewCampaign(
        name="Reminder",
        channel=channel.public_id,
        lists=[list_id],
        text="See you on Tuesday.",
        send_at=at,
        hours=None,
    )
    made, again = (
        client.call("campaigns", "make_campaign", body=wished, idempotency_key="reminder-1")
        for _time in range(2)
    )
    assert (made.send_at, made.lists, made) == (at, [list_id], again)
    new = models.DraftFields(name="New")
    stale = client.call("campaigns", "change_campaign", made.id, body=new, if_match='"1"')
    assert isinstance(stale, models.Problem)
    assert (stale.status, stale.code) == (412, "outdated")
    found: UUID = made.id
    return found


def test_a_generated_client_brings_people_launches_and_reads_what_became_of_them(
    client: Client, channel: Channel
) -> None:
    campaign_id = campaign_made(client, channel, people_brought(client))
    plan = client.call("campaigns", "plan_campaign", campaign_id)
    assert (plan.is_ready, plan.people) == (True, 2)
    confirmed = client.models.LaunchConfirmation(
        version=plan.version, people=plan.people, overruled=[one.code for one in plan.warnings]
    )
    launched = client.call("campaigns", "launch_campaign", campaign_id, body=confirmed)
    assert launched.result == "launched"

    launch.freeze(Campaign.objects.get().pk)
    tick.tick()
    page = client.call("looking", "list_people_of_campaign", campaign_id)
    assert {(one.phone, one.name, one.state) for one in page.items} == {
        ("+12025550101", "Ann", "still_to_send"),
        ("+12025550102", "", "still_to_send"),
    }
    report = client.call("looking", "get_report", campaign_id)
    assert report.people.to_dict() == {"still_to_send": 2}
