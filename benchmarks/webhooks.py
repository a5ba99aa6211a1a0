"""How a burst of the vendor's calls is taken in: `python -m benchmarks.webhooks`.

A web server as in production (gunicorn, two processes of 16 threads) is called 500 times a second
for `--seconds`, each call another signed delivery report, over `--connections` that stay open. The
callers keep to the clock, as a vendor does: a call that has to wait for its connection counts from
when it should have been made. Beside them somebody opens a page of the dashboard, again and again.
Then the background worker's own step works all of it through. `--without-pages` shows what the
calls alone cost.

Prints, last, `calls_per_s N p95_ms A page_p95_ms B worked_per_s C lost L`: calls answered a second;
how long 95 in 100 of them, and of the pages, took at most; reports worked through a second; and
calls that were answered otherwise than "kept", or are not in the database.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import hmac
import http.client
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.surroundings import durable_database, set_up_django
from tests.processes import Child, Sandbox, start_sandbox, wait_until_answered
from tests.servers import wait_for_redis
from tooling import children, valkey

if TYPE_CHECKING:
    from delivery.models import WebhookEndpoint
    from sociocs_accounts.models import Channel

SECRET = "shared-between-the-vendor-and-us"  # noqa: S105 - of this benchmark alone


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=500)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    options.add_argument(
        "--without-pages", action="store_true", help="to see what the calls alone cost"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        redis = f"redis+socket://{stack.enter_context(broker(folder))}"
        sandbox = start_sandbox(folder)
        stack.callback(sandbox.child.terminate)
        with durable_database(chosen.database, folder) as url:
            set_up_django(url, folder, SOCIOCS_BASE_URL=sandbox.url, REDIS_URL=redis)
            measure(folder, sandbox, chosen)


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Path]:
    """A Redis server of this run's own, without which every call would wait for one."""
    socket = folder / "broker.sock"
    command = valkey.server_command(
        valkey.server_program(prefer_system=True), folder, socket, keep=False
    )
    server = children.spawn(command, output=(folder / "broker.log").open("ab"))
    try:
        wait_for_redis(f"unix://{socket}", folder / "broker.log")
        yield socket
    finally:
        children.stop_child(server, patience=5)


@dataclass
class Burst:
    """Calls at fixed moments, shared out among threads; `waits` in seconds."""

    port: int
    path: str
    rate: int
    bodies: list[bytes]
    waits: list[float] = field(default_factory=list)
    refused: int = 0
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, connections: int) -> float:
        """Make all calls; returns the seconds from the first to the last answer."""
        self._began = time.perf_counter()
        threads = [threading.Thread(target=self._call_on) for _ in range(connections)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return time.perf_counter() - self._began

    def _call_on(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self._lock:
                number, self._next = self._next, self._next + 1
            if number >= len(self.bodies):
                return
            due = self._began + number / self.rate
            time.sleep(max(0.0, due - time.perf_counter()))
            body = self.bodies[number]
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            connection.request("POST", self.path, body, {"X-Sociocs-Signature": signature})
            answer = connection.getresponse()
            answer.read()
            self.waits.append(time.perf_counter() - due)
            self.refused += answer.status != http.client.OK


def measure(folder: Path, sandbox: Sandbox, chosen: argparse.Namespace) -> None:
    from delivery import delivery_reports  # noqa: PLC0415 - needs Django
    from delivery.models import WebhookEvent  # noqa: PLC0415
    from tests import world  # noqa: PLC0415

    calls = chosen.rate * chosen.seconds
    endpoint = reported_on(world.a_channel(world.a_team(), sandbox), calls)
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
        bodies = [report(number) for number in range(calls)]
        burst = Burst(port, f"/webhooks/{endpoint.public_id}/", chosen.rate, bodies)
        nobody: contextlib.nullcontext[list[float]] = contextlib.nullcontext([])
        with nobody if chosen.without_pages else page_views(port) as pages:
            before = cpu_seconds(web.pid)
            took = burst.run(chosen.connections)
            cpu = cpu_seconds(web.pid) - before
    finally:
        web.terminate()
    kept = WebhookEvent.objects.filter(endpoint=endpoint).count()
    began = time.perf_counter()
    while delivery_reports.work_through():
        pass
    worked = time.perf_counter() - began
    credited = WebhookEvent.objects.filter(outcome=WebhookEvent.Outcome.CREDITED).count()
    lost = burst.refused + (calls - kept) + (calls - credited)
    print(f"calls {calls} kept {kept} credited {credited} median_ms", end=" ")
    print(f"{percentile(burst.waits, 50):.1f} p99_ms {percentile(burst.waits, 99):.1f}", end=" ")
    print(f"pages {len(pages)} worked_s {worked:.1f} cpu_ms_a_call {cpu / calls * 1000:.2f}")
    print(
        f"calls_per_s {calls / took:.0f} p95_ms {percentile(burst.waits, 95):.1f} "
        f"page_p95_ms {percentile(pages or [0.0], 95):.1f} "
        f"worked_per_s {calls / worked:.0f} lost {lost}"
    )


def reported_on(channel: Channel, messages: int) -> WebhookEndpoint:
    """A switch for delivery reports, and messages whose people are known."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from campaigns.models import CampaignRecipient  # noqa: PLC0415
    from delivery.models import SentMessage, WebhookEndpoint  # noqa: PLC0415
    from sociocs_accounts.encrypted_fields import Secret  # noqa: PLC0415
    from tests import world  # noqa: PLC0415

    campaign = world.a_campaign(channel)
    people = CampaignRecipient.objects.bulk_create(
        (
            CampaignRecipient(campaign=campaign, position=place, phone=phone)
            for place, phone in enumerate(world.phones(messages))
        ),
        batch_size=1000,
    )
    now = timezone.now()
    SentMessage.objects.bulk_create(
        (
            SentMessage(
                channel=channel,
                message_id=f"message-{place}",
                recipient=one,
                campaign=campaign,
                seen_at=now,
                changed_at=now,
            )
            for place, one in enumerate(people)
        ),
        batch_size=1000,
    )
    return WebhookEndpoint.objects.create(channel=channel, secret=Secret.of(SECRET), state="on")


def report(number: int) -> bytes:
    """What the vendor says when a message has arrived."""
    return (
        b'{"message_id":"message-%d","event":"status_update","event_data":{"status":"delivered"}}'
        % number
    )


@contextlib.contextmanager
def page_views(port: int) -> Iterator[list[float]]:
    """Somebody who opens a page ten times a second; the seconds each took."""
    seconds: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            began = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/sign-in/")
            connection.getresponse().read()
            connection.close()
            seconds.append(time.perf_counter() - began)

    visitor = threading.Thread(target=look)
    visitor.start()
    try:
        yield seconds
    finally:
        over.set()
        visitor.join()


def cpu_seconds(web: int) -> float:
    """What the web server of this process id and PostgreSQL have used until now, pages and all."""
    mine = [psutil.Process(web), *psutil.Process(web).children()]
    database = [one for one in psutil.process_iter() if one.name() == "postgres"]
    return sum(sum(one.cpu_times()[:2]) for one in (*mine, *database))


def percentile(values: list[float], percent: int) -> float:
    """In milliseconds."""
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)] * 1000


if __name__ == "__main__":
    main()
