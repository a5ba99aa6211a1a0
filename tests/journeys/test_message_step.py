"""Writing the message itself: by keyboard on a phone, and by mouse on a desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from recipients.models import Recipient, RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import NewPage

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]
Check = Callable[[Page], None]


@pytest.fixture
def front_desk(transactional_db: None, riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")


@pytest.fixture
def patients(front_desk: Channel) -> RecipientList:
    made = world.a_list(front_desk.team, world.phones(12), "Patients 2026")
    made.field_names = ["Dentist", "Last visit"]
    made.save()
    people = list(made.recipients.order_by("pk"))
    for number, person in enumerate(people):
        person.fields = {"Dentist": "Dr. Osei" if number else "", "Last visit": "2025-09-12"}
    Recipient.objects.bulk_update(people, ["fields"])
    return made


@pytest.fixture
def draft(front_desk: Channel, patients: RecipientList) -> Campaign:
    return world.a_campaign(front_desk, patients, text="", time_zone="America/New_York")


def open_draft(page: Page, let_in: LetIn, person: User, draft: Campaign) -> Page:
    let_in(page, person)
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/compose/")
    return page


def test_a_message_by_keyboard_alone_on_a_phone(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    draft: Campaign,
    assert_accessible: Check,
    assert_fits: Check,
) -> None:
    page = open_draft(new_page("phone", "dark"), let_in, alice, draft)
    area = page.get_by_role("textbox", name="Message")
    area.focus()
    page.keyboard.type("Hi {{cust")
    offered = page.get_by_role("listbox").get_by_role("option")
    expect(offered).to_have_text(["NamePerson 2"])
    page.keyboard.press("Enter")
    page.keyboard.type(", see {{")
    expect(offered).to_have_count(8)
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#completions [aria-selected=true]")).to_contain_text("Dentist")
    page.keyboard.press("Tab")
    page.keyboard.type(" or {{Nick}}.")

    expect(area).to_have_value("Hi {{CUSTOMER_NAME}}, see {{Dentist}} or {{Nick}}.")
    expect(page.locator(".is-fault")).to_have_text("{{Nick}}")
    fault = page.get_by_role("button", name="has a field “Nick”")
    expect(fault).to_be_visible()
    fault.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("us")
    expect(area).to_have_value("Hi {{CUSTOMER_NAME}}, see {{Dentist}} or us.")
    # The first person has no dentist: left out, unless something is written instead.
    expect(page.get_by_text("This person gets no message")).to_be_visible()
    page.get_by_role("combobox", name="No Dentist").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("your dentist")
    expect(page.locator(".bubble")).to_contain_text("see your dentist or us.")
    expect(page.locator("#figures")).to_contain_text("1 person has no Dentist")
    assert_accessible(page)
    assert_fits(page)


def personalise(page: Page, field: str) -> None:
    page.get_by_text("Personalise", exact=True).click()
    page.locator("#personalise").get_by_role("button", name=field).click()


def test_a_day_is_one_chip_that_writes_it_as_people_do(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign
) -> None:
    page = open_draft(new_page(), let_in, alice, draft)
    area, chips = page.get_by_role("textbox", name="Message"), page.locator(".is-field")
    area.focus()
    page.keyboard.type("Seen ")
    personalise(page, "Last visit")
    dated = '{{#dateFormat "mmmm d, yyyy"}}{{Last visit}}{{/dateFormat}}'
    expect(area).to_have_value(f"Seen {dated}")
    expect(chips).to_have_count(1)
    expect(chips).to_have_attribute("data-label", "date: Last visit")
    expect(page.locator(".bubble")).to_contain_text("Seen September 12, 2025")
    # One key takes all of it away; typed, it comes back whole.
    page.keyboard.press("Backspace")
    expect(area).to_have_value("Seen ")
    page.keyboard.type("{{last")
    page.keyboard.press("Enter")
    expect(area).to_have_value(f"Seen {dated}")


def test_fields_are_chips_over_a_text_that_keeps_its_braces(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign, assert_accessible: Check
) -> None:
    page = open_draft(new_page(), let_in, alice, draft)
    page.get_by_label("Find a person").fill("person 5")
    page.keyboard.press("Enter")
    expect(page.locator(".shown-for")).to_contain_text("As Person 5 gets it")
    area, chips = page.get_by_role("textbox", name="Message"), page.locator(".is-field")
    area.focus()
    page.keyboard.type("Hi ")
    page.get_by_text("Personalise", exact=True).click()
    # Each field with its value for the person on the phone.
    expect(page.locator("#personalise")).to_contain_text(re.compile(r"Dentist\s+Dr. Osei"))
    assert_accessible(page)
    page.locator("#personalise").get_by_role("button", name="Name Person 5").click()
    expect(area).to_have_value("Hi {{CUSTOMER_NAME}}")
    expect(chips).to_have_attribute("data-label", "Name")

    # One key takes the whole chip away, and the browser's own undo brings it back.
    page.keyboard.press("Backspace")
    expect(area).to_have_value("Hi ")
    page.keyboard.press("Control+z")
    expect(area).to_have_value("Hi {{CUSTOMER_NAME}}")
    # One key passes over it, and a paste of braces is a chip as well.
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.insert_text("dear {{Dentist}} ")
    expect(area).to_have_value("Hi dear {{Dentist}} {{CUSTOMER_NAME}}")
    expect(chips).to_have_count(2)
    # Where somebody is at work inside, the text shows as it is stored.
    area.evaluate("area => area.setSelectionRange(12, 12)")
    expect(chips.first).to_have_class("is-field is-open")


def test_a_chip_over_two_lines_is_covered_on_both(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign
) -> None:
    page = open_draft(new_page("phone"), let_in, alice, draft)
    area = page.get_by_role("textbox", name="Message")
    area.fill('Hi {{#ifeq "a rather long dentist" Dentist}}yes{{else}}no{{/ifeq}}')
    parts = page.locator(".chip-part")
    area.blur()
    expect(parts.first).to_be_attached()
    covered = parts.evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(covered) > 1
    assert min(covered) > 0
    # It says what it is once.
    expect(page.locator(".chip-part[data-label]")).to_have_count(1)


def test_dear_characters_are_replaced_and_brought_back_by_a_click(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign, assert_accessible: Check
) -> None:
    page = open_draft(new_page(), let_in, alice, draft)
    area = page.get_by_role("textbox", name="Message")
    dear = "It\u2019s time \u2013 see you\u2026 " + "x" * 60
    area.fill(dear)
    personalise(page, "Dentist")
    expect(area).to_have_value(dear + "{{Dentist}}")
    expect(page.locator("[data-dear]")).to_contain_text("2 → 1")
    assert_accessible(page)

    page.get_by_role("button", name="Replace them").click()
    expect(area).to_have_value("It's time - see you... " + "x" * 60 + "{{Dentist}}")
    expect(page.locator("[data-sms-segments]")).to_have_text("1")
    page.get_by_role("button", name="Undo").click()
    expect(area).to_have_value(dear + "{{Dentist}}")

    page.get_by_label("Find a person").fill("person 5")
    page.keyboard.press("Enter")
    expect(page.locator(".shown-for")).to_contain_text("As Person 5 gets it")
    expect(page.locator(".bubble")).to_contain_text("Dr. Osei")
