"""Making an account oneself, and where somebody is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains
from pytest_django.fixtures import Settings

from teams import letters, proved_addresses, signing_up
from teams.models import User
from teams.throttling import Limit
from tests.browser import NewPage
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD, create_person
from trail.acts import Act
from trail.models import Entry

pytestmark = pytest.mark.django_db

NORA = {"name": "Nora Quist", "password": PASSWORD, "time_zone": "Europe/Berlin"}


@pytest.fixture
def is_open(settings: Settings) -> None:
    settings.OPEN_SIGN_UP = True


def asked(client: Client, email: str = "Nora@example.org", **more: Any) -> Any:
    answer = client.post("/sign-up/", {"email": email}, **more)
    letters.send_letters()
    return answer


def link_in_mail() -> str:
    found = re.search(r"http\S+?(/sign-up/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def test_by_default_nobody_makes_one(client: Client) -> None:
    assertNotContains(client.get("/sign-in/"), "Create an account")
    assert client.get("/sign-up/").status_code == 404
    assert asked(client).status_code == 404
    assert client.get("/sign-up/x/").status_code == 404
    assert not mail.outbox


def test_the_link_makes_one_whose_address_is_proved(client: Client, is_open: None) -> None:
    assertContains(client.get("/sign-in/"), "Create an account")
    asked(client)
    assert mail.outbox[-1].to == ["nora@example.org"]
    assert not User.objects.exists()
    answer = client.post(link_in_mail(), NORA, follow=True)
    assertContains(answer, "Ask for an invitation")
    nora = User.objects.get(email="nora@example.org")
    assert answer.wsgi_request.user == nora
    assert nora.time_zone == "Europe/Berlin"
    assert proved_addresses.is_proved(nora)
    assert Entry.objects.filter(act=Act.PERSON_MADE, about_id=nora.pk).exists()
    assert Client().post(link_in_mail(), NORA).status_code == 410


def test_a_weak_password_is_refused(client: Client, is_open: None) -> None:
    asked(client)
    answer = client.post(link_in_mail(), NORA | {"password": "nora-quist-1234"})
    assertContains(answer, "data-error-summary")
    assert not User.objects.exists()


def test_whoever_has_an_account_is_told_by_mail_and_nobody_else(
    client: Client, is_open: None
) -> None:
    create_person("Emil Brandt", PASSWORD, email="emil@example.org")
    said = [asked(client, email, follow=True) for email in ("emil@example.org", "n@example.org")]
    assertContains(said[0], "We sent a link to emil@example.org.")
    assertContains(said[1], "We sent a link to n@example.org.")
    assert "You already have one" in mail.outbox[0].body
    assert "/sign-up/" not in mail.outbox[0].body


@pytest.mark.parametrize(
    ("is_demo", "said"), [(True, "worker-background.log"), (False, "sends no e-mail yet")]
)
def test_a_server_that_prints_its_mails_says_where_the_link_is(
    client: Client, is_open: None, settings: Settings, is_demo: bool, said: str
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.DEMO = is_demo
    page = asked(client, "n@example.org", follow=True)
    assertContains(page, said)
    assertNotContains(page, "We sent")
    page = client.get("/password-reset/sent/")
    assertContains(page, said)
    assertNotContains(page, "on its way")


@pytest.mark.parametrize("seconds", [0, 60 * 60 * 24 + 1])
def test_a_link_of_another_day_or_hand_opens_nothing(
    client: Client, is_open: None, seconds: int
) -> None:
    asked(client)
    link = link_in_mail() if seconds else "/sign-up/made-up/"
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        assertContains(client.post(link, NORA), "no longer works", status_code=410)
    assert not User.objects.exists()


def test_nobodys_mailbox_is_filled_and_no_network_asks_without_end(
    client: Client, is_open: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        asked(client, REMOTE_ADDR=f"10.{n}.0.1")
    assert len(mail.outbox) == 3
    monkeypatch.setattr(signing_up, "_PER_NETWORK", Limit("sign-up-network", 2))
    answers = [asked(client, f"n{n}@example.org", REMOTE_ADDR=f"10.9.0.{n}") for n in range(3)]
    assertContains(answers[-1], "Too many links were requested.")
    assert len(mail.outbox) == 5


def test_the_zone_is_changed_in_the_account_and_used_there_and_in_mails(
    client_of: ClientOf, alice: User
) -> None:
    client = client_of(alice)
    form = {"name": alice.name, "email": alice.email, "time_zone": "Asia/Tokyo"}
    assert client.post("/account/", form).status_code == 302
    alice.refresh_from_db()
    alice.set_password(PASSWORD)
    alice.save()
    browsers = Client(), Client()
    for browser in browsers:
        browser.post("/sign-in/", {"email": alice.email, "password": PASSWORD})
        browser.get("/account/")
    letters.send_letters()
    assert " JST with a browser" in mail.outbox[-1].body
    assertContains(browsers[1].get("/account/"), "JST</span>")
    client = browsers[0]
    refused = client.post("/account/", form | {"time_zone": "Mars/Base"})
    assertContains(refused, "data-error-summary")


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_the_browser_says_where_somebody_is(new_page: NewPage, is_open: None) -> None:
    page = new_page()
    tokyo = {"timezoneId": "Asia/Tokyo"}
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", tokyo)
    page.goto("/sign-in/")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("E-mail address").fill("nora@example.org")
    page.get_by_role("button", name="Send the link").click()
    page.get_by_text("We sent a link to nora@example.org.").wait_for()
    letters.send_letters()
    page.goto(link_in_mail())
    page.get_by_label("Your name").fill("Nora Quist")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    page.get_by_role("heading", name="You are not in a team yet").wait_for()
    assert User.objects.get().time_zone == "Asia/Tokyo"
