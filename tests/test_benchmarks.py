"""Every benchmark is told of, and started in one way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_until
from tooling.places import ROOT

pytestmark = pytest.mark.thorough

FOLDER = ROOT / "benchmarks"
TOLD = re.findall(r"^\| `(\w+)` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)


def takes_options(path: Path) -> bool:
    """Whether it is a benchmark of its own, and no part of others."""
    return "ArgumentParser(" in path.read_text()


def test_the_readme_lists_every_benchmark_once() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py") if takes_options(path)) == sorted(TOLD)


@pytest.mark.parametrize("name", TOLD)
def test_a_benchmark_starts_as_the_readme_says(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    started = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr
    assert started.stdout.startswith(f"usage: {name}.py")


@pytest.mark.processes
def test_a_benchmark_that_is_told_to_end_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "benchmarks.list_pages", "--only", "postgresql"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # PostgreSQL runs as another user, who passes through.
        folder.chmod(0o711)
        begun = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"TMPDIR": name}, stderr=subprocess.DEVNULL
        )
        try:
            wait_until(lambda: list(folder.glob("campaigns-pg-*/data/postmaster.pid")))
            begun.terminate()
            begun.wait(60)
        finally:
            begun.kill()
        assert not list(folder.iterdir())
        words = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
        assert not [command for command in words if name in " ".join(command)]


@pytest.mark.long
@pytest.mark.processes
def test_everything_at_once_ends_without_an_error() -> None:
    few = ["--seconds", "20", "--people", "5", "--rows", "20000", "--recipients", "20000"]
    command = [sys.executable, "-m", "benchmarks.load", *few, "--reports", "30"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"p95_ms \d+ errors 0 rss_growth_pct -?\d+\.\d", last), done.stdout


def test_no_word_tells_to_start_a_benchmark_by_its_path() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    wrong = [
        f"{path.relative_to(ROOT)}: {words}"
        for path in [*pages, *FOLDER.iterdir()]
        if path.is_file()
        for words in re.findall(r"python\S* benchmarks/\w+\.py", path.read_text())
    ]
    assert not wrong, "\n".join(wrong)
