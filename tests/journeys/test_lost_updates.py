"""One person of a list, open in two tabs: the second save is told, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from recipients.lists.paging import write_place
from recipients.models import Recipient
from teams.models import Team, User
from tests import effort, world
from tests.browser import NewPage

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


@pytest.mark.parametrize("size", effort.long_but(["desktop"], ["desktop", "phone"]))
def test_the_second_tab_sees_both_versions_and_chooses(
    new_page: NewPage, let_in: LetIn, size: str, riverside: Team, alice: User
) -> None:
    people = world.a_list(riverside, world.phones(1), "Patients")
    world.fill(people, "City", ["London"])
    row = Recipient.objects.get()
    first = new_page(size)
    let_in(first, alice)
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(f"/riverside-dental/lists/{people.public_id}/people/{write_place(row.pk)}/")

    first.get_by_label("Name", exact=True).fill("Ann Lee")
    first.get_by_role("button", name="Save", exact=True).click()
    expect(first.get_by_text("Saved.")).to_be_visible()
    second.get_by_label("City").fill("York")
    second.get_by_role("button", name="Save", exact=True).click()
    told = second.get_by_role("alert").filter(has_text="Someone else changed this")
    expect(told.get_by_role("row", name="Name")).to_contain_text("Ann Lee")
    expect(told.get_by_role("row", name="City")).to_contain_text("York")
    expect(second.get_by_label("City")).to_have_value("York")
    if size == "desktop":
        second.get_by_role("button", name="Save mine over it").click()
        expect(second.get_by_text("Saved.")).to_be_visible()
        assert Recipient.objects.get().name == row.name
        assert Recipient.objects.get().fields == {"City": "York"}
    else:
        second.get_by_role("link", name="Take the saved version").click()
        expect(second.get_by_label("Name", exact=True)).to_have_value("Ann Lee")
        expect(second.get_by_label("City")).to_have_value("London")
