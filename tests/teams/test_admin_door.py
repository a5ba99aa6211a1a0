"""Who finds the admin, from where, and what it asks for before it changes anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.asserts import assertContains
from pytest_django.fixtures import Settings

from campaigns.models import Heartbeat
from sociocs_accounts.models import GatewayAccount
from teams.models import User
from tests import world
from tests.browser import ColourScheme, Device, NewPage
from tests.client import Client
from tests.people import ClientOf

LetIn = Callable[[Page, User], None]
HOME = "/admin/"
PAGES = ("/admin/teams/team/add/", "/admin/teams/user/", "/admin/sending/attempt/")


@pytest.fixture
def root(db: None) -> User:
    return world.create_person("Root", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(root: User, client_of: ClientOf) -> Client:
    return client_of(root)


def test_it_can_be_switched_off(staff: Client, settings: Settings) -> None:
    settings.ADMIN = False
    for address in (HOME, "/admin/login/", "/admin/teams/user/"):
        assert staff.get(address).status_code == 404
    assert staff.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("visitor", "status"),
    [
        ("10.8.3.4", 200),
        ("10.9.0.1", 404),
        ("::ffff:10.8.3.4", 200),
        ("2001:db8::7", 200),
        ("2001:db8::8", 404),
        ("", 404),
    ],
)
def test_it_is_there_for_some_networks_only(
    staff: Client, settings: Settings, visitor: str, status: int
) -> None:
    settings.ADMIN_ADDRESSES = [ip_network("10.8.0.0/16"), ip_network("2001:db8::7")]
    assert staff.get(HOME, REMOTE_ADDR=visitor).status_code == status


def test_a_visitor_cannot_write_another_address_into_a_header(
    staff: Client, settings: Settings
) -> None:
    settings.ADMIN_ADDRESSES = [ip_network("10.8.0.0/16")]
    made_up = {"X-Forwarded-For": "10.8.0.1"}
    assert staff.get(HOME, headers=made_up).status_code == 404
    settings.TRUSTED_PROXIES = 1
    behind = {"X-Forwarded-For": "10.8.0.1, 203.0.113.9"}
    assert staff.get(HOME, headers=behind).status_code == 404
    assert staff.get(HOME, headers=made_up).status_code == 200


def test_an_open_browser_makes_no_administrator(staff: Client, root: User) -> None:
    session = staff.session
    session["proved_at"] = int(time.time()) - 3600
    session.save()
    person = world.create_person()
    for address in (
        reverse("admin:teams_user_change", args=[person.pk]),
        reverse("admin:auth_user_password_change", args=[root.pk]),
        reverse("admin:teams_user_changelist"),
    ):
        answer = staff.post(address, {"is_superuser": "on", "email": person.email})
        assert answer.headers["Location"].startswith("/sign-in/again/")
    assert not User.objects.get(pk=person.pk).is_superuser
    assert staff.post("/admin/logout/").status_code in (200, 302)


def test_it_runs_under_the_policy_of_all_pages(staff: Client) -> None:
    for address in (HOME, "/admin/teams/team/add/", "/admin/teams/user/"):
        policy = staff.get(address).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy


def test_the_first_page_says_how_the_server_is(staff: Client, riverside: object) -> None:
    Heartbeat.objects.create(part="sending.tick", at=timezone.now())
    account = world.a_channel(riverside).account  # type: ignore[arg-type]
    GatewayAccount.objects.filter(pk=account.pk).update(state="halted")
    page = staff.get(HOME)
    for words in ("Status of this server", "Sending: last round", "never", "Room for data"):
        assertContains(page, words)
    assertContains(page, '<span class="state state-danger">1</span>', html=True)


def test_every_table_has_a_name_that_is_a_word() -> None:
    plurals = [str(model._meta.verbose_name_plural) for model in admin.site._registry]
    assert not [name for name in plurals if name.endswith(("ss", "ys"))]
    assert len(set(plurals)) == len(plurals)


@pytest.mark.journey
@pytest.mark.parametrize(("device", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_a_browser_runs_everything_on_its_pages(
    new_page: NewPage, root: User, let_in: LetIn, device: Device, scheme: ColourScheme
) -> None:
    page = new_page(device, scheme)
    let_in(page, root)
    for address in (HOME, *PAGES):
        page.goto(address)
    assert page.locator("#site-name").is_visible()
