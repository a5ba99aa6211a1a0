"""The pages as a person uses them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import DEVICES, Look, Watch
from tests.sociocs_sandbox.conftest import ANN, BOB, Vendor

pytestmark = [pytest.mark.journey, pytest.mark.thorough]
WHATSAPP = {"provider": "twlowa", "channel_key": "clinic-whatsapp"}
Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, vendor: Vendor) -> Iterator[Visit]:
    """Opens a page of the sandbox; errors and calls to other machines fail the test afterwards."""
    contexts, watches = [], []

    def open_page(path: str, device: str = "desktop", scheme: str = "light") -> Page:
        context = browser.new_context(
            base_url=vendor.url,
            color_scheme="dark" if scheme == "dark" else "light",
            **(DEVICES["phone"] if device == "phone" else DEVICES["desktop"]),
        )
        contexts.append(context)
        watches.append(Watch(context))
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    problems = [problem for watch in watches for problem in watch.problems]
    assert not problems, "\n".join(problems)


def test_a_message_appears_while_one_looks(vendor: Vendor, visit: Visit) -> None:
    page = visit("/")
    expect(page.get_by_text("Nothing received yet")).to_be_visible()
    vendor.make_job(schedule=..., recipients=[{"to": ANN, "name": "Ann"}])
    page.get_by_role("link", name="Ann").click()
    expect(page.get_by_text("Your check-up is due.")).to_be_visible()


def test_a_refresh_keeps_what_is_being_typed(vendor: Vendor, visit: Visit) -> None:
    vendor.make_job(schedule=..., recipients=[{"to": ANN}])
    vendor.settled()
    page = visit(f"/phones/{ANN}")
    field = page.get_by_role("textbox", name="Reply as this phone")
    field.click()
    field.press_sequentially("On my w")
    vendor.make_job(schedule=..., text="Second", recipients=[{"to": ANN}])
    expect(page.get_by_text("Second", exact=True)).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type("ay")
    expect(field).to_have_value("On my way")


def test_a_person_replies_from_the_phone(vendor: Vendor, visit: Visit) -> None:
    vendor.make_job(schedule=..., **WHATSAPP)
    vendor.settled()
    page = visit(f"/phones/{BOB}", "phone")
    page.get_by_role("textbox", name="Reply as this phone").fill("See you then")
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator(".bubble.mine")).to_contain_text("See you then")
    page.get_by_role("button", name="STOP").click()
    expect(page.locator(".bubble.mine")).to_have_count(2)
    assert vendor.witness()["replies"] == 2


def test_times_are_shown_in_the_readers_own_zone(vendor: Vendor, browser: Browser) -> None:
    vendor.make_job(schedule="2031-05-01T07:30:00Z")
    context = browser.new_context(timezone_id="Asia/Kolkata", locale="en-GB")
    page = context.new_page()
    page.goto(f"{vendor.url}/jobs")
    expect(page.get_by_text("1 May 2031, 13:00:00")).to_be_visible()
    context.close()


def test_a_fault_is_switched_on_by_hand(vendor: Vendor, visit: Visit) -> None:
    page = visit("/faults")
    page.get_by_label("Which call").select_option("Listing jobs")
    page.get_by_label("Retry-After").fill("30")
    page.get_by_role("button", name="429").click()
    expect(page.get_by_text("Listing jobs · once")).to_be_visible()
    answer = vendor.call("GET", "/messages/bulk")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    expect(page.get_by_text("1 hit", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_text("No fault in force")).to_be_visible()


def test_every_page_fits_and_can_be_used_by_everybody(
    vendor: Vendor, visit: Visit, look: Look
) -> None:
    vendor.make_job(schedule=..., text="By text message")
    job_id = vendor.make_job(schedule=..., image_url="https://media.example.org/a.png", **WHATSAPP)
    vendor.make_job()
    vendor.control("POST", "/faults", {"fault": "list_stale", "times": 1})
    vendor.settled()
    page = visit(f"/phones/{ANN}")
    page.get_by_role("button", name="STOP").click()
    paths = ["/", "/?q=nobody", f"/phones/{ANN}", f"/phones/{ANN}?channel=front-desk-sms"]
    paths += ["/phones/4915100000", "/jobs", f"/jobs/{job_id}", "/jobs/0", "/faults"]
    for number, path in enumerate(paths, 1):
        page.goto(path)
        look(page, f"sandbox-{number}")
