"""A person's page: by phone, within the team, and without the phone in any address."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient
from recipients.lists import sharing
from recipients.lists.people import person_id, phone_of
from recipients.models import OptOut, RecipientList, Visibility
from recipients.opting_out import opt_outs
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import text_of
from tests.client import Client
from tests.people import ClientOf

pytestmark = [pytest.mark.thorough]

PHONE = world.phones(1)[0]


@pytest.fixture
def client(client_of: ClientOf, vera: User) -> Client:
    """Vera, a viewer."""
    return client_of(vera)


def open_person(client: Client, team: Team, phone: str = PHONE) -> Any:
    return client.get(reverse("person", args=[team.slug, person_id(team, phone)]))


@pytest.mark.both_databases
def test_a_number_is_found_however_it_is_written(client: Client, riverside: Team) -> None:
    answer = client.post(
        reverse("find-person", args=[riverside.slug]), {"phone": "(202) 555-0000"}, follow=True
    )
    address = answer.redirect_chain[0][0]
    assert "+1 202 555 0000" in text_of(answer)
    assert "5550000" not in address


def test_what_is_no_number_is_told(client: Client, riverside: Team) -> None:
    answer = client.post(
        reverse("find-person", args=[riverside.slug]), {"phone": "hello"}, follow=True
    )
    assert "This is not a phone number: has letters in it." in text_of(answer)


def test_the_address_is_the_same_every_time_and_another_teams_is_not_there(
    client: Client, client_of: ClientOf, riverside: Team, charlie: User
) -> None:
    hillside = charlie.memberships.get().team
    assert person_id(riverside, PHONE) == person_id(riverside, PHONE)
    assert person_id(riverside, PHONE) != person_id(hillside, PHONE)
    assert phone_of(hillside, person_id(riverside, PHONE)) is None
    elsewhere = reverse("person", args=[hillside.slug, person_id(riverside, PHONE)])
    assert client_of(charlie).get(elsewhere).status_code == 404


@pytest.mark.parametrize("made_up", ["x", "AAAA", "A" * 39, "é", "+12025550000"])
def test_a_made_up_address_is_not_there(client: Client, riverside: Team, made_up: str) -> None:
    assert client.get(reverse("person", args=[riverside.slug, made_up])).status_code == 404


@pytest.mark.both_databases
def test_only_lists_one_may_see_are_shown(
    client_of: ClientOf, riverside: Team, patients: RecipientList, alice: User, vera: User
) -> None:
    hidden = world.a_list(riverside, [PHONE], "Only Alice's")
    sharing.share(hidden, alice, Visibility.PRIVATE)
    text = text_of(open_person(client_of(vera), riverside))
    assert "Patients 2026" in text
    assert "Only Alice's" not in text
    assert "Only Alice's" in text_of(open_person(client_of(alice), riverside))


@pytest.mark.both_databases
def test_opt_outs_are_shown_with_their_history(
    client: Client, riverside: Team, alice: User
) -> None:
    assert "Has not opted out." in text_of(open_person(client, riverside))
    opt_outs.add_opt_outs(riverside, [PHONE], OptOut.Source.BY_HAND, alice, "At the desk")
    text = text_of(open_person(client, riverside))
    assert "Opted out: no campaign is sent to this number." in text
    assert "At the desk" in text
    opt_outs.lift(OptOut.objects.get(), "Came back", alice)
    text = text_of(open_person(client, riverside))
    assert "Opted out before; gets campaigns again." in text
    assert "by Alice Moreau: Came back" in text


@pytest.mark.both_databases
def test_every_campaign_is_shown_with_what_became_of_it(
    client: Client, riverside: Team, draft: Campaign
) -> None:
    launched = world.launched(draft)
    text = text_of(open_person(client, riverside))
    assert "Spring check-up Still to send" in text
    world.accepted(world.job(launched), "job-1", slot=timezone.now())
    text = text_of(open_person(client, riverside))
    assert "Spring check-up On its way" in text
    assert "job-1" in text


@pytest.mark.both_databases
def test_many_campaigns_ask_the_database_no_more_than_one(
    client: Client, riverside: Team, front_desk: Channel, patients: RecipientList
) -> None:
    asked = []
    for count in (1, 3):
        for _ in range(count):
            world.launched(world.a_campaign(front_desk, patients))
        with CaptureQueriesContext(connection) as questions:
            assert "Still to send" in text_of(open_person(client, riverside))
        asked.append(len(questions))
    assert asked[1] <= asked[0]


@pytest.mark.both_databases
def test_who_was_left_out_after_all_is_said_to_be(
    client: Client, riverside: Team, draft: Campaign
) -> None:
    world.launched(draft)
    CampaignRecipient.objects.filter(phone=PHONE).update(left_out="opted_out")
    assert "Not sent opted out" in text_of(open_person(client, riverside))


@pytest.mark.both_databases
def test_another_person_and_another_team_are_not_on_the_page(
    client: Client, riverside: Team, draft: Campaign, charlie: User
) -> None:
    world.launched(draft)
    other = world.phones(1, 900)[0]
    text = text_of(open_person(client, riverside, other))
    assert "Not in any campaign of this team so far." in text
    assert "Not on any list you can use." in text
