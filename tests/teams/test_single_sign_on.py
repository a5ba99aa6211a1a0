"""Signing in through an organisation's own server: a real one, run for these tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import mail
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread
from oidc_provider_mock._storage import AuthorizationCode
from playwright.sync_api import expect
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from pytest_django.fixtures import Settings

from teams import letters
from teams.models import User
from tests.browser import Look, NewPage
from tests.browsing import text_of
from tests.client import Client
from tests.people import ClientOf
from tests.teams.test_second_step import code_now, set_up_app
from tests.world import PASSWORD, create_person
from trail.acts import Act
from trail.models import Entry

# The server's own packages warn of each other.
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.thorough]

HERE = "http://testserver"
PEOPLE = [
    Claims(sub="emil", claims={"email": "Emil@example.org", "email_verified": True}),
    Claims(sub="unproved", claims={"email": "emil@example.org", "email_verified": False}),
    Claims(sub="unknown", claims={"email": "nobody@example.org", "email_verified": True}),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with run_server_in_thread(user_claims=PEOPLE) as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture(autouse=True)
def organisation(settings: Settings, server: str) -> None:
    app = {
        "provider_id": "sso",
        "name": "Riverside Clinics",
        "client_id": "campaigns",
        "secret": "known-to-both",
        "settings": {"server_url": server},
    }
    settings.OIDC_SERVER, settings.OIDC_NAME = server, "Riverside Clinics"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }


@pytest.fixture(autouse=True)
def typed_seconds_ago(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long ago somebody showed there who they are: the stand-in does not say it by itself."""
    ago = [0]
    monkeypatch.setattr(AuthorizationCode, "get_auth_time", lambda _code: int(time.time()) - ago[0])
    return ago


@pytest.fixture
def emil(db: None) -> User:
    return create_person("Emil Brandt", PASSWORD, email="emil@example.org")


def way_back(client: Client, person: str, next_page: str = "") -> str:
    """Go to the server, sign in there as `person`, and return where it leads back to."""
    gone = client.get("/sign-in/sso/", {"next": next_page} if next_page else {})
    assert gone.status_code == 302, gone.content.decode()
    answer = requests.post(
        gone["Location"], data={"sub": person}, allow_redirects=False, timeout=10
    )
    assert answer.headers["Location"].startswith(f"{HERE}/sign-in/sso/back/")
    return answer.headers["Location"].removeprefix(HERE)


def signed_in_as(client: Client, person: str, next_page: str = "") -> Any:
    return client.get(way_back(client, person, next_page), follow=True)


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def test_lets_in_who_has_an_account_and_opens_what_they_wanted(client: Client, emil: User) -> None:
    assertContains(client.get("/sign-in/"), "Sign in with Riverside Clinics")
    answer = signed_in_as(client, "emil", "/account/")
    assertContains(answer, "Your account")
    assert answer.wsgi_request.user == emil


def test_knows_them_again_whatever_their_address_is_by_then(client: Client, emil: User) -> None:
    signed_in_as(client, "emil")
    User.objects.filter(pk=emil.pk).update(email="brandt@example.org")
    again = Client()
    signed_in_as(again, "emil")
    assert is_in(again)


@pytest.mark.parametrize("person", ["unproved", "unknown"])
def test_lets_in_nobody_without_a_proved_address_of_an_account(
    client: Client, emil: User, person: str
) -> None:
    answer = signed_in_as(client, person)
    assertContains(answer, "Nobody here has an account with your address.")
    assert not is_in(client)
    assert User.objects.count() == 1


def test_lets_in_no_disabled_account(client: Client, emil: User) -> None:
    signed_in_as(client, "emil")
    User.objects.update(is_active=False)
    again = Client()
    assertContains(signed_in_as(again, "emil"), "This account is switched off.")
    assert not is_in(again)


def test_asks_for_the_second_step_all_the_same(emil: User, client_of: ClientOf) -> None:
    secret, _page = set_up_app(client_of(emil))
    client = Client()
    assertContains(signed_in_as(client, "emil", "/account/"), "One more step")
    assert not is_in(client)
    answer = client.post("/sign-in/code/", {"code": code_now(secret, 1)})
    assertRedirects(answer, "/account/")


def test_leads_to_no_other_site(client: Client, emil: User) -> None:
    answer = client.get(way_back(client, "emil", "https://evil.example/"))
    assert answer["Location"] == "/"


def test_believes_no_answer_that_it_did_not_ask_for(client: Client, emil: User) -> None:
    back = way_back(Client(), "emil")
    assertContains(client.get(back, follow=True), "did not sign you in. Try again.")
    assertContains(
        client.get("/sign-in/sso/back/?error=access_denied", follow=True), "did not sign you in"
    )
    assert not is_in(client)


def test_shows_that_it_is_still_them_and_loses_nothing(emil: User) -> None:
    client = Client()
    signed_in_as(client, "emil")
    session = client.session
    session["proved_at"] = 0
    session.save()
    asked = client.get("/account/second-step/app/")
    assert asked["Location"].startswith("/sign-in/again/")
    assertContains(client.get(asked["Location"]), "Confirm with Riverside Clinics")
    answer = signed_in_as(client, "emil", "/account/second-step/app/")
    assertContains(answer, "Use this app")


def test_a_session_over_there_does_not_show_that_it_is_still_them(
    emil: User, typed_seconds_ago: list[int]
) -> None:
    client = Client()
    signed_in_as(client, "emil")
    session = client.session
    session["proved_at"] = 0
    session.save()
    gone = client.get("/sign-in/sso/", {"auth_params": "prompt=none"})
    assert "prompt=login&max_age=0" in gone["Location"]
    typed_seconds_ago[0] = 3600
    answer = signed_in_as(client, "emil", "/account/")
    assert "did not ask you to sign in again" in text_of(answer)
    assert client.session["proved_at"] == 0


def test_a_new_way_in_is_told_and_recorded(emil: User) -> None:
    signed_in_as(Client(), "emil")
    assert Entry.objects.filter(act=Act.LINKED, about_id=emil.pk).count() == 1
    letters.send_letters()
    assert any(
        "sign in to your account through your organisation" in str(told.body)
        for told in mail.outbox
    )


def test_shows_nothing_of_somebody_else(emil: User, client_of: ClientOf, alice: User) -> None:
    signed_in_as(Client(), "emil")
    client = client_of(alice)
    answer = signed_in_as(client, "emil", "/account/")
    assert "signed you in as someone else" in text_of(answer)
    assert answer.wsgi_request.user == alice


def test_is_not_there_without_a_server(client: Client, db: None, settings: Settings) -> None:
    settings.OIDC_SERVER = ""
    assertNotContains(client.get("/sign-in/"), "Sign in with")
    for path in ("/sign-in/sso/", "/sign-in/sso/back/?code=x&state=y"):
        assertRedirects(client.get(path), "/sign-in/")


def test_a_server_that_is_away_is_said_in_a_sentence(
    client: Client, db: None, settings: Settings
) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"] = {"server_url": "http://localhost:9"}
    assertContains(client.get("/sign-in/sso/", follow=True), "does not answer")


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_somebody_walks_there_and_back_in_a_browser(
    new_page: NewPage, emil: User, look: Look
) -> None:
    page = new_page()
    # The other server's page would have its looks from the internet.
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(body=""))

    page.goto("/account/")
    page.get_by_role("link", name="Sign in with Riverside Clinics").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("did not sign you in. Try again.")).to_be_visible()
    look(page, "sso-1-denied")

    page.goto("/account/")
    page.get_by_role("link", name="Sign in with Riverside Clinics").click()
    page.get_by_role("button", name="unknown").first.click()
    expect(page.get_by_text("Nobody here has an account with your address.")).to_be_visible()

    page.goto("/account/")
    page.get_by_role("link", name="Sign in with Riverside Clinics").click()
    page.get_by_role("button", name="emil").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")

    for kept in Session.objects.all():
        store = SessionStore(kept.session_key)
        store["proved_at"] = 0
        store.save()
    page.goto("/account/second-step/app/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    look(page, "sso-2-again")
    page.get_by_role("link", name="Confirm with Riverside Clinics").click()
    page.get_by_role("button", name="emil").first.click()
    expect(page.get_by_role("button", name="Use this app")).to_be_visible()
