"""A short race between STOP and hand-over; `python -m tests.sending.chaos.stop_race` runs long."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.effort import times
from tests.processes import Processes, Sandbox
from tests.sending.chaos import stop_race

AHEAD = 75
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.either_database,
    pytest.mark.processes(seconds=60),
]


@pytest.mark.parametrize("is_later", [False, pytest.param(True, marks=pytest.mark.long)])
def test_whoever_wrote_stop_before_their_job_began_gets_nothing_or_it_says_so(
    processes: Processes, sandbox: Sandbox, settings: Settings, is_later: bool
) -> None:
    settings.SOCIOCS_BASE_URL = sandbox.url
    settings.LEAD_SECONDS = AHEAD
    if is_later:
        stop_race.later_jobs_only(sandbox)
    plays = times(6)
    figures = stop_race.Race(processes, sandbox, 3, AHEAD).run(plays)
    figures.pop("reached in time of a wish, and told", 0)
    assert figures.total() == plays
