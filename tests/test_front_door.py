"""The web server that docker-compose.yml puts in front, run with the file that is shipped."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import requests

from tests.processes import Child, Processes, WebServer, wait_until_answered
from tests.waiting import wait_until
from tooling import children
from tooling.places import ROOT, tool

pytestmark = [
    pytest.mark.processes,
    pytest.mark.real_clock,
    pytest.mark.django_db(transaction=True),
]

CADDYFILE = ROOT / "docker" / "Caddyfile"
# Of gunicorn, which answers as many at once.
THREADS = 4
# The only address that the admin is opened to.
OFFICE = "203.0.113.7"
SLOW = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Referer: https://localhost/\r\nCookie: __Host-csrftoken-{port}={token}\r\n"
    "Content-Length: 100000\r\n\r\na=b"
)


@dataclass(frozen=True)
class Door:
    """The dashboard as people reach it."""

    port: int
    plain_port: int
    web: WebServer
    authority: Path

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(
            f"https://localhost:{self.port}{path}",
            headers=headers,
            verify=str(self.authority),
            allow_redirects=False,
            timeout=90,
        )

    def post(self, path: str, body: bytes) -> int | str:
        """The status of the answer; "cut" where the connection is closed while this is sent."""
        try:
            answer = requests.post(
                f"https://localhost:{self.port}{path}",
                data=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                verify=str(self.authority),
                timeout=20,
            )
        except requests.ConnectionError:
            return "cut"
        return answer.status_code

    def dial(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.authority))
        made = socket.create_connection(("localhost", self.port), timeout=20)
        return context.wrap_socket(made, server_hostname="localhost")


@pytest.fixture(scope="module")
def door(lasting_processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Door:
    return opened(lasting_processes, tmp_path_factory.mktemp("door"), proxies=1, before="")


@pytest.fixture(scope="module")
def inner_door(lasting_processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Door:
    """Behind another proxy, which is whoever comes from this machine."""
    folder = tmp_path_factory.mktemp("inner")
    return opened(lasting_processes, folder, proxies=2, before="127.0.0.1/32 ::1/128")


def opened(
    processes: Processes,
    tmp_path: Path,
    *,
    proxies: int,
    before: str,
    caddyfile: Path = CADDYFILE,
) -> Door:
    port, plain_port, health_port = (children.free_port() for _ in range(3))
    base_url = f"https://localhost:{port}"
    web = processes.web(
        {
            "BASE_URL": base_url,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "TRUSTED_PROXIES": str(proxies),
            "ADMIN_ADDRESSES": f"{OFFICE}/32",
            "INSECURE_COOKIES": "0",
            "DEBUG": "0",
            "SECRET_KEY": "0123456789abcdefgh" * 3,
        }
    )
    proxy = processes.start(
        "proxy",
        *(tool("caddy"), "run", "--config", caddyfile, "--adapter", "caddyfile"),
        env={
            "BASE_URL": base_url,
            "HTTP_PORT": str(plain_port),
            "HTTPS_PORT": str(port),
            "HEALTH_PORT": str(health_port),
            "PROXIES_BEFORE": before,
            # Busy with other tests, a machine starts a web server slowly.
            "TRY_DURATION": "60s",
            "UPSTREAM": web.url.removeprefix("http://"),
            "XDG_DATA_HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
            "HOME": str(tmp_path),
        },
    )
    authority = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    wait_until_answered(f"http://127.0.0.1:{health_port}/", proxy)
    wait_until(authority.exists, progress=lambda: proxy.output[-3000:])
    return wait_for_the_door(Door(port, plain_port, web, authority), proxy)


def wait_for_the_door(door: Door, proxy: Child) -> Door:
    wait_until_answered(f"http://localhost:{door.plain_port}/", proxy)

    def answers() -> bool:
        try:
            return door.get("/healthz").status_code == 200
        except requests.ConnectionError:
            return False

    wait_until(answers, progress=lambda: proxy.output[-3000:])
    return door


def test_whoever_comes_while_the_web_server_starts_anew_waits(door: Door) -> None:
    assert door.web.child.terminate()
    with ThreadPoolExecutor(1) as somebody:
        page = somebody.submit(door.get, "/sign-in/")
        door.web.child.start()
        assert page.result().status_code == 200


@pytest.mark.parametrize("path", ["/sign-in/", "/riverside/lists/upload/", "/webhooks/none/"])
def test_bodies_that_come_slowly_do_not_keep_anybody_else_waiting(door: Door, path: str) -> None:
    with ExitStack() as open_ones:
        for _ in range(THREADS * 3):
            slow = open_ones.enter_context(door.dial())
            slow.sendall(SLOW.format(path=path, port=door.port, token="x" * 32).encode())
        for _ in range(THREADS * 2):
            assert door.get("/sign-in/").status_code == 200


def test_what_is_too_large_gets_no_further_than_the_door(door: Door) -> None:
    assert door.post("/sign-in/", b"a=" + bytes(6 * 1024 * 1024)) in {413, "cut"}
    assert door.post("/riverside/media/upload/", b"a=" + bytes(23_000_000)) in {413, "cut"}
    # What fits is answered by the dashboard: its own page for a form without a token.
    assert door.post("/sign-in/", b"a=" + bytes(1024)) in {400, 403}


def test_a_programs_key_stands_in_no_line_of_a_log_of_requests(
    processes: Processes, tmp_path: Path
) -> None:
    """Whoever runs it may have each request written down, which by itself it does not."""
    (written := tmp_path / "Caddyfile").write_text(
        CADDYFILE.read_text().replace("\n{$BASE_URL} {\n", "\n{$BASE_URL} {\n\tlog\n")
    )
    door = opened(processes, tmp_path, proxies=1, before="", caddyfile=written)
    (proxy,) = [child for child in processes.started if child.name == "proxy"]
    secret = "0123456789abcdef" * 4
    key = f"{secret[:32]}:{secret}"
    answer = door.get(
        f"/sociocs/messages?apikey={key}&start_date=2026-11-30",
        apikey=key,
        Authorization=f"Basic {secret}",
    )
    assert answer.status_code == 401
    proxy.wait_for("start_date=2026-11-30")
    assert secret not in proxy.output
    assert secret not in door.web.child.output


def test_it_leads_to_https_and_says_nothing_of_itself(door: Door) -> None:
    plain = requests.get(
        f"http://localhost:{door.plain_port}/sign-in/?next=/a/",
        headers={"Host": "evil.example"},
        allow_redirects=False,
        timeout=20,
    )
    assert plain.status_code == 308
    assert plain.headers["Location"] == f"https://localhost:{door.port}/sign-in/?next=/a/"
    assert "frame-ancestors 'none'" in plain.headers["Content-Security-Policy"]
    page = door.get("/sign-in/")
    assert page.headers["Strict-Transport-Security"] == f"max-age={365 * 24 * 3600}"
    for answer in (plain, page):
        assert "Caddy" not in answer.headers.get("Server", "")
        assert "Via" not in answer.headers


def test_a_visitor_cannot_say_from_where_they_come(door: Door) -> None:
    """Forty addresses made up by one visitor are one visitor to the dashboard's limits."""
    with requests.Session() as visitor:
        visitor.trust_env = False
        visitor.verify = str(door.authority)
        url = f"https://localhost:{door.port}/sign-in/"
        token = visitor.get(url, timeout=20).cookies[f"__Host-csrftoken-{door.port}"]
        told = [
            visitor.post(
                url,
                data={
                    "email": f"nobody{number}@example.org",
                    "password": "wrong",
                    "csrfmiddlewaretoken": token,
                },
                headers={"X-Forwarded-For": f"198.51.100.{number}", "Referer": url},
                timeout=20,
            ).text
            for number in range(22)
        ]
    assert "Too many tries" not in told[0]
    assert "Too many tries" in told[-1]
    assert door.get("/admin/", **{"X-Forwarded-For": OFFICE}).status_code == 404
    assert door.get("/admin/", **{"X-Forwarded-For": f"{OFFICE}, {OFFICE}"}).status_code == 404


def test_a_proxy_before_it_says_from_where_a_visitor_comes(inner_door: Door) -> None:
    def admin_answers(told: str) -> int:
        return inner_door.get("/admin/", **{"X-Forwarded-For": told}).status_code

    assert admin_answers(OFFICE) == 302
    assert admin_answers("198.51.100.1") == 404
    # What a visitor made up stands before what that proxy saw.
    assert admin_answers(f"{OFFICE}, 198.51.100.1") == 404
    assert admin_answers(f"198.51.100.1, {OFFICE}") == 302


def test_each_request_has_an_id_that_no_visitor_made_up(door: Door) -> None:
    told = {"X-Request-ID": "7d3e1fa0-2b6c-4e0d-9a51-0c9d8e7f6a5b"}
    given = door.get("/none/such/", **told).headers["X-Request-ID"]
    assert given not in told.values()
    assert UUID(given).version == 4
    door.web.child.wait_for(rf"request_id={given} Not Found")


def test_the_id_of_a_proxy_before_it_stays(inner_door: Door) -> None:
    told = {"X-Request-ID": "7d3e1fa0-2b6c-4e0d-9a51-0c9d8e7f6a5b"}
    assert inner_door.get("/healthz", **told).headers["X-Request-ID"] == told["X-Request-ID"]


def test_the_file_is_as_its_own_program_writes_it() -> None:
    env = os.environ | {"BASE_URL": "https://campaigns.example.org"}
    for command in (["fmt", "--diff"], ["validate", "--adapter", "caddyfile", "--config"]):
        done = subprocess.run(
            [tool("caddy"), *command, CADDYFILE], env=env, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout
