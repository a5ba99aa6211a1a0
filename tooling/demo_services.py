"""What `run` starts, and the settings it starts it with."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tooling import children, demo_secrets, valkey
from tooling.environment import SetUpFailed
from tooling.places import PYTHON, VAR
from tooling.supervisor import Service

HOST = "127.0.0.1"
DEMO_EMAIL = "demo@example.org"
# Sending and ticking wait for Sociocs, in threads; the background works with the processor.
WORKER_OPTIONS = {
    "sending": ["-P", "threads", "-c", "4"],
    "ticking": ["-P", "threads", "-c", "4"],
    "background": ["-c", "1"],
}
# A socket's path has room for about 107 bytes (sun_path in unix(7) is 108).
LONGEST_SOCKET_FOLDER = 90
SOCKET_FOLDER = "sociocs-campaigns-"


def data_folder() -> Path:
    """Return where all data of `run` is kept: DATA_DIR, or var/ in this folder."""
    return Path(os.environ.get("DATA_DIR") or VAR).resolve()


def settings(say: Callable[[str], None]) -> dict[str, str]:
    """Return the environment of all services: the caller's, and what makes it the demo.

    DATABASE_URL and REDIS_URL are the caller's if set. `say` is told when a port is taken.
    Raises SetUpFailed.
    """
    web_port = _free_port("PORT", 8000, say)
    sandbox_port = _free_port("SANDBOX_PORT", 8790, say, taken=web_port)
    # By name: passkeys refuse an address of digits.
    base_url, sandbox_url = f"http://localhost:{web_port}", f"http://{HOST}:{sandbox_port}"
    env = os.environ | demo_secrets.load_secrets(data_folder() / "secrets.json")
    env |= {
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "BASE_URL": base_url,
        # `migrate` has run Django's checks already; three more times would only cost seconds.
        "CELERY_SKIP_CHECKS": "1",
        "DATA_DIR": str(data_folder()),
        "DEBUG": "0",
        "DEMO": "1",
        "DEMO_EMAIL": DEMO_EMAIL,
        "EVENTS_TO_LOOPBACK": "1",
        "INSECURE_COOKIES": "1",
        "LEAD_SECONDS": "10",
        "PYTHONUNBUFFERED": "1",
        "SANDBOX_URL": sandbox_url,
        "SOCIOCS_BASE_URL": sandbox_url,
    }
    if not env.get("REDIS_URL"):
        env["REDIS_URL"] = f"redis+socket://{_socket_folder() / 'valkey.sock'}"
    if not env.get("DATABASE_URL"):
        env.pop("DATABASE_URL", None)
    return env


def services(env: Mapping[str, str]) -> list[Service]:
    """Return what has to run, in the order of starting: first what the others lean on."""
    python, data = str(PYTHON), data_folder()
    sandbox = [
        *(python, "-m", "sociocs_sandbox"),
        *("--host", HOST, "--port", str(urlsplit(env["SANDBOX_URL"]).port)),
        *("--storage", str(data / "sandbox.sqlite3")),
    ]
    web = [
        *(python, "-m", "gunicorn", "config.wsgi"),
        *("--bind", f"{HOST}:{urlsplit(env['BASE_URL']).port}", "--worker-class", "gthread"),
        *("--workers", "2", "--threads", "16", "--keep-alive", "75"),
        *("--graceful-timeout", "5", "--preload"),
        *("--no-control-socket", "--log-level", "warning"),
    ]
    return [
        *_broker(env),
        _service("sandbox", sandbox, env),
        _worker("sending", env),
        _worker("ticking", env),
        _service("web", web, env),
        _worker("background", env),
    ]


def tidy_up(env: Mapping[str, str]) -> None:
    """Remove what lies outside of the data folder, once everything has stopped."""
    if socket := _own_socket(env):
        with contextlib.suppress(OSError):
            socket.unlink(missing_ok=True)
            socket.parent.rmdir()


def _worker(queue: str, env: Mapping[str, str]) -> Service:
    command = [
        *(str(PYTHON), "-m", "celery", "-A", "config", "worker", "--loglevel", "WARNING"),
        *("-Q", queue, *WORKER_OPTIONS[queue], "-n", f"{queue}@%h"),
        *("--without-mingle", "--without-gossip"),
    ]
    # A call under way is given the time to end: cut off, it would have to be asked about.
    return _service(f"worker-{queue}", command, env, patience=20)


def _broker(env: Mapping[str, str]) -> list[Service]:
    """Return the embedded broker, unless REDIS_URL names another one."""
    socket = _own_socket(env)
    if socket is None:
        return []
    folder = data_folder() / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    command = valkey.server_command(valkey.server_program(), folder, socket, keep=True)
    return [_service("broker", command, env)]


def _own_socket(env: Mapping[str, str]) -> Path | None:
    """Return the embedded broker's socket if that is what REDIS_URL names."""
    socket = Path(env["REDIS_URL"].removeprefix("redis+socket://"))
    return socket if socket.parent.name.startswith(SOCKET_FOLDER) else None


def _service(
    name: str, command: list[str], env: Mapping[str, str], patience: float = 10
) -> Service:
    return Service(name, command, env, log=data_folder() / "log" / f"{name}.log", patience=patience)


def _socket_folder() -> Path:
    """Return a short folder of this installation's own that nobody else may enter."""
    name = SOCKET_FOLDER + hashlib.sha256(str(data_folder()).encode()).hexdigest()[:10]
    bases = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]  # noqa: S108
    for base in filter(os.path.isdir, bases):
        folder = Path(base) / f"{name}-{os.getuid()}"
        if len(str(folder)) <= LONGEST_SOCKET_FOLDER and _make_private(folder):
            return folder
    raise OSError("No short temporary folder for the broker's socket: set TMPDIR or REDIS_URL.")


def _make_private(folder: Path) -> bool:
    """Make a folder for us alone; return whether it is one (somebody may have been there first)."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        stat_result = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(stat_result.st_mode)
        and stat_result.st_uid == os.getuid()
        and stat.S_IMODE(stat_result.st_mode) == stat.S_IRWXU
    )


def _free_port(name: str, usual: int, say: Callable[[str], None], taken: int = 0) -> int:
    given = os.environ.get(name) or str(usual)
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise SetUpFailed(f"{name} is {given!r}; it must be a port number, 1 to 65535.")
    wanted = int(given)
    port = children.free_port(wanted, HOST, taken=[taken])
    if port != wanted:
        say(f"Port {wanted} is taken by another program: using {port} ({name} sets it).")
    return port
