"""How fast a list of a million people is looked through, and lists are made of it.

    .venv/bin/python -m benchmarks.list_pages [--people 1000000] [--only sqlite]

Fills a list in PostgreSQL and in SQLite, with a register of 20,000 opt-outs, and opens its pages
as a browser does, by the whole product without the network: the first page and the ten-thousandth
in each order, a search, a field's value. Then copies the list, puts it together with its copy,
splits it, takes its copy out of it, and exports it. Each database is a process of its own. The last
line is

    postgres_page_ratio R1 sqlite_page_ratio R2

where R is the median time of the ten-thousandth page divided by that of the first.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.postgresql import PostgresServer, new_database
from tooling.places import ROOT

TIMES = 15


def main() -> None:
    arguments = argparse.ArgumentParser(description="Look through a large list.")
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--only", choices=["postgresql", "sqlite"])
    arguments.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.here:
        measure(options.people)
        return
    server = PostgresServer(durable=True)
    ratios: dict[str, float] = {}
    try:
        for database in [options.only] if options.only else ["postgresql", "sqlite"]:
            with tempfile.TemporaryDirectory(prefix="campaigns-benchmark-") as folder:
                ratios[database] = measured(database, options.people, Path(folder), server)
    finally:
        server.stop()
    names = {"postgresql": "postgres_page_ratio", "sqlite": "sqlite_page_ratio"}
    print(*(f"{names[database]} {ratio:.2f}" for database, ratio in ratios.items()))


def measured(database: str, people: int, folder: Path, server: PostgresServer) -> float:
    """Measure in a process of its own, say what it found, and return the ratio of the pages."""
    sqlite = f"sqlite:///{folder / 'campaigns.sqlite3'}"
    env = os.environ | {
        "DATABASE_URL": new_database(server.folder) if database == "postgresql" else sqlite,
        "DATA_DIR": str(folder),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DEBUG": "0",
        "INSECURE_COOKIES": "1",
        "SERVE_STATIC": "1",
        "ALLOWED_HOSTS": "testserver",
        "SECRET_KEY": "benchmark",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True
    )
    command = [sys.executable, "-m", "benchmarks.list_pages", "--here", "--people", str(people)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout)
    print(database, " ".join(f"{name} {value:.3f}" for name, value in found.items()), flush=True)
    return found["page_10000"] / found["page_1"]


def measure(people: int) -> None:
    """Fill, look, make lists; print everything as JSON, in seconds."""
    import django  # noqa: PLC0415  the settings must be in the environment first

    django.setup()
    from benchmarks.list_pages_steps import Looker  # noqa: PLC0415

    looker = Looker(people)
    found: dict[str, float] = {}
    for order in ("file", "phone", "name"):
        prefix = "" if order == "file" else f"{order}_"
        found[f"{prefix}page_1"] = median(partial(looker.page, order, 0))
        found[f"{prefix}page_10000"] = median(partial(looker.page, order, 9_999))
    found["exact_phone"] = median(lambda: looker.ask(words=looker.phone))
    found["rare_name"] = median(lambda: looker.ask(words=looker.name), 3)
    found["rare_value"] = median(lambda: looker.ask(field="Code", value="c7"), 3)
    found["common_value"] = median(lambda: looker.ask(field="Town", value="Ayr"), 3)
    for name, act in looker.operations().items():
        found[name] = took(act)
    found["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def median(act: Callable[[], Any], times: int = TIMES) -> float:
    act()
    return statistics.median(took(act) for _ in range(times))


def took(act: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
