"""From the door to one's account, in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from recipients.models import RecipientList
from teams.models import Team, User
from tests.browser import Look, NewPage
from tests.world import PASSWORD, create_team

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


@pytest.fixture
def alice_with_password(alice: User, settings: Settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def test_signing_in_and_out(new_page: NewPage, alice_with_password: User, look: Look) -> None:
    page = new_page("phone", "dark")
    page.goto("/account/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("E-mail address").fill("alice@example.org")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("do not match")
    expect(summary).to_be_focused()
    look(page, "sign-in-1-wrong")

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    look(page, "sign-in-2-account")

    page.get_by_text("Menu", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    look(page, "sign-in-3-menu")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_the_teams_page(
    new_page: NewPage,
    riverside: Team,
    alice: User,
    bob: User,
    sami: User,
    let_in: LetIn,
    look: Look,
) -> None:
    page = new_page("phone", "dark")
    RecipientList.objects.create(team=riverside, owner=bob, name="Patients", is_ready=True)
    let_in(page, alice)
    page.goto("/riverside-dental/team/")
    page.get_by_label("E-mail address").fill("nora@example.org")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_label("The link")).to_have_value(re.compile("/invitations/.{43,}/"))
    look(page, "team-1-invited")
    page.get_by_role("link", name="Back to the team").click()
    expect(page.get_by_role("button", name="Change role of Bob Okafor")).to_be_visible()
    look(page, "team-2-team")

    page.get_by_role("button", name="Change role of Bob Okafor").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Role of Bob Okafor")
    look(page, "team-3-role")
    dialog.get_by_label("Sender").check()
    dialog.get_by_role("button", name="Change the role").click()
    expect(page.get_by_text("Bob Okafor has a new role. Sender")).to_be_visible()

    page.get_by_role("link", name="Remove Bob Okafor").click()
    expect(page.get_by_label("Who takes it over").locator("option:checked")).to_have_text(
        "Alice Moreau"
    )
    page.get_by_label("Who takes it over").select_option("Sami Haddad")
    look(page, "team-4-remove")
    page.get_by_role("button", name="Remove from the team").click()
    expect(page.get_by_text("What was theirs now belongs to Sami Haddad.")).to_be_visible()


def test_the_theme_is_kept_and_nothing_of_the_pages_is(
    new_page: NewPage, alice: User, let_in: LetIn
) -> None:
    page = new_page("desktop", "light")
    let_in(page, alice)
    page.goto("/account/")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.get_by_label("Menu of Alice Moreau").click()
    page.get_by_role("button", name="Dark").click()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.goto("/riverside-dental/team/")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.go_back()
    kept = dict(page.evaluate("Object.entries({...localStorage, ...sessionStorage})"))
    # HTMX notes the address it would come back to; snapshots of pages would hold people.
    assert kept == {"theme": "dark", "htmx-current-path-for-history": "/account/"}


def test_the_theme_follows_the_system_until_somebody_chooses(page: Page, db: None) -> None:
    page.goto("/sign-in/")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_team_switcher_offers_ones_own_teams_only(
    page: Page, alice: User, charlie: User, let_in: LetIn, riverside: Team
) -> None:
    create_team(alice, name="Aardvark Vets", slug="aardvark")
    let_in(page, alice)
    page.goto("/riverside-dental/team/")
    page.locator("summary", has_text="Riverside Dental").click()
    menu = page.locator(".team-menu")
    teams = menu.get_by_role("link").filter(has_text=re.compile("Vets|Dental"))
    expect(teams).to_have_text(["Aardvark Vets", "Riverside Dental"])
    menu.get_by_role("link", name="Aardvark Vets").click()
    expect(page).to_have_url(re.compile("/aardvark/$"))


def test_a_menu_closes_by_escape_or_when_another_opens(
    page: Page, alice: User, let_in: LetIn, riverside: Team
) -> None:
    let_in(page, alice)
    page.goto("/riverside-dental/")
    team, own = page.locator(".team-menu summary"), page.get_by_label("Menu of Alice Moreau")
    settings = page.locator(".team-menu").get_by_role("link", name="Settings")
    team.press("Enter")
    expect(settings).to_be_visible()
    page.keyboard.press("Escape")
    expect(settings).to_be_hidden()
    expect(team).to_be_focused()
    team.click()
    own.click()
    expect(settings).to_be_hidden()
    expect(page.get_by_role("link", name="Your account")).to_be_visible()


def test_everything_is_reached_by_keyboard(
    page: Page, alice: User, let_in: LetIn, riverside: Team
) -> None:
    let_in(page, alice)
    page.goto("/riverside-dental/team/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="Change role of Alice Moreau").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Change role of Alice Moreau")).to_be_focused()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(
    page: Page, alice_with_password: User
) -> None:
    sent: list[str] = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            page.wait_for_timeout(300)
        route.continue_()

    page.goto("/sign-in/?next=/account/")
    page.route("**/sign-in/", slowly)
    page.get_by_label("E-mail address").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    assert len(sent) == 1


class TestWhatTheServerCannotDo:
    @pytest.fixture
    def page(self, browser: Browser, live_server: LiveServer, alice: User, let_in: LetIn) -> Page:
        """A page that nobody watches for errors: here they are wanted."""
        page = browser.new_context(base_url=live_server.url).new_page()
        let_in(page, alice)
        page.goto("/account/")
        return page

    def test_is_said_in_its_own_words(self, page: Page) -> None:
        page.evaluate("htmx.ajax('GET', '/no/such/page/', '#main')")
        expect(page.locator("#toasts")).to_contain_text("start from the overview")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")

    def test_is_said_once(self, page: Page) -> None:
        for _ in range(3):
            page.evaluate("htmx.ajax('GET', '/no/such/page/', '#main')")
        expect(page.locator("#toasts > *")).to_have_count(1)

    def test_is_said_when_it_cannot_be_reached(self, page: Page) -> None:
        page.route("**/account/", lambda route: route.abort())
        page.evaluate("htmx.ajax('GET', '/account/', '#main').catch(() => {})")
        expect(page.locator("#toasts")).to_contain_text("Nothing was lost; try again.")

    def test_is_not_hidden_behind_a_sign_in_page_in_the_page(self, page: Page) -> None:
        page.context.clear_cookies()
        page.evaluate("htmx.ajax('GET', '/account/', '#main')")
        expect(page).to_have_url(re.compile(r"/sign-in/\?next=/account/$"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    def test_an_offline_browser_says_so(self, page: Page) -> None:
        page.context.set_offline(True)
        expect(page.get_by_text("You are offline.")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_text("You are offline.")).to_be_hidden()


def test_the_admin_works_under_its_own_policy(page: Page, alice: User, let_in: LetIn) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    let_in(page, alice)
    page.goto("/admin/teams/user/")
    page.get_by_role("link", name="alice@example.org").click()
    expect(page.get_by_label("Name")).to_have_value("Alice Moreau")
