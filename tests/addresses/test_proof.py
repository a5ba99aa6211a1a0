"""At a browser that was left open, no address of an owner's lowers a guard without a password."""

from __future__ import annotations

import time

import pytest

from teams.access import Action
from teams.models import User
from tests.addresses.routes import POST, ROUTES, Site
from tests.client import Client
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

# What an owner may do without: it lets nobody in, sends nothing and opens nothing.
HARMLESS = {
    "invitation-revoke": "takes a way in away",
    "test-number-remove": "takes a phone away",
    "channel": "how a channel is called, and how fast it sends",
    "channel-new": "a channel of an account whose key was typed with a password",
    "sample-remove": "takes away what was made up",
    "channels-sync": "reads what Sociocs has",
    "receiver-test": "sends nothing about anybody",
    "receiver-pause": "sends less",
    "receiver-on": "sends what an owner chose with a password, where they chose it",
    "receiver-remove": "sends less",
    "event-again": "sends what went there already",
    "event-leave-out": "sends less",
    "delivery-check": "asks whether reports still come",
}
OWNERS = {
    name
    for name, route in ROUTES.items()
    if route.who is Action.MANAGE_TEAM and POST in route.methods
}


@pytest.fixture
def left_open(alice: User, client_of: ClientOf) -> Client:
    client = client_of(alice)
    session = client.session
    session["proved_at"] = int(time.time()) - 11 * 60
    session.save()
    return client


@pytest.mark.parametrize("name", [*sorted(OWNERS - set(HARMLESS)), "member-remove", "token-new"])
def test_an_owners_button_asks_who_they_are(
    left_open: Client, site: Site, vera: User, name: str
) -> None:
    answer = left_open.post(site.url(name, vera), {"wants_replies": "on"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/again/")


def test_what_is_called_harmless_is_an_owners() -> None:
    assert set(HARMLESS) <= OWNERS
    assert all(POST in ROUTES[name].methods for name in HARMLESS)
