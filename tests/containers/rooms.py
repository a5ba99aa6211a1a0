"""A folder as a process's whole file system, by Linux's own means: what containers are made of.

Namespaces for mounts and a host name, `chroot`, and `setpriv` for a user without rights. An engine
adds a network and limits of memory and processes, which are not here.
"""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

# Whoever is not root is root in a namespace of their own, with the users that /etc/subuid gives.
_AS_ROOT = [] if os.geteuid() == 0 else ["--user", "--map-root-user", "--map-auto"]
_DEVICES = ("null", "zero", "full", "random", "urandom")
# Of this machine's, what programs and Python look into.
_CONFIGURATION = [
    *("alternatives", "ca-certificates", "default", "group", "ld.so.cache", "localtime"),
    *("login.defs", "mime.types", "nsswitch.conf", "passwd", "pip.conf", "resolv.conf", "ssl"),
    *("timezone", "xdg"),
]
_PROGRAMS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr")
OWN_PROGRAMS = "/opt/base/bin"
"""Where programs lie that a base image has and this machine has elsewhere, or not."""
BASE_PATH = f"{OWN_PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Mount:
    """Something of outside at a path inside; "tmpfs": an empty folder in memory."""

    source: str | Path
    target: str
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """Loopback addresses that nobody outside has; a process holds it."""

    holder: int

    @property
    def way_in(self) -> list[str]:
        """The beginning of a command that is to run in it, as root there."""
        whose = [f"--user=/proc/{self.holder}/ns/user"] if _AS_ROOT else []
        return ["nsenter", *whose, f"--net=/proc/{self.holder}/ns/net"]


# Nothing else brings a loopback interface up everywhere: `ip` is on few small machines.
_HOLD = """
import fcntl, socket, struct, signal
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
    fcntl.ioctl(asked, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
print("up", flush=True)
signal.pause()
"""


@contextmanager
def private_network() -> Iterator[Network]:
    """A network for rooms, there as long as the block."""
    command = ["unshare", *_AS_ROOT, "--net", sys.executable, "-c", _HOLD]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == b"up\n"
            yield Network(holder.pid)
        finally:
            holder.kill()


@dataclass(frozen=True, slots=True)
class Room:
    """A root folder, and how processes live in it."""

    root: Path
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    folder: str = "/"
    user: str = "0:0"
    name: str = "room"
    # None: all that root has. What is named here can be had by nobody inside but those.
    capabilities: tuple[str, ...] | None = None
    is_read_only: bool = False
    # None: that of whoever begins it.
    network: Network | None = None

    def command(self, *words: str) -> list[str]:
        """The command that begins `words` inside; the process that it starts becomes theirs."""
        entered = self.network.way_in if self.network else []
        return [
            *(*entered, "unshare", *([] if entered else _AS_ROOT), "--mount", "--uts"),
            *("--propagation", "private"),
            *("sh", "-ec", "\n".join([*self._arrangement(), 'exec "$@"']), "sh"),
            *("chroot", str(self.root), *self._rights()),
            *("env", f"--chdir={self.folder}", *words),
        ]

    def run(self, *words: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end. Raises RuntimeError with what it said if it fails."""
        done = subprocess.run(
            self.command(*words),
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{shlex.join(words)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def with_mounts(self, *mounts: Mount) -> Room:
        """The same with more of outside in it."""
        return replace(self, mounts=(*self.mounts, *mounts))

    def _arrangement(self) -> list[str]:
        """Lines of sh; whatever is begun after them has the umask of an engine's processes."""
        here = shlex.quote(str(self.root))
        lines = ["umask 022", f"hostname {self.name}", f"mount --bind {here} {here}"]
        with open_to_all():
            for mount in self.mounts:
                self._make_place(mount)
        if self.is_read_only:
            lines.append(f"mount -o remount,bind,ro {here}")
        for mount in self.mounts:
            there = shlex.quote(f"{self.root}{mount.target}")
            if mount.source == "tmpfs":
                lines.append(f"mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs {there}")
                continue
            lines.append(f"mount --rbind {shlex.quote(str(mount.source))} {there}")
            if mount.is_read_only:
                lines.append(f"mount -o remount,bind,ro {there}")
        return lines

    def _make_place(self, mount: Mount) -> None:
        place = Path(f"{self.root}{mount.target}")
        if place.is_symlink() or place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if mount.source == "tmpfs" or Path(mount.source).is_dir():
            place.mkdir()
        else:
            place.touch()

    def _rights(self) -> list[str]:
        user, _, group = self.user.partition(":")
        # Whoever changes users would go on though its parent died: see tooling/children.py.
        rights = ["setpriv", "--pdeathsig=keep", f"--reuid={user}", f"--regid={group or user}"]
        rights.append("--clear-groups")
        if self.capabilities is None:
            return rights
        allowed = ",".join(["-all", *(f"+{name.lower()}" for name in self.capabilities)])
        # Last to change users, and first to lose what that takes.
        return [*rights, "--no-new-privs", f"--bounding-set={allowed}", "--inh-caps=-all"]


def this_machine(root: Path) -> Room:
    """A bare folder with this machine's programs, read-only, and the Python that runs this."""
    mounts = [
        *(Mount(f"/dev/{name}", f"/dev/{name}") for name in _DEVICES),
        Mount("tmpfs", "/dev/shm"),  # noqa: S108
        Mount("/proc", "/proc"),
    ]
    for folder in ("dev", "etc", "opt/base/bin", "proc", "root", "tmp"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "dev" / "fd").symlink_to("/proc/self/fd")
    for name in _PROGRAMS:
        there = Path("/", name)
        if there.is_symlink():
            (root / name).symlink_to(there.readlink())
        elif there.is_dir():
            mounts.append(Mount(there, f"/{name}", is_read_only=True))
    for name in _CONFIGURATION:
        _copy(Path("/etc", name), root / "etc" / name)
    add_program(root, "python", f'exec {_python()} "$@"')
    if not _python().is_relative_to("/usr"):
        prefix = sys.base_prefix
        mounts.append(Mount(prefix, prefix, is_read_only=True))
    return Room(root, tuple(mounts))


def _python() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def add_program(root: Path, name: str, text: str) -> None:
    """Put a script where the programs of a base image are looked for."""
    path = root / OWN_PROGRAMS.lstrip("/") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("private"))
    elif source.exists():
        shutil.copyfile(source, target)
        target.chmod(stat.S_IMODE(source.stat().st_mode))


@functools.cache
def can_be_made() -> bool:
    """Whether whoever runs this may make such rooms: on Linux root may, mostly."""
    if not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    tried = "mount --rbind /usr /mnt && mount -o remount,bind,ro /mnt && hostname room"
    made = subprocess.run(
        ["unshare", *_AS_ROOT, "--mount", "--uts", "--net", "sh", "-c", tried],
        capture_output=True,
        check=False,
    )
    return made.returncode == 0


@contextmanager
def open_to_all() -> Iterator[None]:
    """What is made meanwhile can be read by everybody, as in images (the product's cannot)."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def as_root(*words: str) -> None:
    """Do something with a room's files that root there may do."""
    subprocess.run(["unshare", *_AS_ROOT, *words] if _AS_ROOT else words, check=True)
