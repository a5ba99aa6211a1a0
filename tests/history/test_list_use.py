"""Where a list was used, and what happens to drafts and campaigns when it is put away."""

from __future__ import annotations

import pytest
from django.urls import reverse

from campaigns import list_access
from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignFilter, CampaignRecipient
from history.views import list_use
from recipients.lists import list_lifecycle
from recipients.models import ListImport, Recipient, RecipientList, RejectedRow
from sending import launch
from sending.readiness import LaunchRefused
from teams import members
from teams.models import Team, User
from tests import world
from tests.browsing import text_of
from tests.desks import DeskOf
from tests.people import ClientOf

pytestmark = [pytest.mark.thorough]


def url(name: str, one: RecipientList) -> str:
    return reverse(name, args=[one.team.slug, one.public_id])


@pytest.fixture
def sent(draft: Campaign, patients: RecipientList) -> Campaign:
    """A campaign that was launched with the draft's list."""
    assert draft.channel is not None
    return world.launched(world.a_campaign(draft.channel, patients, name="Last spring"))


@pytest.mark.both_databases
def test_the_page_tells_of_drafts_and_of_campaigns(
    client_of: ClientOf, draft: Campaign, sent: Campaign, patients: RecipientList, vera: User
) -> None:
    text = text_of(client_of(vera).get(url("list-use", patients)))
    for words in (draft.name, "Last spring", "sends to it", "Nobody has exported this list"):
        assert words in text


def test_what_it_touches_is_shown_before_it_is_archived(
    client_of: ClientOf, draft: Campaign, sent: Campaign, patients: RecipientList, alice: User
) -> None:
    client = client_of(alice)
    text = text_of(client.get(url("list-put-away", patients)))
    assert (
        "1 draft uses this list. It cannot be sent until the list is brought back or taken out."
        in text
    )
    assert "1 campaign was sent or scheduled with it. It keeps its people and continues." in text
    client.post(url("list-archive", patients))
    assert client.get(url("list", patients)).status_code == 404
    archived = client.get(reverse("lists", args=[patients.team.slug]), {"show": "archived"})
    assert patients.name in archived.content.decode()
    client.post(url("list-restore", patients))
    assert client.get(url("list", patients)).status_code == 200


def test_a_draft_says_that_its_list_is_archived_and_goes_on_when_it_is_back(
    desk_of: DeskOf, draft: Campaign, patients: RecipientList, alice: User
) -> None:
    count = audience.count_audience(draft).people
    list_lifecycle.archive(patients, alice)
    answer = desk_of(alice).get("review", draft)
    text = text_of(desk_of(alice).client.get(answer["Location"]))
    assert "“Patients 2026” is archived. Take it out, or ask Alice Moreau to bring it back." in text
    with pytest.raises(LaunchRefused, match="problems"):
        press_send(draft, alice, count)
    list_lifecycle.restore(patients)
    press_send(draft, alice, count)


@pytest.mark.both_databases
def test_nothing_goes_to_an_archived_list_though_nobody_is_at_it(
    draft: Campaign, patients: RecipientList, riverside: Team, alice: User
) -> None:
    held = world.a_filter(riverside, patients)
    CampaignFilter.objects.create(campaign=draft, saved_filter=held)
    Campaign.objects.update(created_by=None)
    draft.refresh_from_db()
    assert not list_access.list_problems(draft)
    list_lifecycle.archive(patients, alice)
    for _chosen in ("by itself", "by a filter"):
        (problem,) = list_access.list_problems(draft)
        assert "“Patients 2026” is archived." in problem.sentence
        assert [use.campaign for use in list_use.drafts_with(patients)] == [draft]
        draft.list_choices.all().delete()
    assert list_use.filters_with(patients) == [held]


def press_send(draft: Campaign, user: User, count: int) -> None:
    launch.launch(draft, world.confirmed(draft, count, user=user))


@pytest.mark.both_databases
def test_a_deleted_list_leaves_its_name_and_nobody(
    client_of: ClientOf, draft: Campaign, sent: Campaign, patients: RecipientList, alice: User
) -> None:
    frozen = CampaignRecipient.objects.filter(campaign=sent).count()
    imported = ListImport.objects.create(
        team=patients.team, recipient_list=patients, file_size=1, state="completed"
    )
    RejectedRow.objects.create(list_import=imported, row_number=2, code="empty", cells=["Ann"])
    answer = client_of(alice).post(url("list-delete", patients), follow=True)
    assert "“Patients 2026” and its people are deleted." in answer.content.decode()
    list_lifecycle.clear_deleted()
    assert not Recipient.objects.filter(recipient_list=patients).exists()
    assert not RejectedRow.objects.exists()
    assert CampaignRecipient.objects.filter(campaign=sent).count() == frozen
    patients.refresh_from_db()
    assert (patients.row_count, patients.name) == (0, "Patients 2026")
    with pytest.raises(LaunchRefused):
        press_send(draft, alice, frozen)
    assert not list_lifecycle.restore(patients)
    assert client_of(alice).get(url("list-put-away", patients)).status_code == 404


@pytest.mark.parametrize("name", ["list-archive", "list-delete"])
def test_only_the_owner_and_who_manages_the_team_put_a_list_away(
    client_of: ClientOf, riverside: Team, sami: User, bob: User, alice: User, name: str
) -> None:
    people = world.a_list(riverside, world.phones(3), "Bob's")
    RecipientList.objects.filter(pk=people.pk).update(owner=bob)
    answer = client_of(sami).post(url(name, people), follow=True)
    assert "Only the owner of a list can archive or delete it. Ask Bob Okafor." in text_of(answer)
    people.refresh_from_db()
    assert people.archived_at is None
    client_of(alice).post(url(name, people))
    people.refresh_from_db()
    assert people.archived_by == alice


@pytest.mark.both_databases
def test_a_list_is_not_deleted_while_a_file_is_added(
    client_of: ClientOf, patients: RecipientList, alice: User
) -> None:
    ListImport.objects.create(
        team=patients.team, recipient_list=patients, file_size=1, state="importing"
    )
    answer = client_of(alice).post(url("list-delete", patients), follow=True)
    assert "A file is being added to this list." in text_of(answer)
    patients.refresh_from_db()
    assert patients.deleted_at is None


@pytest.mark.both_databases
def test_a_leavers_drafts_are_handed_over(
    draft: Campaign, sent: Campaign, riverside: Team, alice: User, sami: User
) -> None:
    Campaign.objects.update(created_by=sami)
    members.end_membership(riverside.memberships.get(user=sami), alice)
    draft.refresh_from_db()
    sent.refresh_from_db()
    assert (draft.created_by, sent.created_by) == (alice, sami)
