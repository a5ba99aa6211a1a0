"""The command `run`: the whole product on this machine, with nothing installed beforehand.

The Sociocs API is played by the sandbox, so no message leaves the machine. Data is kept in var/.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tooling import demo_services, environment, setting_up, stamps
from tooling.places import PYTHON, REQUIREMENTS, ROOT, VAR
from tooling.run_lock import AlreadyRunning, RunLock
from tooling.supervisor import Supervisor

READY_WITHIN = 90.0
# The dashboard is of use a little before the first tick; a missing one must not hide the address.
TICK_WITHIN = 20.0
# A proxy set for the outside world knows nothing of this machine's own addresses.
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def say(line: str) -> None:
    """Print a line for the user at once, also when the output goes into a file."""
    print(line, flush=True)


def run() -> int:
    """Set up, start everything, keep it running until Ctrl+C; return the exit code.

    Raises SetUpFailed.
    """
    _keep_private(demo_services.data_folder())
    try:
        lock = RunLock(demo_services.data_folder() / "run.lock")
    except AlreadyRunning as other:
        say(str(other))
        return 0
    env = demo_services.settings(say)
    supervisor = Supervisor(say)
    try:
        return _run(lock, supervisor, env)
    finally:
        supervisor.stop_all()
        demo_services.tidy_up(env)
        lock.release()


def _keep_private(folder: Path) -> None:
    """Let nobody else on this machine read what is written from now on, nor what lies there."""
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _run(lock: RunLock, supervisor: Supervisor, env: Mapping[str, str]) -> int:
    if not environment.is_installed("run"):
        say("Setting up: this takes some seconds, the first time only.")
    setting_up.ensure_set_up(
        with_tests=False,
        meanwhile=lambda: prepare_database(env),
        afterwards=lambda: gather_static_files(env),
    )
    say("Starting.")
    supervisor.listen_for_signals()
    for service in demo_services.services(env):
        supervisor.start(service)
    if not wait_until_ready(supervisor, env):
        return 0 if supervisor.is_stopping else 1
    lock.tell(env["BASE_URL"])
    say(
        f"Sociocs Campaigns is ready at {env['BASE_URL']} - sign in as {env['DEMO_EMAIL']} "
        f"with the password {env['DEMO_PASSWORD']} - Ctrl+C stops it"
    )
    say(f"The sandbox shows the phones that the messages go to: {env['SANDBOX_URL']}")
    while not supervisor.is_stopping:
        supervisor.look_after()
        time.sleep(0.2)
    say("Stopping.")
    return 0


def prepare_database(env: Mapping[str, str]) -> None:
    """Bring the database's tables up to date and put the demo team in. Raises SetUpFailed.

    Our own SQLite file is left alone when nothing has changed since the last time.
    """
    set_older_data_aside()
    stamp = demo_services.data_folder() / "database-prepared"
    if stamps.is_current(stamp, _database_mark(env)):
        return
    for step, *command in [
        ("Preparing the database", "migrate", "--no-input", "--verbosity", "0"),
        # Django's checks are those that `migrate` has just run.
        ("Preparing the demo team and its six weeks of history", "seed_demo", "--skip-checks"),
    ]:
        say(f"{step}.")
        environment.run_quietly(step, [PYTHON, "manage.py", *command], env=env, cwd=ROOT)
    stamps.note_finished(stamp, _database_mark(env))


def gather_static_files(env: Mapping[str, str]) -> None:
    """Gather what pages are made of, compressed, under names that browsers keep for ever.

    As in production. Left alone when nothing has changed since. Raises SetUpFailed.
    """
    stamp = VAR / "static-gathered"
    folders = (ROOT / "static", ROOT / "docs" / "guide" / "pictures")
    files = sorted(path for one in folders for path in one.rglob("*") if path.is_file())
    mark = stamps.digest_of(*map(str, files), *files, REQUIREMENTS / "run.txt")
    if (ROOT / "staticfiles" / "staticfiles.json").exists() and stamps.is_current(stamp, mark):
        return
    step = "Compressing what the pages are made of"
    say(f"{step}.")
    command = ["manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    environment.run_quietly(step, [PYTHON, *command], env=env, cwd=ROOT)
    stamps.note_finished(stamp, mark)


def set_older_data_aside() -> None:
    """Rename a database from before the apps were divided: it cannot be brought up to date."""
    file = demo_services.data_folder() / "campaigns.sqlite3"
    if not file.exists():
        return
    with closing(sqlite3.connect(file)) as database:
        older = database.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'campaigns_submission'"
        ).fetchone()
    if older:
        aside = file.with_name(f"{file.stem}-set-aside-{time.strftime('%Y%m%d-%H%M%S')}.sqlite3")
        for ending in ("", "-wal", "-shm"):
            if (part := file.with_name(file.name + ending)).exists():
                part.rename(aside.with_name(aside.name + ending))
        say(f"The data of an older version was set aside as {aside.name}; this one begins anew.")


def _database_mark(env: Mapping[str, str]) -> str:
    """Return what the database's contents depend on; never the same twice for another's server."""
    try:
        file = (demo_services.data_folder() / "campaigns.sqlite3").stat().st_ino
    except FileNotFoundError:
        file = 0
    if "DATABASE_URL" in env or not file:
        return f"unknown at {time.time()}"
    sources = sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("demo/**/*.py")])
    locked = REQUIREMENTS / "run.txt"
    return stamps.digest_of(str(file), env["DEMO_PASSWORD"], locked, *sources)


def wait_until_ready(supervisor: Supervisor, env: Mapping[str, str]) -> bool:
    """Wait for dashboard, sandbox and first tick; return False when stopped or after 90 s."""
    began, answered_at = time.monotonic(), 0.0
    while not supervisor.is_stopping:
        supervisor.look_after()
        now = time.monotonic()
        health = _health(env["BASE_URL"]) if _answers(env["SANDBOX_URL"]) else {}
        if health.get("ok"):
            answered_at = answered_at or now
            if health.get("ticking") or now - answered_at > TICK_WITHIN:
                return True
        if now - began > READY_WITHIN:
            logs = demo_services.data_folder() / "log"
            say(f"It did not come up within {READY_WITHIN:.0f} s. Its logs: {logs}")
            return False
        time.sleep(0.05)
    return False


def _health(base_url: str) -> dict[str, bool]:
    try:
        with DIRECTLY.open(f"{base_url}/healthz", timeout=5) as answer:
            health: dict[str, bool] = json.load(answer)
    except (OSError, ValueError):
        return {}
    return health


def _answers(url: str) -> bool:
    try:
        DIRECTLY.open(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
