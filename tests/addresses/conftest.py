"""The same team at work for every address: filled once for a module, as each test leaves no trace.

Riverside Dental and its people are those of `tests.people`, by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pytest_django.fixtures import Settings

from teams.models import Role, Team, User
from tests import people
from tests.addresses.routes import Site, a_site
from tests.world import create_person, create_team


@dataclass(frozen=True)
class Town:
    """Everybody there is: the team at work, one person of each role, and a stranger."""

    site: Site
    alice: User
    sami: User
    bob: User
    vera: User
    charlie: User


@pytest.fixture(scope="module")
def town(kept: None) -> Town:
    team = create_team(
        name="Riverside Dental", slug="riverside-dental", time_zone="America/New_York"
    )
    alice = people.member(team, "Alice Moreau", Role.OWNER)
    charlie = create_person("Charlie Stern", email="charlie@example.org")
    create_team(charlie, name="Hillside Orthodontics", slug="hillside")
    return Town(
        site=a_site(team, alice),
        alice=alice,
        sami=people.member(team, "Sami Haddad", Role.SENDER),
        bob=people.member(team, "Bob Okafor", Role.EDITOR),
        vera=people.member(team, "Vera Lind", Role.VIEWER),
        charlie=charlie,
    )


@pytest.fixture(autouse=True)
def everything_is_there(settings: Settings) -> None:
    """Also the pages that only some settings open."""
    settings.SECURITY_CONTACT = "security@example.org"
    settings.OPEN_SIGN_UP = True


@pytest.fixture
def site(town: Town, db: None) -> Site:
    return town.site


@pytest.fixture
def riverside(town: Town, db: None) -> Team:
    return town.site.team


@pytest.fixture
def alice(town: Town, db: None) -> User:
    return town.alice


@pytest.fixture
def vera(town: Town, db: None) -> User:
    return town.vera


@pytest.fixture
def charlie(town: Town, db: None) -> User:
    return town.charlie


@pytest.fixture
def members(town: Town, db: None) -> list[User]:
    """One person of each role."""
    return [town.alice, town.sami, town.bob, town.vera]
