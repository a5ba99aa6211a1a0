"""Renewing the locked lists of packages: names, versions and hashes, and no address of a registry.

Where packages are fetched from is each machine's own setting.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tooling import environment, node
from tooling.chromium import PACKAGE as CHROMIUM_PACKAGE
from tooling.places import REQUIREMENTS, ROOT, tool

PYTHON_LOCKS = ["run", "test", "load", "uv", "node"]
NODE_PROJECTS = [ROOT, CHROMIUM_PACKAGE]
# The sprite asks for 13,000 files of single icons, of which it has no need: it holds them all.
NEEDLESS = ["@tabler/icons"]


def renew_locks() -> int:
    """The command `lock`. Raises SetUpFailed when a version cannot be found."""
    environment.ensure_packages("test")
    for name in PYTHON_LOCKS:
        environment.run_quietly(f"Locking requirements/{name}.in", compile_command(name))
    for project in NODE_PROJECTS:
        node.run_npm(project, "update", "--package-lock-only", "--ignore-scripts")
        tidy(project / "package-lock.json")
    print("Locked. `python3 dev.py test` tells whether the new versions work.")
    return 0


def compile_command(name: str) -> list[str | Path]:
    """Return the command that writes requirements/<name>.txt."""
    return [
        *(tool("uv"), "pip", "compile", "--system-certs", "--universal", "--generate-hashes"),
        *("--no-header", "--no-annotate", "--python-version", "3.11", "--quiet", "--upgrade"),
        # The tests must see the very versions that run.
        *(("--constraint", REQUIREMENTS / "run.txt") if name == "test" else ()),
        *(REQUIREMENTS / f"{name}.in", "-o", REQUIREMENTS / f"{name}.txt"),
    ]


def tidy(lock: Path) -> None:
    """Take every web address and every needless package out of a package-lock.json."""
    content: dict[str, Any] = json.loads(lock.read_text())
    packages: dict[str, dict[str, Any]] = content["packages"]
    for path in list(packages):
        if path.endswith(tuple(f"node_modules/{name}" for name in NEEDLESS)):
            del packages[path]
    for package in packages.values():
        wanted: dict[str, str] = package.pop("dependencies", {})
        if needed := {name: wanted[name] for name in wanted if name not in NEEDLESS}:
            package["dependencies"] = needed
        package.pop("funding", None)
        package.pop("resolved", None)
    lock.write_text(json.dumps(content, indent=2) + "\n")
