"""What is old enough is emptied, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from campaigns.audiences import earlier_campaigns
from campaigns.models import Campaign, CampaignRecipient, EarlierCampaign, RenderedText
from campaigns.states import SubmissionState
from delivery.models import Reply, WebhookEndpoint, WebhookEvent
from events.models import OutgoingEvent, Receiver
from privacy import emptying
from privacy.emptying import empty_team, retentions_due
from privacy.models import EmptiedCampaign, Retention
from recipients.lists import list_lifecycle
from recipients.models import ListImport, OptOut, RecipientList, RejectedRow
from sending import launch
from sending.models import Submission
from sending.readiness import LaunchRefused, launch_problems
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.people import ClientOf
from tests.privacy.conftest import figures

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]


def keep(team: Team, **days: int) -> None:
    """Let a team choose, and a worker look."""
    Retention.objects.update_or_create(team=team, defaults=days | {"look_at": None})
    while empty_team(team.pk, 60):
        pass


def numbers_of(campaign: Campaign) -> set[str]:
    rows = CampaignRecipient.objects.filter(campaign=campaign)
    return {row.phone for row in rows} | {row.name for row in rows}


def age(rows: Any, days: int, *fields: str) -> None:
    rows.update(**dict.fromkeys(fields, timezone.now() - timedelta(days=days)))


def test_a_campaign_loses_its_people_and_keeps_its_figures(campaign: Campaign) -> None:
    before = figures(campaign)
    keep(campaign.team, campaigns_days=90)
    assert all(not one or one.startswith("~") for one in numbers_of(campaign))
    assert not CampaignRecipient.objects.exclude(fields={}).exists()
    assert not RenderedText.objects.exclude(text="").exists()
    assert not Submission.objects.exclude(text="").exists()
    assert figures(campaign) == before
    assert EmptiedCampaign.objects.filter(campaign=campaign).exists()


def test_it_waits_for_its_day(campaign: Campaign) -> None:
    keep(campaign.team, campaigns_days=101)
    assert world.phones(1)[0] in numbers_of(campaign)


def test_without_a_choice_everything_is_kept(campaign: Campaign) -> None:
    keep(campaign.team)
    assert world.phones(1)[0] in numbers_of(campaign)


STILL_NEEDED = ["planned", "unknown", "refused", "revoking", "posting"]


@pytest.mark.parametrize("state", [SubmissionState(one) for one in STILL_NEEDED])
def test_nothing_goes_that_sending_still_needs(campaign: Campaign, state: SubmissionState) -> None:
    world.become(world.job(campaign), state)
    keep(campaign.team, campaigns_days=30)
    assert world.phones(1)[0] in numbers_of(campaign)


def test_a_job_that_somebody_may_send_again_keeps_its_people(campaign: Campaign) -> None:
    world.become(world.job(campaign), SubmissionState.REVOKED, is_gone=True)
    keep(campaign.team, campaigns_days=30)
    assert world.phones(1)[0] in numbers_of(campaign)


def test_whom_a_draft_leaves_out_stays_known(campaign: Campaign, front_desk: Channel) -> None:
    EarlierCampaign.objects.create(campaign=world.a_campaign(front_desk), earlier=campaign)
    keep(campaign.team, campaigns_days=30)
    assert world.phones(1)[0] in numbers_of(campaign)


def test_whom_a_draft_leaves_out_by_days_stays_known(
    campaign: Campaign, front_desk: Channel
) -> None:
    world.a_campaign(front_desk, days_left_out=200)
    keep(campaign.team, campaigns_days=30)
    assert world.phones(1)[0] in numbers_of(campaign)


def emptied_by(campaign: Campaign) -> list[str]:
    """The fields of a draft that want people left out whose numbers are emptied."""
    problems = launch_problems(campaign)
    return [one.field for one in problems if "are no longer kept" in one.sentence]


def test_days_that_begin_with_a_midnight_keep_a_campaign_for_a_day_more(
    campaign: Campaign, front_desk: Channel
) -> None:
    draft = world.a_campaign(front_desk, days_left_out=100)
    keep(campaign.team, campaigns_days=30)
    assert world.phones(1)[0] in numbers_of(campaign)
    Campaign.objects.filter(pk=draft.pk).update(days_left_out=98)
    keep(campaign.team, campaigns_days=30)
    assert world.phones(1)[0] not in numbers_of(campaign)


@pytest.mark.parametrize("by_days", [True, False])
def test_nobody_is_written_to_again_because_their_numbers_are_gone(
    campaign: Campaign, front_desk: Channel, people: RecipientList, *, by_days: bool
) -> None:
    keep(campaign.team, campaigns_days=30)
    later = world.a_campaign(front_desk, people, days_left_out=200 if by_days else None)
    assert campaign.pk not in earlier_campaigns.offered(campaign.team_id, later.pk)
    if not by_days:
        EarlierCampaign.objects.create(campaign=later, earlier=campaign)
    assert emptied_by(later) == ["days_left_out" if by_days else "campaigns_left_out"]
    with pytest.raises(LaunchRefused):
        world.launched(later)
    Campaign.objects.filter(pk=later.pk).update(days_left_out=50)
    later.earlier_choices.all().delete()
    later.refresh_from_db()
    assert emptied_by(later) == []


def test_of_a_campaign_being_prepared_and_an_emptied_one_both_are_told(
    campaign: Campaign, front_desk: Channel, people: RecipientList
) -> None:
    keep(campaign.team, campaigns_days=30)
    other = world.a_campaign(front_desk, people)
    Campaign.objects.filter(pk=other.pk).update(state="freezing")
    later = world.a_campaign(front_desk, people, days_left_out=200)
    assert emptied_by(later) == ["days_left_out"]
    assert any("is getting ready" in one.sentence for one in launch_problems(later))


def test_a_campaign_that_reached_nobody_stands_in_no_way(
    campaign: Campaign, front_desk: Channel, people: RecipientList
) -> None:
    keep(campaign.team, campaigns_days=30)
    for one in Submission.objects.filter(campaign=campaign):
        world.become(one, SubmissionState.CANCELLED)
    later = world.a_campaign(front_desk, people, days_left_out=200)
    assert emptied_by(later) == []


def test_numbers_that_are_being_emptied_count_as_gone(
    campaign: Campaign, front_desk: Channel, people: RecipientList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "ROWS_AT_ONCE", 2)
    emptying.empty_campaign(campaign)
    assert world.phones(4)[3] in numbers_of(campaign)
    assert emptied_by(world.a_campaign(front_desk, people, days_left_out=200))
    keep(campaign.team, campaigns_days=30)
    assert world.phones(4)[3] not in numbers_of(campaign)


def test_what_is_emptied_while_people_are_noted_down_brings_the_draft_back(
    campaign: Campaign, front_desk: Channel
) -> None:
    first = world.a_campaign(front_desk)
    wide = world.a_list(front_desk.team, world.phones(6))
    later = world.a_campaign(
        front_desk, wide, days_left_out=200, parent=first, run_on=timezone.now().date()
    )
    launch.launch(later, world.confirmed(later, 2))
    emptying.empty_campaign(campaign)
    launch.freeze(later.pk)
    later.refresh_from_db()
    assert (later.state, later.state_reason) == ("draft", launch.NUMBERS_EMPTIED)
    assert not later.submissions.exists()
    assert "are no longer kept" in first.events.get(kind="run_waits").details["why"]["en"]


def test_a_list_that_nobody_uses_is_deleted(campaign: Campaign, people: RecipientList) -> None:
    age(RecipientList.objects.filter(pk=people.pk), 100, "updated_at")
    keep(campaign.team, lists_days=99)
    list_lifecycle.clear_deleted()
    people.refresh_from_db()
    assert people.deleted_at
    assert not people.recipients.exists()


def test_a_list_of_a_campaign_under_way_stays(front_desk: Channel, people: RecipientList) -> None:
    world.launched(world.a_campaign(front_desk, people))
    age(Campaign.objects, 100, "updated_at")
    age(RecipientList.objects, 100, "updated_at")
    keep(front_desk.team, lists_days=30)
    people.refresh_from_db()
    assert people.deleted_at is None


def test_a_list_that_a_used_filter_reads_stays(front_desk: Channel, people: RecipientList) -> None:
    chosen = world.a_filter(front_desk.team, people)
    draft = world.a_campaign(front_desk)
    draft.filter_choices.create(saved_filter=chosen)
    age(RecipientList.objects, 100, "updated_at")
    keep(front_desk.team, lists_days=30)
    people.refresh_from_db()
    assert people.deleted_at is None
    age(Campaign.objects, 100, "updated_at")
    keep(front_desk.team, lists_days=30)
    people.refresh_from_db()
    assert people.deleted_at


def a_reply(channel: Channel, phone: str, **fields: Any) -> Reply:
    then = timezone.now() - timedelta(days=40)
    values = {"text": "My knee hurts", "sent_at": then, "received_at": then} | fields
    return Reply.objects.create(
        team=channel.team, channel=channel, message_id=phone, phone=phone, name="Ann", **values
    )


def test_replies_lose_text_and_number_but_those_that_wait_for_a_decision(
    front_desk: Channel,
) -> None:
    first, second = world.phones(2)
    a_reply(front_desk, first)
    waits = a_reply(front_desk, second, wish=Reply.Wish.MAYBE)
    OptOut.objects.create(team=front_desk.team, phone=second, source=OptOut.Source.UNSURE)
    keep(front_desk.team, replies_days=30)
    kept = Reply.objects.exclude(text="")
    assert [(one.pk, one.phone, one.name) for one in kept] == [(waits.pk, second, "Ann")]
    assert Reply.objects.count() == 2


def test_nobody_is_opted_out_by_a_reply_of_whom_nothing_is_known(
    front_desk: Channel, client_of: ClientOf, alice: User
) -> None:
    slug = front_desk.team.slug
    reply = a_reply(front_desk, world.phones(1)[0])
    keep(front_desk.team, replies_days=30)
    client = client_of(alice)
    assertNotContains(client.get(f"/{slug}/replies/"), f"{reply.public_id}/opt-out/")
    assert client.post(f"/{slug}/replies/{reply.public_id}/opt-out/").status_code == 404
    assert not OptOut.objects.exists()


def test_rejected_rows_and_reports_go_by_their_age(front_desk: Channel, alice: User) -> None:
    done = ListImport.objects.create(
        team=front_desk.team, state="completed", file_name="a.csv", file_size=1, rejected_count=1
    )
    RejectedRow.objects.create(list_import=done, row_number=2, code="x", cells=["555-013", "Ann"])
    age(ListImport.objects, 40, "created_at")
    endpoint = WebhookEndpoint.objects.create(channel=front_desk, secret=Secret.of("s"))
    WebhookEvent.objects.create(endpoint=endpoint, body_sha256=b"1", body=b"{}", outcome="reply")
    WebhookEvent.objects.create(endpoint=endpoint, body_sha256=b"2", body=b"{}")
    age(WebhookEvent.objects, 3, "received_at")
    receiver = Receiver.objects.create(team=front_desk.team, name="Till", url="https://a.example/")
    for state in ("delivered", "given_up", "waiting"):
        OutgoingEvent.objects.create(receiver=receiver, kind="ping", body="{}", state=state)
    age(OutgoingEvent.objects, 3, "created_at")
    keep(front_desk.team, rejected_days=30, bodies_days=2)
    assert [event.state for event in OutgoingEvent.objects.all()] == ["waiting"]
    assert not RejectedRow.objects.exists()
    assert [bool(event.body) for event in WebhookEvent.objects.order_by("pk")] == [False, True]


def test_a_team_is_looked_at_once_an_hour(front_desk: Channel) -> None:
    Retention.objects.create(team=front_desk.team)
    assert retentions_due() == [front_desk.team_id]
    keep(front_desk.team)
    assert retentions_due() == []


def test_another_teams_people_stay(campaign: Campaign, charlie: User) -> None:
    keep(charlie.memberships.get().team, campaigns_days=30, lists_days=30)
    assert world.phones(1)[0] in numbers_of(campaign)


def test_the_pages_say_when(
    campaign: Campaign, people: RecipientList, client_of: ClientOf, alice: User
) -> None:
    client, slug = client_of(alice), campaign.team.slug
    addresses = f"/{slug}/campaigns/{campaign.public_id}/", f"/{slug}/lists/{people.public_id}/"
    for address in addresses:
        assertNotContains(client.get(address), "on <time")
    Retention.objects.create(team=campaign.team, campaigns_days=120, lists_days=120)
    for address in addresses:
        assertContains(client.get(address), "on <time")
    keep(campaign.team, campaigns_days=30)
    assertContains(client.get(addresses[0]), "were deleted on")
    assertContains(client.get(f"{addresses[0]}people/"), "erased")


def test_an_owner_chooses_and_nobody_else(
    client_of: ClientOf, alice: User, sami: User, riverside: Team
) -> None:
    address = f"/{riverside.slug}/team/kept/"
    assert client_of(sami).get(address).status_code == 403
    client = client_of(alice)
    assertContains(client.post(address, {"lists_days": "3"}), "Enter 30 days", status_code=422)
    assert client.post(address, {"lists_days": "365"}).status_code == 302
    kept = Retention.objects.get(team=riverside)
    assert (kept.lists_days, kept.campaigns_days, kept.bodies_days) == (365, None, 30)
