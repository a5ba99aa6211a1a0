"""docker-compose.yml and Dockerfile, as far as they can be judged where no engine runs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import redis
from django.conf import settings
from ruamel.yaml import YAML

from interface import children
from tests.waiting import wait_until
from tooling import demo_services
from tooling.places import ROOT
from tooling.valkey import server_program

COMPOSE = ROOT / "docker-compose.yml"
COMPOSE_TEXT = COMPOSE.read_text()
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE_TEXT)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ["migrate", "web", "worker-sending", "worker-background", "worker-ticking"]
LONG_LIVED = [name for name in SERVICES if name != "migrate"]
SOCIOCS_TIMEOUT_SECONDS = 60
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.mark.thorough
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
    assert set(SERVICES) == {*OURS, "proxy", "db", "redis"}


def test_only_the_proxy_can_be_reached_and_the_dashboard_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "proxy": ["80:80", "443:443", "443:443/udp"],
        "web": ["127.0.0.1:${WEB_PORT:-8000}:8000"],
    }
    # Of all there is, the proxy reaches the dashboard alone.
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert {name for name in SERVICES if "front" in SERVICES[name]["networks"]} == {"proxy", "web"}


def test_nothing_begins_with_settings_that_leave_the_site_open() -> None:
    check, then = SERVICES["migrate"]["command"].split("&&")
    assert "check --deploy --fail-level WARNING" in check
    assert "migrate" in then


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_has_an_end_of_memory_and_processes(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"] <= 256
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_the_dashboard_has_room_for_the_workbooks_it_opens_at_a_time() -> None:
    needed = children.AT_ONCE * settings.IMPORT_MAX_MEMORY_MB
    assert int(SERVICES["web"]["mem_limit"].removesuffix("g")) * 1024 > needed


def test_secrets_are_files_and_each_container_sees_its_own() -> None:
    seen = {name: set(service.get("secrets", [])) for name, service in SERVICES.items()}
    assert seen["db"] == {"database_password", "database_owner_password"}
    assert seen["redis"] == {"redis_password"}
    assert seen["proxy"] == set()
    declared = YAML(typ="safe").load(COMPOSE_TEXT)["secrets"]
    assert seen["web"] == set(declared) - {"database_owner_password"}
    assert {one["file"] for one in declared.values()} == {f"./secrets/{name}" for name in declared}
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "secrets" in (ROOT / ".dockerignore").read_text().splitlines()


def test_settings_read_their_secrets_from_those_files(tmp_path: Path) -> None:
    words = {"database_password": "p@ss/w:rd", "redis_password": "r+d/is"}
    words |= {"secret_key": "0123456789abcdefgh" * 3, "field_encryption_keys": KEY}
    for name, word in words.items():
        # As `openssl rand ... > file` does, which docs/production.md tells people to use.
        (tmp_path / name).write_text(f"{word}\n")
    environment = {
        name: str(value).replace("/run/secrets", str(tmp_path))
        for name, value in SERVICES["web"]["environment"].items()
        if not str(value).startswith("${")
    }
    program = (
        "from django.conf import settings as s\n"
        "d = s.DATABASES['default']\n"
        "print([d['PASSWORD'], d['HOST'], s.REDIS_URL, s.SECRET_KEY, s.FIELD_ENCRYPTION_KEYS])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ast.literal_eval(answer.stdout) == [
        *("p@ss/w:rd", "db", "redis://:r%2Bd%2Fis@redis:6379/0"),
        *(words["secret_key"], [KEY]),
    ]


def test_the_broker_asks_for_the_password_and_no_argument_tells_it(tmp_path: Path) -> None:
    """The container's own commands, with our server in place of the image's."""
    (tmp_path / "redis_password").write_text("se+cr/et=\n")
    here = {"/run/secrets": str(tmp_path), "$$": "$", "valkey-server": str(server_program())}
    command, check = SERVICES["redis"]["command"][2], SERVICES["redis"]["healthcheck"]["test"][1]
    for there, instead in here.items():
        command = command.replace(there, instead)
    socket = tmp_path / "socket"
    command = command.replace("server -", f"server - --port 0 --unixsocket {socket}", 1)
    server = subprocess.Popen(["sh", "-c", command], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_until(socket.exists)
        stranger = redis.Redis(unix_socket_path=str(socket))
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        with redis.Redis(unix_socket_path=str(socket), password="se+cr/et=") as ours:
            assert ours.ping()
        assert b"se+cr" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
        # It is the server itself that is told to stop.
        assert b"valkey" in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    finally:
        server.kill()
        server.wait()
    assert 'REDISCLI_AUTH="$$(cat /run/secrets/redis_password)"' in check


def test_the_broker_is_the_user_whose_folder_it_writes() -> None:
    """As root without rights it could not, and the image changes users for its own command only."""
    broker = SERVICES["redis"]
    assert broker["command"][0] != "valkey-server"
    assert broker["user"] == "valkey"
    assert "cap_add" not in broker
    # And reads its secret, which belongs to whoever made it.
    assert "chmod 0444 secrets/*" in (ROOT / "docs" / "production.md").read_text()


def test_images_can_be_named_by_digest() -> None:
    for name in ("proxy", "db", "redis"):
        assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-\S+\}", SERVICES[name]["image"])


def test_the_images_own_programs_for_copies_know_the_database_of_the_compose_file() -> None:
    """`pg_dump` refuses a server that is newer; which one there is hangs on Debian's release."""
    (programs,) = re.findall(r"postgresql-client-(\d+)", DOCKERFILE)
    (server,) = re.findall(r"postgres:(\d+)", SERVICES["db"]["image"])
    assert int(programs) >= int(server)
    assert re.search(r"^ARG PYTHON_IMAGE=python:[\d.]+-slim-[a-z]+$", DOCKERFILE, re.MULTILINE)


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
        if re.search("KEY|PASSWORD|SECRET|TOKEN", variable):
            assert variable.endswith("_FILE")
            assert value.startswith("/run/secrets/")
        assert not re.search(r"://[^/@:]*:(?!\$\{)[^/@]+@", str(value)), "a password in an address"


def test_the_role_that_owns_the_tables_is_for_migrating_alone() -> None:
    secret = "database_owner_password"
    owners = {name for name, service in SERVICES.items() if secret in service.get("secrets", [])}
    assert owners == {"migrate", "db"}
    named = {
        name for name, service in SERVICES.items() if secret in str(service.get("environment"))
    }
    assert named == owners
    for config in SERVICES["db"]["configs"]:
        assert config["target"].startswith("/docker-entrypoint-initdb.d/")


def test_every_volume_used_is_declared() -> None:
    declared = YAML(typ="safe").load(COMPOSE_TEXT)["volumes"]
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    files = {place for place in used if place.startswith("./")}
    assert used - files == set(declared)
    assert all((ROOT / place).exists() for place in files)


@pytest.mark.parametrize("queue", demo_services.WORKER_OPTIONS)
def test_each_queue_has_a_worker_as_in_the_demo(queue: str) -> None:
    assert f"-Q {queue} " in SERVICES[f"worker-{queue}"]["command"]


def test_a_call_to_sociocs_may_end_before_its_worker_is_killed() -> None:
    grace = int(SERVICES["worker-sending"]["stop_grace_period"].removesuffix("s"))
    assert grace > SOCIOCS_TIMEOUT_SECONDS


def test_the_image_does_not_run_as_root() -> None:
    final = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER \d+:\d+$", final, re.MULTILINE)


def test_connections_are_kept_and_the_proxy_lets_go_of_them_first() -> None:
    """Else a call may meet a connection that the web server closes just then."""
    environment = {"BASE_URL": "http://x:1", "SANDBOX_URL": "http://x:2", "REDIS_URL": "redis://x"}
    (web,) = [one for one in demo_services.services(environment) if one.name == "web"]
    started = [
        DOCKERFILE.replace('", "', " "),
        " ".join(web.command),
        (ROOT / "docs" / "production.md").read_text(),
    ]
    kept = {int(*re.findall(r"--keep-alive\W+(\d+)", text)) for text in started}
    assert len(kept) == 1
    caddyfile = (ROOT / "docker" / "Caddyfile").read_text()
    upstreams = re.findall(r"reverse_proxy \S+ \{.*?keepalive (\d+)s\n", caddyfile, re.DOTALL)
    assert len(upstreams) == caddyfile.count("reverse_proxy ")
    assert max(map(int, upstreams)) < min(kept)


def test_the_web_processes_count_together_in_a_folder_that_is_empty_at_each_start() -> None:
    folder = Path(SERVICES["web"]["environment"]["PROMETHEUS_MULTIPROC_DIR"])
    assert str(folder.parent) in SERVICES["web"]["tmpfs"]
    # Whoever serves no pages would leave figures there that nobody reads.
    others = [SERVICES[name]["environment"] for name in OURS if name != "web"]
    assert not any("PROMETHEUS_MULTIPROC_DIR" in one for one in others)


def test_what_the_image_serves_can_be_read_by_who_serves_it() -> None:
    """Files are made for their own user alone (umask 077), by another one than runs it."""
    build = DOCKERFILE.split("\nFROM ")[-2]
    assert build.index("collectstatic") < build.index("chmod -R a+rX .")
    assert "install -d -m 0700 -o campaigns -g campaigns /data" in DOCKERFILE


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
