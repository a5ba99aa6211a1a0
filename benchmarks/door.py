"""How fast calls of programs are taken in beside running pages: `python -m benchmarks.door`.

A web server as in production (gunicorn, two processes of 16 threads) is called by `--connections`
programs, each with the next call as soon as the one before is answered: `POST
/sociocs/messages/bulk` with `--recipients` people, every call another one. Beside them somebody
opens a page of the dashboard, again and again. Then one call names `--many` people.

Prints, last, `calls_per_s N p95_ms P peak_rss_mb M`: calls answered a second; how long 95 in 100 of
them took at most; and the most memory that a process of the web server ever had, the call with
many people included. The line before tells how long that one took.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.surroundings import durable_database, set_up_django
from benchmarks.webhooks import broker, page_views, percentile
from tests.processes import Child, wait_until_answered
from tooling import children

WARM_UP = 5.0
LINE = {"provider": "twlo", "channel_key": "front-desk"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--connections", type=int, default=4)
    options.add_argument("--recipients", type=int, default=100)
    options.add_argument("--many", type=int, default=100_000)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        redis = f"redis+socket://{stack.enter_context(broker(folder))}"
        with durable_database(chosen.database, folder) as url:
            set_up_django(url, folder, REDIS_URL=redis)
            measure(folder, chosen)


@dataclass
class Programs:
    """Programs that call until their time is over; `waits` in seconds."""

    port: int
    key: str
    recipients: int
    waits: list[float] = field(default_factory=list)
    refused: int = 0
    _made: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, connections: int, seconds: float) -> float:
        """Let them call; returns the seconds from the first call to the last answer."""
        began = time.perf_counter()
        until = began + seconds
        threads = [
            threading.Thread(target=self._call_on, args=(until,)) for _ in range(connections)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return time.perf_counter() - began

    def _call_on(self, until: float) -> None:
        while time.perf_counter() < until:
            with self._lock:
                number, self._made = self._made, self._made + 1
            people = [
                {"to": f"+1202{5550000 + place}", "name": f"Person {place}"}
                for place in range(self.recipients)
            ]
            body = json.dumps(LINE | {"text": f"Call {number}", "recipients": people}).encode()
            took, status = self.call(body)
            with self._lock:
                self.waits.append(took)
                self.refused += status != http.client.OK

    def call(self, body: bytes) -> tuple[float, int]:
        """Make one call; the seconds it took, and its status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"apikey": self.key, "Content-Type": "application/json"}
        began = time.perf_counter()
        connection.request("POST", "/sociocs/messages/bulk", body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return time.perf_counter() - began, answer.status


def measure(folder: Path, chosen: argparse.Namespace) -> None:
    from tests.api.calling import many_recipients, peak_rss_mb  # noqa: PLC0415 - needs Django

    port = children.free_port()
    web = Child(
        "web",
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread"),
            *("--workers", "2", "--threads", "16", "--bind", f"127.0.0.1:{port}"),
        ],
        os.environ | {"BASE_URL": f"http://127.0.0.1:{port}", "INSECURE_COOKIES": "1"},
        folder / "web.log",
    )
    try:
        wait_until_answered(f"http://127.0.0.1:{port}/", web)
        programs = Programs(port, a_key(), chosen.recipients)
        # A process learns the world's numbering plans with its first calls.
        programs.run(chosen.connections, seconds=WARM_UP)
        programs.waits.clear()
        with page_views(port) as pages:
            took = programs.run(chosen.connections, chosen.seconds)
        before = peak_rss_mb(web.pid)
        body = b"".join(many_recipients(LINE | {"text": "Hello"}, chosen.many))
        seconds, status = programs.call(body)
        peak = peak_rss_mb(web.pid)
    finally:
        web.terminate()
    calls = len(programs.waits)
    print(
        f"calls {calls} refused {programs.refused} page_p95_ms {percentile(pages, 95):.1f} "
        f"many {chosen.many} many_status {status} many_s {seconds:.1f} "
        f"rss_before_many_mb {before:.0f}"
    )
    print(
        f"calls_per_s {calls / took:.1f} p95_ms {percentile(programs.waits, 95):.1f} "
        f"peak_rss_mb {peak:.0f}"
    )


def a_key() -> str:
    """The key of a token that may call as often as it likes."""
    from tests import world  # noqa: PLC0415 - needs Django
    from tests.api.calling import a_program  # noqa: PLC0415

    team = world.a_team()
    world.a_channel(team)
    return a_program(team, calls_per_minute=1_000_000).made.key


if __name__ == "__main__":
    main()
