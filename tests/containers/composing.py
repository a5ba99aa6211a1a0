"""docker-compose.yml, begun as it stands: each service's own command, settings, files and order.

All services are in one network namespace and know each other by name; which of its networks the
file lets them share, and limits of memory and processes, are an engine's to keep.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

from tests.containers import rooms, stand_ins
from tests.containers.building import Image
from tests.containers.rooms import Mount, Network, Room
from tests.processes import Child
from tests.waiting import wait_until
from tooling.places import ROOT

_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")
_OF_OTHERS = {
    "POSTGRES_IMAGE": stand_ins.postgresql_server,
    "VALKEY_IMAGE": stand_ins.valkey_server,
    "CADDY_IMAGE": stand_ins.caddy,
}


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file as docker compose reads it: `NAME=value`, and comments."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def filled_in(value: Any, variables: dict[str, str]) -> Any:
    """The file's words with `${NAME:-default}` and `$$` done. Raises KeyError for what it wants."""
    match value:
        case str():
            return _VARIABLE.sub(lambda found: _filled_in(found, variables), value)
        case dict():
            return {name: filled_in(one, variables) for name, one in value.items()}
        case list():
            return [filled_in(one, variables) for one in value]
    return value


def _filled_in(found: re.Match[str], variables: dict[str, str]) -> str:
    dollar, name, kind, word = found.groups()
    if dollar:
        return "$"
    if not variables.get(name) and kind == "?":
        raise KeyError(word)
    return variables.get(name) or word or ""


@dataclass
class Service:
    """One of the file, and once it was begun its process."""

    name: str
    told: dict[str, Any]
    room: Room
    command: list[str]
    # From its beginning until it was well: on the clock, and of a processor.
    seconds: float = 0.0
    work: float = 0.0
    child: Child | None = None

    def is_healthy(self) -> bool:
        """What the file's own check says, asked inside."""
        kind, *words = self.told["healthcheck"]["test"]
        words = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        try:
            self.room.run(*words, timeout=60)
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
        return True


class Compose:
    """The file's services in `folder`, which holds `.env` and `secrets/` as its own would."""

    def __init__(self, folder: Path, image: Image, network: Network) -> None:
        self._folder, self._image, self._network = folder, image, network
        self.variables = read_env_file(folder / ".env")
        written = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
        self._images = {name: one["image"] for name, one in written["services"].items()}
        self._file: dict[str, Any] = filled_in(written, self.variables)
        with rooms.open_to_all():
            self.services = {name: self._service(name) for name in self._file["services"]}

    def up(self) -> None:
        """Begin all services, each once those it depends on are as it wants them.

        Raises AssertionError with what a service wrote when it ended, or did not come to be well.
        """
        for name in self.services:
            self._begin(name)
        for name, service in self.services.items():
            if "healthcheck" in service.told:
                self._wait_for(name, "service_healthy")

    def stop(self) -> None:
        """End all that runs, as `docker compose kill` does."""
        for service in self.services.values():
            if service.child:
                service.child.kill()

    def volume(self, name: str) -> Path:
        """Where what a named volume holds lies."""
        return self._folder / "volumes" / name

    def _begin(self, name: str) -> None:
        service = self.services[name]
        if service.child:
            return
        for other, wait in service.told.get("depends_on", {}).items():
            self._begin(other)
            self._wait_for(other, wait["condition"])
        command = service.room.command(*service.command)
        log = self._folder / f"{name}.log"
        service.seconds = -time.monotonic()
        service.child = Child(name, command, dict(service.room.environment), log)

    def _wait_for(self, name: str, condition: str) -> None:
        service = self.services[name]
        assert service.child is not None
        child = service.child

        def holds() -> bool:
            if service.seconds < 0:
                service.work = _work_of(child.pid) or service.work
            if condition == "service_completed_successfully":
                assert child.is_running or child.process.returncode == 0, child.output[-3000:]
                return not child.is_running
            assert child.is_running, f"{name} has ended:\n{child.output[-3000:]}"
            return service.is_healthy()

        wait_until(holds, progress=lambda: child.output[-3000:], pause=0.2)
        if service.seconds < 0:
            service.seconds += time.monotonic()

    def _service(self, name: str) -> Service:
        told = self._file["services"][name]
        room, command = self._room_of_image(name)
        environment = {
            **room.environment,
            **(self.variables if "env_file" in told else {}),
            **{name: str(value) for name, value in told.get("environment", {}).items()},
            "HOSTNAME": name,
        }
        room = replace(
            room.with_mounts(*self._mounts(room, told)),
            environment=environment,
            user=told.get("user", room.user),
            name=name,
            network=self._network,
            capabilities=tuple(told.get("cap_add", [])) if told["cap_drop"] == ["ALL"] else None,
            is_read_only=told["read_only"],
        )
        return Service(name, told, room, _words(told.get("command")) or command)

    def _room_of_image(self, name: str) -> tuple[Room, list[str]]:
        for variable, make in _OF_OTHERS.items():
            if variable in self._images[name]:
                return make(rooms.this_machine(self._folder / "images" / name))
        return self._image.room, self._image.command

    def _mounts(self, room: Room, told: dict[str, Any]) -> Iterator[Mount]:
        yield Mount(self._hosts(), "/etc/hosts", is_read_only=True)
        for volume in told.get("volumes", []):
            source, target, *mode = volume.split(":")
            is_file = source.startswith("./")
            from_ = ROOT / source if is_file else self._volume(source, room, target)
            yield Mount(from_, target, is_read_only=mode == ["ro"])
        for place in told.get("tmpfs", []):
            yield Mount("tmpfs", place)
        for secret in told.get("secrets", []):
            file = self._folder / self._file["secrets"][secret]["file"]
            yield Mount(file, f"/run/secrets/{secret}", is_read_only=True)
        for config in told.get("configs", []):
            file = ROOT / self._file["configs"][config["source"]]["file"]
            yield Mount(file, config["target"], is_read_only=True)

    def _hosts(self) -> Path:
        path = self._folder / "hosts"
        path.write_text(f"127.0.0.1 localhost {' '.join(self._file['services'])}\n")
        return path

    def _volume(self, name: str, room: Room, target: str) -> Path:
        """A named volume: at first what the image of whoever comes first has there."""
        assert name in self._file["volumes"]
        path = self.volume(name)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            there = Path(f"{room.root}{target}")
            there.mkdir(parents=True, exist_ok=True)
            rooms.as_root("cp", "-a", str(there), str(path))
        return path


def _work_of(pid: int) -> float:
    """Seconds of processor time that a process took, with those that it began; 0 once it ended."""
    with suppress(psutil.NoSuchProcess):
        begun = psutil.Process(pid)
        return sum(sum(one.cpu_times()[:4]) for one in (begun, *begun.children(recursive=True)))
    return 0.0


def _words(command: str | list[str] | None) -> list[str]:
    return shlex.split(command) if isinstance(command, str) else command or []
