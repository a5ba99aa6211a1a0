"""Acts that need more than one form: a mail, an app, another browser, a team without campaigns."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings

from teams import proved_addresses
from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.teams.test_second_step import set_up_app
from tests.world import PASSWORD, create_person
from trail.acts import Act
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


def acts_about(person: User) -> list[str]:
    return list(
        Entry.objects.filter(about_id=person.pk).order_by("pk").values_list("act", flat=True)
    )


def test_an_app_new_codes_and_the_end_of_the_app(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    set_up_app(client)
    client.post(reverse("recovery-codes"))
    found = re.search(
        r"/account/second-step/\d+/remove/", str(client.get("/account/second-step/").content)
    )
    assert found
    client.post(found[0])
    told = [act for act in acts_about(alice) if act not in {Act.PERSON_MADE, Act.SIGNED_IN}]
    # The codes come with the app and go with it.
    assert told == [
        *(Act.SECOND_STEP_ADDED, Act.SECOND_STEP_ADDED, Act.CODES_RENEWED),
        *(Act.SECOND_STEP_REMOVED, Act.SECOND_STEP_REMOVED),
    ]
    assert "secret" not in str(list(Entry.objects.values_list("before", "after")))


def signed_in_by_form(person: User) -> Client:
    client = Client()
    client.post(reverse("sign-in"), {"email": person.email, "password": PASSWORD})
    return client


@pytest.mark.parametrize("name", ["session-end", "sessions-end"])
def test_a_session_that_is_ended(name: str) -> None:
    emil = create_person("Emil Brandt", PASSWORD, email="emil@example.org")
    here, _there = signed_in_by_form(emil), signed_in_by_form(emil)
    found = re.search(r"/account/sessions/\d+/end/", here.get("/account/").content.decode())
    assert found
    here.post(found[0] if name == "session-end" else reverse(name))
    assert acts_about(emil)[-1] == Act.SESSIONS_ENDED


def test_an_address_that_is_proved(alice: User, client_of: ClientOf) -> None:
    link = proved_addresses.AddressLink(alice, "alice@new.example.org")
    proved_addresses.prove(link)
    assert acts_about(alice)[-2:] == [Act.ADDRESS_PROVED, Act.ACCOUNT_CHANGED]
    assert "new.example.org" not in str(list(Entry.objects.values_list("after")))


def test_a_team_that_is_made_and_deleted(
    alice: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.EVERYBODY_MAKES_TEAMS = True
    client = client_of(alice)
    client.post(
        reverse("team-new"), {"name": "Hillside", "time_zone": "UTC", "default_country": "US"}
    )
    team = Team.objects.get(name="Hillside")
    client.post(reverse("team-delete", args=[team.slug]), {"name": "Hillside"})
    of_team = Entry.objects.filter(team_id=team.pk, actor_id=alice.pk)
    assert {Act.TEAM_MADE, Act.TEAM_DELETED} <= set(of_team.values_list("act", flat=True))
