"""A team is deleted: at once for its members, and for the people it knew in the background."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains

from api.models import Scope
from api.tokens import make_token
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.states import SubmissionState
from delivery import subscriptions
from delivery.models import Reply, WebhookEndpoint
from events.models import OutgoingEvent, Receiver
from privacy.closing import StillSending, campaigns_in_the_way, delete_on, delete_team
from privacy.models import TeamDeletion
from recipients.lists import list_lifecycle
from recipients.models import ListOperation, OptOut, RecipientList
from sending.models import Attempt
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.api.programs import Program
from tests.people import ClientOf
from tests.privacy.conftest import over
from tests.privacy.test_erasing import everything_in_the_database

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]


def all_of(deletion: TeamDeletion) -> TeamDeletion:
    """Let the workers do what they do every few seconds."""
    while delete_on(deletion.pk, 60):
        pass
    list_lifecycle.clear_deleted()
    deletion.refresh_from_db()
    return deletion


def test_nothing_of_its_people_is_left_and_what_was_sent_stays_counted(
    front_desk: Channel, campaign: Campaign, alice: User
) -> None:
    team = front_desk.team
    world.a_campaign(front_desk, name="Draft")
    world.opt_out(team, "+12025550199")
    Reply.objects.create(
        team=team,
        channel=front_desk,
        message_id="1",
        phone="+12025550198",
        text="Hello",
        sent_at=timezone.now(),
        received_at=timezone.now(),
    )
    receiver = Receiver.objects.create(team=team, name="Till", url="https://a.example/")
    OutgoingEvent.objects.create(receiver=receiver, kind="reply.received", body="+12025550198")
    program = Program(make_token(team, alice, name="Till", scopes=list(Scope)).key)
    program.post("/lists", {"name": "Chosen by Zebedee"}, idempotency_key="l")
    events, attempts = CampaignEvent.objects.count(), Attempt.objects.count()
    deletion = all_of(delete_team(team, alice))
    assert deletion.done_at
    found = everything_in_the_database()
    words = ("Hello", "Zebedee", "Person 3", "https://a.example/")
    for trace in (*world.phones(4), "+12025550199", "+12025550198", *words):
        assert trace not in found
    assert not RecipientList.objects.filter(recipients__isnull=False).exists()
    assert not OptOut.objects.exists()
    assert Campaign.objects.get().frozen_count == 4
    assert CampaignRecipient.objects.count() == 4
    assert Attempt.objects.count() == attempts
    assert CampaignEvent.objects.count() <= events


@pytest.mark.parametrize(
    "standing",
    [
        *({"state": state} for state in ("freezing", "scheduled", "sending", "paused", "missed")),
        *({"state": state} for state in ("needs_decision", "cancelling")),
        {"next_run_at": timezone.now()},
    ],
)
def test_nothing_is_left_running_that_nobody_could_stop(
    front_desk: Channel, campaign: Campaign, alice: User, standing: dict[str, Any]
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(**standing)
    assert list(campaigns_in_the_way(front_desk.team)) == [campaign]
    with pytest.raises(StillSending):
        delete_team(front_desk.team, alice)
    assert front_desk.team.memberships.exists()


def test_an_owner_types_its_name(
    client_of: ClientOf, alice: User, sami: User, riverside: Team, people: RecipientList
) -> None:
    address = f"/{riverside.slug}/team/delete/"
    assert client_of(sami).post(address, {"name": riverside.name}).status_code == 403
    client = client_of(alice)
    assertContains(client.get(address), "People on them")
    assertContains(client.post(address, {"name": "riverside"}), "exactly as", status_code=422)
    assert client.post(address, {"name": riverside.name}).status_code == 302
    assert client.get(f"/{riverside.slug}/").status_code == 404
    assert client_of(sami).get(f"/{riverside.slug}/lists/").status_code == 404
    # The address is free.
    world.create_team(slug="riverside-dental")


def test_the_neighbours_stay(
    front_desk: Channel, people: RecipientList, charlie: User, alice: User
) -> None:
    theirs = world.a_list(charlie.memberships.get().team, world.phones(2))
    all_of(delete_team(front_desk.team, alice))
    assert theirs.recipients.count() == 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subscriptions that Sociocs was asked to end; it says yes to `subscription`."""
    ids: list[str] = []

    def ask(endpoint: WebhookEndpoint, _call: object) -> tuple[bool | None, str, str]:
        ids.append(endpoint.subscription_id)
        is_ended = endpoint.subscription_id == "subscription"
        return (True, "on", "") if is_ended else (None, "unclear", "timeout")

    monkeypatch.setattr(subscriptions, "_ask", ask)
    return ids


def reporting(channel: Channel, subscription_id: str = "subscription") -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        channel=channel, secret=Secret.of("secret"), subscription_id=subscription_id
    )


def later(deletion: TeamDeletion, **since: timedelta) -> TeamDeletion:
    """Let the workers come back when the rest is over, as if it was asked for so long ago."""
    then = timezone.now() - timedelta(hours=1)
    WebhookEndpoint.objects.exclude(checked_at=None).update(checked_at=then)
    values = {name: timezone.now() - span for name, span in since.items()}
    TeamDeletion.objects.filter(pk=deletion.pk).update(lease_until=None, **values)
    return all_of(deletion)


def test_reports_are_ended_at_sociocs_when_no_campaign_waits_for_them(
    front_desk: Channel, campaign: Campaign, alice: User, asked: list[str]
) -> None:
    reporting(front_desk)
    job = world.become(world.job(campaign), SubmissionState.REVOKING)
    deletion = all_of(delete_team(front_desk.team, alice))
    assert not asked
    assert WebhookEndpoint.objects.exists()
    world.become(job, SubmissionState.ACCEPTED)
    assert later(deletion).done_at
    assert asked == ["subscription"]
    assert not WebhookEndpoint.objects.exists()


def test_a_sociocs_that_says_nothing_is_asked_for_days_and_not_for_ever(
    front_desk: Channel, alice: User, asked: list[str]
) -> None:
    reporting(front_desk, "lost")
    deletion = all_of(delete_team(front_desk.team, alice))
    assert (asked, deletion.done_at) == (["lost"], None)
    assert later(deletion, asked_at=timedelta(days=2)).done_at is None
    assert later(deletion, asked_at=timedelta(days=4)).done_at
    assert asked == ["lost"] * 3
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("state", [SubmissionState.REFUSED, SubmissionState.UNKNOWN])
def test_a_question_that_comes_up_late_keeps_nobody_in_the_database(
    front_desk: Channel, campaign: Campaign, alice: User, state: SubmissionState
) -> None:
    deletion = delete_team(front_desk.team, alice)
    job = world.become(world.job(campaign), state)
    Attempt.objects.filter(submission=job).update(next_look_at=timezone.now())
    Campaign.objects.filter(pk=campaign.pk).update(state="needs_decision")
    assert all_of(deletion).done_at
    assert world.phones(1)[0] not in everything_in_the_database()


def test_a_job_of_today_is_waited_for(
    front_desk: Channel, people: RecipientList, alice: User
) -> None:
    today = over(world.launched(world.a_campaign(front_desk, people)), days=0)
    assert all_of(delete_team(front_desk.team, alice)).done_at is None
    rows = CampaignRecipient.objects.filter(campaign=today)
    assert rows.filter(phone=world.phones(1)[0]).exists()


def test_a_launch_that_waited_is_seen_before_it_is_asked_what_stands_in_the_way(
    front_desk: Channel, campaign: Campaign, alice: User
) -> None:
    """Every campaign is locked first (PostgreSQL; a file has one writer at a time anyway)."""
    with CaptureQueriesContext(connection) as queries:
        delete_team(front_desk.team, alice)
    table = Campaign._meta.db_table
    of_campaigns = [one["sql"] for one in queries if f'FROM "{table}"' in one["sql"]]
    assert ("FOR UPDATE" in of_campaigns[0]) == (connection.vendor == "postgresql")


def test_no_name_and_no_text_tells_of_anybody(
    front_desk: Channel, people: RecipientList, alice: User
) -> None:
    team, ann = front_desk.team, "Ann Smith"
    conditions = [{"field": "CUSTOMER_NAME", "op": "is", "values": [ann]}]
    chosen = world.a_filter(team, people, conditions=conditions, name=f"Filter {ann}")
    draft = world.a_campaign(front_desk, people, name=f"For {ann}", text=f"{ann} moved.")
    sent = over(world.launched(draft))
    sent.filter_choices.create(saved_filter=chosen)
    RecipientList.objects.filter(pk=people.pk).update(name=f"Friends of {ann}")
    operation = ListOperation.objects.create(team=team, kind=ListOperation.Kind.SPLIT)
    operation.lists.create(recipient_list=people, part="target", value=ann)
    assert ann in everything_in_the_database()
    assert all_of(delete_team(team, alice)).done_at
    assert ann not in everything_in_the_database()
    assert Campaign.objects.get(pk=sent.pk).frozen_count == 4
