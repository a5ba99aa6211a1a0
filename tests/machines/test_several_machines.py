"""Two machines behind the proxy: parts die, are cut off and replaced while a campaign goes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.machines import next_release, play
from tests.machines.scene import Site, shared_by_all
from tests.processes import Processes, Sandbox, database_url

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.both_databases,
    pytest.mark.processes(seconds=150),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def upgraded(transactional_db: None) -> Iterator[None]:
    """The upgrade's columns are gone when the next test comes."""
    yield
    next_release.take_back()


@pytest.mark.usefixtures("upgraded")
def test_everybody_gets_it_once_and_pages_go_on_whatever_happens_to_a_machine(
    processes: Processes, tmp_path: Path, sandbox: Sandbox, s3_server: str
) -> None:
    """`python -m tests.machines` plays the long form."""
    shared = shared_by_all(database_url(), settings.REDIS_URL, sandbox, s3_server)
    site = Site(processes, tmp_path, shared, play.SETTINGS)
    figures = play.perform(site, shared, people=2_000, scenes=play.short)
    assert figures["people"] == 2_000
