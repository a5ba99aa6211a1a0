"""Test sends through the real client to the sandbox: one click, one message, an honest outcome."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from composer import sent_tests
from composer.models import SentTest
from recipients.models import Recipient, RecipientList
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel, NumberForTests
from teams import throttling
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, complaints_of, fields_of, text_of
from tests.desks import DeskOf
from tests.processes import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

MINE = "+16317471000"


@pytest.fixture
def vendor(sandbox: Sandbox, settings: Settings) -> Sandbox:
    settings.SOCIOCS_BASE_URL = sandbox.url
    return sandbox


@pytest.fixture
def line(vendor: Sandbox, riverside: Team) -> Channel:
    return world.a_channel(riverside, vendor)


@pytest.fixture
def draft(line: Channel, patients: RecipientList, alice: User) -> Campaign:
    alice.phone = MINE
    alice.save()
    return world.a_campaign(line, patients, text="Hi {{CUSTOMER_NAME}}!")


def key_of(draft: Campaign, place: int) -> int:
    people = Recipient.objects.filter(recipient_list__in=draft.lists.all(), occurrence=0)
    return people.order_by("pk")[place - 1].pk


def send(desk: Desk, draft: Campaign, person: int = 1, **changes: object) -> Page:
    """Open the page for the person at this place and press the button."""
    url = desk.url("test-send", draft)
    page = desk.client.get(url, {"person": key_of(draft, person)})
    form = fields_of(page, form_id="test") | {"to": "me"} | changes
    return desk.client.post(url, form, follow=True)


def on_phone(vendor: Sandbox) -> list[tuple[str, str]]:
    """Number and text of every message that was handed over one by one."""
    return [(one["to"], one["text"]) for one in world.witness(vendor, "/messages")]


def test_one_click_is_one_message_with_the_text_of_the_person_shown(
    desk: Desk, draft: Campaign, vendor: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = send(desk, draft, person=3)

    assert on_phone(vendor) == [(MINE, "Hi Person 4!")]
    test = SentTest.objects.get()
    assert (test.outcome, test.phone, test.label) == ("accepted", MINE, "Alice Moreau")
    words = text_of(page)
    assert "Test message sent. It should reach Alice Moreau within" in words
    assert "this message" in words
    # The page stays with the person that was chosen.
    assert page.request["QUERY_STRING"] == f"person={key_of(draft, 3)}"
    assert MINE[1:] not in caplog.text


def test_the_same_click_twice_sends_once(desk: Desk, draft: Campaign, vendor: Sandbox) -> None:
    token = str(uuid4())
    send(desk, draft, token=token)
    page = send(desk, draft, token=token)
    assert len(on_phone(vendor)) == 1
    assert "Test message sent" in text_of(page)


def test_what_was_changed_in_the_meantime_is_shown_before_it_goes(
    desk: Desk, draft: Campaign, vendor: Sandbox
) -> None:
    page = send(desk, draft, content="0" * 64)
    assert page.status_code == 422
    assert "This draft has changed since you opened this page." in text_of(page)
    assert not on_phone(vendor)
    assert not SentTest.objects.exists()


@pytest.mark.parametrize(
    ("fault", "outcome", "sentence"),
    [
        ("400", "not_sent", "Not sent."),
        ("job_made_no_answer", "ambiguous", "It may or may not arrive"),
        ("500", "ambiguous", "It may or may not arrive"),
    ],
)
def test_the_outcome_is_told_as_it_is_and_nothing_is_repeated(
    desk: Desk, draft: Campaign, vendor: Sandbox, fault: str, outcome: str, sentence: str
) -> None:
    world.set_fault(vendor, fault, path="/message", times=5)
    page = send(desk, draft)
    assert SentTest.objects.get().outcome == outcome
    assert sentence in text_of(page)
    assert world.witness(vendor)["requests_by_call"]["POST /message"] == 1


def test_a_test_whose_answer_never_came_may_have_arrived(
    desk: Desk, draft: Campaign, vendor: Sandbox
) -> None:
    test = SentTest.objects.create(campaign=draft, token=uuid4(), label="Me", phone=MINE)
    assert "Waiting for Sociocs' answer" in text_of(desk.get("test-send", draft))
    SentTest.objects.filter(pk=test.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    assert "our own process ended before the answer came" in text_of(desk.get("test-send", draft))


def test_numbers_of_the_team_are_kept_by_owners_and_used_by_all(
    desk: Desk, desk_of: DeskOf, draft: Campaign, vendor: Sandbox, riverside: Team, bob: User
) -> None:
    url = desk.url("test-number-add")
    assert "with its country code" in text_of(
        desk.client.post(url, {"label": "Desk", "phone": "5550199"}, follow=True)
    )
    desk.client.post(url, {"label": "Desk phone", "phone": "+1 (631) 747-1555"})
    number = NumberForTests.objects.get()
    assert number.phone == "+16317471555"

    page = send(desk_of(bob), draft, to=str(number.public_id))
    assert SentTest.objects.get().user == bob
    assert "Desk phone" in text_of(page)
    # A number nobody put there cannot be typed in.
    assert send(desk_of(bob), draft, to="+12025550000").status_code == 422
    # Bob has no number of his own.
    assert send(desk_of(bob), draft, to="me").status_code == 422
    assert len(on_phone(vendor)) == 1

    desk.client.post(f"{url}{number.public_id}/remove/")
    assert not NumberForTests.objects.exists()


def test_who_opted_out_gets_no_test_and_a_person_without_text_makes_none(
    desk: Desk, draft: Campaign, vendor: Sandbox, riverside: Team, patients: RecipientList
) -> None:
    Recipient.objects.filter(recipient_list=patients).update(name="")
    assert "This person would get no message" in text_of(send(desk, draft))
    Recipient.objects.filter(recipient_list=patients).update(name="Ann")
    opt_out = world.opt_out(riverside, MINE)
    assert "has opted out of your team's messages" in text_of(send(desk, draft))
    opt_out.delete()
    send(desk, draft)
    assert on_phone(vendor) == [(MINE, "Hi Ann!")]


def test_a_halted_account_says_so_and_a_refused_key_halts_it(
    desk: Desk, draft: Campaign, vendor: Sandbox, line: Channel
) -> None:
    world.set_fault(vendor, "401", path="/message")
    page = send(desk, draft)
    assert "Sociocs does not accept the API key of this channel." in text_of(page)
    line.account.refresh_from_db()
    assert line.account.state == "halted"
    assert "Have its API key checked" in text_of(send(desk, draft))
    assert SentTest.objects.count() == 1


def test_nobody_can_send_tests_without_end(
    desk: Desk, draft: Campaign, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_tests, "PER_PERSON", throttling.Limit("test-send", 1))
    send(desk, draft)
    assert "You have sent many tests. Wait 60 minutes" in text_of(send(desk, draft))
    assert len(on_phone(vendor)) == 1


def test_a_team_can_require_a_test_of_just_this_message(
    desk: Desk, draft: Campaign, vendor: Sandbox, riverside: Team, alice: User
) -> None:
    riverside.test_required = True
    riverside.save()
    sentence = "Your team sends only what was tested. Send a test of this message first."
    page = desk.write(draft, "review")
    assert complaints_of(page) == {sentence: "id_test"}
    with pytest.raises(LaunchRefused):
        world.launched(Campaign.objects.get(pk=draft.pk))

    # One that Sociocs did not take does not count.
    world.set_fault(vendor, "400", path="/message")
    send(desk, draft)
    assert complaints_of(desk.write(draft, "review"))
    send(desk, draft)
    assert "Review" in text_of(desk.write(draft, "review"))

    assert complaints_of(desk.write(draft, "review", text="Hello {{CUSTOMER_NAME}}!"))
    assert not complaints_of(desk.write(draft, "review", text="Hi {{CUSTOMER_NAME}}!"))


def test_the_composer_saves_and_leads_there(desk: Desk, draft: Campaign) -> None:
    page = desk.write(draft, "test", text="Just typed", shown=key_of(draft, 2), place="2")
    assert page.request["PATH_INFO"] == desk.url("test-send", draft)
    assert "Just typed" in text_of(page)
    assert "2 of 12" in text_of(page)
    assert "As Person 3 gets it" in text_of(page)


def test_an_editor_sends_tests_only_where_an_owner_said_so(
    desk: Desk, desk_of: DeskOf, draft: Campaign, vendor: Sandbox, riverside: Team, bob: User
) -> None:
    bob.phone = "+16317471777"
    bob.save()
    page = send(desk_of(bob), draft, to="me")
    assert page.status_code == 422
    assert "Ask an owner of your team to add yours" in text_of(page)
    assert on_phone(vendor) == []
    NumberForTests.objects.create(team=riverside, label="Bob", phone=bob.phone)
    assert send(desk_of(bob), draft, to="me").status_code == 200
    bob.phone = "+16317471778"
    bob.save()
    assert send(desk_of(bob), draft, to="me").status_code == 422
    assert SentTest.objects.count() == 1


def test_nobody_tests_on_more_than_five_phones_a_day(
    desk: Desk, draft: Campaign, vendor: Sandbox, alice: User
) -> None:
    pages = []
    for number in range(6):
        alice.phone = f"+1631747180{number}"
        alice.save()
        pages.append(send(desk, draft))
    assert "to 5 phones today" in text_of(pages[-1])
    assert SentTest.objects.count() == 5
    alice.phone = "+16317471800"
    alice.save()
    send(desk, draft)
    assert SentTest.objects.count() == 6


@pytest.mark.parametrize("whose", ["team", "channel"])
def test_a_test_takes_a_place_in_the_day(
    desk: Desk, draft: Campaign, line: Channel, vendor: Sandbox, riverside: Team, whose: str
) -> None:
    limited = riverside if whose == "team" else line
    limited.daily_limit = 1
    limited.save()
    send(desk, draft)
    page = send(desk, draft)
    assert "has reached its limit for today" in text_of(page)
    assert [test.outcome for test in SentTest.objects.all()] == ["accepted"]
