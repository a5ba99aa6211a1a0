"""What `dev.py test` plays in its two runs, seen by what pytest collects for them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tooling.places import ROOT


@pytest.mark.long
def test_the_two_runs_leave_out_nothing_but_what_is_marked_long() -> None:
    everything = collected("--long")
    in_two_runs = collected("--first-run") | collected("--second-run")
    assert len(in_two_runs) > 5_000
    assert everything - in_two_runs == collected("--long", "-m", "long")
    assert in_two_runs < everything


def collected(*arguments: str) -> set[str]:
    """The ids of the tests that pytest would play, asked apart from the run that asks."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line for line in answer.stdout.splitlines() if "::" in line}
