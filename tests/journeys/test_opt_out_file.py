"""A file of people who opted out, from the page of opt-outs to its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recipients.models import OptOut
from teams.models import Team, User
from tests.browser import Look, NewPage

pytestmark = pytest.mark.journey

FILE = """From,To,Second number,Body
+15005550006,+14155552671,(212) 736-5000,STOP
+15005550006,3125550100 / 3125550101,,stop please
+15005550006,555-013,,Stop
"""


def test_nobody_in_a_file_of_opt_outs_is_lost(
    transactional_db: None,
    new_page: NewPage,
    riverside: Team,
    bob: User,
    let_in: Callable[[Page, User], None],
    run_tasks: Callable[[], list[str]],
    look: Look,
    tmp_path: Path,
) -> None:
    page = new_page("phone", "dark")
    let_in(page, bob)
    file = tmp_path / "stop.csv"
    file.write_text(FILE)

    page.goto(f"/{riverside.slug}/opt-outs/")
    page.get_by_role("link", name="Add opt-outs").first.click()
    expect(page.get_by_label("Note")).to_be_visible()
    look(page, "opt-out-file-1-add")
    page.get_by_label("Or a file with a column of phone numbers").set_input_files(file)
    page.get_by_label("Note").fill("Log of October")
    page.get_by_role("button", name="Add to the opt-outs").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("stop.csv")
    expect(page.get_by_label("Column From is")).to_have_value("skip")
    expect(page.get_by_label("Column To is")).to_have_value("phone")
    expect(page.get_by_role("button", name="Opt out 4 people").first).to_be_visible()
    look(page, "opt-out-file-2-check")
    page.get_by_label("Column Second number is").select_option("Leave out")
    page.get_by_role("button", name="Opt out 3 people").first.click()
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    run_tasks()
    expect(page.get_by_text("Opted out now")).to_be_visible()
    expect(page.get_by_text("555-013")).to_be_visible()
    look(page, "opt-out-file-3-report")
    assert set(OptOut.objects.values_list("phone", "note")) == {
        (phone, "Log of October") for phone in ("+14155552671", "+13125550100", "+13125550101")
    }

    page.get_by_role("link", name="See all opt-outs").click()
    page.get_by_role("link", name="Add opt-outs").first.click()
    page.get_by_label("Phone numbers", exact=True).fill("+44 7911 123456, 447400123457, You")
    page.get_by_role("button", name="Add to the opt-outs").click()
    expect(page.get_by_text("2 people are now opted out.")).to_be_visible()
    expect(page.get_by_role("heading", name="Opted out, please check")).to_be_visible()
    expect(page.get_by_label("Phone numbers", exact=True)).to_have_value("You")
    look(page, "opt-out-file-4-told")
