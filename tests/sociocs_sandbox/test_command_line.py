"""Starting and stopping the process, and what it says."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.sociocs_sandbox.conftest import ANN, Vendor, bulk_body
from tooling.places import ROOT

pytestmark = pytest.mark.thorough

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - what is tested is that it is refused
KEY = "0123456789abcdef:secretsecretsecretWXYZ"
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, key: str | None = KEY, port: str = "0") -> subprocess.Popen[str]:
        env = {name: value for name, value in os.environ.items() if name != "SANDBOX_API_KEY"}
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sociocs_sandbox", "--port", port),
                *("--storage", str(tmp_path / "deeper" / "sandbox.sqlite3"), *arguments),
            ],
            env=env | ({"SANDBOX_API_KEY": key} if key else {}),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def url(process: subprocess.Popen[str]) -> str:
    """Wait for the line that tells the address."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"Sandbox ready at (http://\S+)\n", line)
    assert found, line
    return found[1]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, errors = process.communicate(timeout=15)
    return process.returncode, output + errors


@pytest.mark.parametrize(
    ("arguments", "key", "sentence"),
    [
        ((), None, "an API key is needed: give --api-key or set SANDBOX_API_KEY"),
        (("--host", ALL_ADDRESSES), KEY, "this machine only; --allow-remote changes that"),
        (("--host", "192.0.2.1"), KEY, "this machine only; --allow-remote changes that"),
        (("--host", "no.such.host.invalid"), KEY, "this machine only"),
    ],
)
def test_it_does_not_start_unsafely(
    start: Start, arguments: tuple[str, ...], key: str | None, sentence: str
) -> None:
    code, output = ended(start(*arguments, key=key))
    assert (code, sentence in output) == (2, True)


def test_it_listens_beyond_this_machine_when_told_to(start: Start) -> None:
    process = start("--host", ALL_ADDRESSES, "--allow-remote")
    address = url(process).replace(ALL_ADDRESSES, "127.0.0.1")
    assert requests.get(address, headers={"Host": "sandbox.internal"}, timeout=5).ok


def test_it_listens_on_ipv6(start: Start) -> None:
    assert requests.get(url(start("--host", "::1")), timeout=5).ok


def test_a_taken_port_is_told(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, output = ended(start(port=str(taken.getsockname()[1])))
    assert (code, "Cannot listen on 127.0.0.1" in output) == (1, True)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(start: Start, signum: signal.Signals) -> None:
    process = start()
    url(process)
    process.send_signal(signum)
    assert ended(process) == (0, "")


def test_it_stops_although_a_caller_is_kept_waiting(start: Start) -> None:
    process = start()
    address = url(process)
    headers = {"apikey": KEY, "X-Sandbox-Fault": "silence"}

    def wait_for_an_answer() -> None:
        with pytest.raises(requests.RequestException):
            requests.get(f"{address}/messages/bulk", headers=headers, timeout=10)

    caller = threading.Thread(target=wait_for_an_answer)
    caller.start()
    while not requests.get(f"{address}/sandbox/witness", timeout=5).json()["requests"]:
        pass
    process.terminate()
    assert ended(process) == (0, "")
    caller.join()


def test_the_limits_can_be_set(start: Start) -> None:
    address = url(start("--max-recipients", "1", "--max-body-bytes", "400"))
    headers = {"apikey": KEY}
    for body, status in ((bulk_body(), 413), (bulk_body(text="x" * 400), 413)):
        answer = requests.post(f"{address}/messages/bulk", json=body, headers=headers, timeout=5)
        assert answer.status_code == status


def test_the_key_of_the_last_start_counts(start: Start) -> None:
    first = start(key="old:key")
    requests.post(
        f"{url(first)}/messages/bulk", json=bulk_body(), headers={"apikey": "old:key"}, timeout=5
    )
    first.terminate()
    ended(first)
    address = url(start(key="new:key"))

    def listed(key: str) -> requests.Response:
        return requests.get(f"{address}/messages/bulk", headers={"apikey": key}, timeout=5)

    assert len(listed("new:key").json()["data"]) == 1
    assert listed("old:key").status_code == 401


def test_neither_keys_nor_numbers_nor_texts_are_logged(start: Start) -> None:
    process = start("--verbose")
    address = url(process)
    headers, query = {"apikey": KEY}, {"apikey": KEY}
    body = bulk_body(schedule=..., text="A very private text")
    for path in ("/messages/bulk", f"/contacts/block/{ANN}"):
        requests.post(address + path, json=body, headers=headers, params=query, timeout=5)
    requests.get(f"{address}/phones/{ANN}", timeout=5)
    requests.get(f"{address}/?q={ANN[1:]}", timeout=5)
    process.terminate()
    code, output = ended(process)
    assert code == 0
    assert "POST /messages/bulk 200" in output
    assert "POST /contacts/block/+… 200" in output
    for secret in (KEY, KEY[-8:], ANN[1:], ANN[-7:], "private", "Ann"):
        assert secret not in output


def test_the_storage_holds_no_key(start: Start, tmp_path: Path) -> None:
    process = start()
    url(process)
    process.terminate()
    ended(process)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "deeper").iterdir())
    assert KEY.encode() not in stored
    assert KEY.partition(":")[2].encode() not in stored


def test_a_vendor_call_by_hand_needs_no_host_name(vendor: Vendor) -> None:
    assert vendor.data("GET", "/messages/bulk", headers={"Host": "api.sociocs.com"}) == []
