"""pytest plugin: the same people in every test, and browsers that are signed in as them.

Alice owns Riverside Dental; Sami (sender), Bob (editor) and Vera (viewer) are in it; Charlie owns
another team and is a stranger there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from teams.models import Role, Team, User
from tests.client import Client
from tests.world import add_member, create_person, create_team

ClientOf = Callable[[User], Client]


@pytest.fixture
def riverside(db: None) -> Team:
    return riverside_dental()


@pytest.fixture
def alice(riverside: Team) -> User:
    """The owner of Riverside Dental."""
    return member(riverside, "Alice Moreau", Role.OWNER)


@pytest.fixture
def sami(riverside: Team) -> User:
    """A sender in Riverside Dental."""
    return member(riverside, "Sami Haddad", Role.SENDER)


@pytest.fixture
def bob(riverside: Team) -> User:
    """An editor in Riverside Dental."""
    return member(riverside, "Bob Okafor", Role.EDITOR)


@pytest.fixture
def vera(riverside: Team) -> User:
    """A viewer in Riverside Dental."""
    return member(riverside, "Vera Lind", Role.VIEWER)


@pytest.fixture
def charlie(db: None) -> User:
    """The owner of another team: a stranger to Riverside Dental."""
    person = create_person("Charlie Stern", email="charlie@example.org")
    create_team(person, name="Hillside Orthodontics", slug="hillside")
    return person


def riverside_dental() -> Team:
    """The team, made unless the test's module keeps it."""
    slug, zone = "riverside-dental", "America/New_York"
    kept = Team.objects.filter(slug=slug).first()
    return kept or create_team(name="Riverside Dental", slug=slug, time_zone=zone)


def member(team: Team, name: str, role: Role) -> User:
    """A person of the team, made unless the test's module keeps them."""
    email = f"{name.split()[0].lower()}@example.org"
    if kept := User.objects.filter(email=email).first():
        return kept
    person = create_person(name, email=email)
    add_member(team, person, role)
    return person


@pytest.fixture
def client() -> Client:
    """A browser in which nobody is signed in: pytest-django's would not fold its pages."""
    return Client()


@pytest.fixture
def client_of() -> ClientOf:
    """`client_of(alice)` is a browser in which Alice is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def let_in() -> Callable[[Page, User], None]:
    """`let_in(page, alice)` signs Alice in to a real browser's page without the form."""

    def put_session(page: Page, person: User) -> None:
        client = Client()
        client.force_login(person)
        cookie: Any = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
            "domain": "localhost",
            "path": "/",
        }
        page.context.add_cookies([cookie])

    return put_session
