"""A Dockerfile and a .dockerignore, read as the builder of images reads them.

Only what ours say is known here: anything else is an error, so that nothing is passed over.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

_WORDS = {"COPY", "RUN", "ENV", "WORKDIR", "USER", "EXPOSE", "CMD"}
_ENV = re.compile(r'(\w+)=("[^"]*"|\S+)')
_JOINED = re.compile(r"\\\n")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of them: its word, and what stands behind it."""

    word: str
    text: str

    @property
    def variables(self) -> dict[str, str]:
        """What an ENV sets, with `$NAME` as it is written."""
        return {name: value.strip('"') for name, value in _ENV.findall(self.text)}

    @property
    def words(self) -> list[str]:
        """What a CMD begins."""
        words: list[str] = json.loads(self.text)
        return words


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM with all that follows: what it begins with, and its name or its number."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


def read_stages(path: Path) -> list[Stage]:
    """The stages of a Dockerfile, in order. Raises ValueError for an instruction not known here."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for word, text in _lines(path.read_text()):
        if word == "ARG":
            name, _, value = text.partition("=")
            arguments[name] = value
        elif word == "FROM":
            base, _, name = Template(text).substitute(arguments).partition(" AS ")
            stages.append(Stage(base, name or str(len(stages))))
        elif word in _WORDS:
            stages[-1].instructions.append(Instruction(word, text))
        else:
            raise ValueError(f"Not known here: {word} {text}")
    return stages


def _lines(text: str) -> Iterator[tuple[str, str]]:
    kept = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    for line in _JOINED.sub(" ", "\n".join(kept)).splitlines():
        word, _, rest = line.partition(" ")
        yield word, " ".join(rest.split())


class Ignored:
    """What a .dockerignore keeps out of the image: the last line that fits a path decides."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._rules = [
            (re.compile(_expression(line.removeprefix("!").strip("/"))), line.startswith("!"))
            for line in lines
            if line and not line.startswith("#")
        ]

    def is_kept_out(self, path: str) -> bool:
        """Whether a path, as from the checkout's root, or a folder that it is in, is named."""
        is_out = False
        for rule, is_exception in self._rules:
            if rule.match(path):
                is_out = not is_exception
        return is_out


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(_WILD.get(part, re.escape(part)) for part in parts) + r"(?:/.*)?\Z"


_WILD = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}


def files_of_context(root: Path) -> list[Path]:
    """The files below `root` that a build sees, as paths from there; what is a link stays one."""
    ignored = Ignored((root / ".dockerignore").read_text())
    found = list[Path]()
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = [one for one in folders if not ignored.is_kept_out(str(here / one))]
        links = [one for one in folders if (root / here / one).is_symlink()]
        kept = [one for one in names if not ignored.is_kept_out(str(here / one))]
        found += [here / one for one in [*kept, *links]]
    return found
