"""Runs the tests at other hours, on other days, in other orders: `python -m tooling.clocks --help`.

The whole machine's wall clock is moved: pytest's, its servers', its workers' and its browser's.
It needs a C compiler, and runs with the Python that it is started with.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tooling.places import ROOT, VAR

SOURCE = ROOT / "tooling" / "shifted_clock.c"
LOGS = VAR / "clocks"
BUSY_LOOP = [sys.executable, "-c", "while True: pass"]


@dataclass(frozen=True)
class Moment:
    """What is unusual about one run."""

    name: str
    # "HH:MM" is when it is that late in UTC, the day after tomorrow.
    at: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    busy_loops: int = 0


MOMENTS = [
    Moment("half-past-midnight", at="00:30"),
    Moment("at-three", at="03:00"),
    Moment("at-noon", at="12:00"),
    Moment("before-midnight", at="23:45"),
    Moment("leap-day", at="2028-02-29T00:30"),
    Moment("leap-day-evening", at="2028-02-29T23:45"),
    Moment("new-years-eve", at="2026-12-31T23:45"),
    Moment("in-april", at="2027-04-01T12:00"),
    # Some minutes before the clocks go forward or back, and a day before that.
    Moment("new-york-eve-of-spring", at="2027-03-13T15:00"),
    Moment("new-york-spring", at="2027-03-14T06:50"),
    Moment("new-york-eve-of-autumn", at="2027-11-06T15:00"),
    Moment("new-york-autumn", at="2027-11-07T05:50"),
    Moment("berlin-spring", at="2027-03-28T00:50"),
    Moment("berlin-autumn", at="2027-10-31T00:50"),
    Moment("machine-in-auckland", environment={"TZ": "Pacific/Auckland"}),
    Moment("machine-in-new-york", environment={"TZ": "America/New_York"}),
    *(
        Moment(f"shuffled-{seed}", arguments=("-p", "tests.shuffling", f"--shuffle={seed}"))
        for seed in (1, 2, 3)
    ),
    Moment("beside-two-busy-loops", busy_loops=2),
]


@dataclass(frozen=True)
class RunOutcome:
    """How the tests fared at one moment."""

    moment: Moment
    failed: list[str]
    last_line: str


def main() -> int:
    """Run pytest at every moment asked for, print what failed when, return 1 if anything did."""
    wanted, pytest_arguments = read_command_line()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="campaigns-clocks-") as folder:
        # PostgreSQL runs as somebody else and must be able to read it.
        Path(folder).chmod(0o755)
        library = compile_clock(Path(folder))
        for moment in wanted:
            outcomes.append(run_at(moment, library, pytest_arguments))
            print(f"{moment.name:24} {outcomes[-1].last_line}", flush=True)
    print(outcome_table(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def read_command_line() -> tuple[list[Moment], list[str]]:
    """Return the moments that were asked for, and what is left for pytest."""
    names = [moment.name for moment in MOMENTS]
    parser = argparse.ArgumentParser(
        prog="python -m tooling.clocks",
        description=f"Run pytest with the clock set to each of these: {', '.join(names)}.",
        epilog="Everything else goes to pytest. What it says is kept in var/clocks/.",
    )
    parser.add_argument("--at", action="append", choices=names, metavar="MOMENT", default=[])
    options, pytest_arguments = parser.parse_known_args()
    wanted = [moment for moment in MOMENTS if moment.name in (options.at or names)]
    return wanted, pytest_arguments


def compile_clock(folder: Path) -> Path:
    """Return the library that shifts the clock of a program that it is preloaded into."""
    library = folder / "shifted_clock.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    return library


def run_at(moment: Moment, library: Path, pytest_arguments: list[str]) -> RunOutcome:
    """Run pytest at this moment; its whole output goes to var/clocks/<moment>.log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{moment.name}.log"
    usual = {name: value for name, value in os.environ.items() if name != "TZ"}
    with busy(moment.busy_loops), log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *moment.arguments, *pytest_arguments],
            cwd=ROOT,
            env=usual | moment.environment | clock_environment(moment, library),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    text = log.read_text(errors="replace")
    failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", text, re.MULTILINE)
    lines = text.strip().splitlines() or ["pytest said nothing"]
    if done.returncode and not failed:
        failed = ["the run itself"]
    return RunOutcome(moment, failed, lines[-1])


def clock_environment(moment: Moment, library: Path) -> dict[str, str]:
    """Return what a program and all it starts must be given to live at this moment."""
    if not moment.at:
        return {}
    now = datetime.now(UTC)
    shift = round((resolve(moment.at, now) - now).total_seconds())
    return {
        "LD_PRELOAD": str(library),
        "CLOCK_SHIFT": str(shift),
        "CLOCK_BEGAN": str(int(time.time())),
        # By this clock the folders of any other run would be days old, and be cleared away.
        "PYTEST_DEBUG_TEMPROOT": str(library.parent),
    }


def resolve(at: str, now: datetime) -> datetime:
    """Return the moment that a date with a time names, or one of the day after tomorrow.

    Some hours from now would be in what the library takes for the files of this run.
    """
    if "T" in at:
        return datetime.fromisoformat(at).replace(tzinfo=UTC)
    hour, minute = at.split(":")
    later = now + timedelta(days=2)
    return later.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep this many processes busy with nothing."""
    running = [subprocess.Popen(BUSY_LOOP) for _ in range(loops)]
    try:
        yield
    finally:
        for loop in running:
            loop.kill()
            loop.wait()


def outcome_table(outcomes: list[RunOutcome]) -> str:
    """Return what failed, and at which moments."""
    moments: dict[str, list[str]] = {}
    for outcome in outcomes:
        for test in outcome.failed:
            moments.setdefault(test, []).append(outcome.moment.name)
    if not moments:
        return f"Nothing failed at any of {len(outcomes)} moments."
    return "\n".join(f"{test}\n    {', '.join(names)}" for test, names in sorted(moments.items()))


if __name__ == "__main__":
    sys.exit(main())
