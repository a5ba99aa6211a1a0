"""A passkey and an app with codes in a browser, from setting up to signing in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import CDPSession, Page, expect
from pytest_django.fixtures import Settings

from teams.models import Team, User
from tests.browser import Look, NewPage
from tests.world import PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def give_passkeys(page: Page) -> tuple[CDPSession, str]:
    """Put a device into the browser that keeps passkeys and knows its owner's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def type_password(page: Page) -> None:
    page.get_by_label("E-mail address").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.goto("/account/")
    page.get_by_label("Menu of Alice Moreau").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_a_passkey_is_asked_for_because_the_team_wants_one_and_then_signs_in_alone(
    new_page: NewPage, let_in: LetIn, alice: User, riverside: Team, settings: Settings, look: Look
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    page = new_page()
    give_passkeys(page)
    let_in(page, alice)
    page.goto("/riverside-dental/lists/new/")
    page.get_by_label("Name").fill("Patients of Dr. Moreau")
    Team.objects.update(approval_above=4)
    page.get_by_role("button", name="Create the list").click()
    expect(page.get_by_text("Owners of Riverside Dental need it")).to_be_visible()
    look(page, "second-step-1-asked")

    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My phone")
    look(page, "second-step-2-passkey")
    page.get_by_role("button", name="Create the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.locator("#codes li")).to_have_count(10)
    look(page, "second-step-3-codes")
    page.get_by_role("link", name="I have saved them").click()
    expect(page.locator("blockquote")).to_have_text("Patients of Dr. Moreau")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Patients of Dr. Moreau")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")

    sign_out(page)
    type_password(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    look(page, "second-step-4-sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


@pytest.mark.long
def test_a_passkey_shows_that_it_is_still_them(
    new_page: NewPage, let_in: LetIn, alice: User, vera: User, look: Look
) -> None:
    page = new_page()
    session, device = give_passkeys(page)
    let_in(page, alice)
    page.goto("/account/second-step/passkey/")
    page.get_by_role("button", name="Create the passkey").click()
    expect(page.locator("#codes li")).to_have_count(10)
    for kept in Session.objects.all():
        store = SessionStore(kept.session_key)
        store["proved_at"] = int(time.time()) - 11 * 60
        store.save()
    page.goto("/riverside-dental/team/")
    page.get_by_role("button", name="Change role of Vera Lind").click()
    page.get_by_role("dialog").get_by_label("Sender").check()
    page.get_by_role("dialog").get_by_role("button", name="Change the role").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    look(page, "second-step-5-again")

    # Whoever sits there without Alice's finger gets no further.
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Your browser did not create or find a passkey.")).to_be_visible()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Vera Lind has a new role. Sender")).to_be_visible()


def test_an_app_with_codes_on_a_phone(
    new_page: NewPage, let_in: LetIn, alice: User, look: Look
) -> None:
    page = new_page("phone", "dark")
    let_in(page, alice)
    page.goto("/account/")
    page.get_by_role("link", name="Manage passkeys and codes").click()
    page.get_by_role("link", name="Set up a code app").click()
    expect(page.locator("#app-secret")).to_be_visible()
    look(page, "second-step-6-app")
    secret = re.sub(r"\s", "", page.locator("#app-secret").inner_text())
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Use this app").click()
    expect(page.locator("#codes li").first).to_be_visible()
    codes = page.locator("#codes li").all_inner_texts()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_text("A code app is set up.")).to_be_visible()
    look(page, "second-step-7-all")

    page.context.clear_cookies()
    page.goto("/account/")
    type_password(page)
    page.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
