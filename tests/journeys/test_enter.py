"""Enter in a field does what the field is for, whatever buttons the form has."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from composer import approvals
from sending.models import Approval
from teams.models import Team, User
from tests import world
from tests.browser import NewPage

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LetIn = Callable[[Page, User], None]


@pytest.fixture
def draft(riverside: Team, alice: User) -> Campaign:
    channel = world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")
    return world.a_campaign(channel, world.a_list(riverside, world.phones(3)))


def test_in_the_composers_name_it_saves(
    new_page: NewPage, let_in: LetIn, alice: User, draft: Campaign
) -> None:
    page = new_page()
    let_in(page, alice)
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/compose/")
    page.get_by_label("Name").fill("Named by Enter")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    expect(page).to_have_url(re.compile("/compose/$"))
    draft.refresh_from_db()
    assert draft.name == "Named by Enter"


def test_in_the_reason_against_it_nothing_is_approved(
    new_page: NewPage, let_in: LetIn, alice: User, sami: User, draft: Campaign
) -> None:
    draft.team.approval_above = 1
    draft.team.save()
    asking, answering = new_page(), new_page()
    let_in(asking, alice)
    let_in(answering, sami)
    review = f"/riverside-dental/campaigns/{draft.public_id}/review/"
    asking.goto(review)
    asking.locator("#launch button[type=submit]").click()
    expect(asking.get_by_text("Your colleagues can approve it now.")).to_be_visible()

    answering.goto(review)
    answering.get_by_label("If you do not approve it, say why").fill("The price is from last year")
    answering.get_by_label("If you do not approve it, say why").press("Enter")
    expect(answering.get_by_text("It is not sent.")).to_be_visible()
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert Approval.objects.get().answer == Approval.Verdict.REJECTED
    assert approvals.open_request(draft) is None


def test_in_a_form_that_a_colleague_saved_meanwhile_it_does_not_save_over_theirs(
    new_page: NewPage, let_in: LetIn, alice: User
) -> None:
    page = new_page()
    let_in(page, alice)
    page.goto("/account/")
    User.objects.filter(pk=alice.pk).update(name="Alice M.")
    page.get_by_label("Name").fill("Al")
    for _time in range(2):
        page.get_by_label("Name").press("Enter")
        expect(page.get_by_role("button", name="Save mine over it")).to_be_visible()
    alice.refresh_from_db()
    assert alice.name == "Alice M."
