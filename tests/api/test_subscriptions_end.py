"""What a program subscribed to ends with its token, or with the rights of who made that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from api import tasks
from api.models import ApiToken
from api.tokens import revoke_token
from events import receivers
from events.models import OutgoingEvent, Receiver
from sociocs_accounts.models import Channel
from teams import members
from teams.models import Membership, Role, Team, User
from tests import world
from tests.api.calling import Program, a_program
from tests.people import ClientOf
from trail.acts import Act
from trail.models import Entry

HOOK = {
    "platform": "till",
    "provider": "twlo",
    "channel_key": "front-desk",
    "subscriber_reference_id": "till-7",
    "webhook_url": "https://till.example.org/hook",
}


@pytest.fixture
def till(riverside: Team, front_desk: Channel, sami: User) -> Program:
    """A till with a token of Sami's that has subscribed; an event waits for it."""
    till = a_program(riverside, sami)
    till.data("POST", "/webhook-subscriptions", HOOK)
    OutgoingEvent.objects.create(receiver=Receiver.objects.get(), kind="message", body="{}")
    return till


def revoked(token: ApiToken) -> None:
    revoke_token(token, token.made_by)


def expired(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def of_one_who_left(token: ApiToken) -> None:
    owner = world.owner_of(token.team)
    members.end_membership(token.team.memberships.get(user=token.made_by), owner, owner)


def of_one_who_may_no_more(token: ApiToken) -> None:
    Membership.objects.filter(team=token.team, user=token.made_by).update(role=Role.VIEWER)


@pytest.mark.both_databases
@pytest.mark.parametrize("end", [revoked, expired, of_one_who_left, of_one_who_may_no_more])
def test_it_ends_and_is_told_nothing_more(
    till: Program, end: Callable[[ApiToken], None], client_of: ClientOf, alice: User
) -> None:
    own = receivers.make_receiver(
        till.made.token.team, alice, "Ours", "https://example.org/", ["reply.received"]
    )
    tasks.tick()
    assert Receiver.objects.get(reference="till-7").state == "active"
    end(till.made.token)
    tasks.tick()
    tasks.tick()
    receiver = Receiver.objects.get(reference="till-7")
    own.refresh_from_db()
    assert (receiver.state, own.state) == ("ended", "active")
    assert OutgoingEvent.objects.get().state == "given_up"
    assert Entry.objects.filter(act=Act.RECEIVER_ENDED, thing_id=receiver.pk).count() == 1

    page = f"/{receiver.team.slug}/team/events/{receiver.public_id}/"
    shown = client_of(alice).get(page)
    assertContains(shown, "because the API token “Till” has ended")
    assertNotContains(shown, "Switch on again")
    assertNotContains(shown, "Send again")
    client_of(alice).post(f"{page}on/")
    assert not receivers.send_again(OutgoingEvent.objects.get(), alice)
    receiver.refresh_from_db()
    assert receiver.state == "ended"


def test_another_token_begins_it_anew(till: Program, riverside: Team, alice: User) -> None:
    revoked(till.made.token)
    other = a_program(riverside, alice, name="New till")
    made = other.data("POST", "/webhook-subscriptions", HOOK)
    assert other.data("GET", f"/webhook-subscriptions/{made['id']}")["status"] == "active"
    receiver = Receiver.objects.get()
    assert (receiver.token_name, receiver.token_number) == ("New till", other.made.token.pk)
