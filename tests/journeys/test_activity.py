"""An owner who wants to know who changed a role finds it, and who it was about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from teams.models import Team, User
from tests.browser import Look, NewPage

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


def test_an_owner_finds_who_changed_a_role(
    new_page: NewPage, let_in: LetIn, look: Look, riverside: Team, alice: User, bob: User
) -> None:
    page = new_page("desktop")
    let_in(page, alice)
    page.goto("/riverside-dental/team/")
    page.get_by_role("button", name="Change role of Bob Okafor").click()
    dialog = page.get_by_role("dialog", name="Role of Bob Okafor")
    dialog.get_by_label("Viewer").check()
    dialog.get_by_role("button", name="Change the role").click()
    expect(page.get_by_text("Bob Okafor has a new role. Viewer")).to_be_visible()

    page.get_by_role("link", name="Activity").click()

    row = page.get_by_role("row").filter(has_text="Alice Moreau gave Bob Okafor another role")
    expect(row).to_contain_text("role: Editor → Viewer")
    expect(row).to_contain_text("127.0.0.1")
    look(page, "activity")

    page.get_by_text("More filters").click()
    page.get_by_role("combobox", name="About whom").select_option("Bob Okafor")
    page.get_by_role("combobox", name="What", exact=True).select_option("People, roles, settings")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("row")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export (CSV)").click()
    assert "Bob Okafor another role" in download.value.path().read_text()
