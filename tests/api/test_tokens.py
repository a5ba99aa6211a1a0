"""Tokens: what lets a program in, what ends that, and the pages on which people make them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import Traveller

from api.models import ApiToken, Scope
from api.tokens import (
    MOST_TOKENS,
    Caller,
    MayNot,
    TooManyTokens,
    TooMuch,
    UnknownToken,
    claim_people,
    let_in,
    make_token,
    revoke_token,
    token_of_key,
)
from config.logs import mask
from teams import letters, members
from teams.access import ALLOWED
from teams.models import Membership, NeedsSecondStep, Role, Team, User
from tests import world
from tests.api.conftest import MakeToken
from tests.people import ClientOf
from trail.acts import Act
from trail.models import Entry

SCOPE_NEEDS_ROLE = {
    Scope.READ: Role.VIEWER,
    Scope.LISTS: Role.EDITOR,
    Scope.DRAFTS: Role.EDITOR,
    Scope.OPT_OUTS: Role.EDITOR,
    Scope.LAUNCH: Role.SENDER,
    Scope.DOOR: Role.SENDER,
}


def come(key: str, address: str = "203.0.113.7") -> Caller:
    return let_in(RequestFactory().get("/api/v1/", REMOTE_ADDR=address), key)


def role_of(person: User, role: Role) -> None:
    members.change_role(person.memberships.get(), role)


def test_a_key_has_two_parts_and_only_its_hash_is_kept(token_of: MakeToken, alice: User) -> None:
    made = token_of(alice)
    assert re.fullmatch(r"[0-9a-f]{32}:[0-9a-f]{64}", made.key)
    secret = made.key.partition(":")[2]
    stored = str(ApiToken.objects.filter(pk=made.token.pk).values().get())
    assert secret not in stored
    assert hashlib.sha256(secret.encode()).hexdigest() in stored


def test_whoever_has_the_key_is_let_in_as_its_maker(token_of: MakeToken, alice: User) -> None:
    made = token_of(alice)
    caller = come(made.key)
    assert (caller.token, caller.user, caller.team.slug) == (made.token, alice, "riverside-dental")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.replace(":", ""),
        lambda key: key.partition(":")[2],
        lambda key: key.partition(":")[0] + ":",
        lambda key: key.upper(),
        lambda key: "é" + key,
        lambda key: "0" * 32 + ":" + key.partition(":")[2],
        lambda _: "\x00:\x00",
    ],
)
def test_no_other_key_is_known(token_of: MakeToken, alice: User, spoil: Any) -> None:
    with pytest.raises(UnknownToken):
        come(spoil(token_of(alice).key))


def test_a_key_of_one_token_does_not_open_another(token_of: MakeToken, alice: User) -> None:
    one, other = token_of(alice).key, token_of(alice).key
    with pytest.raises(UnknownToken):
        come(one.partition(":")[0] + ":" + other.partition(":")[2])


def test_an_ended_token_is_refused_at_once(token_of: MakeToken, alice: User) -> None:
    made = token_of(alice)
    assert revoke_token(made.token, alice)
    assert not revoke_token(made.token, alice)
    with pytest.raises(UnknownToken, match="ended"):
        come(made.key)


@pytest.mark.at(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=False)
def test_a_token_works_until_it_expires(token_of: MakeToken, alice: User, clock: Traveller) -> None:
    made = token_of(alice, expires_at=timezone.now() + timedelta(hours=1))
    clock.shift(timedelta(minutes=59))
    come(made.key)
    clock.shift(timedelta(minutes=1))
    with pytest.raises(UnknownToken, match="expired"):
        come(made.key)


def test_it_ends_when_its_maker_leaves_and_stays_ended(
    token_of: MakeToken, riverside: Team, alice: User, sami: User
) -> None:
    made = token_of(sami)
    members.end_membership(sami.memberships.get(), alice)
    with pytest.raises(UnknownToken):
        come(made.key)
    world.add_member(riverside, sami, Role.OWNER)
    with pytest.raises(UnknownToken):
        come(made.key)
    assert Entry.objects.filter(act=Act.TOKEN_REVOKED, thing_id=made.token.pk).count() == 1


def test_it_ends_when_its_makers_account_is_switched_off(token_of: MakeToken, sami: User) -> None:
    made = token_of(sami)
    User.objects.filter(pk=sami.pk).update(is_active=False)
    with pytest.raises(UnknownToken, match="no longer in the team"):
        come(made.key)


def test_it_ends_with_its_makers_place_however_that_was_taken(
    token_of: MakeToken, sami: User
) -> None:
    made = token_of(sami)
    Membership.objects.filter(user=sami).delete()
    with pytest.raises(UnknownToken):
        come(made.key)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("scope", Scope)
def test_it_may_never_more_than_its_makers_role_of_today(
    token_of: MakeToken, alice: User, sami: User, scope: Scope, role: Role
) -> None:
    made = token_of(sami)
    role_of(sami, role)
    caller = come(made.key)
    if ALLOWED[SCOPE_NEEDS_ROLE[scope]] <= ALLOWED[role]:
        caller.require(scope)
    else:
        with pytest.raises(MayNot, match="no longer allows this"):
            caller.require(scope)


@pytest.mark.parametrize("scope", Scope)
def test_it_may_only_what_it_was_made_for(token_of: MakeToken, alice: User, scope: Scope) -> None:
    caller = come(token_of(alice, scope).key)
    caller.require(scope)
    for other in set(Scope) - {scope}:
        with pytest.raises(MayNot, match=other.value):
            caller.require(other)


def test_it_uses_only_the_channels_it_is_bound_to(
    token_of: MakeToken, riverside: Team, alice: User
) -> None:
    mine, other = world.a_channel(riverside, label="Desk"), world.a_channel(riverside, label="Fax")
    caller = come(token_of(alice, channels=[mine]).key)
    caller.require_channel(mine)
    with pytest.raises(MayNot):
        caller.require_channel(other)
    mine.delete()
    with pytest.raises(MayNot):
        come(token_of(alice, channels=[mine]).key).require_channel(other)
    come(token_of(alice).key).require_channel(other)


@pytest.mark.parametrize(
    ("networks", "address", "is_let_in"),
    [
        (["203.0.113.7/32"], "203.0.113.7", True),
        (["203.0.113.7/32"], "203.0.113.8", False),
        (["203.0.113.0/24", "2001:db8::/32"], "203.0.113.200", True),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db8:1::1", True),
        (["203.0.113.0/24"], "2001:db8:1::1", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.5", True),
        (["203.0.113.0/24"], "", False),
    ],
)
def test_it_is_used_only_from_the_addresses_it_is_bound_to(
    token_of: MakeToken, alice: User, networks: list[str], address: str, is_let_in: bool
) -> None:
    key = token_of(alice, networks=networks).key
    if is_let_in:
        come(key, address)
    else:
        with pytest.raises(MayNot, match="address"):
            come(key, address)


def test_whoever_has_to_set_up_a_second_step_does_so_first(
    token_of: MakeToken, riverside: Team, alice: User, settings: Settings
) -> None:
    made = token_of(alice)
    settings.SECOND_FACTOR_REQUIRED = True
    Team.objects.filter(pk=riverside.pk).update(second_step_for=NeedsSecondStep.EVERYBODY)
    with pytest.raises(MayNot, match="two-step sign-in"):
        come(made.key)


@pytest.mark.at(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=False)
def test_more_calls_than_a_minute_allows_are_told_when_to_come_again(
    token_of: MakeToken, alice: User, clock: Traveller
) -> None:
    key, other = token_of(alice, calls_per_minute=3).key, token_of(alice).key
    for _call in range(3):
        come(key)
        clock.shift(timedelta(seconds=5))
    with pytest.raises(TooMuch) as refused:
        come(key)
    assert 0 < refused.value.retry_after <= 46
    come(other)
    clock.shift(timedelta(seconds=refused.value.retry_after))
    come(key)


def test_the_settings_say_how_many_calls_where_the_token_does_not(
    token_of: MakeToken, alice: User, settings: Settings
) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    key = token_of(alice).key
    come(key)
    with pytest.raises(TooMuch):
        come(key)


@pytest.mark.at(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=False)
def test_people_are_counted_up_to_the_tokens_day(
    token_of: MakeToken, alice: User, clock: Traveller
) -> None:
    token = token_of(alice, daily_limit=100).token
    claim_people(token, 60)
    with pytest.raises(TooMuch) as refused:
        claim_people(token, 41)
    claim_people(token, 40)
    # New York is five hours behind; its day ends 17 hours from now.
    assert refused.value.retry_after == 17 * 3600
    clock.shift(timedelta(seconds=refused.value.retry_after))
    claim_people(token, 100)
    with pytest.raises(TooMuch):
        claim_people(token, 1)


@pytest.mark.parametrize("limit", [0, 5])
def test_nothing_larger_than_the_limit_ever_fits(
    token_of: MakeToken, alice: User, limit: int
) -> None:
    with pytest.raises(TooMuch):
        claim_people(token_of(alice, daily_limit=limit).token, 6)


def test_without_a_limit_people_are_counted_all_the_same(token_of: MakeToken, alice: User) -> None:
    token = token_of(alice).token
    claim_people(token, 1_000_000)
    assert ApiToken.objects.get(pk=token.pk).people == 1_000_000


def test_a_team_has_so_many_tokens_and_no_more(
    token_of: MakeToken, riverside: Team, alice: User
) -> None:
    made = [token_of(alice) for _one in range(MOST_TOKENS)]
    with pytest.raises(TooManyTokens):
        make_token(riverside, alice, name="One more", scopes=[Scope.READ])
    revoke_token(made[0].token, alice)
    token_of(alice)


# --- What is written down -------------------------------------------------------------------------


def test_making_and_ending_and_the_first_use_stand_in_the_trail(
    token_of: MakeToken, alice: User
) -> None:
    made = token_of(alice, Scope.READ, daily_limit=5)
    come(made.key)
    come(made.key)
    revoke_token(made.token, alice)
    entries = Entry.objects.filter(thing_kind="api.apitoken").order_by("pk")
    assert [entry.act for entry in entries] == [Act.TOKEN_MADE, Act.TOKEN_USED, Act.TOKEN_REVOKED]
    assert entries[0].after["scopes"] == ["read"]
    assert {entry.thing_id for entry in entries} == {made.token.pk}
    assert not [entry for entry in entries if made.key.partition(":")[2] in str(entry.__dict__)]


@pytest.mark.at(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=False)
def test_use_is_told_once_an_hour_and_from_each_new_address(
    token_of: MakeToken, alice: User, clock: Traveller
) -> None:
    key = token_of(alice).key
    for address, minutes in [("203.0.113.7", 0), ("203.0.113.7", 30), ("203.0.113.9", 1)]:
        clock.shift(timedelta(minutes=minutes))
        come(key, address)
    clock.shift(timedelta(minutes=61))
    come(key, "203.0.113.9")
    assert Entry.objects.filter(act=Act.TOKEN_USED).count() == 3


def test_what_is_turned_away_stands_in_the_trail_but_not_without_end(
    token_of: MakeToken, alice: User
) -> None:
    caller = come(token_of(alice, Scope.READ).key)
    for _call in range(25):
        with pytest.raises(MayNot):
            caller.require(Scope.LAUNCH)
    refused = Entry.objects.filter(act=Act.TOKEN_REFUSED)
    assert refused.count() == 20
    assert {str(entry.after) for entry in refused} == {"{'reason': 'scope'}"}


# --- The pages ------------------------------------------------------------------------------------

NEW = {"name": "Booking system", "scopes": ["read", "launch"], "daily_limit": "500"}


def test_a_token_is_made_on_its_page_and_its_key_is_shown_once(
    client_of: ClientOf, riverside: Team, sami: User
) -> None:
    channel = world.a_channel(riverside)
    client, url = client_of(sami), reverse("token-new", args=[riverside.slug])
    fields = NEW | {
        "networks": "203.0.113.7\n2001:db8::/32",
        "channels": [str(channel.public_id)],
        "last_day": f"{timezone.now() + timedelta(days=30):%Y-%m-%d}",
    }
    page = client.post(url, fields).content.decode()

    (key,) = re.findall(r'value="([0-9a-f]{32}:[0-9a-f]{64})"', page)
    token = token_of_key(key)
    assert token is not None
    assert (token.name, token.made_by, token.scopes) == ("Booking system", sami, ["launch", "read"])
    assert (token.channel_ids, token.daily_limit) == ([str(channel.public_id)], 500)
    assert token.networks == ["203.0.113.7/32", "2001:db8::/32"]
    shown = client.get(reverse("tokens", args=[riverside.slug])).content.decode()
    assert "Booking system" in shown
    assert key not in shown


def test_nobody_gives_a_token_more_than_they_may_themselves(
    client_of: ClientOf, riverside: Team, bob: User
) -> None:
    client, url = client_of(bob), reverse("token-new", args=[riverside.slug])
    assert 'value="launch"' not in client.get(url).content.decode()
    page = client.post(url, NEW).content.decode()
    assert "Your role does not allow one of these." in page
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Enter a name"),
        ({"scopes": []}, "Choose at least one thing"),
        ({"networks": "the office"}, "is not an address"),
        ({"networks": "\n".join(f"203.0.113.{n}" for n in range(21))}, "Enter up to 20 addresses"),
        ({"daily_limit": "many"}, "in digits"),
        ({"last_day": "2020-01-01"}, "today or a later day"),
        ({"channels": ["nonsense"]}, "valid choice"),
    ],
)
def test_what_was_typed_wrongly_is_told_at_its_field(
    client_of: ClientOf, riverside: Team, alice: User, fields: dict[str, Any], sentence: str
) -> None:
    url = reverse("token-new", args=[riverside.slug])
    assert sentence in client_of(alice).post(url, NEW | fields).content.decode()
    assert not ApiToken.objects.exists()


def test_owners_see_and_end_every_token_and_others_their_own(
    client_of: ClientOf, token_of: MakeToken, riverside: Team, alice: User, sami: User, bob: User
) -> None:
    token = token_of(sami).token
    url, end = reverse("tokens", args=[riverside.slug]), ["token-end", riverside.slug]
    for person, sees in [(alice, True), (sami, True), (bob, False)]:
        assert ("Till" in client_of(person).get(url).content.decode()) is sees
    address = reverse(end[0], args=[end[1], token.public_id])
    assert client_of(bob).post(address).status_code == 404
    assert client_of(alice).post(address).status_code == 302
    assert ApiToken.objects.get().revoked_at is not None


def test_the_owners_are_told_of_a_new_token(
    token_of: MakeToken, alice: User, sami: User, mailoutbox: list[Any]
) -> None:
    token_of(sami)
    letters.send_letters()
    assert [mail.to for mail in mailoutbox] == [[alice.email]]
    assert "API token" in mailoutbox[0].body


def test_a_key_is_in_no_log_line(token_of: MakeToken, alice: User) -> None:
    key = token_of(alice).key
    secret = key.partition(":")[2]
    for line in (f"GET /x?apikey={key}", f"GET /x?apikey={key.replace(':', '%3A')}", f"({key})"):
        assert secret[-20:] not in mask(line)
        assert secret[:20] not in mask(line)


def test_every_call_stands_on_the_page_of_the_api(
    client_of: ClientOf, riverside: Team, bob: User
) -> None:
    page = client_of(bob).get(reverse("api-reference", args=[riverside.slug])).content.decode()
    for words in ("GET /me", "POST /campaigns/{campaign_id}/launch", "overruled", "/openapi.json"):
        assert words in page
