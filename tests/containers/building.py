"""The steps of the Dockerfile, done in bare folders: one for each stage, the last is the image.

What cannot be had without an engine is stood in for, and nothing else: the base images by this
machine's programs and its Python, `apt-get` by the programs that the tests have of their own.
Where it has to be quick, so are the two steps that fetch packages, by what the set-up fetched after
the same lists.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from string import Template

from tests.containers import rooms, stand_ins
from tests.containers.dockerfile import Instruction, Stage, files_of_context, read_stages
from tests.containers.rooms import Room
from tooling import node
from tooling.places import NODE_MODULES, PYTHON, ROOT

INSTALL_PROGRAMS = "apt-get update && apt-get install"
INSTALL_NODE = "npm ci --ignore-scripts"
MAKE_VENV = "python -m venv /opt/venv"
INSTALL_PYTHON = "/opt/venv/bin/pip install --require-hashes -r /src/requirements/run.txt"
_LOCKED = re.compile(r"^([a-z0-9-]+)==\S+", re.MULTILINE)
# Of the environment, what says by which ways the registries are reached.
_WAYS = re.compile(r"(?i)(https?|no|all)_proxy|PIP_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE")

StandIn = Callable[[Room], object]


@dataclass(frozen=True, slots=True)
class Image:
    """What was built: a room whose processes live as the Dockerfile says, and its command."""

    room: Room
    command: list[str]

    def megabytes(self, *folders: str) -> float:
        """What these folders of it take, in the sizes of their files."""
        files = (path for one in folders for path in (self.room.root / one).rglob("*"))
        return sum(path.lstat().st_size for path in files if not path.is_dir()) / 1e6


class Builder:
    """Builds in `folder`, which has to be empty. `stand_ins`: done instead of a RUN so begun."""

    def __init__(self, folder: Path, stand_ins: dict[str, StandIn]) -> None:
        self._folder = folder
        self._stand_ins = stand_ins
        self._built: dict[str, Room] = {}
        self._unused = set(stand_ins)
        self._command: list[str] = []

    def build(self) -> Image:
        """Do all steps. Raises RuntimeError with what a step said when it failed, and
        LookupError when there is no such step as one that was to be stood in for.
        """
        stages = read_stages(ROOT / "Dockerfile")
        with rooms.open_to_all():
            for stage in stages:
                self._built[stage.name] = self._stage(stage)
        if self._unused:
            raise LookupError(f"The Dockerfile has no such steps: {self._unused}")
        return Image(self._built[stages[-1].name], self._command)

    def _stage(self, stage: Stage) -> Room:
        room = rooms.this_machine(self._folder / stage.name)
        ways = {name: value for name, value in os.environ.items() if _WAYS.fullmatch(name)}
        for instruction in stage.instructions:
            room = self._do(instruction, room, ways)
        return room

    def _do(self, instruction: Instruction, room: Room, ways: dict[str, str]) -> Room:
        match instruction.word:
            case "RUN":
                self._run(
                    instruction.text, replace(room, environment=ways | dict(room.environment))
                )
            case "COPY":
                self._copy(instruction.text, room)
            case "ENV":
                known = dict(room.environment)
                told = instruction.variables.items()
                set_ = {name: Template(value).substitute(known) for name, value in told}
                return replace(room, environment=known | set_)
            case "WORKDIR":
                _inside(room, instruction.text).mkdir(parents=True, exist_ok=True)
                return replace(room, folder=instruction.text)
            case "USER":
                return replace(room, user=instruction.text)
            case "CMD":
                self._command = instruction.words
        return room

    def _run(self, text: str, room: Room) -> None:
        for beginning, stand_in in self._stand_ins.items():
            if text.startswith(beginning):
                self._unused.discard(beginning)
                stand_in(room)
                return
        room.run("sh", "-c", text)

    def _copy(self, text: str, room: Room) -> None:
        *sources, target = text.split()
        to = _inside(room, target)
        if sources[0].startswith("--from="):
            stage = self._built[sources.pop(0).removeprefix("--from=")]
            for source in sources:
                _link(stage.root / source.strip("/"), to)
            return
        files = files_of_context(ROOT)
        for source in sources:
            for path in files:
                if path.is_relative_to(source):
                    to_folder = target.endswith("/") or source == "."
                    _copy_file(ROOT / path, to / path if to_folder else to)


def _inside(room: Room, path: str) -> Path:
    return room.root / os.path.normpath(os.path.join(room.folder, path)).lstrip("/")  # noqa: PTH118


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def _link(source: Path, target: Path) -> None:
    """A folder from another stage: nobody writes into these files again."""
    shutil.copytree(source, target, symlinks=True, copy_function=os.link, dirs_exist_ok=True)


def node_packages_anew(room: Room) -> None:
    """What the step says, by this machine's npm."""
    node.run_npm(_inside(room, "."), *INSTALL_NODE.split()[1:])


def node_packages_of_the_set_up(room: Room) -> None:
    """Those of this checkout, which `npm ci` made of the same list."""
    shutil.copytree(NODE_MODULES, _inside(room, "node_modules"), symlinks=True)


def venv_without_pip(room: Room) -> None:
    """The same, without a pip that nobody would use."""
    room.run(*MAKE_VENV.split(), "--without-pip")


def python_packages_of_the_set_up(room: Room) -> None:
    """Those of this checkout's environment that the list names, and none that only tests have."""
    (packages,) = (room.root / "opt/venv/lib").glob("python*/site-packages")
    for name in _LOCKED.findall((ROOT / "requirements" / "run.txt").read_text()):
        try:
            files = metadata.distribution(name).files
        except metadata.PackageNotFoundError:
            # Not for this Python or this kind of machine, as its line says.
            continue
        for file in files or ():
            _copy_installed(Path(os.path.normpath(str(file.locate()))), packages / file)


def _copy_installed(source: Path, target: Path) -> None:
    target = Path(os.path.normpath(target))
    if source.suffix == ".pyc" or not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.parent == PYTHON.parent:
        _, _, script = source.read_bytes().partition(b"\n")
        target.write_bytes(b"#!/opt/venv/bin/python\n" + script)
        target.chmod(0o755)
    elif source.stat().st_mode & 0o004 and source.stat().st_dev == target.parent.stat().st_dev:
        target.hardlink_to(source)
    else:
        shutil.copyfile(source, target)


QUICK: dict[str, StandIn] = {
    INSTALL_PROGRAMS: stand_ins.add_postgresql,
    INSTALL_NODE: node_packages_of_the_set_up,
    MAKE_VENV: venv_without_pip,
    INSTALL_PYTHON: python_packages_of_the_set_up,
}
WHOLE: dict[str, StandIn] = {
    INSTALL_PROGRAMS: stand_ins.add_postgresql,
    INSTALL_NODE: node_packages_anew,
}
