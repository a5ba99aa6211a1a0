"""What the vendor refuses, and how little of it there is before a person is asked."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign
from campaigns.states import DecisionKind
from sending import control, decisions, submit, tick
from sending.models import Decision
from sociocs_accounts.models import Channel
from tests import world
from tests.processes import Sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.thorough,
]


@pytest.fixture
def campaign(channel: Channel) -> Campaign:
    return world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(50))))


def hand_over(campaign: Campaign) -> None:
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def test_the_same_text_refused_twice_pauses_the_campaign(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "400", times=9)

    hand_over(campaign)

    assert (campaign.state, campaign.state_reason) == ("paused", "refusals")
    assert world.states(campaign) == ["refused", "refused", "ready", "ready", "ready"]


def test_one_refusal_lets_the_others_go_on(campaign: Campaign, sandbox: Sandbox) -> None:
    world.set_fault(sandbox, "422")

    hand_over(campaign)

    assert campaign.state == "needs_decision"
    assert world.states(campaign) == ["refused"] + ["accepted"] * 4


def test_a_job_that_is_too_large_asks_and_then_all_go_in_halves(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "413")

    hand_over(campaign)
    assert (campaign.state, campaign.state_reason) == ("paused", "too_large")

    control.resume(campaign, world.owner_of(channel.team))
    hand_over(campaign)
    hand_over(campaign)

    sizes = [one.recipient_count for one in campaign.submissions.all()]
    assert sizes == [5] * 10
    assert set(world.states(campaign)) == {"accepted"}
    jobs = world.witness(sandbox, "/jobs")
    assert sum(job["recipient_count"] for job in jobs) == 50
    assert world.witness(sandbox)["recipients"] == 50
    assert Decision.objects.get().kind == "try_again"


def test_the_only_job_is_tried_again_in_halves(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(9)))
    )
    world.set_fault(sandbox, "413")
    hand_over(campaign)
    refused = campaign.submissions.get()
    assert (campaign.state, refused.state) == ("needs_decision", "refused")

    decisions.decide(
        refused,
        world.owner_of(channel.team),
        DecisionKind.TRY_AGAIN,
        shown_version=refused.version,
        attempt_id=refused.attempts.get().pk,
    )
    tick.tick()
    hand_over(campaign)

    assert sorted(one.recipient_count for one in campaign.submissions.all()) == [1, 4, 4]
    assert set(world.states(campaign)) == {"accepted"}
    assert world.witness(sandbox)["recipients"] == 9
