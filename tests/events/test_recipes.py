"""The programs of docs/api.md do what is said of them: run as they stand there."""

from __future__ import annotations

import hmac
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from api.models import Scope
from api.tokens import make_token
from campaigns.models import CampaignRecipient
from events import receivers
from events.kinds import EventKind
from events.models import OutgoingEvent
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from teams.models import Team
from tests import world
from tests.events.conftest import Listener, a_receiver, send
from tests.waiting import wait_until
from tooling import children
from tooling.places import ROOT, tool

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

DOCUMENT = (ROOT / "docs" / "api.md").read_text()
ANN = "+12025550101"


def program(heading: str, language: str) -> str:
    """A block of code below a heading, as somebody copies it."""
    section = re.split(rf"^#+ {re.escape(heading)}$", DOCUMENT, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ [A-Z]", section, flags=re.MULTILINE)[0]
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^\1```", section, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(blocks[0][1])


@pytest.fixture
def team() -> Team:
    team = world.a_team()
    world.a_channel(team, channel_key="front-desk")
    return team


@pytest.fixture
def caller(team: Team, live_server: LiveServer) -> dict[str, str]:
    """What a program is told: where to call, and with which key."""
    made = make_token(team, world.owner_of(team), name="Till", scopes=[Scope.DOOR])
    return {"CAMPAIGNS": f"{live_server.url}/sociocs", "KEY": made.key, "PATH": "/usr/bin:/bin"}


@pytest.fixture
def port() -> int:
    return children.free_port()


def run(command: list[str], env: dict[str, str], given: str = "") -> str:
    done = subprocess.run(
        command,
        env=os.environ | env,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shell(text: str, env: dict[str, str]) -> list[dict[str, Any]]:
    """Run calls of curl; returns what each of them was answered."""
    answers = run(["bash", "-ec", text], env)
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(answers.rstrip()):
        one, at = decoder.raw_decode(answers, at)
        found.append(one)
    return found


def test_a_booking_system_reminds_once_and_takes_a_reminder_back(
    team: Team, caller: dict[str, str]
) -> None:
    at = (timezone.now() + timedelta(days=9)).replace(microsecond=0).isoformat()
    bookings = f"id,phone,name,at\n77,{ANN},Ann,{at}\n"
    reminder = program("A booking system reminds", "python")
    first = run([sys.executable, "-c", reminder], caller, bookings)
    again = run([sys.executable, "-c", reminder], caller, bookings)
    assert first == again
    assert CampaignRecipient.objects.filter(phone=ANN).count() == 1
    message_id = first.split()[1]

    cancel = program("A booking system reminds", "sh")
    (answer,) = shell(cancel, caller | {"MESSAGE_ID": message_id})
    assert answer["status"] == "success"


@pytest.mark.real_clock
def test_the_vendors_node_is_led_here_by_a_local_name_and_certificate(
    team: Team, caller: dict[str, str], live_server: LiveServer, tmp_path: Path, port: int
) -> None:
    here = urlsplit(live_server.url).netloc
    text = program("n8n", "caddy")
    for ours, tests in (
        ("api.sociocs.com {", f"api.sociocs.com:{port} {{"),
        ("tls /certs/api.sociocs.com.pem /certs/api.sociocs.com-key.pem", "tls internal"),
        ("https://campaigns.example.org", f"http://{here}"),
        ("campaigns.example.org", here),
    ):
        assert ours in text
        text = text.replace(ours, tests)
    (tmp_path / "Caddyfile").write_text(
        f"{{\nadmin off\nskip_install_trust\nauto_https disable_redirects\n}}\n{text}"
    )
    authority = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    command: list[str | Path] = [tool("caddy"), "run", "--config", tmp_path / "Caddyfile"]
    env = os.environ | {
        "XDG_DATA_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    address = f"https://api.sociocs.com:{port}"
    asked: list[str | Path] = [
        "curl",
        "-s",
        "--cacert",
        authority,
        "-H",
        f"apikey: {caller['KEY']}",
    ]
    asked += ["--resolve", f"api.sociocs.com:{port}:127.0.0.1"]

    def channels() -> Any:
        done = subprocess.run(
            [*asked, f"{address}/channels?provider=twlo"], capture_output=True, check=False
        )
        return json.loads(done.stdout) if done.returncode == 0 else None

    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as web_server:
        try:
            (channel,) = wait_until(channels)
            assert channel["channel_key"] == "front-desk"
        finally:
            web_server.terminate()


def test_opt_outs_go_in(team: Team, caller: dict[str, str]) -> None:
    answers = shell(program("Opt-outs both ways", "sh"), caller)
    assert [answer["data"] for answer in answers] == [{"is_blocked": True}] * 2
    assert OptOut.objects.open().get().phone == ANN


@pytest.fixture
def listening(team: Team, port: int) -> Iterator[tuple[Any, subprocess.Popen[str]]]:
    """The program that takes events, as the receiver of one of the team."""
    receiver = a_receiver(team, f"http://127.0.0.1:{port}/")
    env = os.environ | {"PORT": str(port), "SECRET": receivers.secret_of(receiver)}
    text = program("Is it really from here?", "python")
    with subprocess.Popen(
        [sys.executable, "-c", text], env=env, stdout=subprocess.PIPE, text=True
    ) as child:
        wait_until(lambda: answers(port))
        yield receiver, child
        child.kill()


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 501
    except requests.ConnectionError:
        return False


def test_opt_outs_come_out_once_and_only_from_here(
    team: Team, listening: tuple[Any, subprocess.Popen[str]], port: int
) -> None:
    receiver, child = listening
    owner = world.owner_of(team)
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.BY_HAND, owner)
    send(receiver)
    event = OutgoingEvent.objects.get()
    assert event.status == 204
    assert receivers.send_again(event, owner)
    send(receiver)
    forged = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    url = f"http://127.0.0.1:{port}/"
    assert requests.post(url, event.body, headers=forged, timeout=5).status_code == 403
    opt_outs.lift(OptOut.objects.get(), "They asked for it", owner)
    send(receiver)

    assert child.stdout is not None
    child.kill()
    assert child.stdout.read().splitlines() == [f"{ANN} stop", f"{ANN} go on"]


# What a script of a sheet finds at Google, as far as these scripts use it.
GOOGLE = """
const rows = JSON.parse(process.env.ROWS || "[]"), calls = [], said = [];
const sheet = {
  getSheetId: () => 7,
  getDataRange: () => ({ getValues: () => rows }),
  getRange: (row, column) => ({ setValue: (value) => said.push([row, column, value]) }),
  appendRow: (row) => said.push(row),
};
const SpreadsheetApp = { getActive: () => ({ getSheetByName: () => sheet }) };
const HtmlService = { createHtmlOutput: (text) => text };
const PropertiesService = {
  getScriptProperties: () => ({ getProperty: (name) => process.env[name] }),
};
const { execFileSync } = require("child_process");
const UrlFetchApp = {
  fetch: (url, options) => {
    const headers = { "Content-Type": options.contentType, ...options.headers };
    const given = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const text = execFileSync("curl", [
      "-s", "-w", "\\n%{http_code}", "-X", "POST", "-d", options.payload, ...given, url,
    ]).toString();
    const cut = text.lastIndexOf("\\n");
    return {
      getResponseCode: () => Number(text.slice(cut + 1)),
      getContentText: () => text.slice(0, cut),
    };
  },
};
"""


def google(script: str, call: str, env: dict[str, str]) -> Any:
    """What a script does to its sheet."""
    end = f"\n{call};\nconsole.log(JSON.stringify(said));"
    return json.loads(run(["node", "-e", GOOGLE + script + end], env | {"PATH": "/usr/bin:/bin"}))


def test_a_sheet_sends_its_new_rows_and_notes_what_became_of_them(
    team: Team, caller: dict[str, str]
) -> None:
    rows = [
        ["phone", "name", "text", "result"],
        ["12025550101", "Ann", "Your order is here.", ""],
        ["+12025550102", "Ben", "It is here.", "sent before"],
        ["0", "Cleo", "It is here.", ""],
        ["", "", "", ""],
    ]
    script = program("Send when a sheet changes", "js")
    script = script.replace("https://campaigns.example.org/sociocs", caller["CAMPAIGNS"])
    sent, refused = google(script, "sendNewRows()", caller | {"ROWS": json.dumps(rows)})
    assert (sent[:2], refused[:2]) == ([2, 4], [4, 4])
    assert refused[2].startswith("to:")
    (person,) = CampaignRecipient.objects.all()
    assert (person.phone, person.name) == (ANN, "Ann")


def test_a_sheet_takes_opt_outs_with_the_word_alone(team: Team) -> None:
    a_receiver(team, "https://example.org/")
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.BY_HAND, world.owner_of(team))
    body = OutgoingEvent.objects.get().body
    script = program("Opt-outs into a sheet", "js")

    def posted(word: str) -> Any:
        request = {"postData": {"contents": body}, "parameter": {"key": word}}
        return google(script, f"doPost({json.dumps(request)})", {"HOOK_KEY": "long word"})

    assert posted("guessed") == []
    ((_moment, phone, what),) = posted("long word")
    assert (phone, what) == (f"'{ANN}", "opted out")


def test_the_flow_for_n8n_tells_ours_from_others_and_takes_each_once(
    team: Team, listener: Listener
) -> None:
    flow = json.loads((ROOT / "docs" / "n8n-events-flow.json").read_text())
    node = {one["name"]: one["parameters"] for one in flow["nodes"]}
    kind = {one["name"]: one["type"].removeprefix("n8n-nodes-base.") for one in flow["nodes"]}
    then = {
        name: [[one["node"] for one in branch] for branch in targets["main"]]
        for name, targets in flow["connections"].items()
    }
    ((sign,),) = then["When told"]
    ((compare,),) = then[sign]
    (taken,), (refused,) = then[compare]
    ((once,),) = then[taken]
    ways = ("When told", sign, compare, taken, refused, once, *then[once][0])
    assert [kind[name] for name in ways] == [
        *("webhook", "crypto", "if", "respondToWebhook", "respondToWebhook"),
        *("removeDuplicates", "noOp"),
    ]
    assert set(ways) == node.keys()
    assert node["When told"]["responseMode"] == "responseNode"
    assert node["When told"]["options"]["rawBody"]
    assert node[taken]["options"]["responseCode"] == 204
    assert node[refused]["options"]["responseCode"] == 403

    receiver = a_receiver(team, listener.url)
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.BY_HAND, world.owner_of(team))
    send(receiver)
    (call,) = listener.calls
    # As its node does with the raw body, and as the condition is written.
    assert (node[sign]["type"], node[sign]["encoding"]) == ("SHA256", "hex")
    own = hmac.new(receivers.secret_of(receiver).encode(), call.body, "sha256").hexdigest()
    (condition,) = node[compare]["conditions"]["conditions"]
    assert condition["leftValue"] == f"={{{{ $json.{node[sign]['dataPropertyName']} }}}}"
    header = re.findall(r"headers\['([a-z-]+)'\]", condition["rightValue"])
    assert [call.headers[name] for name in header] == [own]
    assert node[once]["dedupeValue"] == "={{ $json.body.id }}"
    assert call.json["id"] == call.event_id


def test_a_code_step_of_zapier_tells_ours_from_others(team: Team, listener: Listener) -> None:
    receiver = a_receiver(team, listener.url)
    opt_outs.add_opt_outs(team, [ANN], OptOut.Source.BY_HAND, world.owner_of(team))
    send(receiver)
    (call,) = listener.calls
    step = program("Zapier", "python")

    def told(body: str) -> Any:
        given = {"body": body, "said": call.headers["x-sociocs-signature"]}
        given["secret"] = receivers.secret_of(receiver)
        script = f"input_data = {given!r}\n{step}\nimport json; print(json.dumps(output))"
        return json.loads(run([sys.executable, "-c", script], {}))[0]

    assert told(call.body.decode())["data"]["people"] == [{"phone": ANN}]
    assert told(call.body.decode() + " ")["type"] is None


def test_the_document_names_every_kind_of_event() -> None:
    table = DOCUMENT.partition("## Events")[2].partition("\n|---|")[2]
    named = re.findall(r"^\| `([a-z_.]+)` \|", table.partition("\n\n")[0], re.MULTILINE)
    assert named == [kind.value for kind in EventKind]
