"""How fast the sandbox takes bulk jobs over real HTTP, each POST on a connection of its own.

    python -m benchmarks.sandbox --jobs 1000 --recipients 1000 --connections 4

Starts a sandbox with an empty storage, hands the jobs over (each number gets one message), waits
until all messages are on the phones, and prints last ``jobs_per_s N recipients_per_s N``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tooling.places import ROOT

API_KEY = "benchmark:key"


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, running_sandbox(Path(folder)) as port:
        bodies = [_body(number, options.recipients) for number in range(options.jobs)]
        started = time.perf_counter()
        waits = hand_over(port, bodies, options.connections)
        taken = time.perf_counter() - started
        while not (totals := witness(port, ""))["settled"]:
            time.sleep(0.05)
        settled = time.perf_counter() - started
        looked_up = time.perf_counter()
        doubled = witness(port, "/phones?min=2")["phones"]
        looked_up = time.perf_counter() - looked_up
    expected = options.jobs * options.recipients
    if totals["messages"] != expected or doubled:
        sys.exit(f"Expected {expected} messages, found {totals['messages']}, {doubled} doubled.")
    waits.sort()
    print(f"answers: median {waits[len(waits) // 2] * 1000:.1f} ms,", end=" ")
    print(
        f"95% within {waits[len(waits) * 95 // 100] * 1000:.1f} ms, worst {waits[-1] * 1000:.1f} ms"
    )
    print(f"all messages on the phones {settled:.2f} s after the first job")
    print(f"looking for numbers with two messages among {expected:,}: {looked_up * 1000:.0f} ms")
    print(f"jobs_per_s {options.jobs / taken:.0f} recipients_per_s {expected / taken:.0f}")


@contextmanager
def running_sandbox(folder: Path) -> Iterator[int]:
    """A sandbox process with an empty storage; gives its port."""
    command = [sys.executable, "-m", "sociocs_sandbox", "--port", "0"]
    command += ["--storage", str(folder / "sandbox.sqlite3"), "--api-key", API_KEY]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield urlsplit(process.stdout.readline().split()[-1]).port or 0
    finally:
        process.terminate()
        process.wait(10)


def hand_over(port: int, bodies: list[bytes], connections: int) -> list[float]:
    """POST every body, on so many threads; gives the seconds each answer took."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for body in bodies:
        waiting.put(body)
    waits: list[float] = []

    def work() -> None:
        while True:
            try:
                body = waiting.get_nowait()
            except queue.Empty:
                return
            started = time.perf_counter()
            _post(port, body)
            waits.append(time.perf_counter() - started)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def witness(port: int, path: str) -> dict[str, Any]:
    """What the sandbox says really happened."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", f"/sandbox/witness{path}")
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def _post(port: int, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"apikey": API_KEY, "Content-Type": "application/json", "Connection": "close"}
    connection.request("POST", "/messages/bulk", body, headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    if not answer["data"]["job_id"]:
        raise RuntimeError("A job was not taken.")


def _body(number: int, recipients: int) -> bytes:
    """One job; its numbers lie scattered over the whole range, as in a real list."""
    first = number * recipients
    return json.dumps(
        {
            "provider": "twlo",
            "channel_key": "front-desk-sms",
            "recipients": [
                {
                    "to": f"+1{(first + place) * 7_919 % 9_999_999_967:010d}",
                    "name": f"Person {place}",
                }
                for place in range(recipients)
            ],
            "text": "Your spring check-up is due. Reply STOP to opt out.",
        }
    ).encode()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--recipients", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    main()
