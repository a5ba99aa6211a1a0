"""Writing a campaign in a real browser, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from campaigns.models import Campaign
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage, open_step

# Before every day that is typed here.
pytestmark = [pytest.mark.journey, pytest.mark.at("2026-12-01T15:00Z")]

LetIn = Callable[[Page, User], None]
PREVIEW = "**/compose/preview/"


@pytest.fixture
def front_desk(transactional_db: None, riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


@pytest.fixture
def clinic(front_desk: Channel) -> Channel:
    return world.a_channel(
        front_desk.team, provider="twlowa", label="Clinic WhatsApp", channel_key="clinic"
    )


@pytest.fixture
def patients(front_desk: Channel) -> RecipientList:
    phones = world.phones(12)
    return world.a_list(front_desk.team, [*phones, phones[0]], "Patients 2026")


@pytest.fixture
def composer(
    new_page: NewPage, let_in: LetIn, alice: User, clinic: Channel, patients: RecipientList
) -> Page:
    """The composer with an empty draft, on a desktop."""
    return open_composer(new_page(), let_in, alice)


def open_composer(page: Page, let_in: LetIn, person: User) -> Page:
    let_in(page, person)
    page.goto("/riverside-dental/campaigns/")
    page.get_by_role("button", name="New campaign").first.click()
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    return page


def test_the_page_answers_while_one_writes(composer: Page) -> None:
    open_step(composer, "What")
    composer.get_by_text("Clinic WhatsApp").click()
    expect(composer.locator(".phone-whatsapp")).to_be_visible()
    composer.get_by_text("Your own words").click()
    expect(composer.locator("#preview").get_by_text("in the last 24 hours")).to_be_visible()
    open_step(composer, "Who")
    composer.get_by_text("Patients 2026").first.click()
    expect(composer.locator("#audience")).to_have_text("12 people get this message 1 duplicate")
    composer.get_by_role("switch").check()
    expect(composer.locator("#audience")).to_have_text("13 people get this message")
    open_step(composer, "What")
    composer.get_by_role("textbox", name="Message").fill("Hi {{CUSTOMER_NAME}}")
    expect(composer.locator(".bubble")).to_contain_text("Hi Person 2")
    composer.get_by_role("button", name="Next recipient").click()
    expect(composer.locator(".bubble")).to_contain_text("Hi Person 3")
    expect(composer.locator("#preview")).to_contain_text("2 of 12")


def test_the_step_opened_last_stays_open_however_fast_one_clicks(composer: Page) -> None:
    expect(composer.locator("form.is-stepped")).to_be_visible()
    composer.evaluate(
        "for (const name of ['what', 'when']) document.getElementById(`step-${name}`).click()"
    )
    expect(composer.locator("details[data-step][open]")).to_have_attribute("data-step", "when")


def test_review_stays_where_it_is_when_the_last_step_is_settled(composer: Page) -> None:
    composer.get_by_text("Patients 2026").first.click()
    expect(composer.locator("#audience")).to_contain_text("12 people get this message")
    composer.get_by_role("button", name="Next: What").click()
    composer.get_by_text("Front desk SMS").click()
    review = composer.get_by_role("button", name="Review", exact=True)
    before = review.bounding_box()
    composer.get_by_role("textbox", name="Message").fill("Hello")
    expect(composer.locator(".step-head[data-settled]")).to_have_count(3)

    assert review.bounding_box() == before


def test_a_button_that_an_answer_replaces_while_it_is_pressed_is_pressed_all_the_same(
    composer: Page,
) -> None:
    composer.get_by_text("Patients 2026").first.click()
    expect(composer.locator("#audience")).to_contain_text("12 people get this message")
    open_step(composer, "What")
    composer.get_by_text("Front desk SMS").click()
    with meanwhile(composer, PREVIEW, composer.get_by_role("button", name="Next recipient")):
        composer.get_by_role("textbox", name="Message").fill("Hi {{CUSTOMER_NAME}}")

    expect(composer.locator(".bubble")).to_contain_text("Hi Person 3")
    expect(composer.locator("#preview")).to_contain_text("2 of 12")


def test_a_row_that_a_search_replaces_while_it_is_pressed_opens_all_the_same(
    composer: Page, patients: RecipientList
) -> None:
    composer.goto(f"/riverside-dental/lists/{patients.public_id}/")
    row = composer.get_by_role("link", name="Person 3")
    with meanwhile(composer, "**/search/", row):
        composer.get_by_role("searchbox").first.fill("Person 3")

    expect(composer).to_have_url(re.compile("/people/"))


@pytest.mark.parametrize("way", ["another button", "a release that is not told"])
def test_only_what_may_be_a_click_keeps_an_answer_waiting(composer: Page, way: str) -> None:
    open_step(composer, "What")
    composer.get_by_text("Front desk SMS").click()
    if way == "another button":
        composer.mouse.down(button="right")
    else:
        composer.evaluate(
            "document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))"
        )
        composer.mouse.move(200, 200)
    composer.get_by_role("textbox", name="Message").fill("Good morning")

    expect(composer.locator(".bubble")).to_contain_text("Good morning")


@contextmanager
def meanwhile(page: Page, address: str, button: Locator) -> Iterator[None]:
    """What is done within asks at an address; its answer comes while `button` is pressed."""
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        # The press takes the cursor out of the field, and more may be asked.
        if is_held:
            held.append(route)
        else:
            route.continue_()

    page.route(address, hold)
    with page.expect_request(address):
        yield
    button.hover()
    page.mouse.down()
    with page.expect_response(address):
        is_held = False
        for route in held:
            route.continue_()
    page.unroute(address)
    page.wait_for_timeout(300)
    page.mouse.up()


def test_characters_are_counted_without_waiting(composer: Page) -> None:
    open_step(composer, "What")
    composer.get_by_text("Front desk SMS").click()
    composer.get_by_role("textbox", name="Message").fill("é🦷\n" + "x" * 1600)
    expect(composer.locator("[data-count]")).to_have_text("1,603")
    expect(composer.locator("[data-over]")).to_have_text("3 too many for this channel")
    composer.get_by_role("textbox", name="Message").fill("short")
    expect(composer.locator("[data-over]")).to_be_hidden()


def test_a_time_the_clocks_jump_over_is_mended_by_a_click(composer: Page) -> None:
    open_step(composer, "When")
    composer.get_by_text("Later", exact=True).click()
    composer.get_by_label("Date").fill("2027-03-14")
    composer.get_by_label("Time", exact=True).fill("02:30")
    composer.get_by_label("Time", exact=True).blur()
    expect(composer.get_by_text("The clocks skip this time")).to_be_visible()

    composer.get_by_role("button", name="03:30").click()

    expect(composer.get_by_label("Time", exact=True)).to_have_value("03:30")
    expect(composer.locator("#moment")).to_contain_text("Sun 14 Mar 2027, 03:30 EDT")


def test_a_time_that_comes_twice_is_asked_about(composer: Page) -> None:
    open_step(composer, "When")
    composer.get_by_text("Later", exact=True).click()
    composer.get_by_label("Date").fill("2027-11-07")
    composer.get_by_label("Time", exact=True).fill("01:30")
    composer.get_by_label("Time", exact=True).blur()
    composer.get_by_text("01:30 EST").click()
    composer.get_by_role("button", name="Save draft").first.click()
    expect(composer.get_by_text("The draft is saved.")).to_be_visible()
    assert Campaign.objects.get().fold == 1


def test_faults_take_the_focus_and_lead_to_their_fields(
    composer: Page, assert_accessible: Callable[[Page], None]
) -> None:
    open_step(composer, "What")
    composer.get_by_text("Front desk SMS").click()
    composer.get_by_role("textbox", name="Message").fill("Typed with care")
    composer.locator("#attach > summary").click()
    composer.get_by_text("Image", exact=True).click()
    composer.get_by_label("Public address of the media").fill("ftp://example.org/a.jpg")
    composer.get_by_role("button", name="Review", exact=True).click()

    summary = composer.get_by_role("alert")
    expect(summary).to_be_focused()
    assert_accessible(composer)
    summary.get_by_role("link", name="This is not a public web address").click()
    expect(composer.get_by_label("Public address of the media")).to_be_focused()
    expect(composer.get_by_role("textbox", name="Message")).to_have_value("Typed with care")


def test_a_whole_campaign_by_keyboard_alone(composer: Page) -> None:
    def tab_to(selector: str) -> None:
        for _ in range(60):
            if composer.evaluate("s => document.activeElement.matches(s)", selector):
                return
            composer.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to("#id_name")
    composer.keyboard.press("Control+A")
    composer.keyboard.type("By keyboard")
    tab_to("[name=lists]")
    composer.keyboard.press("Space")
    tab_to("[data-next]")
    composer.keyboard.press("Enter")
    tab_to("[name=channel]")
    composer.keyboard.press("Space")
    tab_to("#id_text")
    composer.keyboard.type("Hello")
    tab_to(".dock [name=review]")
    composer.keyboard.press("Enter")
    expect(composer.get_by_role("heading", level=1)).to_have_text("Review “By keyboard”")
    tab_to("#launch button")
    composer.keyboard.press("Enter")
    expect(composer.get_by_role("heading", level=1)).to_have_text("By keyboard")
    assert Campaign.objects.get().state == "freezing"


def test_leaving_with_unsaved_words_asks_first(composer: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    composer.on("dialog", stay)
    open_step(composer, "What")
    composer.get_by_role("textbox", name="Message").fill("Not saved yet")
    composer.get_by_role("link", name="Overview").first.click()
    expect(composer.get_by_role("textbox", name="Message")).to_have_value("Not saved yet")
    assert asked == ["beforeunload"]


def test_a_list_among_many_is_found_by_typing(
    new_page: NewPage, let_in: LetIn, alice: User, front_desk: Channel
) -> None:
    for n in range(12):
        world.a_list(front_desk.team, world.phones(1, start=n), f"List {n:02d}")
    page = open_composer(new_page(), let_in, alice)
    page.get_by_text("List 03").first.click()
    page.get_by_placeholder("Find a list").first.fill("11")
    expect(page.locator(".list-choices").first.locator(".list-choice:visible")).to_have_count(2)


def test_the_composer_works_without_scripts(
    new_page: NewPage, let_in: LetIn, alice: User, front_desk: Channel, patients: RecipientList
) -> None:
    page = new_page()
    page.route("**/*.js", lambda route: route.abort("aborted"))
    open_composer(page, let_in, alice)
    page.get_by_text("Front desk SMS").click()
    page.get_by_text("Patients 2026").first.click()
    page.get_by_role("textbox", name="Message").fill("Without scripts")
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Send to 12 people now").click()
    expect(page.get_by_text("Getting ready").first).to_be_visible()


def test_everything_open_at_once_is_accessible_and_fits(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    clinic: Channel,
    patients: RecipientList,
    look: Look,
) -> None:
    page = open_composer(new_page(), let_in, alice)
    page.get_by_text("Patients 2026").first.click()
    page.get_by_text("Leave people out").click()
    open_step(page, "What")
    page.get_by_text("Clinic WhatsApp").click()
    page.get_by_text("Your own words").click()
    page.get_by_role("textbox", name="Message").fill("Hello " * 300)
    page.locator("#attach > summary").click()
    page.get_by_text("Video", exact=True).click()
    open_step(page, "When")
    page.get_by_text("Later", exact=True).click()
    page.get_by_label("Date").fill("2027-11-07")
    page.get_by_label("Time", exact=True).fill("01:30")
    page.get_by_label("Time", exact=True).blur()
    expect(page.get_by_text("01:30 EDT")).to_be_visible()
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "composer")
