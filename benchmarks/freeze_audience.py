"""How fast an audience of a million rows is counted and frozen, against the database's own floor.

    .venv/bin/python -m benchmarks.freeze_audience [--rows 1000000] [--only sqlite]

Two lists without opt-outs and a third list, and then everything at the same time: a second list, a
saved filter, a list and a filter whose people are left out, an earlier campaign, the last seven
days, and opt-outs. The floor is one INSERT … SELECT of the very rows that were frozen, into the
same table. The last line is

    postgres_ratio R1 sqlite_ratio R2 postgres_count_s C1 sqlite_count_s C2

where R is the freeze of the usual audience divided by its floor, and C the seconds that the
composer's count of the full audience takes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgresql import PostgresServer, new_database
from tooling.places import ROOT


def main() -> None:
    arguments = argparse.ArgumentParser(description="Freeze a large audience, and compare.")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--only", choices=["postgresql", "sqlite"])
    arguments.add_argument("--step", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.step:
        import django  # noqa: PLC0415  the settings must be in the environment first

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        from benchmarks import freeze_steps  # noqa: PLC0415

        print(json.dumps(freeze_steps.measured(options.rows)))
        return
    folder = Path(tempfile.mkdtemp(prefix="campaigns-benchmark-"))
    server = PostgresServer(durable=True)
    words = {"postgresql": "postgres", "sqlite": "sqlite"}
    ratios, counts = [], []
    try:
        for database in [options.only] if options.only else ["postgresql", "sqlite"]:
            found = run(database, options.rows, folder, server)
            print(database, " ".join(f"{name} {value:.2f}" for name, value in found.items()))
            ratio = max(found[f"freeze_{kind}"] / found[f"floor_{kind}"] for kind in ("usual",))
            ratios.append(f"{words[database]}_ratio {ratio:.2f}")
            counts.append(f"{words[database]}_count_s {found['count_full']:.2f}")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(*ratios, *counts)


def run(database: str, rows: int, folder: Path, server: PostgresServer) -> dict[str, float]:
    """Measure in a process of its own, on an empty database."""
    work = Path(tempfile.mkdtemp(dir=folder))
    is_postgresql = database == "postgresql"
    env = os.environ | {
        "DATABASE_URL": new_database(server.folder)
        if is_postgresql
        else f"sqlite:///{work / 'campaigns.sqlite3'}",
        "DATA_DIR": str(work),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DEBUG": "0",
        "SECRET_KEY": "benchmark",
        "LOG_LEVEL": "ERROR",
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=env, check=True)
    step = [sys.executable, "-m", "benchmarks.freeze_audience", "--step", "--rows", str(rows)]
    done = subprocess.run(step, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
