"""Single messages as safe as jobs: found by their second and number, taken back, moved."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.checks import sending_settings
from campaigns.models import Campaign
from campaigns.states import DecisionKind, SubmissionState
from sending import attempts, control, decisions, reconcile, rescheduling, submit, taking_back, tick
from sending.failpoints import FailpointReached
from sending.models import Attempt, Submission
from sending.protocol import AnswerKind, PostAnswer
from sending.recording import Answered
from sending.rescheduling import NewTime, Then
from sociocs_accounts.models import Channel
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.messages import MessageRecipient, SingleMessage
from sociocs_gateway.providers import Provider
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.processes import Sandbox
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.thorough,
]

PEOPLE = 3
# The lead of a single message at a time-out of one second.
LEAD = timedelta(seconds=41)


@pytest.fixture
def campaign(channel: Channel, quick: Settings) -> Campaign:
    """A message for each of three people, to go out in five minutes."""
    quick.LEAD_SECONDS = 300
    quick.SOCIOCS_TIMEOUT_SECONDS = 1
    people = world.a_list(channel.team, world.phones(PEOPLE))
    draft = world.a_campaign(channel, people, one_by_one=True, text="Hi {{CUSTOMER_NAME}}")
    return world.launched(draft)


def come_into_reach(campaign: Campaign) -> None:
    """As if its time were near."""
    Submission.objects.filter(campaign=campaign).update(
        planned_slot=timezone.now(), not_before=None
    )


def hand_over(campaign: Campaign) -> None:
    come_into_reach(campaign)
    assert campaign.channel is not None
    while submit.hand_over(campaign.channel.account_id):
        pass
    tick.tick()
    campaign.refresh_from_db()


def look(campaign: Campaign) -> None:
    """As if the time of every look that is to come had come."""
    Attempt.objects.exclude(next_look_at=None).update(next_look_at=timezone.now())
    assert campaign.channel is not None
    reconcile.reconcile(campaign.channel.account_id)
    campaign.refresh_from_db()


def revoke(campaign: Campaign) -> None:
    assert campaign.channel is not None
    taking_back.revoke(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def waiting(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The messages that wait at the vendor."""
    every: list[dict[str, Any]] = world.witness(sandbox, "/messages")
    return [message for message in every if message["state"] == "scheduled"]


def unclear_of(campaign: Campaign) -> Submission:
    return campaign.submissions.get(state="unknown")


def lose_an_answer(campaign: Campaign, sandbox: Sandbox) -> Submission:
    """Hand all over; the first message is made, but nobody hears of it."""
    world.set_fault(sandbox, "job_made_no_answer", path="/message")
    hand_over(campaign)
    return unclear_of(campaign)


@pytest.mark.both_databases
def test_one_whose_answer_got_lost_is_found_by_its_second_and_number(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    lost = lose_an_answer(campaign, sandbox)
    (attempt,) = lost.attempts.all()
    assert attempt.next_look_at is not None
    assert attempt.next_look_at <= attempt.started_at + timedelta(seconds=15)

    look(campaign)

    lost.refresh_from_db()
    assert (lost.state, lost.how) == ("accepted", "slot")
    assert lost.job_id in {message["job_id"] for message in waiting(sandbox)}
    assert not Attempt.objects.exclude(next_look_at=None).exists()
    assert len(waiting(sandbox)) == PEOPLE


def test_a_list_that_cannot_be_had_does_not_hide_the_other(
    campaign: Campaign, sandbox: Sandbox, channel: Channel
) -> None:
    people = world.a_list(channel.team, world.phones(PEOPLE), name="Others")
    together = world.launched(world.a_campaign(channel, people))
    world.set_fault(sandbox, "job_made_no_answer")
    hand_over(together)
    lost = lose_an_answer(campaign, sandbox)
    world.set_fault(sandbox, "503", method="GET", path="/messages/scheduled", times=9)
    look(campaign)
    lost.refresh_from_db()
    assert (lost.state, world.states(together)) == ("unknown", ["accepted"])


@pytest.mark.parametrize("fault", ["500", "reset_after_reading"])
def test_one_that_is_not_found_is_never_sent_by_itself(
    campaign: Campaign, sandbox: Sandbox, fault: str
) -> None:
    world.set_fault(sandbox, fault, path="/message")
    hand_over(campaign)
    for _ in range(4):
        look(campaign)
        hand_over(campaign)
    attempt = Attempt.objects.get(outcome="ambiguous")
    assert Counter(world.states(campaign)) == {"unknown": 1, "accepted": PEOPLE - 1}
    assert (attempt.last_sight, attempt.looks) == ("not_seen", 4)
    assert len(waiting(sandbox)) == PEOPLE - 1


@pytest.mark.parametrize("fault", ["list_without_schedule", "list_without_number", "list_html"])
def test_a_list_that_does_not_show_enough_is_no_look(
    campaign: Campaign, sandbox: Sandbox, fault: str
) -> None:
    lost = lose_an_answer(campaign, sandbox)
    world.set_fault(sandbox, fault, method="GET", path="/messages/scheduled", times=9)
    look(campaign)
    attempt = lost.attempts.get()
    assert (attempt.last_sight, attempt.looks) == ("blind", 0)
    assert unclear_of(campaign) == lost

    world.clear_faults(sandbox)
    look(campaign)
    assert world.states(campaign) == ["accepted"] * PEOPLE


def send_by_hand(channel: Channel, sandbox: Sandbox, phone: str, at: Any, times: int = 1) -> None:
    """Somebody schedules a message of their own on the same account."""
    with SociocsClient(sandbox.url, sandbox.api_key) as client:
        for _ in range(times):
            client.send_message(
                SingleMessage(
                    Provider(channel.provider),
                    channel.channel_key,
                    MessageRecipient(phone),
                    text="By hand",
                    schedule=at,
                )
            )


def test_somebody_elses_message_of_that_second_is_not_taken_for_it(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "500", path="/message")
    hand_over(campaign)
    slot = unclear_of(campaign).attempts.get().slot
    send_by_hand(channel, sandbox, "+12025559999", slot)
    look(campaign)
    assert unclear_of(campaign).attempts.get().last_sight == "not_seen"


def test_of_two_alike_neither_proves_anything(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    lost = lose_an_answer(campaign, sandbox)
    send_by_hand(channel, sandbox, world.phones(1)[0], lost.attempts.get().slot)
    look(campaign)
    assert unclear_of(campaign).attempts.get().last_sight == "several"


def test_others_messages_that_fill_the_list_make_it_blind(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    lost = lose_an_answer(campaign, sandbox)
    later = lost.attempts.get().slot + timedelta(hours=1)
    send_by_hand(channel, sandbox, "+12025559999", later, times=100)
    look(campaign)
    assert unclear_of(campaign).attempts.get().last_sight == "blind"


def test_one_is_looked_for_while_its_call_is_open(
    campaign: Campaign, sandbox: Sandbox, settings: Settings
) -> None:
    settings.FAILPOINTS = {"after_answer": "raise"}
    come_into_reach(campaign)
    assert campaign.channel is not None
    with pytest.raises(FailpointReached):
        submit.hand_over(campaign.channel.account_id)
    attempt = Attempt.objects.get(outcome="open")
    assert attempt.next_look_at == attempt.started_at + timedelta(seconds=15)

    look(campaign)

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.submission.state) == ("accepted", "accepted")
    assert attempt.job_id == waiting(sandbox)[0]["job_id"]
    assert not campaign.events.filter(kind="found").exists()


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", [AnswerKind.ACCEPTED, AnswerKind.UNKNOWN, AnswerKind.REFUSED])
def test_an_answer_that_comes_after_it_was_found_changes_nothing(
    campaign: Campaign, sandbox: Sandbox, settings: Settings, kind: AnswerKind
) -> None:
    settings.FAILPOINTS = {"after_answer": "raise"}
    come_into_reach(campaign)
    assert campaign.channel is not None
    with pytest.raises(FailpointReached):
        submit.hand_over(campaign.channel.account_id)
    look(campaign)
    attempt = Attempt.objects.get()
    job_id = attempt.job_id if kind is AnswerKind.ACCEPTED else ""

    answer = PostAnswer(kind, "late", job_id=job_id)
    answered = Answered(attempt.pk, attempt.n, attempt.submission, answer, {})
    attempts.turn(answered, None, timezone.now())

    assert Counter(world.states(campaign)) == {"accepted": 1, "ready": PEOPLE - 1}


@pytest.mark.both_databases
def test_it_is_looked_for_once_more_before_it_is_sent_again(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    lost = lose_an_answer(campaign, sandbox)
    attempt = lost.attempts.get()
    decisions.decide(
        lost,
        world.owner_of(campaign.team),
        DecisionKind.SEND_AGAIN,
        shown_version=lost.version,
        attempt_id=attempt.pk,
    )
    tick.tick()
    hand_over(campaign)
    assert world.states(campaign) == ["accepted"] * PEOPLE
    assert len(waiting(sandbox)) == PEOPLE


# --- Taking back ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_cancelling_takes_back_what_has_not_gone_out(campaign: Campaign, sandbox: Sandbox) -> None:
    hand_over(campaign)
    control.cancel(campaign, world.owner_of(campaign.team))
    assert world.states(campaign) == ["revoking"] * PEOPLE

    revoke(campaign)

    assert world.states(campaign) == ["revoked"] * PEOPLE
    assert campaign.state == "cancelled"
    assert not waiting(sandbox)


def test_one_that_is_found_after_the_campaign_was_cancelled_is_taken_back(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    lost = lose_an_answer(campaign, sandbox)
    control.cancel(campaign, world.owner_of(campaign.team))
    look(campaign)
    revoke(campaign)
    lost.refresh_from_db()
    assert lost.state == "revoked"
    assert campaign.state == "cancelled"
    assert not waiting(sandbox)


@pytest.mark.both_databases
def test_paused_and_taken_back_it_goes_out_once_when_it_goes_on(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    owner = world.owner_of(campaign.team)
    hand_over(campaign)
    control.pause(campaign, owner)
    control.take_back_jobs(campaign, owner)
    revoke(campaign)
    assert world.states(campaign) == ["revoked"] * PEOPLE
    assert not waiting(sandbox)

    control.resume(campaign, owner)
    hand_over(campaign)

    assert world.states(campaign) == ["accepted"] * PEOPLE
    assert Counter(one["to"] for one in waiting(sandbox)) == dict.fromkeys(world.phones(PEOPLE), 1)


def in_hours(hours: int) -> NewTime:
    at = timezone.now() + timedelta(hours=hours)
    return NewTime(at.strftime("%Y-%m-%dT%H:%M"), "UTC")


@pytest.mark.both_databases
def test_another_time_takes_back_and_hands_over_shortly_before_it(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    hand_over(campaign)
    rescheduling.reschedule(campaign, world.owner_of(campaign.team), in_hours(2))
    revoke(campaign)
    assert not waiting(sandbox)
    tick.tick()
    campaign.refresh_from_db()

    assert campaign.channel is not None
    assert not submit.hand_over(campaign.channel.account_id)
    assert Counter(world.states(campaign)) == {"ready": PEOPLE}
    slots = campaign.submissions.values_list("planned_slot", flat=True)
    assert all(slot > timezone.now() + timedelta(hours=1) for slot in slots)
    hand_over(campaign)
    assert world.states(campaign) == ["accepted"] * PEOPLE


def test_an_undone_launch_is_a_draft_again_and_nobody_gets_anything(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    hand_over(campaign)
    owner = world.owner_of(campaign.team)
    rescheduling.begin_taking_back(campaign, owner, Then.UNDO)
    revoke(campaign)
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    assert Campaign.objects.filter(team=campaign.team, state="draft").exists()
    assert not waiting(sandbox)


NOT_THERE = {"method": "DELETE", "path": "/messages/scheduled/*", "times": PEOPLE}


def test_one_that_was_not_there_is_asked_about_before_it_is_sent_at_another_time(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    hand_over(campaign)
    rescheduling.reschedule(campaign, world.owner_of(campaign.team), in_hours(2))
    world.set_fault(sandbox, "404", **NOT_THERE)
    revoke(campaign)
    for _ in range(3):
        hand_over(campaign)

    assert world.states(campaign) == ["revoked"] * PEOPLE
    assert Attempt.objects.count() == PEOPLE
    page = page_of(campaign)
    assert "may have stopped it, and may have sent it again" in page


@pytest.mark.parametrize(
    ("seconds_before", "state"), [(12, "revoked"), (8, "unknown"), (-1, "unknown")]
)
def test_not_there_counts_by_the_vendors_own_clock(
    campaign: Campaign, sandbox: Sandbox, seconds_before: int, state: str
) -> None:
    hand_over(campaign)
    control.cancel(campaign, world.owner_of(campaign.team))
    attempt = Attempt.objects.order_by("slot")[0]
    of_it = {"method": "DELETE", "path": f"/messages/scheduled/{attempt.job_id}"}
    world.set_fault(sandbox, "404", **of_it)
    ahead = (attempt.slot - timezone.now()).total_seconds() - seconds_before
    world.set_fault(sandbox, "clock_skew", seconds=ahead, **of_it)

    revoke(campaign)

    assert Submission.objects.get(pk=attempt.submission_id).state == state


def test_what_went_out_meanwhile_stays_handed_over(
    channel: Channel, quick: Settings, sandbox: Sandbox
) -> None:
    people = world.a_list(channel.team, world.phones(1))
    campaign = world.launched(world.a_campaign(channel, people, one_by_one=True, text="Hi"))
    hand_over(campaign)
    wait_until(lambda: world.witness(sandbox)["messages"])
    world.become(world.job(campaign), SubmissionState.REVOKING)
    revoke(campaign)
    assert world.states(campaign) == ["accepted"]


# --- The pace -------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_no_more_are_outstanding_than_the_vendors_list_shows(campaign: Campaign) -> None:
    hand_over(campaign)
    moments = Attempt.objects.order_by("slot").values_list("slot", "started_at")
    assert len(moments) == PEOPLE
    for slot, started_at in moments:
        assert LEAD - timedelta(seconds=1) < slot - started_at < LEAD + timedelta(seconds=4)


def test_one_whose_time_is_far_is_not_handed_over_whatever_planned_it_anew(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    Submission.objects.filter(campaign=campaign).update(
        planned_slot=timezone.now() + timedelta(minutes=10), not_before=None
    )
    assert campaign.channel is not None
    assert not submit.hand_over(campaign.channel.account_id)
    assert not waiting(sandbox)


@pytest.mark.parametrize(("seconds", "is_refused"), [(60, False), (61, True), (150, True)])
def test_a_time_out_that_would_make_the_lead_too_long_is_refused(
    settings: Settings, seconds: int, is_refused: bool
) -> None:
    settings.SOCIOCS_TIMEOUT_SECONDS = seconds
    found = {message.id for message in sending_settings()}
    assert ("campaigns.E004" in found) is is_refused


# --- What the page says ---------------------------------------------------------------------------


def page_of(campaign: Campaign) -> str:
    client = Client()
    client.force_login(world.owner_of(campaign.team))
    return text_of(Desk(campaign.team, client).get("campaign", campaign))


def test_an_unclear_one_can_be_checked_again_until_its_second(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "500", path="/message")
    hand_over(campaign)
    page = page_of(campaign)
    assert "We are about to look for it at Sociocs." in page
    assert "Look at Sociocs once more" in page
    look(campaign)
    decisions.look_again(unclear_of(campaign))
    look(campaign)
    assert "We have looked 2 times" in page_of(campaign)


def test_after_its_second_it_says_that_the_list_shows_it_no_more(campaign: Campaign) -> None:
    lost = world.unclear(
        world.job(campaign), slot=timezone.now() - timedelta(minutes=5), next_look_at=None
    )
    page = page_of(campaign)
    assert "no longer among Sociocs' scheduled messages" in page
    assert "Look at Sociocs once more" not in page
    decisions.look_again(lost)
    assert not reconcile.accounts_to_look_at()
