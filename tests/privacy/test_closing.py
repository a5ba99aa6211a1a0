"""A team is deleted: at once for its members, and for the people it knew in the background."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from delivery.models import Reply
from privacy.closing import StillSending, campaigns_in_the_way, delete_on, delete_team
from privacy.models import TeamDeletion
from recipients.lists import list_lifecycle
from recipients.models import OptOut, RecipientList
from sending.models import Attempt
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.people import ClientOf
from tests.privacy.test_erasing import everything_in_the_database

pytestmark = pytest.mark.both_databases


def all_of(deletion: TeamDeletion) -> TeamDeletion:
    """Let the workers do what they do every few seconds."""
    while delete_on(deletion.pk, 60):
        pass
    list_lifecycle.clear_deleted()
    deletion.refresh_from_db()
    return deletion


def test_nothing_of_its_people_is_left_and_what_was_sent_stays_counted(
    front_desk: Channel, campaign: Campaign, alice: User
) -> None:
    team = front_desk.team
    world.a_campaign(front_desk, name="Draft")
    world.opt_out(team, "+12025550199")
    Reply.objects.create(
        team=team,
        channel=front_desk,
        message_id="1",
        phone="+12025550198",
        text="Hello",
        sent_at=timezone.now(),
        received_at=timezone.now(),
    )
    events, attempts = CampaignEvent.objects.count(), Attempt.objects.count()
    deletion = all_of(delete_team(team, alice))
    assert deletion.done_at
    found = everything_in_the_database()
    for trace in (*world.phones(4), "+12025550199", "+12025550198", "Hello", "Person 3"):
        assert trace not in found
    assert not RecipientList.objects.filter(recipients__isnull=False).exists()
    assert not OptOut.objects.exists()
    assert Campaign.objects.get().frozen_count == 4
    assert CampaignRecipient.objects.count() == 4
    assert Attempt.objects.count() == attempts
    assert CampaignEvent.objects.count() <= events


@pytest.mark.parametrize(
    "standing",
    [
        *({"state": state} for state in ("freezing", "scheduled", "sending", "paused", "missed")),
        *({"state": state} for state in ("needs_decision", "cancelling")),
        {"next_run_at": timezone.now()},
    ],
)
def test_nothing_is_left_running_that_nobody_could_stop(
    front_desk: Channel, campaign: Campaign, alice: User, standing: dict[str, Any]
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(**standing)
    assert list(campaigns_in_the_way(front_desk.team)) == [campaign]
    with pytest.raises(StillSending):
        delete_team(front_desk.team, alice)
    assert front_desk.team.memberships.exists()


def test_an_owner_types_its_name(
    client_of: ClientOf, alice: User, sami: User, riverside: Team, people: RecipientList
) -> None:
    address = f"/{riverside.slug}/team/delete/"
    assert client_of(sami).post(address, {"name": riverside.name}).status_code == 403
    client = client_of(alice)
    assertContains(client.get(address), "People on them")
    assertContains(client.post(address, {"name": "riverside"}), "exactly as", status_code=422)
    assert client.post(address, {"name": riverside.name}).status_code == 302
    assert client.get(f"/{riverside.slug}/").status_code == 404
    assert client_of(sami).get(f"/{riverside.slug}/lists/").status_code == 404
    # The address is free.
    world.create_team(slug="riverside-dental")


def test_the_neighbours_stay(
    front_desk: Channel, people: RecipientList, charlie: User, alice: User
) -> None:
    theirs = world.a_list(charlie.memberships.get().team, world.phones(2))
    all_of(delete_team(front_desk.team, alice))
    assert theirs.recipients.count() == 2
