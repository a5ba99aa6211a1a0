"""The session ends while somebody writes, or a password is wanted first: nothing typed is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage
from tests.waiting import wait_until
from tests.world import PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.fixture
def front_desk(riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


@pytest.fixture
def draft(front_desk: Channel) -> Campaign:
    return world.a_campaign(front_desk, world.a_list(front_desk.team, world.phones(3)))


def sign_in(page: Page, email: str = "alice@example.org") -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def composer(page: Page, draft: Campaign) -> None:
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/compose/")


def test_the_same_page_saves_again_after_signing_in_in_another_tab(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign, look: Look
) -> None:
    page = new_page()
    let_in(page, alice)
    composer(page, draft)
    text = page.get_by_role("textbox", name="Message")
    text.fill("Saved before")
    expect(page.locator("#save-state")).to_contain_text("Saved")

    page.context.clear_cookies()
    text.fill("Typed after the session ended")
    expect(page.locator("#save-state")).to_contain_text("you are no longer signed in")
    expect(page.locator("#signed-out")).to_contain_text("What you typed stays on this page")
    expect(text).to_have_value("Typed after the session ended")
    look(page, "session-1-ended")

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="sign in again in another tab").click()
    other = opened.value
    sign_in(other)
    expect(other.get_by_role("heading", level=1)).to_have_text("Overview")

    text.press_sequentially(" and more")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    expect(page.locator("#signed-out")).to_be_hidden()
    # What was there before signing in may have been saved first.
    wait_until(lambda: Campaign.objects.get(pk=draft.pk).text.endswith("ended and more"))
    # The phone beside it lives on, and so does the button.
    expect(page.locator("#preview")).to_contain_text("and more")
    page.get_by_label("Name").fill("Spring, third try")
    page.get_by_role("button", name="Save draft").first.click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    draft.refresh_from_db()
    assert draft.name == "Spring, third try"


def test_a_colleague_who_signs_in_saves_nothing_in_ones_name(
    new_page: NewPage, let_in: LetIn, alice: User, bob: User, draft: Campaign
) -> None:
    bob.set_password(PASSWORD)
    bob.save()
    page = new_page()
    let_in(page, alice)
    composer(page, draft)
    Session.objects.all().delete()
    other = page.context.new_page()
    other.goto("/sign-in/")
    sign_in(other, "bob@example.org")
    expect(other.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_role("textbox", name="Message").fill("Alice's words")
    expect(page.locator("#signed-out")).to_contain_text("Someone else has signed in")
    page.get_by_role("button", name="Save draft").first.click()
    expect(page.get_by_text("You are signed in as Bob Okafor.")).to_be_visible()
    expect(page.locator("blockquote").last).to_have_text("Alice's words")


@pytest.mark.long
def test_a_button_pressed_after_the_session_ended_is_finished_after_signing_in(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign, look: Look
) -> None:
    page = new_page("phone", "dark")
    let_in(page, alice)
    page.goto("/riverside-dental/lists/new/")
    page.get_by_label("Name").fill("Patients of Dr. Moreau")
    page.context.clear_cookies()
    page.get_by_role("button", name="Create the list").click()
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Continue where you were")
    expect(page.locator("blockquote")).to_have_text("Patients of Dr. Moreau")
    look(page, "session-2-go-on")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Patients of Dr. Moreau")).to_be_visible()


@pytest.mark.long
def test_a_form_is_saved_at_once_after_signing_in_in_another_tab(
    new_page: NewPage, let_in: LetIn, alice: User
) -> None:
    page = new_page()
    let_in(page, alice)
    page.goto("/account/")
    page.get_by_label("Name").fill("Alice M.")
    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto("/sign-in/")
    with page.expect_response("**/sign-in/token/"):
        sign_in(other)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your account is saved.")).to_be_visible()
    alice.refresh_from_db()
    assert alice.name == "Alice M."


@pytest.mark.long
def test_two_tabs_at_the_sign_in_page_both_end_signed_in(new_page: NewPage, alice: User) -> None:
    first = new_page()
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto("/account/")
    for tab in (first, second):
        sign_in(tab)
        expect(tab.get_by_role("heading", level=1)).to_have_text("Your account")


def test_a_fragment_leaves_a_page_with_typed_words_alone_and_others_lead_to_the_sign_in(
    new_page: NewPage, let_in: LetIn, alice: User
) -> None:
    page = new_page()
    let_in(page, alice)
    page.goto("/account/")
    page.get_by_label("Name").fill("Alice M.")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/account/', '#main')")
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Alice M.")


@pytest.mark.long
def test_an_upload_without_a_session_leaves_the_pasted_rows_and_goes_on_after_signing_in(
    new_page: NewPage, let_in: LetIn, alice: User, tmp_path: Path
) -> None:
    table = tmp_path / "people.csv"
    table.write_text("Phone,Name\n+12025550101,Ann\n")
    page = new_page()
    let_in(page, alice)
    page.goto("/riverside-dental/lists/upload/")
    page.get_by_role("textbox").fill("+12025550102, Bea")
    page.context.clear_cookies()
    page.get_by_label("Choose your file").set_input_files(table)
    expect(page.locator("[data-upload-problems]")).to_contain_text("no longer signed in")
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value("+12025550102, Bea")
    other = page.context.new_page()
    other.goto("/sign-in/")
    sign_in(other)
    expect(other.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_label("Choose your file").set_input_files(table)
    expect(page).to_have_url(re.compile("/imports/"))


def test_the_password_question_keeps_the_number_and_launches(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign, look: Look
) -> None:
    draft.team.confirm_typed_above = 2
    draft.team.save()
    page = new_page("phone", "dark")
    let_in(page, alice)
    for session in Session.objects.all():
        stored = session.get_decoded() | {"proved_at": int(time.time()) - 3600}
        session.session_data = Session.objects.encode(stored)
        session.save()
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/review/")
    for tick in page.locator('input[name="overrule"]').all():
        tick.check()
    page.get_by_label("Type 3 to send it").fill("3")
    page.locator("#launch button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    expect(page.get_by_text("It goes to so many people")).to_be_visible()
    look(page, "session-3-password")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(f"/campaigns/{draft.public_id}/$"))
    draft.refresh_from_db()
    assert draft.state != "draft"
