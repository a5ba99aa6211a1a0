"""A team at work: channels, lists, a draft, and each member's desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.models import Campaign
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk
from tests.client import Client
from tests.people import ClientOf
from tests.world import create_person

DeskOf = Callable[[User], Desk]


@pytest.fixture
def desk_of(riverside: Team, client_of: ClientOf) -> DeskOf:
    """`desk_of(bob)`: the team's campaign pages with Bob signed in."""
    return lambda person: Desk(riverside, client_of(person))


@pytest.fixture
def desk(desk_of: DeskOf, alice: User) -> Desk:
    """Alice's desk."""
    return desk_of(alice)


@pytest.fixture
def nobodys_desk(riverside: Team) -> Desk:
    """The same pages without anybody signed in."""
    return Desk(riverside, Client())


@pytest.fixture
def front_desk(riverside: Team) -> Channel:
    """An SMS channel."""
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


@pytest.fixture
def clinic(riverside: Team) -> Channel:
    """A WhatsApp channel."""
    return world.a_channel(
        riverside, provider="twlowa", label="Clinic WhatsApp", channel_key="clinic"
    )


@pytest.fixture
def patients(riverside: Team, alice: User) -> RecipientList:
    """Twelve people of Alice's, shared with the team; one stands there twice."""
    phones = world.phones(12)
    return world.a_list(riverside, [*phones, phones[0]], "Patients 2026")


@pytest.fixture
def draft(front_desk: Channel, patients: RecipientList) -> Campaign:
    """A draft that could be launched as it is."""
    return world.a_campaign(front_desk, patients)


@pytest.fixture
def elsewhere(charlie: User) -> Channel:
    """A channel of another team."""
    return world.a_channel(charlie.memberships.get().team, label="Not yours")


@pytest.fixture
def back_office(db: None) -> Client:
    """The admin with its manager signed in."""
    client = Client()
    client.force_login(create_person("Root", is_staff=True, is_superuser=True))
    return client
