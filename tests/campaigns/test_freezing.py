"""Counting and freezing an audience: every row of every list is accounted for."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignList, CampaignRecipient
from campaigns.states import CampaignState
from recipients.models import OptOut, RecipientList
from sending import launch
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world

pytestmark = pytest.mark.both_databases


@pytest.fixture
def channel(db: None, quick: Settings) -> Channel:
    return world.a_channel(world.a_team())


@pytest.fixture
def team(channel: Channel) -> Team:
    return channel.team


def frozen_phones(campaign: Campaign) -> list[str]:
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    return list(rows.values_list("phone", flat=True))


def leave_out(campaign: Campaign, people: RecipientList) -> None:
    CampaignList.objects.create(campaign=campaign, recipient_list=people, kind="exclude")


def test_a_person_on_two_lists_is_frozen_once(channel: Channel, team: Team) -> None:
    morning = world.a_list(team, world.phones(5))
    evening = world.a_list(team, world.phones(5, start=3))

    campaign = world.launched(world.a_campaign(channel, morning, evening))

    assert frozen_phones(campaign) == world.phones(8)
    assert campaign.left_out == {"duplicate": 2}


def test_duplicates_are_kept_when_they_are_allowed(channel: Channel, team: Team) -> None:
    twice = world.a_list(team, [*world.phones(3), *world.phones(3)])
    again = world.a_list(team, world.phones(2))

    campaign = world.launched(world.a_campaign(channel, twice, again, duplicates_allowed=True))

    assert sorted(frozen_phones(campaign)) == sorted(
        [*world.phones(3), *world.phones(3), *world.phones(2)]
    )


def test_who_opted_out_or_is_on_a_list_to_leave_out_is_counted_once(
    channel: Channel, team: Team
) -> None:
    people = world.phones(10)
    campaign = world.a_campaign(channel, world.a_list(team, people))
    leave_out(campaign, world.a_list(team, people[:3], name="Booked"))
    world.opt_out(team, people[0])
    world.opt_out(team, people[9])
    world.opt_out(world.a_team(), people[5])  # another team's register

    world.launched(campaign)

    assert frozen_phones(campaign) == people[3:9]
    assert campaign.left_out == {"opted_out": 2, "excluded": 2}


def test_who_opted_out_and_stands_on_the_lists_twice_is_one_person(
    channel: Channel, team: Team
) -> None:
    people = world.phones(3)
    lists = (world.a_list(team, [*people, people[0]]), world.a_list(team, people[:2], "Again"))
    campaign = world.a_campaign(channel, *lists)
    world.opt_out(team, people[0])
    counted = audience.count_audience(campaign)
    world.launched(campaign)
    # Six rows: two people get it, one does not, three stand there again.
    assert counted.left_out == campaign.left_out == {"opted_out": 1, "duplicate": 3}
    assert counted.people == campaign.frozen_count == 2


def test_a_lifted_opt_out_no_longer_counts(channel: Channel, team: Team) -> None:
    people = world.phones(2)
    wish = world.opt_out(team, people[0])
    OptOut.objects.filter(pk=wish.pk).update(lifted_at=wish.created_at)

    assert (
        frozen_phones(world.launched(world.a_campaign(channel, world.a_list(team, people))))
        == people
    )


def test_a_list_that_changed_since_the_review_brings_the_draft_back(
    channel: Channel, team: Team
) -> None:
    people = world.a_list(team, world.phones(5))
    campaign = world.a_campaign(channel, people)
    launch.launch(campaign, world.confirmed(campaign, 4))

    launch.freeze(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_reason) == (CampaignState.DRAFT, "audience_changed")
    assert frozen_phones(campaign) == []


def test_launching_twice_with_one_form_launches_once(channel: Channel, team: Team) -> None:
    campaign = world.a_campaign(channel, world.a_list(team, world.phones(5)))
    token = uuid4()

    for _ in range(2):
        launch.launch(campaign, world.confirmed(campaign, 5, token=token))

    assert campaign.events.filter(kind="launched").count() == 1


def test_a_page_that_is_out_of_date_launches_nothing(channel: Channel, team: Team) -> None:
    campaign = world.a_campaign(channel, world.a_list(team, world.phones(5)))

    with pytest.raises(LaunchRefused) as refused:
        launch.launch(campaign, world.confirmed(campaign, 5, version=campaign.version - 1))

    assert refused.value.code == "outdated"
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_a_freeze_that_is_killed_goes_on_where_it_was(
    channel: Channel, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "CHUNK", 3)
    campaign = world.a_campaign(channel, world.a_list(team, world.phones(10)))
    launch.launch(campaign, world.confirmed(campaign, 10))

    audience.freeze_chunk(campaign.pk)
    audience.freeze_chunk(campaign.pk)
    launch.freeze(campaign.pk)
    launch.freeze(campaign.pk)

    campaign.refresh_from_db()
    assert frozen_phones(campaign) == world.phones(10)
    assert (campaign.frozen_count, campaign.submissions.count()) == (10, 1)
