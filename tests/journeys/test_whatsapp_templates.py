"""A campaign with an approved WhatsApp template: written, tested, launched, and on the phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from interface import hints
from recipients.models import RecipientList
from sending import gateway, tasks
from sociocs_accounts.models import Channel, NumberForTests
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage, open_step
from tests.processes import Sandbox
from tests.waiting import wait_until

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]
DESK_PHONE = "+16317471555"
SID = "HX0123456789abcdef0123456789abcdef"
PASTED = f"""Template name: check_up
Content SID: {SID}
Language: English
Status: Approved
Body
Hello {{{{1}}}}, we expect you on {{{{2}}}}."""
NAMELESS, DAYLESS, COMPLETE = world.phones(3)


@pytest.fixture
def whatsapp(
    transactional_db: None, riverside: Team, sandbox: Sandbox, settings: Settings
) -> Iterator[Channel]:
    settings.SOCIOCS_BASE_URL = sandbox.url
    settings.LEAD_SECONDS = 2
    gateway.forget_clocks()
    yield world.a_channel(riverside, sandbox, provider="twlowa", label="Clinic WhatsApp")
    gateway.forget_clocks()


@pytest.fixture
def patients(whatsapp: Channel) -> RecipientList:
    """One without a name, one without a day, and one with both."""
    made = world.a_list(whatsapp.team, [NAMELESS, DAYLESS, COMPLETE])
    world.fill(made, "Day", ["1 May", "", "3 May"])
    made.recipients.filter(phone=NAMELESS).update(name="")
    made.recipients.filter(phone=DAYLESS).update(name="Ben")
    made.recipients.filter(phone=COMPLETE).update(name="Cleo")
    return made


def test_from_pasting_a_template_to_the_phones(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    whatsapp: Channel,
    patients: RecipientList,
    sandbox: Sandbox,
    run_tasks: Callable[[], list[str]],
    look: Look,
) -> None:
    NumberForTests.objects.create(team=whatsapp.team, label="Desk phone", phone=DESK_PHONE)
    page = new_page()
    let_in(page, alice)
    add(page, look)
    draft = world.a_campaign(whatsapp, patients, text="")
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/compose/")
    choose(page)
    look(page, "whatsapp-template-2-compose")
    change_in_vain(page, look)
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/compose/")

    # The first one has no name and gets nothing, so the phone opens on the second.
    expect(page.locator("#preview")).to_contain_text("2 of 3")
    page.get_by_role("button", name="Send a test").click()
    # With the text of the person whom the phone showed.
    expect(page.locator(".bubble")).to_contain_text("Hello Ben, we expect you on a day that")
    page.get_by_label("Desk phone").check()
    page.get_by_role("button", name="Send one test").click()
    expect(page.get_by_text("this message")).to_be_visible()
    assert landed(sandbox) == {DESK_PHONE: {"1": "Ben", "2": "a day that suits you"}}

    page.get_by_role("link", name="Back to the draft").click()
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_text("as the approved template check_up")).to_be_visible()
    left_out = page.locator(".check-warning", has_text="Some people get nothing")
    left_out.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send to 2 people now").click()
    expect(page.locator("[data-live]")).to_be_visible()
    work_until_accepted(draft, run_tasks)

    page.reload()
    panel = page.locator("section", has=page.locator("#message-title"))
    expect(panel).to_contain_text("1 = {{CUSTOMER_NAME}}")
    expect(panel.locator(".bubble")).to_contain_text("Hello Ben, we expect you on a day that")
    look(page, "whatsapp-template-3-launched")

    assert landed(sandbox)[COMPLETE] == {"1": "Cleo", "2": "3 May"}
    assert set(landed(sandbox)) == {DESK_PHONE, DAYLESS, COMPLETE}
    # The page names the very messages that Sociocs has.
    page.get_by_role("link", name="Jobs").click()
    for job_id in ids_of(sandbox, {DAYLESS, COMPLETE}):
        expect(page.get_by_text(job_id)).to_be_visible()
    page.goto(f"{sandbox.url}/phones/{COMPLETE}")
    expect(page.get_by_text(SID)).to_be_visible(timeout=30_000)
    expect(page.get_by_text('"1": "Cleo"')).to_be_visible()


def add(page: Page, look: Look) -> None:
    """Register the template by pasting what Twilio shows of it."""
    page.goto("/riverside-dental/templates/")
    page.get_by_role("link", name="WhatsApp templates").click()
    page.get_by_role("link", name="Add a template").first.click()
    page.get_by_label("What Twilio or Gupshup shows").fill(PASTED)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_label("Text, as WhatsApp approved it")).to_have_value(
        "Hello {{1}}, we expect you on {{2}}."
    )
    expect(page.locator("#pasted-read")).to_contain_text("Not found: category.")
    look(page, "whatsapp-template-1-add")
    page.get_by_label("Category").select_option("utility")
    page.get_by_role("button", name="Add the template").click()
    expect(page.get_by_text("is on the list of Clinic WhatsApp now")).to_be_visible()
    look(page, "whatsapp-template-1-list")


def change_in_vain(page: Page, look: Look) -> None:
    """Change its text: the page says which draft that breaks, and nothing is saved yet."""
    page.goto("/riverside-dental/templates/whatsapp/")
    page.get_by_role("link", name="check_up").click()
    expect(page.get_by_label("Text, as WhatsApp approved it")).to_be_visible()
    look(page, "whatsapp-template-2-template")
    page.get_by_label("Text, as WhatsApp approved it").fill("Dear {{1}}, see you on {{2}}.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Spring check-up")


def choose(page: Page) -> None:
    """Pick it and fill its places; phone, figures and bar follow."""
    open_step(page, "What")
    expect(page.get_by_role("textbox", name="Message")).to_be_hidden()
    page.get_by_role("radio", name="check_up").check()
    expect(page.get_by_role("heading", name="Fill the 2 places in “check_up”")).to_be_visible()
    page.get_by_label("Place 1 is filled with").select_option("CUSTOMER_NAME")
    page.get_by_label("Place 2 is filled with").select_option("Day")
    preview, figures = page.locator("#preview"), page.locator("#figures")
    expect(preview).to_contain_text("This person gets no message")
    expect(figures).to_contain_text("1 person has no Name: left out")
    expect(figures).to_contain_text("1 person has no Day: left out")

    page.get_by_label("Place 2, if it is empty").select_option("write")
    page.get_by_label("Written in place 2 instead").fill("a day that suits you")
    expect(figures).to_contain_text("they read “a day that suits you”")
    preview.get_by_role("button", name="Next recipient").click()
    expect(preview.locator(".bubble")).to_contain_text("Hello Ben, we expect you on a day that")
    expect(page.locator(".place-gets").last).to_have_text("a day that suits you")
    expect(page.locator("#save-state")).to_contain_text("Saved")

    # Own words and back: nothing chosen is lost.
    page.get_by_text("Your own words").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    expect(page.get_by_label("Place 2 is filled with")).to_be_hidden()
    page.get_by_text("An approved template", exact=True).click()
    expect(page.get_by_label("Place 2 is filled with")).to_be_visible()
    page.get_by_role("button", name="Save draft").first.click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    open_step(page, "What")
    expect(page.get_by_label("Written in place 2 instead")).to_have_value("a day that suits you")


def work_until_accepted(campaign: Campaign, run_tasks: Callable[[], list[str]]) -> None:
    """Do what the workers do until Sociocs has taken all messages."""

    def are_accepted() -> bool:
        hints.nudge(tasks.tick)
        run_tasks()
        return set(world.states(campaign)) == {"accepted"}

    wait_until(are_accepted, progress=lambda: world.states(campaign))


def landed(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """The variables that each phone got, none of which got two messages."""
    found = world.witness(sandbox, "/messages")
    variables = {one["to"]: one["template"]["variables"] for one in found}
    assert len(variables) == len(found)
    return variables


def ids_of(sandbox: Sandbox, phones: set[str]) -> list[str]:
    """The vendor's ids of what went to these."""
    return [one["job_id"] for one in world.witness(sandbox, "/messages") if one["to"] in phones]
