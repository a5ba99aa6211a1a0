"""Who sees the people of whose list by way of a campaign: the same as may open the list."""

from __future__ import annotations

import pytest
from django.urls import reverse

from campaigns.models import Campaign
from recipients.lists.sharing import share
from recipients.models import Permission, Recipient, RecipientList, Visibility
from sociocs_accounts.models import Channel
from teams.models import Role, Team, User
from tests import people, world
from tests.browsing import Desk, text_of
from tests.client import Client

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# Everything that shows or takes along the people of a campaign that went out.
WAYS = {
    "campaign-people": {},
    "report-campaign": {"format": "csv"},
    "follow-up": {"groups": "not_sent"},
}


@pytest.fixture
def team() -> Team:
    return world.a_team()


@pytest.fixture
def patients(team: Team) -> RecipientList:
    patients = world.a_list(team, world.phones(3))
    world.fill(patients, "Diagnosis", ["secret"] * 3)
    share(patients, world.owner_of(team), Visibility.PRIVATE)
    return patients


def _of_the_list(channel: Channel, patients: RecipientList) -> Campaign:
    return world.a_campaign(channel, patients)


def _of_a_filter(channel: Channel, patients: RecipientList) -> Campaign:
    campaign = world.a_campaign(channel)
    campaign.filter_choices.create(saved_filter=world.a_filter(channel.team, patients))
    return campaign


@pytest.fixture(params=[_of_the_list, _of_a_filter], ids=["a list", "a filter"])
def cancelled(request: pytest.FixtureRequest, team: Team, patients: RecipientList) -> Campaign:
    campaign: Campaign = request.param(world.a_channel(team), patients)
    world.launched(campaign)
    campaign.submissions.update(state="cancelled")
    Campaign.objects.filter(pk=campaign.pk).update(state="cancelled")
    # Whoever changes the filter afterwards learns no more by it.
    for choice in campaign.filter_choices.all():
        choice.saved_filter.list_choices.all().delete()
    return campaign


def statuses(team: Team, person: User, campaign: Campaign) -> set[int]:
    client = Client()
    client.force_login(person)
    desk = Desk(team, client)
    return {
        client.post(desk.url(way, campaign), fields).status_code for way, fields in WAYS.items()
    }


@pytest.mark.parametrize("role", [Role.EDITOR, Role.SENDER, Role.OWNER])
def test_a_private_lists_people_are_its_owners_alone(
    team: Team, patients: RecipientList, cancelled: Campaign, role: Role
) -> None:
    alice, bob = world.owner_of(team), people.member(team, "Bob Okafor", role)
    lists_before = RecipientList.objects.count()
    assert statuses(team, bob, cancelled) <= {403}
    assert RecipientList.objects.count() == lists_before
    assert not Recipient.objects.exclude(recipient_list=patients).exists()
    assert statuses(team, alice, cancelled) <= {200, 302}


@pytest.mark.parametrize("way", [Visibility.TEAM, Visibility.NAMED])
@pytest.mark.parametrize("put_away", ["in use", "archived", "deleted"])
def test_whoever_may_use_the_list_sees_its_people(
    team: Team, patients: RecipientList, cancelled: Campaign, way: Visibility, put_away: str
) -> None:
    bob = people.member(team, "Bob Okafor", Role.SENDER)
    share(patients, world.owner_of(team), way, people={bob: Permission.USE})
    moment = cancelled.created_at
    if put_away != "in use":
        RecipientList.objects.filter(pk=patients.pk).update(
            archived_at=moment, deleted_at=moment if put_away == "deleted" else None
        )
    assert statuses(team, bob, cancelled) <= {200, 302}


def test_the_pages_say_whom_to_ask_and_the_dialog_says_what_holds(
    team: Team, patients: RecipientList, cancelled: Campaign
) -> None:
    bob = people.member(team, "Bob Okafor", Role.EDITOR)
    client = Client()
    client.force_login(bob)
    desk = Desk(team, client)
    text = text_of(desk.get("campaign", cancelled))
    assert "which Alice Owner has not shared with you" in text
    assert "Write to these people" not in text
    assert "Ask Alice Owner to share it" in text_of(desk.get("campaign-people", cancelled))
    client.force_login(world.owner_of(team))
    assert "cannot see its people in your campaigns" in text_of(
        client.get(reverse("list", args=[team.slug, patients.public_id]))
    )
    assert "Write to these people" in text_of(desk.get("campaign", cancelled))
