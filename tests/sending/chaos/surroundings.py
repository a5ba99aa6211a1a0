"""A database, a Redis and a disk of one's own, to be killed, emptied, frozen and filled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from tests import postgresql, servers
from tooling import children, valkey


class Redis:
    """A broker without persistence: killed, it comes back empty."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self._folder = folder
        self.start()

    @property
    def url(self) -> str:
        """In Celery's spelling."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    def start(self) -> None:
        log = self._folder / "valkey.log"
        with log.open("ab") as output:
            program = valkey.server_program(prefer_system=True)
            command = valkey.server_command(program, self._folder, self.socket, keep=False)
            self.process = children.spawn(command, output=output)
        servers.wait_for_redis(f"unix://{self.socket}", log)

    def kill(self) -> None:
        children.signal_group(self.process, signal.SIGKILL)
        self.process.wait()

    def flush(self) -> None:
        with redis.Redis.from_url(f"unix://{self.socket}") as client:
            client.flushall()

    def freeze(self) -> None:
        children.signal_group(self.process, signal.SIGSTOP)

    def thaw(self) -> None:
        children.signal_group(self.process, signal.SIGCONT)


class Cable:
    """A TCP address that leads to another one, or to a Unix socket, until it is cut.

    What is sent then is swallowed, and neither end is told, as when a machine vanishes from the
    network.
    """

    def __init__(self, target: Path | tuple[str, int], host: str = "127.0.0.1") -> None:
        self._target = target
        self._cut = threading.Event()
        self._ends: set[socket.socket] = set()
        self._came_too_late: list[socket.socket] = []
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._lead, daemon=True).start()

    def cut(self) -> None:
        self._cut.set()

    def mend(self) -> None:
        """Lead on. What was connected has lost some of what was sent, and ends."""
        lost = tuple(self._ends)
        self._cut.clear()
        for end in lost:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        while self._came_too_late:
            self._came_too_late.pop().close()

    def _lead(self) -> None:
        while True:
            near, _address = self._listener.accept()
            if self._cut.is_set():
                self._came_too_late.append(near)
                continue
            try:
                far = self._connected()
            except OSError:
                near.close()
                continue
            self._ends |= {near, far}
            for source, goal in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, goal), daemon=True).start()

    def _connected(self) -> socket.socket:
        if isinstance(self._target, tuple):
            return socket.create_connection(self._target)
        far = socket.socket(socket.AF_UNIX)
        far.connect(os.fspath(self._target))
        return far

    def _carry(self, source: socket.socket, goal: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._cut.is_set():
                    goal.sendall(data)
            if not self._cut.is_set():
                goal.shutdown(socket.SHUT_WR)
        self._ends.discard(source)
        source.close()


class Disk:
    """A small file system in memory, if we may mount one."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=1777", "tmpfs"]
        answer = subprocess.run([*command, str(folder)], check=False, capture_output=True)
        self.is_mounted = answer.returncode == 0

    def fill(self) -> None:
        """Leave no byte free."""
        with suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"\0" * 65536):
                pass

    def free(self) -> None:
        (self.folder / "ballast").unlink(missing_ok=True)

    def unmount(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class Database:
    """SQLite or PostgreSQL, durable as in production."""

    def __init__(self, kind: str, parent: Path) -> None:
        self.server = None
        if kind == "sqlite":
            self.url = f"sqlite:///{parent / 'chaos.sqlite3'}"
        else:
            self.server = postgresql.PostgresServer(durable=True, parent=parent)
            self.url = postgresql.new_database(self.server.folder)

    def kill_and_recover(self) -> None:
        assert self.server is not None
        self.server.kill()
        self.start_again()

    def start_again(self) -> None:
        """Start it if it is down; what it left behind may take a moment to go."""
        if self.server is None or self.server.is_running:
            return
        for _ in range(20):
            time.sleep(0.5)
            with suppress(RuntimeError):
                self.server.run()
                return
        raise RuntimeError("PostgreSQL does not start again")

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()


@contextmanager
def stopped_at_the_end(*stops: Callable[[], None]) -> Iterator[None]:
    """Call all of these at the end, whatever happens."""
    try:
        yield
    finally:
        for stop in stops:
            stop()


def is_root() -> bool:
    return os.geteuid() == 0
