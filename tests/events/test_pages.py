"""Owners see where events go, and what was sent, and mend what does not arrive."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from events import outbox, receivers
from events.kinds import EventKind
from events.models import OutgoingEvent, Receiver
from teams.models import Team, User
from tests import world
from tests.client import Client
from tests.events.conftest import Listener, a_receiver, says, send
from tests.people import ClientOf
from trail.acts import Act
from trail.models import Entry

pytestmark = pytest.mark.thorough


@pytest.fixture
def owner(team: Team) -> User:
    return world.owner_of(team)


@pytest.fixture
def client(client_of: ClientOf, owner: User) -> Client:
    return client_of(owner)


def page_of(receiver: Receiver, *parts: Any) -> str:
    tail = "".join(f"{part}/" for part in parts)
    return f"/{receiver.team.slug}/team/events/{receiver.public_id}/{tail}"


def reply(team: Team, text: str = "Hello") -> OutgoingEvent:
    outbox.emit(team.pk, EventKind.REPLY, {"phone": "+12025550199", "text": text})
    return OutgoingEvent.objects.latest("pk")


def test_a_system_is_added_and_its_secret_shown_when_asked_for(
    team: Team, client: Client, listener: Listener
) -> None:
    fields = {"name": "Till", "url": listener.url, "kinds": ["reply.received"]}
    answer = client.post(f"/{team.slug}/team/events/new/", fields)
    receiver = Receiver.objects.get()
    secret = receivers.secret_of(receiver)
    assert answer["Location"] == page_of(receiver)
    assertNotContains(client.get(page_of(receiver)), secret)
    assertContains(client.post(page_of(receiver, "secret")), secret)
    assert Entry.objects.filter(act=Act.RECEIVER_SECRET_SHOWN).count() == 1

    client.post(page_of(receiver, "new-secret"))
    receiver.refresh_from_db()
    assert receivers.secret_of(receiver) != secret


def test_a_browser_that_was_left_open_shows_no_secret(receiver: Receiver, client: Client) -> None:
    session = client.session
    session["proved_at"] = int(time.time()) - 11 * 60
    session.save()
    answer = client.post(page_of(receiver, "secret"))
    assert answer["Location"].startswith("/sign-in/again/")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "http://example.org/"}, "starts with https://"),
        ({"url": ""}, "Enter the address"),
        ({"name": ""}, "Give the system a name"),
        ({"kinds": []}, "Choose at least one kind"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    team: Team, client: Client, wrong: dict[str, Any], sentence: str
) -> None:
    fields = {"name": "Till", "url": "https://example.org/", "kinds": ["reply.received"]}
    answer = client.post(f"/{team.slug}/team/events/new/", fields | wrong)
    assertContains(answer, sentence, status_code=422)
    assert not Receiver.objects.exists()


def test_a_change_tries_at_once_what_waits(
    team: Team, receiver: Receiver, client: Client, listener: Listener
) -> None:
    good = listener.url
    Receiver.objects.update(url="http://127.0.0.1:1/")
    receiver.refresh_from_db()
    reply(team)
    send(receiver)
    assertContains(client.get(page_of(receiver)), "It could not be reached.")
    fields = {"name": "Till", "url": good, "kinds": ["reply.received"]}
    client.post(page_of(receiver, "change"), fields)
    send(receiver)
    assert len(listener.calls) == 1


def test_the_page_shows_bodies_and_answers_as_text(
    team: Team, receiver: Receiver, client: Client, listener: Listener
) -> None:
    listener.script.append(says(200, "<script>alert(1)</script>"))
    reply(team, "<b>Hi</b>")
    send(receiver)
    answer = client.get(page_of(receiver))
    assertContains(answer, "It answered 200.")
    assertContains(answer, "&lt;script&gt;alert(1)&lt;/script&gt;")
    assertContains(answer, "&lt;b&gt;Hi&lt;/b&gt;")


def test_the_page_says_what_holds_the_others_up_and_lets_it_be_left_out(
    team: Team, receiver: Receiver, client: Client, listener: Listener
) -> None:
    listener.script += [says(302, Location="https://elsewhere.example/")]
    first = reply(team)
    reply(team)
    send(receiver)
    answer = client.get(page_of(receiver))
    assertContains(answer, "It answered 302 and redirected us, which we do not follow.")
    assertContains(answer, "2 events are waiting, in order.")
    client.post(page_of(receiver, "sent", first.public_id, "leave-out"))
    send(receiver)
    assert len(listener.calls) == 2

    client.post(page_of(receiver, "sent", first.public_id, "again"))
    send(receiver)
    assert [call.event_id for call in listener.calls].count(str(first.public_id)) == 2


def test_one_that_was_switched_off_says_so_and_goes_on(
    team: Team, receiver: Receiver, client: Client, listener: Listener
) -> None:
    listener.script.append(says(410))
    reply(team)
    send(receiver)
    assertContains(client.get(page_of(receiver)), "so we stopped")
    client.post(page_of(receiver, "on"))
    send(receiver)
    assert len(listener.calls) == 2


def test_a_test_is_sent_and_another_teams_system_is_out_of_reach(
    team: Team, receiver: Receiver, client: Client, listener: Listener
) -> None:
    client.post(page_of(receiver, "test"))
    send(receiver)
    assert listener.types == ["ping"]
    strangers = a_receiver(world.a_team("Hillside"), listener.url)
    elsewhere = page_of(strangers).replace(strangers.team.slug, team.slug)
    assert client.get(elsewhere).status_code == 404


def test_a_system_that_takes_us_for_sociocs_is_not_changed_here(
    team: Team, client: Client, owner: User, listener: Listener
) -> None:
    wish = receivers.VendorWish("twlo", "k1", "till-1", listener.url, secret="s")
    receiver = receivers.put_vendor_receiver(team, owner, wish)
    assertContains(client.get(page_of(receiver)), "as if it came from Sociocs")
    assert client.get(page_of(receiver, "change")).status_code == 404
    assert client.post(page_of(receiver, "new-secret")).status_code == 404
    client.post(page_of(receiver, "remove"))
    assert not Receiver.objects.exists()
