"""What the tests of campaigns share: a team with a channel on a sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from sending import gateway
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.processes import Sandbox


@pytest.fixture(autouse=True)
def forget_clocks() -> Iterator[None]:
    """What one test learnt of the vendor's clock must not help the next one."""
    gateway.forget_clocks()
    yield
    gateway.forget_clocks()


@pytest.fixture
def quick(settings: Settings) -> Settings:
    """Settings under which a campaign sent now goes out while the test watches."""
    settings.LEAD_SECONDS = 2
    settings.RECIPIENTS_PER_SUBMISSION = 10
    settings.SOCIOCS_TIMEOUT_SECONDS = 3
    return settings


@pytest.fixture
def team(transactional_db: None) -> Team:
    return world.a_team()


@pytest.fixture
def channel(team: Team, sandbox: Sandbox, quick: Settings) -> Channel:
    quick.SOCIOCS_BASE_URL = sandbox.url
    return world.a_channel(team, sandbox)
