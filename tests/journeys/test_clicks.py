"""How often one has to click for the main job, “text these people this”: never more than now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import NewPage

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]
# Each press of the mouse or of a finger, on whatever page it was.
COUNT = """addEventListener("pointerdown", () =>
  sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1), true)"""


@pytest.fixture
def front_desk(transactional_db: None, riverside: Team, alice: User) -> Channel:
    """Of two channels the one that is chosen by itself: it sent the last campaign."""
    world.a_channel(riverside, provider="twlowa", label="Clinic WhatsApp", channel_key="clinic")
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


@pytest.fixture
def page(new_page: NewPage, let_in: LetIn, front_desk: Channel, alice: User) -> Page:
    """The overview; from here on clicks are counted."""
    page = new_page()
    let_in(page, alice)
    page.add_init_script(COUNT)
    page.goto("/riverside-dental/")
    return page


def clicks_until_sent(page: Page) -> int:
    """Write to the list that is chosen, review, send; how many clicks there were in all."""
    message = page.get_by_role("textbox", name="Message")
    message.wait_for()
    if not page.locator("[name=channel]:checked").count():
        page.get_by_text("Front desk SMS").click()
    message.focus()
    page.keyboard.type("Hello")
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Send to 12 people now").click()
    expect(page.get_by_text("Getting ready").first).to_be_visible()
    return int(page.evaluate("sessionStorage.getItem('clicks')"))


@pytest.mark.long
def test_five_clicks_with_a_list(page: Page, front_desk: Channel) -> None:
    patients = world.a_list(front_desk.team, world.phones(12), "Patients 2026")
    world.launched(world.a_campaign(front_desk, patients))
    page.reload()
    page.get_by_role("button", name="New campaign").first.click()
    page.get_by_text("Patients 2026").first.click()
    page.get_by_role("button", name="Next: What").click()
    assert clicks_until_sent(page) <= 5


def test_eight_clicks_the_first_time(
    page: Page, tmp_path: Path, run_tasks: Callable[[], list[str]]
) -> None:
    file = tmp_path / "patients-2026.csv"
    file.write_text("Mobile,Full name\n" + "".join(f"{one},Ana\n" for one in world.phones(12)))
    page.get_by_role("link", name="Upload a file with phone numbers").click()
    # Choosing a file takes one click here, and what the system's own window takes.
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import 12 recipients").first.click()
    run_tasks()
    # The composer opens where there is something to do: the list is chosen already.
    page.get_by_role("button", name="Write to this list").click(timeout=30_000)
    assert 1 + clicks_until_sent(page) <= 8
