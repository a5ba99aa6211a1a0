"""Launch to job ids, through the real client, against the sandbox over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.states import CampaignState, SubmissionState
from sending import gateway, reconcile, submit, tick
from sending.failpoints import FailpointReached
from sending.models import Attempt
from sociocs_accounts.models import Channel, GatewayAccount
from tests import world
from tests.processes import Sandbox
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.thorough,
]


def hand_over(campaign: Campaign) -> None:
    """Do what the workers do, without waiting for them."""
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def look_now(campaign: Campaign) -> None:
    """Let the reconciler look at once instead of in five seconds."""
    Attempt.objects.exclude(next_look_at=None).update(next_look_at=timezone.now())
    assert campaign.channel is not None
    reconcile.reconcile(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def test_everybody_is_in_exactly_one_job_with_a_job_id(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(25)))

    hand_over(world.launched(campaign))

    submissions = list(campaign.submissions.order_by("seq"))
    assert [one.recipient_count for one in submissions] == [10, 10, 5]
    jobs = {job["job_id"]: job for job in world.witness(sandbox, "/jobs")}
    assert {one.job_id for one in submissions} == set(jobs)
    assert all(one.how == "answer" for one in submissions)


def test_the_messages_reach_the_phones_at_their_slots(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(25)))
    hand_over(world.launched(campaign))
    # Handed over, not gone out: a person may still cancel.
    assert campaign.state == CampaignState.SENDING

    wait_until(
        lambda: world.witness(sandbox)["messages"] >= 25,
        progress=lambda: world.witness(sandbox),
    )

    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.COMPLETED


def test_a_second_that_was_used_meanwhile_is_not_used_again(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = (timezone.now() + timedelta(minutes=10)).replace(second=30, microsecond=0)
    monkeypatch.setattr(submit, "slots_for", lambda _account, planned: [same] * len(planned))
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(25)))
    )

    hand_over(campaign)

    # The answer in hand is stored all the same: it was not that one which was contradicted.
    assert world.states(campaign) == ["accepted"] * 3
    slots = set(Attempt.objects.values_list("slot", flat=True))
    assert len(slots) == Attempt.objects.count() == 3
    assert same in slots


def test_no_two_jobs_of_an_account_share_a_second(channel: Channel) -> None:
    people = world.a_list(channel.team, world.phones(35))
    for _ in range(2):
        hand_over(world.launched(world.a_campaign(channel, people)))

    slots = list(Attempt.objects.values_list("slot", flat=True))
    assert len(set(slots)) == len(slots) == 8
    assert all(slot.second != 0 for slot in slots)


@pytest.mark.either_database
@pytest.mark.parametrize("fault", ["400", "404", "422", "200_error"])
def test_a_refused_job_waits_for_a_person_and_says_why(
    channel: Channel, sandbox: Sandbox, fault: str
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    )
    world.set_fault(sandbox, fault)

    hand_over(campaign)

    assert world.states(campaign) == ["refused"]
    assert CampaignEvent.objects.filter(campaign=campaign, kind="refused").exists()
    assert world.witness(sandbox)["jobs"] == 0


@pytest.mark.either_database
@pytest.mark.parametrize(
    "fault",
    ["500", "502", "503", "511", "301", "307", "reset_after_reading", "half_body", "silence"],
)
def test_an_unclear_answer_is_never_tried_again_by_itself(
    channel: Channel, sandbox: Sandbox, fault: str
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    )
    world.set_fault(sandbox, fault)

    for _ in range(3):
        hand_over(campaign)

    assert world.states(campaign) == ["unknown"]
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("fault", ["job_made_no_answer", "job_made_then_502"])
def test_a_job_whose_answer_got_lost_is_found_by_its_slot(
    channel: Channel, sandbox: Sandbox, fault: str
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    )
    world.set_fault(sandbox, fault)
    hand_over(campaign)
    assert world.states(campaign) == ["unknown"]

    look_now(campaign)

    submission = campaign.submissions.get()
    assert (submission.state, submission.how) == ("accepted", "slot")
    assert submission.job_id == world.witness(sandbox, "/jobs")[0]["job_id"]


@pytest.mark.either_database
@pytest.mark.parametrize(
    "fault", ["list_without_schedule", "list_stale", "list_empty", "list_html"]
)
def test_a_list_that_does_not_show_a_job_proves_nothing(
    channel: Channel, sandbox: Sandbox, fault: str
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    )
    world.set_fault(sandbox, "job_made_no_answer")
    hand_over(campaign)
    world.set_fault(sandbox, fault, method="GET", times=None)

    look_now(campaign)

    assert world.states(campaign) == ["unknown"]


def test_a_call_that_nobody_makes_any_more_frees_its_account_and_is_looked_for_at_once(
    channel: Channel, quick: Settings
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(15)))
    )
    quick.FAILPOINTS = {"after_intent": "raise"}
    with pytest.raises(FailpointReached):
        submit.hand_over(channel.account_id)
    quick.FAILPOINTS = {}
    attempt = Attempt.objects.get()
    waits = quick.SOCIOCS_TIMEOUT_SECONDS + 40
    assert waits <= (attempt.deadline - attempt.started_at).total_seconds() < waits + 10

    assert channel.account_id not in tick.tick().reconcile
    Attempt.objects.update(deadline=timezone.now() - timedelta(seconds=1))

    assert channel.account_id in tick.tick().reconcile
    hand_over(campaign)
    assert world.states(campaign) == ["unknown", "accepted"]


def test_an_account_that_fails_or_rests_is_asked_no_more_often_than_the_pages_say(
    channel: Channel, sandbox: Sandbox
) -> None:
    world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(5))))
    assert submit.unserved_accounts() == [channel.account_id]
    world.set_fault(sandbox, "500", method="GET", times=9)
    gateway.forget_clocks()
    submit.hand_over(channel.account_id)
    assert submit.unserved_accounts() == []

    # "It is tried every ten seconds."
    account = GatewayAccount.objects.filter(pk=channel.account_id)
    account.update(list_trouble_at=timezone.now() - timedelta(seconds=10))
    assert submit.unserved_accounts() == [channel.account_id]
    account.update(cool_until=timezone.now() + timedelta(seconds=5))
    assert submit.unserved_accounts() == []
    account.update(cool_until=None, state="halted", halt_reason="auth")
    assert submit.unserved_accounts() == []


def test_a_rate_limit_rests_the_lane_and_then_goes_on(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(15)))
    )
    world.set_fault(sandbox, "429")
    hand_over(campaign)
    assert world.states(campaign) == ["ready", "ready"]
    channel.account.refresh_from_db()
    assert channel.account.cool_until is not None
    assert channel.account.cool_until > timezone.now()

    rest_is_over(channel)
    hand_over(campaign)

    assert world.states(campaign) == ["accepted", "accepted"]
    assert world.witness(sandbox)["jobs"] == 2


def rest_is_over(channel: Channel) -> None:
    channel.account.cool_until = timezone.now()
    channel.account.save()
    campaign_submissions = channel.campaigns.get().submissions
    campaign_submissions.update(not_before=None)


def test_a_refused_key_halts_the_lane_and_loses_nobody(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(15)))
    )
    world.set_fault(sandbox, "401")

    hand_over(campaign)

    channel.account.refresh_from_db()
    assert (channel.account.state, channel.account.halt_reason) == ("halted", "auth")
    assert (campaign.state, campaign.state_reason) == ("paused", "auth")
    assert world.states(campaign) == ["ready", "ready"]


def test_two_unclear_answers_in_a_row_pause_the_campaign(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(50)))
    )
    world.set_fault(sandbox, "503", times=9)

    for _ in range(4):
        hand_over(campaign)

    assert (campaign.state, campaign.state_reason) == ("paused", "circuit")
    assert world.states(campaign) == ["unknown", "unknown", "ready", "ready", "ready"]


def test_who_opts_out_after_the_launch_is_left_out_and_counted(
    channel: Channel, sandbox: Sandbox
) -> None:
    people = world.phones(5)
    campaign = world.launched(world.a_campaign(channel, world.a_list(channel.team, people)))
    world.opt_out(channel.team, people[2])

    hand_over(campaign)

    assert world.witness(sandbox, "/jobs")[0]["recipient_count"] == 4
    left_out = CampaignRecipient.objects.exclude(left_out="").get()
    assert (left_out.phone, left_out.left_out) == (people[2], "opted_out")


def test_a_campaign_that_is_late_asks_instead_of_going_out(channel: Channel) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    in_an_hour = timezone.now() + timedelta(hours=1)
    campaign.wall_time = f"{in_an_hour:%Y-%m-%dT%H:%M}"
    campaign.time_zone = "UTC"
    campaign.clock_keeper = "here"
    campaign.save()
    world.launched(campaign)
    assert campaign.state == CampaignState.SCHEDULED
    Campaign.objects.update(
        send_at=timezone.now() - timedelta(hours=1),
        hand_over_at=timezone.now() - timedelta(hours=1),
    )

    hand_over(campaign)

    assert campaign.state == CampaignState.MISSED
    assert world.states(campaign) == [SubmissionState.PLANNED]


def test_a_lane_with_the_wrong_time_is_halted(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    )
    world.set_fault(sandbox, "clock_skew", method="GET", times=None, seconds=3600)

    hand_over(campaign)

    assert (campaign.state, campaign.state_reason) == ("paused", "clock")
    assert world.witness(sandbox)["jobs"] == 0
