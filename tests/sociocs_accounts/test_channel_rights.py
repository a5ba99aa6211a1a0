"""A channel with which only some may send."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from pytest_django.asserts import assertContains

from composer import sent_tests
from composer.sent_tests import NoTestSent, Target
from recipients.models import RecipientList
from sending import launch
from sending.readiness import LaunchRefused
from sociocs_accounts.channel_rights import choose_senders
from sociocs_accounts.models import Channel
from teams import letters, members
from teams.models import Role, Team, User
from tests import world
from tests.people import ClientOf
from trail.acts import Act
from trail.models import Entry

pytestmark = pytest.mark.both_databases


def may_launch(channel: Channel, user: User, patients: RecipientList) -> bool:
    draft = world.a_campaign(channel, patients)
    try:
        launch.launch(draft, world.confirmed(draft, user=user))
    except LaunchRefused:
        return False
    return True


def test_by_default_whoever_may_launch_sends_with_it(
    front_desk: Channel, patients: RecipientList, sami: User
) -> None:
    assert may_launch(front_desk, sami, patients)


def test_only_whom_an_owner_chose_launches_and_tests(
    front_desk: Channel, patients: RecipientList, alice: User, sami: User
) -> None:
    choose_senders(front_desk, [alice], alice)
    assert may_launch(front_desk, alice, patients)
    assert not may_launch(front_desk, sami, patients)
    draft = world.a_campaign(front_desk, patients)
    target: dict[str, Any] = {"token": uuid4(), "content": "", "lists": [], "person": 0}
    with pytest.raises(
        NoTestSent, match=r"You cannot send with “.*”\. These people can: Alice Moreau"
    ):
        sent_tests.send(draft, sami, Target("me", "+12025550100"), **target)


def test_when_the_last_of_them_leaves_nobody_else_gets_in(
    front_desk: Channel, patients: RecipientList, alice: User, sami: User, riverside: Team
) -> None:
    choose_senders(front_desk, [sami], alice)
    members.end_membership(riverside.memberships.get(user=sami), by=alice)
    sami.list_shares.all().delete()
    sami.delete()
    front_desk.refresh_from_db()
    assert not may_launch(front_desk, alice, patients)
    choose_senders(front_desk, [], alice)
    assert may_launch(front_desk, alice, patients)


def test_an_owner_chooses_on_the_channels_page(
    front_desk: Channel, client_of: ClientOf, alice: User, sami: User, vera: User
) -> None:
    client = client_of(alice)
    address = f"/{front_desk.team.slug}/channels/{front_desk.public_id}/"
    page = client.get(address)
    assertContains(page, "Sami Haddad")
    assert "Vera Lind" not in page.content.decode()
    said = {"label": "Front desk", "is_active": "on"}
    assert client.post(address, said | {"senders": [str(sami.public_id)]}).status_code == 302
    front_desk.refresh_from_db()
    assert front_desk.has_chosen_senders
    assert list(front_desk.senders.all()) == [sami]
    assert client.post(address, said | {"senders": [str(vera.public_id)]}).status_code != 302
    assert client.post(address, said).status_code == 302
    front_desk.refresh_from_db()
    assert not front_desk.has_chosen_senders


def test_choosing_asks_who_they_are_and_tells_who_was_chosen(
    front_desk: Channel, client_of: ClientOf, alice: User, sami: User
) -> None:
    choose_senders(front_desk, [sami], alice)
    client = client_of(alice)
    session = client.session
    session["proved_at"] = 0
    session.save()
    address = f"/{front_desk.team.slug}/channels/{front_desk.public_id}/"
    said = {"label": "Front desk", "is_active": "on"}
    assert client.post(address, said)["Location"].startswith("/sign-in/again/")
    front_desk.refresh_from_db()
    assert front_desk.has_chosen_senders
    entry = Entry.objects.get(act=Act.SENDERS_CHOSEN)
    assert (entry.before, entry.after) == ({"senders": []}, {"senders": [sami.pk]})
    letters.send_letters()
    assert [told.to for told in mail.outbox] == [[alice.email]]


def test_whoever_comes_back_is_not_chosen_any_more(
    front_desk: Channel, patients: RecipientList, alice: User, sami: User, riverside: Team
) -> None:
    choose_senders(front_desk, [alice, sami], alice)
    members.end_membership(riverside.memberships.get(user=sami), by=alice)
    world.add_member(riverside, sami, Role.SENDER)
    assert not may_launch(front_desk, sami, patients)


def test_the_review_says_so_instead_of_offering_a_button(
    front_desk: Channel, patients: RecipientList, client_of: ClientOf, alice: User, sami: User
) -> None:
    choose_senders(front_desk, [alice], alice)
    draft = world.a_campaign(front_desk, patients)
    address = f"/{front_desk.team.slug}/campaigns/{draft.public_id}/review/"
    refused = client_of(sami).get(address)
    assertContains(refused, "You cannot send with")
    assert 'id="launch"' not in refused.content.decode()
    assertContains(client_of(alice).get(address), 'id="launch"')
