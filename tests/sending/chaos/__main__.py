"""`python -m tests.sending.chaos --kills 200 --database postgresql`: a long night in an hour.

Workers are killed and frozen at random; then Redis is killed, emptied and frozen, PostgreSQL killed
and recovered, and the database's disk filled, all while campaigns are handed over. The sandbox is
the witness: nobody twice, nobody lost, every person accounted for. Prints the figures; any
difference ends it with an AssertionError. The disk needs root (a tmpfs), else it is left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import Processes, Sandbox, start_sandbox
from tests.sending.chaos.surroundings import Database, Disk, Redis, stopped_at_the_end
from tests.servers import ENVIRONMENT, forget_the_developers_own_settings

if TYPE_CHECKING:
    from tests.sending.chaos.rounds import Chaos


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with surroundings(chosen.database, 60 if chosen.database == "sqlite" else 400) as around:
        night = a_night(around.processes, around.sandbox, chosen.seed)
        play(night, chosen.kills, around.database, around.redis, around.disk)
        say("the witness", **judged(night, around.sandbox))


@dataclass(frozen=True)
class Surroundings:
    """All that the product needs around it, ours to hurt."""

    folder: Path
    disk: Disk
    redis: Redis
    sandbox: Sandbox
    database: Database
    processes: Processes


@contextmanager
def surroundings(database_kind: str, megabytes: int) -> Iterator[Surroundings]:
    """Start all of it, with a disk of so many megabytes for the database; end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        disk = Disk(folder / "disk", megabytes)
        redis, sandbox = Redis(folder), start_sandbox(folder)
        database = Database(database_kind, disk.folder)
        stops = (sandbox.child.kill, redis.kill, database.stop, disk.unmount)
        with stopped_at_the_end(*stops):
            processes = set_up(folder, database, redis, sandbox)
            with stopped_at_the_end(processes.stop_all):
                yield Surroundings(folder, disk, redis, sandbox, database, processes)


def set_up(folder: Path, database: Database, redis: Redis, sandbox: Sandbox) -> Processes:
    """Django in this process, on the same database and broker as the workers."""
    forget_the_developers_own_settings()
    env = ENVIRONMENT | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": uuid.uuid4().hex,
        "DATA_DIR": str(folder),
        "DATABASE_URL": database.url,
        "REDIS_URL": redis.url,
        "SOCIOCS_BASE_URL": sandbox.url,
        # A job every eighth of a second, so that there is work in hand whenever somebody dies.
        "SOCIOCS_CALLS_PER_SECOND": "8",
        # As in `rounds.LEAD_SECONDS`, which needs Django.
        "LEAD_SECONDS": "40",
        "SOCIOCS_TIMEOUT_SECONDS": "5",
        "RECIPIENTS_PER_SUBMISSION": "10",
        "LOG_LEVEL": "WARNING",
    }
    os.environ |= env
    import django  # noqa: PLC0415 - reads the environment above
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    return Processes(folder, os.environ | env)


def a_night(processes: Processes, sandbox: Sandbox, seed: int) -> Chaos:
    from tests import world  # noqa: PLC0415 - needs Django
    from tests.sending.chaos.rounds import Chaos  # noqa: PLC0415

    channel = world.a_channel(world.a_team(), sandbox)
    return Chaos(processes, sandbox, seed, channel)


def play(night: Chaos, kills: int, database: Database, redis: Redis, disk: Disk) -> None:
    began = time.monotonic()
    while night.hurts.total() < kills:
        night.hurt(min(20, kills - night.hurts.total()))
        seen = night.look_at_pages()
        say(f"after {time.monotonic() - began:.0f} s", **night.hurts, people_on_pages=seen)
    for _ in range(3):
        night.trouble("Redis killed", redis.kill, redis.start)
        night.trouble("Redis emptied", redis.flush, lambda: None)
        night.trouble("Redis frozen", redis.freeze, redis.thaw, seconds=8)
        if database.server is not None:
            night.trouble("PostgreSQL killed", database.server.kill, database.start_again)
    if disk.is_mounted:
        night.trouble("the disk full", disk.fill, lambda: recovered(disk, database), seconds=5)
    say("troubles", **night.troubles)


def recovered(disk: Disk, database: Database) -> None:
    disk.free()
    database.start_again()


def judged(night: Chaos, sandbox: Sandbox) -> dict[str, int]:
    from tests.sending.chaos.rounds import verdict  # noqa: PLC0415 - needs Django

    night.come_to_rest()
    night.look_at_pages()
    return verdict(sandbox)


def say(what: str, **figures: int) -> None:
    numbers = ", ".join(f"{name} {number}" for name, number in figures.items())
    sys.stdout.write(f"{what}: {numbers}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
