"""A team at work: channels, lists, a draft, and each member's desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.db import transaction
from django.db.models.functions import Now
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from campaigns.models import Campaign, Heartbeat
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Role, Team, User
from tests import world
from tests.browsing import Desk
from tests.client import Client
from tests.people import ClientOf, member, riverside_dental
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
    return front_desk_of(riverside)


@pytest.fixture
def clinic(riverside: Team) -> Channel:
    """A WhatsApp channel."""
    return world.a_channel(
        riverside, provider="twlowa", label="Clinic WhatsApp", channel_key="clinic"
    )


@pytest.fixture
def patients(riverside: Team, alice: User) -> RecipientList:
    """Twelve people of Alice's, shared with the team; one stands there twice."""
    return patients_of(riverside)


@pytest.fixture
def draft(front_desk: Channel, patients: RecipientList) -> Campaign:
    """A draft that could be launched as it is."""
    return world.a_campaign(front_desk, patients)


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction that the tests of a module lie in: what a fixture of the module makes in it is
    there for each of them, as each is undone. None of them may commit.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def a_kept_campaign(moment: str, people_a_job: int) -> Campaign:
    """Alice's draft to her patients, launched at a moment; for a module whose tests live at it."""
    with (
        time_machine.travel(moment),
        override_settings(RECIPIENTS_PER_SUBMISSION=people_a_job),
    ):
        team = riverside_dental()
        member(team, "Alice Moreau", Role.OWNER)
        return world.launched(world.a_campaign(front_desk_of(team), patients_of(team)))


def again(kept_campaign: Campaign) -> Campaign:
    """It as the next test has it: the workers are there, however long the one before took."""
    Heartbeat.objects.update(at=Now())
    return Campaign.objects.get(pk=kept_campaign.pk)


def front_desk_of(team: Team) -> Channel:
    label = "Front desk SMS"
    kept = team.channels.filter(label=label).first()
    return kept or world.a_channel(team, label=label, phone_number="+16317471111")


def patients_of(team: Team) -> RecipientList:
    name, phones = "Patients 2026", world.phones(12)
    kept = RecipientList.objects.filter(team=team, name=name).first()
    return kept or world.a_list(team, [*phones, phones[0]], name)


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
