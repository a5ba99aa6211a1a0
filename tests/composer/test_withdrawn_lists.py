"""A draft with a list that somebody may no longer use says so, and cannot be launched."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign
from recipients.lists import sharing
from recipients.models import Permission, RecipientList, Visibility
from sending import launch
from sending.readiness import LaunchRefused
from teams import members
from teams.models import User
from tests import world
from tests.browsing import text_of
from tests.desks import DeskOf

pytestmark = pytest.mark.thorough


@pytest.fixture
def draft(draft: Campaign, patients: RecipientList, alice: User, sami: User) -> Campaign:
    """Sami's draft with Alice's list, which is lent to him."""
    Campaign.objects.filter(pk=draft.pk).update(created_by=sami)
    sharing.share(patients, alice, Visibility.NAMED, people={sami: Permission.USE})
    draft.refresh_from_db()
    return draft


def withdraw(patients: RecipientList, by: User) -> None:
    sharing.share(patients, by, Visibility.PRIVATE)


def press_send(draft: Campaign, user: User) -> None:
    launch.launch(draft, world.confirmed(draft, user=user))


def test_what_is_lent_can_be_sent(desk_of: DeskOf, draft: Campaign, sami: User) -> None:
    assert desk_of(sami).get("review", draft).status_code == 200
    press_send(draft, sami)


def test_the_author_reads_that_the_list_was_withdrawn(
    desk_of: DeskOf, draft: Campaign, patients: RecipientList, alice: User, sami: User
) -> None:
    withdraw(patients, alice)
    answer = desk_of(sami).get("review", draft)
    assert answer.status_code == 302
    text = text_of(desk_of(sami).client.get(answer["Location"]))
    assert "“Patients 2026” belongs to Alice Moreau and is not shared with you." in text


def test_its_people_are_no_longer_shown(
    desk_of: DeskOf, draft: Campaign, patients: RecipientList, alice: User, sami: User
) -> None:
    assert "As Person 2 gets it" in text_of(desk_of(sami).get("compose", draft))
    withdraw(patients, alice)
    assert "Person 2" not in text_of(desk_of(sami).get("compose", draft))


def test_a_review_page_that_is_still_open_sends_nothing(
    desk_of: DeskOf, draft: Campaign, patients: RecipientList, alice: User, sami: User
) -> None:
    desk = desk_of(sami)
    page = desk.get("review", draft)
    shown = {name: page.context[name] for name in ("token",)}
    withdraw(patients, alice)
    desk.post("launch", draft, version=draft.version, confirmed_count=12, **shown)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_the_last_look_is_inside_the_launch(
    draft: Campaign, patients: RecipientList, alice: User, sami: User
) -> None:
    withdraw(patients, alice)
    with pytest.raises(LaunchRefused, match="problems"):
        press_send(draft, sami)


def test_a_colleague_cannot_launch_with_a_list_that_is_lent_to_its_author_alone(
    draft: Campaign, bob: User
) -> None:
    with pytest.raises(LaunchRefused) as refused:
        press_send(draft, bob)
    assert "is not shared with you" in refused.value.sentence


def test_a_colleague_cannot_launch_what_its_author_may_not_use(
    draft: Campaign, patients: RecipientList, alice: User, sami: User, bob: User
) -> None:
    sharing.share(patients, alice, Visibility.NAMED, people={bob: Permission.USE})
    with pytest.raises(LaunchRefused) as refused:
        press_send(draft, bob)
    assert "is not shared with Sami Haddad, who wrote this campaign" in refused.value.sentence


def test_the_lists_owner_can_launch_it(
    draft: Campaign, patients: RecipientList, alice: User
) -> None:
    withdraw(patients, alice)
    press_send(draft, alice)


def test_an_author_who_left_is_in_nobodys_way(
    draft: Campaign, patients: RecipientList, alice: User, sami: User, bob: User
) -> None:
    members.end_membership(draft.team.memberships.get(user=sami), alice)
    sharing.share(patients, alice, Visibility.TEAM)
    press_send(draft, bob)


def test_sharing_again_is_all_it_takes(
    desk_of: DeskOf, draft: Campaign, patients: RecipientList, alice: User, sami: User
) -> None:
    withdraw(patients, alice)
    assert desk_of(sami).get("review", draft).status_code == 302
    sharing.share(patients, alice, Visibility.TEAM)
    assert desk_of(sami).get("review", draft).status_code == 200
