"""Opt-outs at the vendor: asked by choice, by the real client, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import blocking
from delivery.models import VendorBlock
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sociocs_accounts import clients
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_accounts.secrets import remember_key
from teams.models import Team, User
from tests import world
from tests.people import ClientOf
from tests.processes import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True)]

PHONES = world.phones(3)


@pytest.fixture
def team(transactional_db: None) -> Team:
    made = world.a_team()
    opt_outs.add_opt_outs(made, PHONES, OptOut.Source.BY_HAND, None)
    return made


@pytest.fixture
def owner(team: Team) -> User:
    return world.owner_of(team)


def states(channel: Channel) -> list[str]:
    rows = VendorBlock.objects.filter(account=channel.account).order_by("opt_out__phone")
    return list(rows.values_list("state", flat=True))


def block_all(channel: Channel, owner: User) -> int:
    return blocking.block_all(channel.team, channel.account, owner)


def ask(channel: Channel, rounds: int = 1) -> None:
    for _ in range(rounds):
        VendorBlock.objects.filter(state="waiting").update(
            not_before=timezone.now() - timedelta(seconds=1)
        )
        while blocking.ask_some(channel.account_id):
            pass


def is_blocked(channel: Channel, phone: str) -> bool:
    return clients.client_of(channel.account).is_contact_blocked(phone).is_blocked


def standing(channel: Channel) -> dict[str, int]:
    (one,) = blocking.standings(channel.team)
    return {name: value for name, value in vars(one).items() if name != "account" and value}


def fail(sandbox: Sandbox, fault: str, path: str, **rule: Any) -> None:
    world.set_fault(sandbox, fault, path=path, **rule)


def test_nobody_is_blocked_until_somebody_asks_for_it(channel: Channel) -> None:
    assert blocking.accounts_to_ask() == []
    assert standing(channel) == {"not_asked": 3}


@pytest.mark.both_databases
def test_everybody_in_the_register_is_blocked(channel: Channel, owner: User) -> None:
    assert block_all(channel, owner) == 3
    assert blocking.accounts_to_ask() == [channel.account_id]
    ask(channel)
    assert standing(channel) == {"blocked": 3}
    assert all(is_blocked(channel, phone) for phone in PHONES)
    assert block_all(channel, owner) == 0


@pytest.mark.both_databases
def test_only_who_came_later_is_asked_about_again(channel: Channel, owner: User) -> None:
    block_all(channel, owner)
    ask(channel)
    opt_outs.add_opt_outs(channel.team, world.phones(1, 50), OptOut.Source.BY_HAND, None)
    assert block_all(channel, owner) == 1


@pytest.mark.both_databases
def test_who_was_lifted_meanwhile_is_not_blocked(channel: Channel, owner: User) -> None:
    block_all(channel, owner)
    opt_outs.lift(OptOut.objects.get(phone=PHONES[0]), "asked again", owner)
    ask(channel)
    assert not is_blocked(channel, PHONES[0])
    assert standing(channel) == {"blocked": 2}


@pytest.mark.both_databases
def test_a_lifted_ones_block_is_taken_back_by_choice(channel: Channel, owner: User) -> None:
    block_all(channel, owner)
    ask(channel)
    opt_outs.lift(OptOut.objects.get(phone=PHONES[0]), "asked again", owner)
    ask(channel)
    assert is_blocked(channel, PHONES[0])
    assert standing(channel) == {"blocked": 2, "to_take_back": 1}

    assert blocking.unblock_lifted(channel.team, channel.account, owner) == 1
    ask(channel)
    assert [is_blocked(channel, phone) for phone in PHONES] == [False, True, True]
    assert standing(channel) == {"blocked": 2}


@pytest.mark.both_databases
def test_who_opted_out_again_keeps_the_block(channel: Channel, owner: User) -> None:
    block_all(channel, owner)
    ask(channel)
    opt_outs.lift(OptOut.objects.get(phone=PHONES[0]), "asked again", owner)
    opt_outs.add_opt_outs(channel.team, PHONES[:1], OptOut.Source.BY_HAND, None)
    assert blocking.unblock_lifted(channel.team, channel.account, owner) == 0


@pytest.mark.both_databases
def test_a_block_that_another_team_of_the_account_wants_stays(
    channel: Channel, owner: User
) -> None:
    block_all(channel, owner)
    ask(channel)
    other = world.a_team("Hillside")
    Channel.objects.create(
        team=other, account=channel.account, provider="twlo", channel_key="k", label="Line"
    )
    opt_outs.add_opt_outs(other, PHONES[:1], OptOut.Source.BY_HAND, None)
    opt_outs.lift(OptOut.objects.get(team=channel.team, phone=PHONES[0]), "asked", owner)
    assert blocking.unblock_lifted(channel.team, channel.account, owner) == 0


def test_a_lost_answer_is_asked_for_again(channel: Channel, owner: User, sandbox: Sandbox) -> None:
    block_all(channel, owner)
    fail(sandbox, "reset_after_reading", f"/contacts/block/{PHONES[0][1:]}", times=1)
    ask(channel, rounds=2)
    assert states(channel) == ["done"] * 3


def test_an_answer_that_never_comes_is_unclear_and_can_be_asked_for_again(
    channel: Channel, owner: User, sandbox: Sandbox
) -> None:
    block_all(channel, owner)
    fail(sandbox, "500", f"/contacts/block/{PHONES[0][1:]}", times=blocking.MOST_TRIES)
    ask(channel, rounds=blocking.MOST_TRIES + 1)
    assert states(channel) == ["unclear", "done", "done"]
    assert block_all(channel, owner) == 1
    ask(channel)
    assert standing(channel) == {"blocked": 3}


def test_a_wrong_key_stops_the_account_and_loses_nothing(channel: Channel, owner: User) -> None:
    account = GatewayAccount.objects.get(pk=channel.account_id)
    remember_key(account, "wrong:key")
    account.save()
    block_all(channel, owner)
    ask(channel)
    account.refresh_from_db()
    assert account.state == LaneState.HALTED
    assert states(channel) == ["waiting"] * 3
    assert blocking.accounts_to_ask() == []


def test_the_page_says_how_things_stand(
    channel: Channel, owner: User, client_of: ClientOf, sandbox: Sandbox
) -> None:
    client, team = client_of(owner), channel.team
    address = reverse("block", args=[team.slug, channel.account.public_id])
    answer = client.post(address, follow=True).content.decode()
    assert "We are asking Sociocs about 3 people." in answer
    VendorBlock.objects.filter(opt_out__phone=PHONES[0]).update(state="failed", reason="not_found")
    text = client.get(reverse("blocks", args=[team.slug])).content.decode()
    assert "Sociocs does not know this number" in text
    assert "Block this person at Sociocs" in text


def test_another_teams_account_is_not_there(
    channel: Channel, owner: User, client_of: ClientOf
) -> None:
    other = world.a_team("Hillside")
    address = reverse("block", args=[other.slug, channel.account.public_id])
    assert client_of(world.owner_of(other)).post(address).status_code == 404
    assert not VendorBlock.objects.exists()
