"""A short round of real kills and freezes; `python -m tests.sending.chaos` plays long ones."""

from __future__ import annotations

import pytest

from sociocs_accounts.models import Channel
from tests.effort import times
from tests.processes import Processes, Sandbox
from tests.sending.chaos import rounds

pytestmark = pytest.mark.either_database

JOBS = times(30)
PEOPLE = JOBS * rounds.PEOPLE_PER_JOB + rounds.SINGLES


@pytest.mark.processes(seconds=60)
def test_killed_and_frozen_workers_double_nobody_and_lose_nobody(
    channel: Channel, processes: Processes, sandbox: Sandbox
) -> None:
    rounds.launch_campaigns(channel, jobs=JOBS)
    round_of = rounds.Chaos(processes, sandbox, seed=7)

    for _ in range(times(6)):
        round_of.hurt(times=1)
        assert round_of.look_at_pages() == PEOPLE
    round_of.come_to_rest()
    assert round_of.look_at_pages() == PEOPLE

    counted = rounds.verdict(sandbox)
    assert counted["accepted"] + counted["unknown"] == JOBS + rounds.SINGLES
