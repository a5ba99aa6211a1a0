"""A draft that saves itself, in two browsers at once and without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import NewPage, open_step

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]


@pytest.fixture
def front_desk(transactional_db: None, riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


def test_two_people_write_one_draft_and_neither_loses_a_word(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    bob: User,
    front_desk: Channel,
    assert_accessible: Callable[[Page], None],
    assert_fits: Callable[[Page], None],
) -> None:
    draft = world.a_campaign(front_desk, world.a_list(front_desk.team, world.phones(3)))
    url = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
    hers, his = new_page(), new_page("phone", "dark")
    for page, person in ((hers, alice), (his, bob)):
        let_in(page, person)
        page.goto(url)
    expect(his.locator("#presence")).to_contain_text("Alice Moreau has this draft open too.")

    hers.get_by_role("textbox", name="Message").fill("Alice's words")
    expect(hers.locator("#save-state")).to_contain_text("Saved")
    his.get_by_role("textbox", name="Message").fill("Bob's words")
    expect(his.locator("#conflict")).to_contain_text("Alice Moreau saved this draft")
    assert Campaign.objects.get().text == "Alice's words"
    assert_accessible(his)
    assert_fits(his)

    his.get_by_role("button", name="Save mine over it").click()
    expect(his.get_by_text("The draft is saved.")).to_be_visible()
    assert Campaign.objects.get().text == "Bob's words"

    hers.get_by_label("Name").fill("Spring, second try")
    expect(hers.locator("#conflict")).to_contain_text("Bob Okafor saved this draft")
    expect(hers.get_by_role("textbox", name="Message")).to_have_value("Alice's words")

    draft.delete()
    his.get_by_role("textbox", name="Message").fill("Bob's last words")
    expect(his.locator("#save-state")).to_contain_text("someone deleted this draft")
    his.get_by_role("button", name="Save draft").first.press("Enter")
    expect(his.get_by_role("textbox", name="Message")).to_have_value("Bob's last words")


def test_what_is_typed_without_a_network_is_saved_when_it_is_back(
    new_page: NewPage, let_in: LetIn, alice: User, front_desk: Channel
) -> None:
    world.a_campaign(front_desk)
    page = new_page()
    let_in(page, alice)
    page.goto(f"/riverside-dental/campaigns/{Campaign.objects.get().public_id}/compose/")
    page.route("**/autosave/", lambda route: route.abort("aborted"))
    open_step(page, "What")
    page.get_by_role("textbox", name="Message").fill("Typed in a tunnel")
    expect(page.locator("#save-state")).to_contain_text("What you typed stays on this page")
    page.unroute("**/autosave/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    assert Campaign.objects.get().text == "Typed in a tunnel"
