"""What benchmarks start with: fresh databases, Django on them, steps in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command

from tests.postgresql import PostgresServer, new_database
from tooling.places import ROOT

# Settings for pages that are opened by Django's own client.
BROWSED = {"ALLOWED_HOSTS": "testserver", "INSECURE_COOKIES": "1", "SERVE_STATIC": "1"}


@contextlib.contextmanager
def durable_database(kind: str, folder: Path) -> Iterator[str]:
    """A new database (`kind`: sqlite or postgresql) whose commits survive a power cut; its URL.

    Whoever is told to end meanwhile (SIGTERM) ends as with Ctrl+C: what was made is taken away.
    """
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'benchmark.sqlite3'}"
        return
    server = PostgresServer(durable=True)
    try:
        yield new_database(server.folder)
    finally:
        server.stop()


def set_up_django(url: str, folder: Path, **more: str) -> None:
    """Set Django up in this process, with all tables in the database and `more` settings."""
    os.environ.update(_settings(url, folder) | more)
    django.setup()
    call_command("migrate", verbosity=0)


@contextlib.contextmanager
def empty_tables(kind: str, **more: str) -> Iterator[dict[str, str]]:
    """A new database with all tables; the environment of the processes that work on it."""
    with (
        tempfile.TemporaryDirectory(prefix="campaigns-benchmark-") as name,
        durable_database(kind, Path(name)) as url,
    ):
        environment = os.environ | _settings(url, Path(name)) | more
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        yield environment


def figures_of(step: str, *arguments: str, environment: dict[str, str]) -> dict[str, float]:
    """The figures of a step ("module.function") that runs in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.surroundings", step, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _settings(url: str, folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": uuid.uuid4().hex,
        "FIELD_ENCRYPTION_KEYS": "YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcmstYmU=",
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        # Nobody listens there: no vendor is called, and no worker takes away what is measured.
        "SOCIOCS_BASE_URL": "http://127.0.0.1:1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DEBUG": "0",
        "LOG_LEVEL": "ERROR",
    }


def _run_step(step: str, *arguments: str) -> None:
    """Call the step's function with these words, and print its figures for `figures_of`."""
    django.setup()
    module, function = step.split(".")
    print(json.dumps(getattr(import_module(f"benchmarks.{module}"), function)(*arguments)))


if __name__ == "__main__":
    _run_step(*sys.argv[1:])
