"""Where things lie in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
VAR = ROOT / "var"
REQUIREMENTS = ROOT / "requirements"
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"


def tool(name: str) -> Path:
    """Return the path of a command that the virtual environment brings along."""
    return PYTHON.parent / name


def site_packages() -> Path:
    """Return the folder of the virtual environment's packages.

    Raises FileNotFoundError before the virtual environment exists.
    """
    for folder in sorted(VENV.glob("lib/python*/site-packages")):
        return folder
    raise FileNotFoundError(f"No virtual environment in {VENV}: run `python3 dev.py setup` first.")
