"""How fast a launched campaign is handed over: `python benchmarks/submit_campaign.py`.

Freezes and hands over a campaign to a sandbox of its own, through the product's own launch, client
and protocol: every intent and every answer is committed durably (PostgreSQL with fsync, SQLite with
synchronous=FULL). Prints, last, `recipients_per_s N peak_rss_mb M`: people per second from the
first claim to the last recorded answer, and the most memory this process ever held.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import postgresql  # noqa: E402 - found only with the path above
from tests.processes import Sandbox, start_sandbox  # noqa: E402

CHUNK = 10_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=100_000)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        sandbox = start_sandbox(folder)
        stack.callback(sandbox.child.terminate)
        with database(chosen.database, folder) as url:
            set_up_django(url, folder, sandbox)
            measure(chosen.recipients, sandbox)


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A fresh database whose commits survive a power cut."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'benchmark.sqlite3'}"
        return
    server = postgresql.PostgresServer(durable=True)
    try:
        yield postgresql.new_database(server.folder)
    finally:
        server.stop()


def set_up_django(url: str, folder: Path, sandbox: Sandbox) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": uuid.uuid4().hex,
        "FIELD_ENCRYPTION_KEYS": "YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcmstYmU=",
        "DEMO": "1",
        "DATA_DIR": str(folder),
        "DATABASE_URL": url,
        "SOCIOCS_BASE_URL": sandbox.url,
        "LEAD_SECONDS": "120",
        "LOG_LEVEL": "WARNING",
    }
    import django  # noqa: PLC0415 - reads the environment above
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)


def measure(recipients: int, sandbox: Sandbox) -> None:
    from campaigns import submit, tick  # noqa: PLC0415 - needs Django to be set up
    from campaigns.models import Submission  # noqa: PLC0415
    from tests.campaigns import world  # noqa: PLC0415

    team = world.a_team()
    channel = world.a_channel(team, sandbox)
    people = world.a_list(team, [])
    for start in range(0, recipients, CHUNK):
        world.add_people(people, world.phones(min(CHUNK, recipients - start), start))
    began = time.perf_counter()
    campaign = world.launched(world.a_campaign(channel, people))
    frozen = time.perf_counter()
    while submit.hand_over(channel.account_id):
        pass
    done = time.perf_counter()
    tick.tick()
    left = Submission.objects.filter(campaign=campaign).exclude(state="accepted").count()
    witness = world.witness(sandbox)
    if left or witness["recipients"] != recipients:
        raise SystemExit(f"{left} submissions left over; the sandbox saw {witness['recipients']}")
    print(f"launch_s {frozen - began:.2f} hand_over_s {done - frozen:.2f} jobs {witness['jobs']}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"recipients_per_s {recipients / (done - frozen):.0f} peak_rss_mb {peak:.0f}")


if __name__ == "__main__":
    main()
