"""What the vendor refuses, and how little of it there is before a person is asked."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Field

from campaigns.models import Campaign, CampaignEvent
from campaigns.states import DecisionKind
from sending import control, decisions, splitting, submit, tick
from sending.models import Attempt
from sociocs_accounts.models import Channel, GatewayAccount
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


def sizes(campaign: Campaign) -> list[int]:
    return [one.recipient_count for one in campaign.submissions.order_by("first_position")]


def everybody_once(campaign: Campaign, sandbox: Sandbox, people: int) -> None:
    assert set(world.states(campaign)) == {"accepted"}
    seen = world.witness(sandbox)
    assert (seen["recipients"], seen["jobs"]) == (people, len(sizes(campaign)))


def test_a_job_that_is_too_large_goes_out_in_halves_and_so_does_the_rest(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "413", after=1)

    hand_over(campaign)

    assert sizes(campaign) == [10, *[5] * 8]
    everybody_once(campaign, sandbox, 50)
    # The one behind it was not called for: nobody is told twice that it is too large.
    outcomes = Attempt.objects.values_list("outcome", flat=True)
    assert Counter(outcomes) == {"accepted": 9, "not_sent": 1}
    channel.account.refresh_from_db()
    assert channel.account.largest_job == 5
    told = CampaignEvent.objects.get(campaign=campaign, kind=CampaignEvent.Kind.SPLIT)
    assert told.details["people"] == 5


def test_it_is_remembered_for_the_next_campaign(channel: Channel, sandbox: Sandbox) -> None:
    people = world.a_list(channel.team, world.phones(9))
    world.set_fault(sandbox, "413")
    hand_over(world.launched(world.a_campaign(channel, people)))

    later = world.launched(world.a_campaign(channel, people))

    assert sizes(later) == [4, 4, 1]


def test_it_is_halved_again_until_it_is_taken(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(10)))
    )
    world.set_fault(sandbox, "413", times=2)

    # A turn that finds nothing more to do ends; the next look begins another.
    for _ in range(3):
        hand_over(campaign)

    assert sizes(campaign) == [2, 2, 1, 2, 2, 1]
    everybody_once(campaign, sandbox, 10)


def test_one_person_cannot_be_halved_so_somebody_is_asked(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(2)))
    )
    world.set_fault(sandbox, "413", times=9)

    for _ in range(3):
        hand_over(campaign)

    assert (campaign.state, campaign.state_reason) == ("paused", "too_large")
    assert world.states(campaign) == ["refused", "ready"]
    assert world.witness(sandbox)["jobs"] == 0


def test_what_may_have_arrived_is_not_cut(channel: Channel, sandbox: Sandbox) -> None:
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(9)))
    )
    world.set_fault(sandbox, "500")
    hand_over(campaign)
    unclear = campaign.submissions.get()
    assert unclear.state == "unknown"
    decisions.decide(
        unclear,
        world.owner_of(channel.team),
        DecisionKind.SEND_AGAIN,
        shown_version=unclear.version,
        attempt_id=unclear.attempts.get().pk,
    )
    world.set_fault(sandbox, "413")
    tick.tick()

    hand_over(campaign)

    assert sizes(campaign) == [9]
    assert world.states(campaign) == ["refused"]


def test_jobs_are_cut_as_the_account_says_even_if_it_says_so_later(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    GatewayAccount.objects.update(people_per_job=7)

    hand_over(campaign)

    assert sizes(campaign) == [7, 3] * 5
    everybody_once(campaign, sandbox, 50)


def test_a_cancelled_campaign_is_not_cut(campaign: Campaign, channel: Channel) -> None:
    (claimed, *_) = submit.claim(channel.account)
    control.cancel(campaign, world.owner_of(channel.team))
    GatewayAccount.objects.update(people_per_job=7)
    channel.account.refresh_from_db()
    claimed.account = channel.account

    assert splitting.cut_to_size([claimed], channel.account) == []

    assert sizes(campaign) == [10] * 5


@pytest.mark.parametrize(
    ("size", "is_taken"), [(0, False), (1, True), (10_000, True), (10_001, False)]
)
def test_an_account_takes_one_to_ten_thousand_people_in_a_job(
    channel: Channel, size: int, is_taken: bool
) -> None:
    account = channel.account
    field = GatewayAccount._meta.get_field("people_per_job")
    assert isinstance(field, Field)
    with nullcontext() if is_taken else pytest.raises(ValidationError):
        field.clean(size, account)
    account.people_per_job = size
    with nullcontext() if is_taken else pytest.raises(IntegrityError), transaction.atomic():
        account.save()
