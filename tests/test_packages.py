"""The locked lists: whole, agreeing with each other, and saying nothing of where to fetch from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tooling.locks import NODE_PROJECTS, PYTHON_LOCKS
from tooling.places import REQUIREMENTS, ROOT

NODE_LOCKS = [project / "package-lock.json" for project in NODE_PROJECTS]
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
WANTED = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)", re.MULTILINE)


def lock(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def pins(name: str) -> dict[str, str]:
    """Return the locked versions by the packages' names."""
    return dict(PIN.findall(lock(name).read_text()))


def node_packages(path: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of a package-lock.json, without the project's own."""
    packages: dict[str, dict[str, Any]] = json.loads(path.read_text())["packages"]
    return {name: entry for name, entry in packages.items() if name}


@pytest.mark.parametrize("path", [*map(lock, PYTHON_LOCKS), *NODE_LOCKS], ids=str)
def test_no_lock_knows_an_address(path: Path) -> None:
    assert not re.search(r"\w+://|^-|@ file", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=\S)", lock(name).read_text().strip())
    without = [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry]
    assert entries
    assert not without


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_package_asked_for_is_locked(name: str) -> None:
    wanted = {found.lower() for found in WANTED.findall((REQUIREMENTS / f"{name}.in").read_text())}
    assert wanted <= set(pins(name))


def test_the_tests_see_the_versions_that_run() -> None:
    """Also what `INCLUDES` in tooling/environment.py relies on."""
    assert pins("run").items() <= pins("test").items()


@pytest.mark.parametrize("path", NODE_LOCKS, ids=str)
def test_every_front_end_package_has_a_hash(path: Path) -> None:
    without = [name for name, entry in node_packages(path).items() if "integrity" not in entry]
    assert not without


@pytest.mark.parametrize("path", NODE_LOCKS, ids=str)
def test_package_json_names_exact_versions_that_are_locked(path: Path) -> None:
    asked: dict[str, str] = json.loads(path.with_name("package.json").read_text())["dependencies"]
    locked = {name: node_packages(path)[f"node_modules/{name}"]["version"] for name in asked}
    assert asked == locked


def test_everything_fetched_is_ignored_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".venv", "node_modules", "static/vendor", "var/", ".env"} <= set(ignored)
