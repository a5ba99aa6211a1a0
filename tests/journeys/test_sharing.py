"""Two people, one list: shared, used in a draft, withdrawn while the draft is open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from recipients.lists.people import person_id
from recipients.models import OptOut, RecipientList, Visibility
from recipients.opting_out import opt_outs
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage

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
        page.get_by_label(colleague).select_option("can use it")
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
    choose(hers, people, "Only the colleagues chosen below")
    # The dialog has opened again.
    expect(
        hers.get_by_text("Nothing was changed, because no colleague was chosen.")
    ).to_be_visible()
    choose(hers, people, "Only the colleagues chosen below", "Sami Haddad")
    expect(hers.get_by_text("You and 1 colleague can now use this list.")).to_be_visible()
    his.goto("/riverside-dental/lists/?show=shared")
    expect(his.get_by_role("link", name="Spring patients")).to_be_visible()

    draft = world.a_campaign(riverside.channels.get(), people)
    draft.created_by = sami
    draft.save(update_fields=["created_by"])
    his.goto(f"/riverside-dental/campaigns/{draft.public_id}/review/")
    send = his.get_by_role("button", name="Send to 12 people now").first
    expect(send).to_be_visible()

    choose(hers, people, "Only me")
    expect(hers.get_by_text("Now only you can use this list.")).to_be_visible()
    send.click()
    sentence = "“Spring patients” belongs to Alice Moreau and is not shared with you."
    expect(his.get_by_text(sentence).first).to_be_visible()
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_list_is_worked_on_from_its_page(
    new_page: NewPage, let_in: LetIn, people: RecipientList, alice: User
) -> None:
    people.field_names = ["Town"]
    people.save(update_fields=["field_names"])
    page = new_page("desktop")
    let_in(page, alice)
    page.goto(f"/riverside-dental/lists/{people.public_id}/")

    page.locator("summary", has_text="Add people").click()
    page.get_by_role("link", name="Add one person").click()
    page.get_by_label("Phone number").fill("202 555 0199")
    page.get_by_label("Town").fill("Ayr")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Added to “Spring patients”.")).to_be_visible()

    page.get_by_label("Only people whose").select_option("Town")
    page.get_by_label("is exactly").fill("Ayr")
    rows = page.locator("#people tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("+1 202 555 0199")

    page.locator("summary", has_text="More").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    assert "+12025550199,,Ayr" in download.value.path().read_text("utf-8-sig")

    page.goto(f"/riverside-dental/lists/{people.public_id}/split/?field=Town")
    page.get_by_role("button", name="Create the lists").click()
    expect(page.get_by_role("link", name="Spring patients · Ayr")).to_be_visible()

    page.goto(f"/riverside-dental/lists/{people.public_id}/")
    page.get_by_label("Tick +1 202 555 0199").check()
    page.get_by_role("button", name="Remove from the list").click()
    page.get_by_role("button", name="Remove these people").click()
    expect(page.get_by_text("1 entry was removed from the list.")).to_be_visible()

    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Archive or delete").click()
    page.get_by_role("button", name="Archive", exact=True).click()
    page.get_by_role("button", name="Bring back Spring patients").click()
    expect(page.get_by_text("“Spring patients” is back in your lists.")).to_be_visible()


def test_the_pages_look_right(
    new_page: NewPage,
    let_in: LetIn,
    people: RecipientList,
    riverside: Team,
    alice: User,
    sami: User,
    look: Look,
) -> None:
    channel = world.a_channel(riverside, label="Front desk SMS")
    world.launched(world.a_campaign(channel, people))
    phones = world.phones(4)
    opt_outs.add_opt_outs(riverside, phones, OptOut.Source.BY_HAND, sami, "Asked at the desk")
    opt_outs.lift(OptOut.objects.get(phone=phones[3]), "Signed up again", alice)
    page = new_page()
    let_in(page, alice)

    def see(name: str, address: str = "") -> None:
        if address:
            page.goto(f"/riverside-dental/{address}")
        look(page, name)

    see("opt-outs-1-register", "opt-outs/")
    see("opt-outs-2-lifted", "opt-outs/?lifted")
    see("opt-outs-3-add", "opt-outs/add/")
    page.get_by_label("Phone numbers", exact=True).fill("hello\n+1 202 555 0199")
    page.get_by_role("button", name="Add to the opt-outs").click()
    see("opt-outs-4-rejected")
    see("opt-outs-5-lift", f"opt-outs/{OptOut.objects.first().public_id}/lift/")  # type: ignore[union-attr]
    see("opt-outs-6-at-sociocs", "opt-outs/at-sociocs/")
    see("person", f"people/{person_id(riverside, phones[0])}/")
    page.goto(f"/riverside-dental/lists/{people.public_id}/")
    page.get_by_role("button", name="Share", exact=True).click()
    see("sharing-1-dialog")
    see("sharing-2-lists", "lists/?show=mine")
    world.a_list(riverside, world.phones(3), "Autumn patients")
    here = f"lists/{people.public_id}/"
    see("list-1-page", here)
    page.locator("summary", has_text="More").click()
    see("list-2-menu")
    for number, step in enumerate(("people/add", "put-together", "split", "put-away", "use"), 3):
        see(f"list-{number}-{step.replace('/', '-')}", f"{here}{step}/")
