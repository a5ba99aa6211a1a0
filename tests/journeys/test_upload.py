"""The way from a file to a list, as a person walks it in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from recipients.models import RecipientList
from teams.models import Team, User
from tests.browser import Look, NewPage

pytestmark = pytest.mark.journey

CASES = Path(__file__).parents[1] / "recipients" / "cases"

FILE = """Mobile,Full name,Dentist,Last visit,Notes
(415) 555-2671,Emilia Brandt,Dr. Osei,2025-09-12,prefers mornings
+44 7911 123456,Aoife Ní Bhriain,Dr. Osei,2025-08-30,
4.15555E+09,Jonas Weber,Dr. Lind,2025-10-02,
555-013,Priya N.,Dr. Lind,2025-07-19,
,Chioma A.,Dr. Osei,2025-11-11,
415-555-2671,Emilia B.,Dr. Osei,2025-09-12,the same again
(212) 736-5000,Ola Nordmann,Dr. Lind,2025-03-01,
"""


# As cells copied from a spreadsheet.
CORRECTED = """Mobile\tFull name\tDentist
(415) 555-0142\tJonas Weber\tDr. Lind
(212) 555-0131\tPriya N.\tDr. Lind
(212) 736-5000\tOla Nordmann\tDr. Osei
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "patients-2026.csv"
    path.write_text(FILE)
    return path


def test_a_file_becomes_a_list(
    transactional_db: None,
    new_page: NewPage,
    riverside: Team,
    bob: User,
    let_in: Callable[[Page, User], None],
    file: Path,
    run_tasks: Callable[[], list[str]],
    look: Look,
) -> None:
    page = new_page("phone", "dark")
    let_in(page, bob)

    page.goto(f"/{riverside.slug}/lists/")
    look(page, "upload-1-no-lists")
    page.get_by_role("link", name="Upload a file").first.click()
    expect(page.get_by_label("Choose your file")).to_be_attached()
    look(page, "upload-2-upload")
    page.get_by_label("Choose your file").set_input_files(file)

    expect(page.get_by_role("heading", level=1)).to_have_text("patients-2026.csv")
    expect(page.get_by_text("Excel cut this number of").first).to_be_visible()
    look(page, "upload-3-check")

    page.get_by_label("List name").fill("Spring patients")
    page.get_by_label("Column Notes is").select_option("Leave out")
    expect(page.locator("th.left-out")).to_have_text("Notes")
    expect(page.get_by_label("List name")).to_have_value("Spring patients")
    page.get_by_label("Everyone in Riverside Dental").check()
    page.get_by_role("button", name="Import 3 recipients").first.click()
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    look(page, "upload-4-progress")

    run_tasks()
    expect(page.get_by_role("heading", level=2, name="People")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring patients")
    look(page, "upload-5-list")
    made = RecipientList.objects.get()
    assert (made.recipient_count, made.duplicate_count, made.visibility) == (3, 1, "team")
    assert made.field_names == ["Dentist", "Last visit"]

    page.get_by_placeholder("Search by name, phone or value").fill("ola")
    expect(page.locator("#people tbody tr")).to_have_count(1)
    page.goto(f"/{riverside.slug}/lists/")
    look(page, "upload-6-lists")

    page.get_by_role("link", name="Spring patients").click()
    corrected_rows_come_and_go(page, look, run_tasks)
    made.refresh_from_db()
    assert (made.recipient_count, made.duplicate_count) == (3, 1)


def corrected_rows_come_and_go(page: Page, look: Look, run_tasks: Callable[[], list[str]]) -> None:
    """Rows that were left out are added to the list, are seen to be right, and taken back."""
    page.get_by_role("link", name="Upload the corrected rows").click()
    expect(page.get_by_label("Or paste numbers or rows")).to_be_visible()
    look(page, "upload-7-add")
    page.get_by_label("Or paste numbers or rows").fill(CORRECTED)
    page.get_by_role("button", name="Check what I pasted").click()
    effect = page.locator("#effect").get_by_role("listitem")
    expect(effect).to_have_text(
        [re.compile("2.*added", re.DOTALL), re.compile("1.*not changed", re.DOTALL)]
    )
    page.get_by_label("Replace everyone on the list").check()
    expect(effect.last).to_have_text(re.compile("2.*removed", re.DOTALL))
    look(page, "upload-8-effect")
    page.get_by_label("Add new people, and update those on the list").check()
    page.get_by_role("button", name="Add and update people").first.click()
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    run_tasks()
    expect(page.get_by_text("2 added, 1 updated, 0 removed")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Undo this import").click()
    expect(page.get_by_text("people from the file are removed from the list")).to_be_visible()
    look(page, "upload-9-undo")
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("The import was undone.")).to_be_visible()


def test_a_column_that_lost_its_plus_is_turned_with_one_click(
    transactional_db: None,
    new_page: NewPage,
    riverside: Team,
    bob: User,
    let_in: Callable[[Page, User], None],
    run_tasks: Callable[[], list[str]],
    look: Look,
) -> None:
    riverside.default_country = "DE"
    riverside.save()
    page = new_page("phone", "light")
    let_in(page, bob)
    page.goto(f"/{riverside.slug}/lists/upload/")
    page.get_by_label("Choose your file").set_input_files(CASES / "de-lost-plus.csv")
    doubt = page.get_by_role("note").filter(has_text="have no plus")
    expect(doubt).to_contain_text("4915123456789 is now +49 1512 3456789;")
    look(page, "upload-doubtful-1-mobiles")
    page.get_by_label("List name").fill("Kunden")
    doubt.get_by_role("button", name="Read as numbers from Germany").click()
    expect(doubt).to_contain_text("is now +49 491 5123456789 (not a mobile number);")
    expect(page.get_by_label("List name")).to_have_value("Kunden")
    look(page, "upload-doubtful-2-landlines")
    doubt.get_by_role("button", name="Read with a plus in front").click()
    expect(doubt).to_contain_text("4915123456789 is now +49 1512 3456789;")
    page.get_by_role("button", name="Import 4 recipients").first.click()
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    run_tasks()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kunden", timeout=30_000)
    people = RecipientList.objects.get()
    assert people.recipients.filter(phone="+4915123456789").exists()
    page.goto(f"/{riverside.slug}/lists/{people.public_id}/people/add/")
    page.get_by_label("Phone number").press_sequentially("491701234567")
    expect(page.locator("#becomes")).to_contain_text("+49 170 1234567. Kept, read with a plus")
    look(page, "upload-doubtful-3-person")


def test_a_file_that_is_no_list_is_told_without_leaving_the_page(
    transactional_db: None,
    page: Page,
    riverside: Team,
    bob: User,
    let_in: Callable[[Page, User], None],
    tmp_path: Path,
) -> None:
    let_in(page, bob)
    page.goto(f"/{riverside.slug}/lists/upload/")
    wrong, right = tmp_path / "report.pd", tmp_path / "people.csv"
    wrong.write_bytes(b"%PDF-1.7")
    right.write_text(FILE)
    page.get_by_label("Choose your file").set_input_files(wrong)
    said = page.get_by_role("alert")
    expect(said).to_contain_text("This is a PDF file, not a table.")
    expect(said).to_be_focused()
    page.get_by_label("Choose your file").set_input_files(right)
    expect(page.get_by_role("heading", level=1)).to_have_text("people.csv")


def test_a_dropped_file_is_uploaded(
    transactional_db: None,
    page: Page,
    riverside: Team,
    bob: User,
    let_in: Callable[[Page, User], None],
) -> None:
    let_in(page, bob)
    page.goto(f"/{riverside.slug}/lists/upload/")
    dropped = page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.csv", {type: "text/csv"}));
            return data;
        }""",
        FILE,
    )
    page.dispatch_event("[data-dropzone]", "drop", {"dataTransfer": dropped})
    expect(page.get_by_role("heading", level=1)).to_have_text("dropped.csv")


def test_without_scripts_the_form_does_it(
    transactional_db: None,
    browser: Browser,
    live_server: Any,
    riverside: Team,
    bob: User,
    let_in: Callable[[Page, User], None],
    file: Path,
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    let_in(page, bob)
    page.goto(f"/{riverside.slug}/lists/upload/")
    page.get_by_label("Choose your file").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_label("Numbers without a country code are from").select_option("GB")
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("#id_default_country")).to_have_value("GB")
    page.get_by_role("button", name="Import").first.click()
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    context.close()
