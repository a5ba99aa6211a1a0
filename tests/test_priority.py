"""Imports leave the processor to pages, and to calls that send."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from config.priority import NICENESS
from tests.processes import Processes


@pytest.mark.processes
def test_the_background_goes_behind_all_others(processes: Processes) -> None:
    worker = processes.worker("background")
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    assert {one.nice() for one in family} == {usual + NICENESS}
    group = Path(f"/proc/{worker.pid}/autogroup")
    if group.exists():
        assert group.read_text().endswith(f" nice {NICENESS}\n")


@pytest.mark.processes
def test_who_sends_does_not(processes: Processes) -> None:
    worker = processes.worker("sending")
    assert psutil.Process(worker.pid).nice() == os.getpriority(os.PRIO_PROCESS, 0)
