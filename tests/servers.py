"""pytest plugin: real servers, started before Django reads its settings.

It must be loaded by `-p tests.servers` (pyproject.toml does), because a conftest.py comes after
pytest-django has read the settings. It gives every run

* a Valkey or Redis server of its own (REDIS_URL), emptied before each test;
* PostgreSQL with `--database=postgresql`, else SQLite in a file (DATABASE_URL);
* the rest of the environment that config.settings wants.

With `-n`, the servers are shared and every worker has databases of its own.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis

from interface import hints
from tests import postgresql
from tooling import children, valkey
from tooling.places import ROOT

# Redis databases: one for each pytest worker, the others for the fixture `redis_url`.
WORKERS_AT_MOST = 16
REDIS_DATABASES = 128

ENVIRONMENT = {
    "SECRET_KEY": "tests-only-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "DEBUG": "0",
    "DEMO": "1",
    "INSECURE_COOKIES": "1",
    "SERVE_STATIC": "1",
    # Playwright's synchronous calls keep an event loop in the thread that also asks the database.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="the database the tests run on; its server is started for this run",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    # Collecting thousands of tests makes many objects and no garbage.
    gc.set_threshold(100_000, 50, 100)
    options = parser.parse_known_args(args)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        forget_the_developers_own_settings()
        os.environ.update(ENVIRONMENT)
        # Workers and every process that a test starts would compile all modules anew.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
        folder = Path(tempfile.mkdtemp(prefix="campaigns-tests-"))
        early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        os.environ["TESTS_FOLDER"] = str(folder)
        if not (options.help or options.version):
            start_servers(folder, options.database, early_config)
        worker = "main"
    use_own_part(Path(os.environ["TESTS_FOLDER"]), options.database, worker)


def forget_the_developers_own_settings() -> None:
    """Take every variable that .env.example knows out of the environment."""
    text = (ROOT / ".env.example").read_text() if (ROOT / ".env.example").exists() else ""
    for name in ["DATABASE_URL", "REDIS_URL", *re.findall(r"^#? ?([A-Z][A-Z_]+)=", text, re.M)]:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)


def start_servers(folder: Path, database: str, config: pytest.Config) -> None:
    """Start what the whole run shares, to be stopped when pytest is done with `config`."""
    socket = folder / "valkey.sock"
    program = valkey.server_program(prefer_system=True)
    with (folder / "valkey.log").open("ab") as log:
        server = children.spawn(
            valkey.server_command(program, folder, socket, keep=False), output=log
        )
    config.add_cleanup(partial(_stop, server))
    wait_for_redis(f"unix://{socket}", folder / "valkey.log")
    if database == "postgresql":
        postgres = postgresql.PostgresServer()
        config.add_cleanup(postgres.stop)
        os.environ["TESTS_POSTGRESQL"] = str(postgres.folder)


def _stop(server: subprocess.Popen[bytes]) -> None:
    children.stop_child(server, patience=5)


def wait_for_redis(url: str, log: Path) -> None:
    """Return once the server answers; raise RuntimeError with its log after 20 seconds."""
    deadline = time.monotonic() + 20
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
    raise RuntimeError("The Redis server did not start:\n" + log.read_text()[-2000:])


def use_own_part(folder: Path, database: str, worker: str) -> None:
    """Point the settings at this pytest worker's databases and files."""
    number = int(re.sub(r"\D", "", worker) or 0)
    if number >= WORKERS_AT_MOST:
        raise pytest.UsageError(f"At most {WORKERS_AT_MOST} workers (-n).")
    os.environ["REDIS_URL"] = redis_address(folder, number)
    os.environ["DATA_DIR"] = str(folder / worker)
    (folder / worker).mkdir(exist_ok=True)
    if database == "postgresql" and "TESTS_POSTGRESQL" in os.environ:
        server = Path(os.environ["TESTS_POSTGRESQL"])
        os.environ["DATABASE_URL"] = postgresql.address(server, "campaigns")
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / worker / 'never-used.sqlite3'}"


def redis_address(folder: Path, number: int) -> str:
    """Return the URL of one database of this run's Redis server, in Celery's spelling."""
    return f"redis+socket://{folder / 'valkey.sock'}?virtual_host={number}"


def redis_client(url: str) -> redis.Redis:
    """Return a client for a URL in Celery's spelling, which redis-py does not read."""
    return redis.Redis.from_url(
        url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    )


@pytest.fixture(scope="session")
def broker() -> Iterator[redis.Redis]:
    """The Redis database that REDIS_URL names: Celery's messages lie in it."""
    with redis_client(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_broker(broker: redis.Redis) -> None:
    # Else a hint of the test before may still come.
    hints.wait_until_sent()
    broker.flushdb()


@pytest.fixture(scope="session")
def _spare_redis_numbers() -> Iterator[int]:
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)
    share = (REDIS_DATABASES - WORKERS_AT_MOST) // WORKERS_AT_MOST
    first = WORKERS_AT_MOST + worker * share

    def in_turn() -> Iterator[int]:
        while True:
            yield from range(first, first + share)

    return in_turn()


@pytest.fixture
def redis_url(_spare_redis_numbers: Iterator[int]) -> str:
    """The URL of an empty Redis database that no other test uses meanwhile."""
    url = redis_address(Path(os.environ["TESTS_FOLDER"]), next(_spare_redis_numbers))
    with redis_client(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    """The folder of a running PostgreSQL server's socket, whatever database the tests run on."""
    if "TESTS_POSTGRESQL" in os.environ:
        yield Path(os.environ["TESTS_POSTGRESQL"])
        return
    server = postgresql.PostgresServer()
    try:
        yield server.folder
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgresql_folder: Path) -> str:
    """The URL of a new, empty PostgreSQL database."""
    return postgresql.new_database(postgresql_folder)
