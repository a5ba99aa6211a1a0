"""Who is blocked at the vendor already: asked by the real client, over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import block_checks
from delivery.models import BlockCheck
from recipients import claiming
from recipients.models import OptOut, RecipientList
from recipients.opting_out import opt_outs
from sociocs_accounts import clients
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world
from tests.people import ClientOf
from tests.processes import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

PHONES = world.phones(30)


@pytest.fixture
def channel(channel: Channel) -> Channel:
    """A channel at whose account two people are blocked."""
    for phone in (PHONES[3], PHONES[25]):
        clients.client_of(channel.account).block_contact(phone)
    return channel


@pytest.fixture
def owner(channel: Channel) -> User:
    return world.owner_of(channel.team)


@pytest.fixture
def people(channel: Channel) -> RecipientList:
    return world.a_list(channel.team, [*PHONES, PHONES[3]])


def ask(check: BlockCheck) -> BlockCheck:
    """Work as the tick and the tasks do, without waiting for anybody."""
    BlockCheck.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    while block_checks.ask_on(check.pk):
        pass
    check.refresh_from_db()
    return check


def opted_out() -> list[tuple[str, str]]:
    return list(OptOut.objects.order_by("phone").values_list("phone", "source"))


def test_who_is_blocked_there_is_opted_out_here(
    channel: Channel, people: RecipientList, owner: User
) -> None:
    opt_outs.add_opt_outs(channel.team, [PHONES[25]], OptOut.Source.BY_HAND, owner)
    check = ask(block_checks.begin_block_check(channel.account, people, owner))
    assert (check.state, check.asked, check.found, check.unclear) == ("done", 30, 1, 0)
    assert opted_out() == [(PHONES[3], "vendor"), (PHONES[25], "by_hand")]
    assert not block_checks.ask_on(check.pk)


def test_who_gets_no_answer_is_asked_about_again_and_then_counted(
    channel: Channel,
    people: RecipientList,
    owner: User,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sociocs_gateway.client._PAUSES", ())
    monkeypatch.setattr(block_checks, "MOST_TRIES", 3)
    where = {"method": "GET", "path": f"/contacts/isblocked/{PHONES[3][1:]}"}
    world.set_fault(sandbox, "reset_after_reading", times=5, **where)
    check = block_checks.begin_block_check(channel.account, people, owner)
    for tries in (1, 2):
        assert (ask(check).asked, check.tries, check.state) == (3, tries, "working")
        assert check.lease_until is not None
        assert check.lease_until > timezone.now()
    assert (ask(check).state, check.asked, check.found, check.unclear) == ("done", 30, 1, 1)

    again = block_checks.begin_block_check(channel.account, people, owner)
    assert again != check
    for _ in range(3):
        ask(again)
    assert (again.state, again.found, again.unclear) == ("done", 1, 0)
    assert opted_out() == [(PHONES[3], "vendor"), (PHONES[25], "vendor")]


def test_two_workers_do_not_ask_at_once(
    channel: Channel, people: RecipientList, owner: User
) -> None:
    check = block_checks.begin_block_check(channel.account, people, owner)
    assert block_checks.begin_block_check(channel.account, people, owner) == check
    assert claiming.claim_work(BlockCheck.objects.all(), check.pk)
    assert block_checks.waiting_checks() == []
    assert not block_checks.ask_on(check.pk)
    assert not opted_out()


def test_it_is_begun_and_stopped_on_the_page(
    channel: Channel, people: RecipientList, owner: User, client_of: ClientOf
) -> None:
    client, slug = client_of(owner), channel.team.slug
    address = reverse("find-blocked", args=[slug, channel.account.public_id])
    for chosen in ("", "x"):
        answer = client.post(address, {"list": chosen}, follow=True)
        assert "Choose a list whose people to ask about." in answer.content.decode()
    answer = client.post(address, {"list": str(people.public_id)}, follow=True)
    assert "We are asking Sociocs about everyone on “Patients”." in answer.content.decode()
    check = BlockCheck.objects.get()
    answer = client.post(reverse("stop-finding", args=[slug, check.public_id]), follow=True)
    assert "People found so far stay opted out." in answer.content.decode()
    assert ask(check).state == "stopped"
    assert not opted_out()
