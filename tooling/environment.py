"""The virtual environment: made once, filled from locked lists where every file has a hash."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from tooling import stamps
from tooling.places import PYTHON, REQUIREMENTS, VAR, VENV, tool

OLDEST_PYTHON = (3, 11)
# A lock on the left also brings everything that the locks on the right list (a test keeps it true).
INCLUDES = {"test": ["run"]}


class SetUpFailed(Exception):
    """A step of the set-up failed. The message says which and what to do."""


def ensure_packages(lock: str) -> None:
    """Make sure that the virtual environment has what requirements/<lock>.txt lists.

    Raises SetUpFailed.
    """
    _ensure_venv()
    if is_installed(lock):
        return
    if not tool("uv").exists():
        _pip_install("uv")
    _install(lock, PYTHON)
    for name in [lock, *INCLUDES.get(lock, [])]:
        stamps.note_finished(_stamp(name), _mark(name))


def ensure_apart(lock: str) -> Path:
    """Return the Python of an environment that has what requirements/<lock>.txt lists, and no more.

    For what must not be seen by the product or its tests. Raises SetUpFailed.
    """
    folder = VAR / f"venv-{lock}"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if not (python.exists() and stamps.is_current(stamp, _mark(lock))):
        making: list[str | Path] = [PYTHON, "-m", "venv", "--clear", "--without-pip", folder]
        run_quietly(f"Making {folder.name}", making)
        _install(lock, python)
        stamps.note_finished(stamp, _mark(lock))
    return python


def is_installed(lock: str) -> bool:
    """Return whether requirements/<lock>.txt, as it is now, has been installed."""
    return PYTHON.exists() and stamps.is_current(_stamp(lock), _mark(lock))


def run_quietly(step: str, command: list[str | Path], **options: object) -> None:
    """Run a command and show what it says only if it fails.

    Raises SetUpFailed, naming the step and quoting the command's last words.
    """
    answer = subprocess.run(  # type: ignore[call-overload]
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    if answer.returncode != 0:
        words = "\n".join(f"    {line}" for line in answer.stdout.strip().splitlines()[-25:])
        raise SetUpFailed(f"{step} failed:\n{words}")


def _ensure_venv() -> None:
    if _venv_works():
        return
    # Filling the environment with a pip of its own takes longer than all the rest.
    python = quickest_python(sysconfig.get_config_var("CONFIG_ARGS") or "")
    run_quietly("Making .venv", [python, "-m", "venv", "--clear", "--without-pip", VENV])


def quickest_python(how_built: str, systems: Path = Path("/usr/bin")) -> Path:
    """Return the Python to work with: the one that runs this, or the system's of the same version.

    What version managers compile without `--enable-optimizations` takes a third longer for all that
    it does. Distributions profile theirs, though what it says of its building does not tell.

    :param how_built: what this Python's `configure` was called with.
    """
    own = Path(sys.executable)
    if not how_built or "--enable-optimizations" in how_built:
        return own
    theirs = systems / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return theirs if _can_make_venv(theirs) else own


def _can_make_venv(python: Path) -> bool:
    try:
        answer = subprocess.run(
            [python, "-c", "import ctypes, sqlite3, ssl, venv"], capture_output=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0


def _pip() -> Path:
    """Return the pip that comes with Python, which runs straight from its package file.

    Raises SetUpFailed where Python has been installed without it.
    """
    spec = importlib.util.find_spec("ensurepip")
    folders = [
        Path(spec.origin).parent / "_bundled" if spec and spec.origin else None,
        sysconfig.get_config_var("WHEEL_PKG_DIR"),
    ]
    for folder in filter(None, folders):
        for wheel in sorted(Path(folder).glob("pip-*.whl")):
            return wheel / "pip"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise SetUpFailed(
        "This Python has no pip to begin with. On Debian and Ubuntu:\n"
        f"    apt-get install python{version}-venv"
    )


def _venv_works() -> bool:
    """Return whether .venv has a Python that starts and is new enough."""
    if not PYTHON.exists():
        return False
    if _version_of_venv() < OLDEST_PYTHON:
        return False
    # The interpreter it was made from may be gone: then the link points nowhere, seen above; or
    # it was upgraded in place: then the packages' folder has another name.
    major, minor = _version_of_venv()[:2]
    return (VENV / "lib" / f"python{major}.{minor}" / "site-packages").is_dir()


def _version_of_venv() -> tuple[int, ...]:
    try:
        text = (VENV / "pyvenv.cfg").read_text()
    except OSError:
        return (0,)
    match = re.search(r"^version(?:_info)? *= *([\d.]+)", text, re.MULTILINE)
    return tuple(int(part) for part in match.group(1).split(".") if part) if match else (0,)


def _stamp(lock: str) -> Path:
    return VENV / f".installed-{lock}"


def _mark(lock: str) -> str:
    version = ".".join(str(part) for part in _version_of_venv())
    return stamps.digest_of(REQUIREMENTS / f"{lock}.txt", version)


def _install(lock: str, python: Path) -> None:
    if not _uv_install(lock, python):
        _pip_install(lock, python)


def _uv_install(lock: str, python: Path) -> bool:
    """Install by uv; return whether that worked. Behind some proxies only pip gets through."""
    answer = subprocess.run(
        [
            *(tool("uv"), "pip", "install", "--python", python, "--quiet"),
            # uv trusts its own list of authorities otherwise, which no company proxy is on.
            "--system-certs",
            *("--require-hashes", "-r", REQUIREMENTS / f"{lock}.txt"),
        ],
        env=os.environ | {"UV_PYTHON_DOWNLOADS": "never"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return answer.returncode == 0


def _pip_install(lock: str, python: Path = PYTHON) -> None:
    run_quietly(
        f"Installing requirements/{lock}.txt",
        [
            *(python, _pip(), "install", "--quiet", "--disable-pip-version-check"),
            *("--no-input", "--require-hashes", "-r", REQUIREMENTS / f"{lock}.txt"),
        ],
    )
