"""Two people, one list: shared, used in a draft, withdrawn while the draft is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recipients import opt_outs
from recipients.models import OptOut, RecipientList, Visibility
from recipients.people import person_id
from teams.models import Team, User
from tests.browser import NewPage
from tests.campaigns import world

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    """Alice's own list."""
    made = world.a_list(riverside, world.phones(12), "Spring patients")
    made.visibility = Visibility.PRIVATE
    made.save(update_fields=["visibility"])
    return made


def choose(page: Page, people: RecipientList, who: str, colleague: str = "") -> None:
    """What the owner does in the dialog of the list's page."""
    page.goto(f"/{people.team.slug}/lists/{people.public_id}/")
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("radio", name=who).check()
    if colleague:
        page.get_by_label(colleague).select_option("may use it")
    page.get_by_role("button", name="Save").click()


def test_a_list_is_withdrawn_while_a_colleagues_draft_uses_it(
    new_page: NewPage,
    let_in: LetIn,
    people: RecipientList,
    riverside: Team,
    alice: User,
    sami: User,
) -> None:
    world.a_channel(riverside, label="Front desk SMS")
    hers, his = new_page("desktop"), new_page("phone")
    let_in(hers, alice)
    let_in(his, sami)

    his.goto("/riverside-dental/lists/")
    expect(his.get_by_text("Spring patients")).to_have_count(0)
    choose(hers, people, "Only the colleagues chosen below", "Sami Haddad")
    expect(hers.get_by_text("You and 1 colleague can use this list now.")).to_be_visible()
    his.goto("/riverside-dental/lists/?show=shared")
    expect(his.get_by_role("link", name="Spring patients")).to_be_visible()

    draft = world.a_campaign(riverside.channels.get(), people)
    draft.created_by = sami
    draft.save(update_fields=["created_by"])
    his.goto(f"/riverside-dental/campaigns/{draft.public_id}/review/")
    send = his.get_by_role("button", name="Send to 12 people now").first
    expect(send).to_be_visible()

    choose(hers, people, "Only me")
    expect(hers.get_by_text("Only you can use this list now.")).to_be_visible()
    send.click()
    sentence = "“Spring patients” belongs to Alice Moreau and is not shared with you."
    expect(his.get_by_text(sentence).first).to_be_visible()
    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize(
    ("device", "colours"),
    [("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")],
)
def test_the_pages_look_right(
    new_page: NewPage,
    let_in: LetIn,
    people: RecipientList,
    riverside: Team,
    alice: User,
    sami: User,
    screenshot: Callable[[Page, str], Path],
    assert_accessible: Callable[[Page], None],
    assert_fits: Callable[[Page], None],
    device: str,
    colours: str,
) -> None:
    channel = world.a_channel(riverside, label="Front desk SMS")
    world.launched(world.a_campaign(channel, people))
    phones = world.phones(4)
    opt_outs.add(riverside, phones, OptOut.Source.BY_HAND, sami, "Asked at the desk")
    opt_outs.lift(OptOut.objects.get(phone=phones[3]), "Signed up again", alice)
    page = new_page(device, colours)
    let_in(page, alice)

    def look(name: str, address: str = "") -> None:
        if address:
            page.goto(f"/riverside-dental/{address}")
        screenshot(page, f"{name}-{device}-{colours}")
        assert_fits(page)
        assert_accessible(page)

    look("opt-outs-1-register", "opt-outs/")
    look("opt-outs-2-lifted", "opt-outs/?lifted")
    look("opt-outs-3-add", "opt-outs/add/")
    page.get_by_label("Phone numbers", exact=True).fill("hello\n+1 202 555 0199")
    page.get_by_role("button", name="Add to the opt-outs").click()
    look("opt-outs-4-rejected")
    look("opt-outs-5-lift", f"opt-outs/{OptOut.objects.first().public_id}/lift/")  # type: ignore[union-attr]
    look("opt-outs-6-at-sociocs", "opt-outs/at-sociocs/")
    look("person", f"people/{person_id(riverside, phones[0])}/")
    page.goto(f"/riverside-dental/lists/{people.public_id}/")
    page.get_by_role("button", name="Share", exact=True).click()
    look("sharing-1-dialog")
    look("sharing-2-lists", "lists/?show=mine")
