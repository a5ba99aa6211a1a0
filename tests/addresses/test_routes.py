"""Who may open which address. An address without a row in tests/addresses/routes.py fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.urls import reverse

from teams.access import ALLOWED, Action
from teams.addresses import RESERVED
from teams.models import Team, User
from tests import effort
from tests.addresses.routes import (
    GET,
    OF_A_TEAM,
    OF_PAGES,
    POST,
    ROUTES,
    Site,
    address,
    path_of,
    patterns,
)
from tests.client import Client
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

# Refused, not there, wrong method: what nobody who may open an address should ever see.
SHUT = {403, 404, 405}


def ask(client: Client, name: str, url: str) -> Any:
    route = ROUTES[name]
    return client.post(url, route.fields) if POST in route.methods else client.get(url)


@contextmanager
def undone() -> Iterator[None]:
    """Take everything back that is written to the database inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_address_is_in_the_table() -> None:
    names = {pattern.name for _path, pattern in patterns() if pattern.name}
    assert names == set(ROUTES)


def test_only_the_admins_door_has_no_name() -> None:
    assert [path for path, pattern in patterns() if not pattern.name] == ["admin/login/"]


def test_addresses_of_a_team_are_behind_its_door() -> None:
    for path, pattern in patterns():
        if path.startswith("<slug:team_slug>/"):
            route = ROUTES[str(pattern.name)]
            assert getattr(pattern.callback, "action", None) == route.who, path


def test_addresses_are_lower_case_words_and_typed() -> None:
    for path, _pattern in patterns():
        assert path == path.lower(), path
        assert "_" not in path.replace("team_slug", "").replace("_id>", ">"), path


def test_no_team_can_take_an_address_of_the_site() -> None:
    first_words = {path.split("/")[0] for path, _pattern in patterns()} | {"admin", "static"}
    own = {word for word in first_words if word and not word.startswith("<")}
    assert own <= RESERVED


def test_roles_include_one_another() -> None:
    viewer, editor, sender, owner = (ALLOWED[r] for r in ("viewer", "editor", "sender", "owner"))
    assert viewer < editor < sender < owner == set(Action)


@pytest.mark.parametrize("name", OF_A_TEAM)
class TestAnAddressOfATeam:
    def test_asks_to_sign_in(self, riverside: Team, name: str) -> None:
        url = address(name, riverside)
        answer = ask(Client(), name, url)
        assert answer.status_code == 302
        assert answer["Location"] == f"{reverse('sign-in')}?next={url}"

    def test_does_not_exist_for_a_stranger(
        self, riverside: Team, client_of: ClientOf, charlie: User, name: str
    ) -> None:
        assert ask(client_of(charlie), name, address(name, riverside)).status_code == 404

    def test_opens_for_the_roles_that_include_it(
        self, site: Site, client_of: ClientOf, members: list[User], name: str
    ) -> None:
        for person in members if effort.is_long() else at_the_edge(members, name):
            role = person.memberships.get().role
            url = site.url(name, person)
            # The next one must find it as this one does: some answers delete what they are about.
            with undone():
                answer = ask(client_of(person), name, url)
            allowed = ROUTES[name].who in ALLOWED[role]
            assert (answer.status_code not in SHUT) is allowed, f"{role}: {answer.status_code}"
            assert allowed or answer.status_code == 403, f"{role}: {answer.status_code}"
            assert answer.status_code < 500


def at_the_edge(members: list[User], name: str) -> list[User]:
    """Whoever of the members has the least role that an address opens for, and the one below it.

    Of the other roles nothing else can be true: each includes the one before.
    """
    by_role = sorted(members, key=lambda one: len(ALLOWED[one.memberships.get().role]))
    is_in = [ROUTES[name].who in ALLOWED[one.memberships.get().role] for one in by_role]
    least = is_in.index(True)
    return by_role[max(0, least - 1) : least + 1]


@pytest.mark.parametrize("name", [name for name in OF_A_TEAM if "_id" in path_of(name)])
def test_things_of_one_team_are_not_there_in_another(
    site: Site, client_of: ClientOf, charlie: User, alice: User, name: str
) -> None:
    elsewhere = site.url(name, alice).replace(f"/{site.team.slug}/", "/hillside/")
    client = client_of(charlie)
    before = everything_stored()
    assert ask(client, name, elsewhere).status_code == 404
    assert everything_stored() == before


@pytest.mark.parametrize("name", [n for n, route in OF_PAGES.items() if GET not in route.methods])
def test_a_link_cannot_do_what_a_button_does(
    client_of: ClientOf, riverside: Team, alice: User, name: str
) -> None:
    assert client_of(alice).get(address(name, riverside)).status_code == 405


@pytest.mark.parametrize("name", [n for n, route in OF_PAGES.items() if route.methods == (GET,)])
def test_a_page_takes_no_post(client_of: ClientOf, riverside: Team, alice: User, name: str) -> None:
    assert client_of(alice).post(address(name, riverside)).status_code == 405


@pytest.mark.parametrize("name", [n for n, route in OF_PAGES.items() if GET in route.methods])
def test_looking_changes_nothing(site: Site, client_of: ClientOf, alice: User, name: str) -> None:
    client, url = client_of(alice), site.url(name, alice)
    before = everything_stored()
    client.get(url)
    assert everything_stored() == before


def everything_stored() -> dict[str, list[Any]]:
    """Every row of every table but the sessions', where the team looked at last is remembered."""
    tables = set(connection.introspection.django_table_names()) - {Session._meta.db_table}
    with connection.cursor() as cursor:
        return {table: rows_of(cursor, table) for table in tables}


def rows_of(cursor: Any, table: str) -> list[Any]:
    """All rows as the database holds them, the first ones first."""
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")  # noqa: S608
    return list(cursor.fetchall())


@pytest.mark.parametrize("name", [n for n, route in ROUTES.items() if route.who == "signed in"])
def test_a_page_of_ones_own_asks_to_sign_in(riverside: Team, name: str) -> None:
    answer = Client().get(address(name, riverside))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("name", [n for n, route in ROUTES.items() if route.who == "everybody"])
def test_a_public_page_opens_for_everybody(site: Site, alice: User, name: str) -> None:
    assert ask(Client(), name, site.url(name, alice)).status_code not in SHUT
