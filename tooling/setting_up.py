"""Everything that is fetched before the product can run or be tested."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tooling import chromium, environment, node, stamps
from tooling.places import PYTHON, ROOT, VAR


def only(*, with_tests: bool) -> int:
    """The command `setup`. Raises SetUpFailed."""
    ensure_set_up(with_tests=with_tests)
    print("Everything is in place.")
    return 0


def ensure_set_up(
    *,
    with_tests: bool,
    meanwhile: Callable[[], None] | None = None,
    afterwards: Callable[[], None] | None = None,
) -> None:
    """Make sure that Python packages, front-end files and (for tests) a browser are there.

    `meanwhile` is called in this thread once the Python packages are there, while the front-end
    files may still be on their way; `afterwards` once they are there. Raises SetUpFailed.
    """
    with _alone(), ThreadPoolExecutor(2) as threads:
        packages_done = threading.Event()
        front_end = threads.submit(_front_end, packages_done)
        try:
            environment.ensure_packages("test" if with_tests else "run")
        finally:
            packages_done.set()
        browser = threads.submit(chromium.provide) if with_tests else None
        if meanwhile:
            meanwhile()
        words_compiled()
        front_end.result()
        if browser:
            browser.result()
        if afterwards:
            afterwards()


def words_compiled() -> None:
    """Make what Django reads of translations that have changed. Raises SetUpFailed."""
    catalogues = ROOT.glob("locale/*/LC_MESSAGES/django.po")
    if not all(stamps.is_newer(path.with_suffix(".mo"), path) for path in catalogues):
        command: list[str | Path] = [PYTHON, "-m", "tooling.words", "compile"]
        environment.run_quietly("Compiling the translations", command, cwd=ROOT)


def _front_end(packages_done: threading.Event) -> None:
    # npm from the Python registry is installed into the virtual environment, so that must be there.
    if not node.is_on_system():
        packages_done.wait()
    node.install_packages(ROOT)
    packages_done.wait()
    command: list[str | Path] = [PYTHON, "-m", "tooling.assets"]
    environment.run_quietly("Making the front-end files", command, cwd=ROOT)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other dev.py sets up the same folders."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another set-up of this folder to finish.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
