"""The commands `test` and `check`: everything a machine can tell about the code."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tooling import setting_up
from tooling.places import PYTHON, ROOT, tool

FERNET_KEY = "b25seS1mb3ItY2hlY2tzLW9ubHktZm9yLWNoZWNrcyE="
# What an operator would set; Django's own deployment checks must find nothing to say about it.
PRODUCTION = {
    "SECRET_KEY": "only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQ",
    "FIELD_ENCRYPTION_KEYS": FERNET_KEY,
    "ALLOWED_HOSTS": "campaigns.example.org",
    "BASE_URL": "https://campaigns.example.org",
    "TRUSTED_PROXIES": "1",
    "EMAIL_URL": "smtp+tls://mail.example.org:587",
}
# More than there are cores: half of a test with a browser or a worker is waiting for it, and those
# come first; see tests/ordering.py.
CORES = os.cpu_count() or 1
WORKERS = str(min(CORES + 2, 6))
# Of the smaller run beside it.
FEWER_WORKERS = str(min(CORES // 2 + 1, 3))
SECOND_RUN = ("--database=postgresql", "--second-run", "-n", FEWER_WORKERS)


@dataclass(frozen=True)
class CheckStep:
    """One thing to check: its exit code says whether all is well."""

    name: str
    command: tuple[str | Path, ...]
    # Its words are of interest even when all is well.
    talks: bool = False


def test(arguments: list[str]) -> int:
    """Run everything, or pytest alone with the arguments given; return the exit code.

    Raises SetUpFailed.
    """
    setting_up.ensure_set_up(with_tests=True)
    if arguments:
        return subprocess.run(
            [PYTHON, "-m", "pytest", *arguments], cwd=ROOT, check=False
        ).returncode
    return _run(
        [
            *_static_steps(),
            _pytest("tests on SQLite", "--first-run"),
            _pytest("tests on PostgreSQL", *SECOND_RUN),
        ]
    )


def test_long(arguments: list[str]) -> int:
    """Run what `test` runs and all it leaves out; with arguments, only pytest with them.

    Return the exit code. Raises SetUpFailed.
    """
    if arguments:
        return test(["--long", *arguments])
    setting_up.ensure_set_up(with_tests=True)
    return _run(
        [
            *_static_steps(),
            _pytest("all tests on SQLite", "--long"),
            _pytest("all tests on PostgreSQL", "--long", *SECOND_RUN),
        ]
    )


def check() -> int:
    """Run what is worth running every few changes; return the exit code. Raises SetUpFailed."""
    setting_up.ensure_set_up(with_tests=True)
    # Few of them wait for anybody.
    return _run([*_static_steps(), _pytest("quick tests", "--quick", "-n", str(CORES + 1))])


def _static_steps() -> list[CheckStep]:
    return [
        CheckStep("format", (tool("ruff"), "format", "--check", "--quiet", ".")),
        CheckStep("lint", (tool("ruff"), "check", "--quiet", ".")),
        CheckStep("templates", (tool("djangofmt"), "--check", "--quiet", "templates")),
        CheckStep("types", (tool("mypy"),)),
        CheckStep("migrations", (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run")),
        CheckStep(
            "production settings",
            (PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        ),
    ]


def _pytest(name: str, *arguments: str) -> CheckStep:
    # Work is taken from whoever has most left: a few journeys last longer than hundreds of others.
    shared = ["-n", WORKERS, "--dist", "worksteal", "-q"]
    return CheckStep(name, (PYTHON, "-m", "pytest", *shared, *arguments), talks=True)


def _run(steps: list[CheckStep]) -> int:
    """Run all steps, also after a failure; sum up; return 1 if any failed.

    The first that talks is heard as it goes on, what others have to say when they are done. Those
    that say nothing when all is well run one after the other beside them: types are found by one
    process, and tests wait for browsers, for workers and for each other at their end.
    """
    heard, *others = [step for step in steps if step.talks]
    silent = [step for step in steps if not step.talks]
    with tempfile.TemporaryDirectory(prefix="campaigns-checks-") as folder:
        env = os.environ | PRODUCTION | {"DATA_DIR": folder}
        for name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO"):
            env.pop(name, None)
        queues = [ThreadPoolExecutor(max_workers=1) for _ in range(2)]
        try:
            beside = _submitted(queues[0], silent, env)
            _compile_tests(env)
            beside |= _submitted(queues[1], others, env)
            outcomes = {heard: _outcome(heard, env, _talked_through)}
            outcomes |= {step: outcome.result() for step, outcome in beside.items()}
        finally:
            # Whoever stops the tests wants the rest of the checks to stop as well.
            for queue in queues:
                queue.shutdown(cancel_futures=True)
    print("---")
    for step in steps:
        is_well, seconds = outcomes[step]
        print(f"{'ok    ' if is_well else 'FAILED'}  {seconds:6.1f} s  {step.name}")
    return 0 if all(is_well for is_well, _seconds in outcomes.values()) else 1


def _submitted(
    queue: ThreadPoolExecutor, steps: list[CheckStep], env: dict[str, str]
) -> dict[CheckStep, Future[tuple[bool, float]]]:
    return {step: queue.submit(_outcome, step, env, _told_when_done) for step in steps}


def _compile_tests(env: dict[str, str]) -> None:
    """Have one process read all tests, if none has: else six would compile the same files at once,
    those of the packages with them.
    """
    if not (ROOT / "tests" / "__pycache__").exists():
        collecting = (PYTHON, "-m", "pytest", "--collect-only", "-q")
        subprocess.run(collecting, cwd=ROOT, env=env, capture_output=True, check=False)


def _outcome(
    step: CheckStep, env: dict[str, str], do: Callable[[CheckStep, dict[str, str]], bool]
) -> tuple[bool, float]:
    """Run a step; return whether all is well and how long it took."""
    began = time.monotonic()
    is_well = do(step, env)
    return is_well, time.monotonic() - began


def _talked_through(step: CheckStep, env: dict[str, str]) -> bool:
    print(f"--- {step.name}", flush=True)
    return subprocess.run(step.command, cwd=ROOT, env=env, check=False).returncode == 0


def _told_when_done(step: CheckStep, env: dict[str, str]) -> bool:
    answer = subprocess.run(
        step.command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if step.talks or answer.returncode != 0:
        print(f"\n--- {step.name}\n{answer.stdout}", flush=True)
    return answer.returncode == 0
