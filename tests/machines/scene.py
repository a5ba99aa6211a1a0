"""The product on several machines: loopback addresses with folders and processes of their own.

Database, Redis and vendor are reached by a cable for each machine, which can be cut. Media and
uploaded files lie in buckets; before both web servers stands the proxy with the shipped file.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.buckets import REGION, Bucket, make_bucket
from tests.processes import Child, Processes, Sandbox, wait_until_answered
from tests.sending.chaos.surroundings import Cable
from tests.waiting import wait_until
from tooling import children
from tooling.demo_services import WORKER_OPTIONS
from tooling.places import ROOT, tool

PARTS = ("web", "sending", "ticking", "background")
# More than the proxy's checks take.
LEAVE_SECONDS = "5"
# What docs/operations.md says the key to the buckets needs.
OF_THE_KEY = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]


@dataclass(frozen=True)
class Shared:
    """What all machines share."""

    database: Path
    database_name: str
    redis: Path
    redis_number: str
    sandbox: Sandbox
    media: Bucket
    files: Bucket


def shared_by_all(database_url: str, redis_url: str, sandbox: Sandbox, s3_server: str) -> Shared:
    """What these addresses lead to, and two buckets; the first one's key opens both."""
    database, redis = urlsplit(database_url), urlsplit(redis_url)
    return Shared(
        database=Path(parse_qs(database.query)["host"][0]) / ".s.PGSQL.5432",
        database_name=database.path.removeprefix("/"),
        redis=Path(redis.path),
        redis_number=parse_qs(redis.query)["virtual_host"][0],
        sandbox=sandbox,
        media=make_bucket(s3_server, OF_THE_KEY, of_everybody=["s3:GetObject"]),
        files=make_bucket(s3_server, OF_THE_KEY),
    )


@dataclass
class Machine:
    """One computer: its address, its folder, its cables, and what runs on it."""

    name: str
    address: str
    folder: Path
    shared: Shared
    processes: Processes
    settings: Mapping[str, str]
    code: Path = ROOT
    cables: dict[str, Cable] = field(init=False)
    parts: dict[str, Child] = field(init=False, default_factory=dict)
    web_port: int = field(init=False)
    _ready: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        vendor = urlsplit(self.shared.sandbox.url)
        self.cables = {
            "database": Cable(self.shared.database, self.address),
            "Redis": Cable(self.shared.redis, self.address),
            "Sociocs": Cable((str(vendor.hostname), int(vendor.port or 80)), self.address),
        }
        self.web_port = children.free_port(host=self.address)

    def begin(self, part: str) -> None:
        """Start a part, or start it again, and do not wait for it."""
        if part in self.parts:
            self._ready[part] = self._times_ready(part)
            self.parts[part].start(self.code)
        else:
            command = self._web() if part == "web" else self._worker(part)
            self.parts[part] = self.processes.start(f"{self.name}-{part}", *command, env=self.env())

    def start_anew(self, code: Path) -> None:
        """Ask all parts to end, and start them again once they have, from this release's code."""
        self.code = code
        for child in self.parts.values():
            child.process.send_signal(signal.SIGTERM)
        for part, child in self.parts.items():
            assert children.end_child(child.process, patience=120), f"{part} had to be killed"
        for part in self.parts:
            self.begin(part)
        for part in self.parts:
            self.wait_for(part)

    def wait_for(self, part: str) -> None:
        """Wait until a part that was begun works."""
        child = self.parts[part]
        if part == "web":
            wait_until_answered(f"http://{self.address}:{self.web_port}/healthz", child)
        else:
            before = self._ready.get(part, 0)
            wait_until(lambda: self._times_ready(part) > before, progress=lambda: child.output)

    def _times_ready(self, part: str) -> int:
        return self.parts[part].output.count(" ready.")

    def env(self) -> dict[str, str]:
        ports = {name: cable.port for name, cable in self.cables.items()}
        shared = self.shared
        return {
            **self.settings,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": (
                f"postgresql://postgres@{self.address}:{ports['database']}/{shared.database_name}"
            ),
            "REDIS_URL": f"redis://{self.address}:{ports['Redis']}/{shared.redis_number}",
            "SOCIOCS_BASE_URL": f"http://{self.address}:{ports['Sociocs']}",
            "MEDIA_BUCKET": shared.media.name,
            "MEDIA_BASE_URL": f"{shared.media.server}/{shared.media.name}",
            "MEDIA_BUCKET_ENDPOINT": shared.media.server,
            "MEDIA_BUCKET_REGION": REGION,
            "MEDIA_BUCKET_KEY_ID": shared.media.key_id,
            "MEDIA_BUCKET_SECRET": shared.media.secret,
            "FILES_BUCKET": shared.files.name,
            "LEAVE_SECONDS": LEAVE_SECONDS,
        }

    def _web(self) -> list[str]:
        return [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread"),
            *("--workers", "1", "--threads", "8", "--keep-alive", "75", "--no-control-socket"),
            *("--bind", f"{self.address}:{self.web_port}"),
        ]

    def _worker(self, queue: str) -> list[str]:
        return [
            *(sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queue),
            *(*WORKER_OPTIONS[queue], "-n", f"{queue}@{self.name}"),
            *("--without-mingle", "--without-gossip", "--loglevel", "INFO"),
        ]


@dataclass
class Site:
    """Machines behind the shipped proxy, and how people reach it."""

    processes: Processes
    folder: Path
    shared: Shared
    settings: Mapping[str, str]
    # How long the proxy waits for a web server to say that it is ready: here machines may be busy.
    patience: str = "30s"
    port: int = field(init=False, default_factory=children.free_port)
    machines: list[Machine] = field(init=False)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def authority(self) -> Path:
        """Whose word for the proxy's certificate is to be believed."""
        return self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def start(self) -> None:
        """Start everything at once, and wait for all of it."""
        settings = {
            **self.settings,
            "BASE_URL": self.url,
            "ALLOWED_HOSTS": "localhost",
            "TRUSTED_PROXIES": "1",
            "INSECURE_COOKIES": "0",
        }
        self.machines = [
            Machine(name, address, self.folder / name, self.shared, self.processes, settings)
            for name, address in (("first", "127.0.0.2"), ("second", "127.0.0.3"))
        ]
        for part in PARTS:
            for machine in self.machines:
                machine.begin(part)
        self._start_proxy()
        for machine in self.machines:
            for part in PARTS:
                machine.wait_for(part)

    def _start_proxy(self) -> None:
        health_port = children.free_port()
        proxy = self.processes.start(
            "proxy",
            *(tool("caddy"), "run", "--adapter", "caddyfile"),
            *("--config", ROOT / "docker" / "Caddyfile"),
            env={
                "BASE_URL": self.url,
                "HTTP_PORT": str(children.free_port()),
                "HTTPS_PORT": str(self.port),
                "HEALTH_PORT": str(health_port),
                "UPSTREAM": " ".join(f"{one.address}:{one.web_port}" for one in self.machines),
                "WEB_SERVERS": "several",
                "HEALTH_TIMEOUT": self.patience,
                "XDG_DATA_HOME": str(self.folder),
                "XDG_CONFIG_HOME": str(self.folder),
                "HOME": str(self.folder),
            },
        )
        wait_until_answered(f"http://127.0.0.1:{health_port}/", proxy)
        wait_until(self.authority.exists, progress=lambda: proxy.output[-3000:])
