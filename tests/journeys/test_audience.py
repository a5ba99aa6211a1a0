"""Choosing who gets it in a real browser: filters, exclusions, the people behind the numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from recipients.models import SavedFilter
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]


@pytest.fixture
def front_desk(transactional_db: None, riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


def test_a_filter_is_made_and_an_audience_chosen_that_adds_up(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    front_desk: Channel,
    look: Look,
) -> None:
    patients = world.a_list(front_desk.team, world.phones(12), "Patients 2026")
    world.fill(patients, "City", ["London", "Leeds", "Bath"] * 4)
    sent = world.launched(
        world.a_campaign(front_desk, world.a_list(front_desk.team, world.phones(2)))
    )
    page = new_page("phone", "dark")
    let_in(page, alice)

    page.goto("/riverside-dental/lists/filters/new/")
    page.get_by_label("Name", exact=True).fill("Londoners")
    page.get_by_role("group", name="People on", exact=True).get_by_text("Patients 2026").click()
    page.get_by_label("Field", exact=True).select_option("City")
    page.get_by_label("Comparison").select_option("one_of")
    page.get_by_label("Values, one on each line").fill("london\nbath")
    expect(page.locator("#filter-count")).to_contain_text("8 people match now")
    look(page, "filter")
    page.get_by_role("button", name="Save filter").first.click()
    expect(page.get_by_text("Filter “Londoners” saved.")).to_be_visible()
    assert SavedFilter.objects.get().conditions[0]["values"] == ["london", "bath"]

    page.get_by_role("button", name="Write to them").click()
    audience = page.locator("#audience")
    expect(audience).to_have_text("8 people get this message")
    page.locator("[data-step='who'] > summary").click()
    page.get_by_text("Leave people out").click()
    page.get_by_role("group", name="People who got one of these campaigns").get_by_text(
        "Spring check-up"
    ).click()
    expect(audience).to_contain_text("7 people get this message")
    audience.get_by_role("button", name="1 got an earlier campaign").click()
    expect(page.get_by_role("region", name="Left out: got an earlier campaign")).to_contain_text(
        "+1 202 555 0000"
    )
    look(page, "audience")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    draft = Campaign.objects.latest("pk")
    assert [one.earlier for one in draft.earlier_choices.all()] == [sent]
