"""docker-compose.yml and Dockerfile, as far as they can be judged where no engine runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from ruamel.yaml import YAML

from tooling import demo_services
from tooling.places import ROOT

COMPOSE = ROOT / "docker-compose.yml"
COMPOSE_TEXT = COMPOSE.read_text()
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE_TEXT)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ["migrate", "web", "worker-sending", "worker-background", "worker-ticking"]
LONG_LIVED = [name for name in SERVICES if name != "migrate"]
SOCIOCS_TIMEOUT_SECONDS = 60


def test_the_compose_file_follows_the_compose_specification() -> None:
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(COMPOSE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout


def test_everything_that_production_needs_is_there() -> None:
    assert set(SERVICES) == {*OURS, "db", "redis"}


def test_only_the_dashboard_can_be_reached_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${WEB_PORT:-8000}:8000"]}


@pytest.mark.parametrize("name", LONG_LIVED)
def test_each_long_lived_service_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", OURS)
def test_each_service_waits_for_what_it_leans_on(name: str) -> None:
    waits = {other: wait["condition"] for other, wait in SERVICES[name]["depends_on"].items()}
    assert waits["db"] == "service_healthy"
    if name != "migrate":
        assert waits["migrate"] == "service_completed_successfully"
        assert waits["redis"] == "service_healthy"


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_neither_write_to_themselves_nor_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", ["db", "redis"])
def test_database_and_broker_are_on_the_inner_network_only(name: str) -> None:
    assert SERVICES[name]["networks"] == ["inside"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_written_in_the_compose_file(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if value and re.search("KEY|PASSWORD|SECRET|TOKEN", variable):
            assert value.startswith("${")
        assert not re.search(r"://[^/@:]*:(?!\$\{)[^/@]+@", str(value)), "a password in an address"


def test_the_role_that_owns_the_tables_is_for_migrating_alone() -> None:
    owners = {
        name
        for name, service in SERVICES.items()
        if "OWNER_PASSWORD}" in re.sub(r":\?[^}]*", "", str(service.get("environment")))
    }
    assert owners == {"migrate", "db"}
    assert all(SERVICES[name]["environment"]["POSTGRES_OWNER_PASSWORD"] == "" for name in OURS)
    (target,) = [config["target"] for config in SERVICES["db"]["configs"]]
    assert target.startswith("/docker-entrypoint-initdb.d/")


def test_every_volume_used_is_declared() -> None:
    declared = YAML(typ="safe").load(COMPOSE_TEXT)["volumes"]
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    assert used == set(declared)


@pytest.mark.parametrize("queue", demo_services.WORKER_OPTIONS)
def test_each_queue_has_a_worker_as_in_the_demo(queue: str) -> None:
    assert f"-Q {queue} " in SERVICES[f"worker-{queue}"]["command"]


def test_a_call_to_sociocs_may_end_before_its_worker_is_killed() -> None:
    grace = int(SERVICES["worker-sending"]["stop_grace_period"].removesuffix("s"))
    assert grace > SOCIOCS_TIMEOUT_SECONDS


def test_the_image_does_not_run_as_root() -> None:
    final = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER \d+:\d+$", final, re.MULTILINE)


def test_the_image_holds_neither_the_demo_nor_the_sandbox_nor_any_data() -> None:
    left_out = set((ROOT / ".dockerignore").read_text().splitlines())
    assert {"demo", "sociocs_sandbox", "tests", "var", ".*"} <= left_out


def test_every_file_that_the_dockerfile_copies_exists() -> None:
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source


@pytest.fixture
def host_seen() -> Iterator[tuple[str, list[str]]]:
    """A server that answers 200, and 503 to `?ticking`; with the Host headers it was sent."""
    hosts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(503 if "ticking" in self.path else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/healthz", hosts
        server.shutdown()
        thread.join()


def health(url: str) -> int:
    env = {"BASE_URL": "https://campaigns.example.org"}
    command = [sys.executable, str(ROOT / "docker" / "health.py"), url]
    return subprocess.run(command, env=env, check=False).returncode


def test_the_health_check_asks_in_the_dashboards_own_name(
    host_seen: tuple[str, list[str]],
) -> None:
    url, hosts = host_seen
    assert health(url) == 0
    assert hosts == ["campaigns.example.org"]


def test_the_health_check_fails_when_the_dashboard_says_so(
    host_seen: tuple[str, list[str]],
) -> None:
    assert health(f"{host_seen[0]}?ticking") == 1


def test_the_health_check_fails_when_nobody_answers() -> None:
    assert health("http://127.0.0.1:1/healthz") == 1
