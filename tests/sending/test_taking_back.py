"""Jobs that are taken back: by pausing and asking for them, by cancelling, by late proof."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from campaigns.states import DecisionKind
from sending import control, decisions, reconcile, rescheduling, submit, taking_back, tick
from sending.control import NotPossible
from sending.models import Attempt, DayTotal
from sending.rescheduling import Then
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.processes import Sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.thorough,
]


@pytest.fixture
def owner(channel: Channel) -> User:
    return world.owner_of(channel.team)


@pytest.fixture
def campaign(channel: Channel, quick: Settings) -> Campaign:
    """Three jobs, the first of which goes out in five minutes."""
    quick.LEAD_SECONDS = 300
    quick.SOCIOCS_TIMEOUT_SECONDS = 1
    return world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(25))))


def hand_over(campaign: Campaign) -> None:
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def revoke(campaign: Campaign) -> None:
    assert campaign.channel is not None
    taking_back.revoke(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def test_a_paused_campaigns_jobs_come_back_and_go_out_once_when_it_goes_on(
    campaign: Campaign, owner: User, sandbox: Sandbox
) -> None:
    hand_over(campaign)
    control.pause(campaign, owner)
    control.take_back_jobs(campaign, owner)
    assert world.states(campaign) == ["revoking"] * 3

    revoke(campaign)

    assert world.states(campaign) == ["revoked"] * 3
    assert campaign.state == "paused"
    assert world.witness(sandbox)["scheduled_jobs"] == 0
    assert set(DayTotal.objects.values_list("people", flat=True)) == {0}

    control.resume(campaign, owner)
    hand_over(campaign)

    assert world.states(campaign) == ["accepted"] * 3
    assert Attempt.objects.count() == 6
    assert world.witness(sandbox)["scheduled_jobs"] == 3


def test_what_is_being_stopped_is_not_told_to_have_left(campaign: Campaign, owner: User) -> None:
    hand_over(campaign)
    rescheduling.pause(campaign, owner)
    for again in (control.take_back_jobs, partial(rescheduling.begin_taking_back, then=Then.PAUSE)):
        with pytest.raises(NotPossible, match="being stopped already"):
            again(campaign, owner)


def test_what_was_gone_is_asked_about_also_when_its_campaign_goes_on(
    campaign: Campaign, owner: User, sandbox: Sandbox
) -> None:
    hand_over(campaign)
    control.pause(campaign, owner)
    control.take_back_jobs(campaign, owner)
    first = Attempt.objects.order_by("slot")[0]
    world.set_fault(sandbox, "404", method="DELETE", path=f"/messages/bulk/{first.job_id}")
    revoke(campaign)

    control.resume(campaign, owner)
    hand_over(campaign)
    hand_over(campaign)

    # Somebody else may have taken it back and sent it: "go on" is no answer to that.
    assert world.states(campaign) == ["revoked", "accepted", "accepted"]
    assert campaign.state == "needs_decision"
    client = Client()
    client.force_login(owner)
    page = text_of(Desk(campaign.team, client).get("campaign", campaign))
    assert "may have stopped it, and may have sent it again" in page


def test_what_was_taken_back_can_be_cut_smaller(campaign: Campaign, owner: User) -> None:
    hand_over(campaign)
    control.pause(campaign, owner)
    control.take_back_jobs(campaign, owner)
    revoke(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(state_reason="quota")
    campaign.team.daily_limit = 4
    campaign.team.save()

    control.resume(campaign, owner)

    jobs = campaign.submissions.values_list("state", "recipient_count", "revoked_for")
    assert {state for state, _people, _why in jobs} == {"ready"}
    assert sum(people for _state, people, _why in jobs) == 25
    assert max(people for _state, people, _why in jobs) <= 4


def test_what_comes_back_after_it_went_on_is_handed_over_again(
    campaign: Campaign, owner: User
) -> None:
    hand_over(campaign)
    control.pause(campaign, owner)
    control.take_back_jobs(campaign, owner)
    control.resume(campaign, owner)

    revoke(campaign)
    hand_over(campaign)

    assert world.states(campaign) == ["accepted"] * 3


def test_only_a_paused_campaign_with_jobs_ahead_gives_any_back(
    campaign: Campaign, owner: User
) -> None:
    with pytest.raises(NotPossible):
        control.take_back_jobs(campaign, owner)
    control.pause(campaign, owner)
    with pytest.raises(NotPossible):
        control.take_back_jobs(campaign, owner)


@pytest.mark.either_database
@pytest.mark.parametrize("fault", ["503", "silence", "reset_after_reading", "429", "400"])
def test_a_deletion_that_did_not_delete_is_asked_again(
    campaign: Campaign, owner: User, sandbox: Sandbox, fault: str
) -> None:
    hand_over(campaign)
    control.cancel(campaign, owner)
    rule = {"method": "DELETE", "path": "/messages/bulk/*", "times": 6}
    world.set_fault(sandbox, fault, **rule)

    revoke(campaign)
    assert "revoking" in world.states(campaign)
    world.clear_faults(sandbox)
    revoke(campaign)

    assert world.states(campaign) == ["revoked"] * 3
    assert campaign.state == "cancelled"


@pytest.mark.either_database
@pytest.mark.parametrize("fault", ["404", "job_made_no_answer"])
def test_a_job_that_is_gone_before_its_time_was_taken_back(
    campaign: Campaign, owner: User, sandbox: Sandbox, fault: str
) -> None:
    hand_over(campaign)
    control.cancel(campaign, owner)
    world.set_fault(sandbox, fault, method="DELETE", path="/messages/bulk/*")

    revoke(campaign)

    assert world.states(campaign) == ["revoked"] * 3
    assert campaign.state == "cancelled"


def test_a_job_that_is_gone_when_its_time_has_come_is_asked_about(
    campaign: Campaign, owner: User, sandbox: Sandbox
) -> None:
    hand_over(campaign)
    control.cancel(campaign, owner)
    first = Attempt.objects.order_by("slot").first()
    assert first is not None
    of_it = {"method": "DELETE", "path": f"/messages/bulk/{first.job_id}"}
    world.set_fault(sandbox, "404", **of_it)
    # Nine seconds before its slot by the clock of that very answer.
    ahead = (first.slot - timezone.now()).total_seconds() - 9
    world.set_fault(sandbox, "clock_skew", seconds=ahead, **of_it)

    revoke(campaign)

    assert sorted(world.states(campaign)) == ["revoked", "revoked", "unknown"]
    assert campaign.state == "cancelling"


def test_a_job_that_is_found_after_the_campaign_was_cancelled_is_taken_back(
    campaign: Campaign, owner: User, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "job_made_no_answer")
    hand_over(campaign)
    lost = campaign.submissions.get(state="unknown")
    control.cancel(campaign, owner)
    attempt = lost.attempts.get()
    decisions.decide(
        lost,
        owner,
        DecisionKind.DO_NOT_SEND,
        shown_version=lost.version,
        attempt_id=attempt.pk,
    )
    revoke(campaign)
    assert campaign.state == "cancelled"

    Attempt.objects.exclude(next_look_at=None).update(next_look_at=timezone.now())
    reconcile.reconcile(lost.account_id)
    assert "revoking" in world.states(campaign)
    revoke(campaign)

    assert set(world.states(campaign)) == {"revoked"}


def test_a_job_that_a_person_only_named_is_never_deleted(
    campaign: Campaign, owner: User, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "503")
    hand_over(campaign)
    unclear = campaign.submissions.get(state="unknown")
    attempt = unclear.attempts.get()
    Attempt.objects.update(next_look_at=timezone.now() + timedelta(days=1))
    decisions.decide(
        unclear,
        owner,
        DecisionKind.MARK_AS_SENT,
        shown_version=unclear.version,
        attempt_id=attempt.pk,
        job_id="made-by-hand",
    )
    assert (unclear.job_id, unclear.how) == ("made-by-hand", "person")

    control.cancel(campaign, owner)

    assert "revoking" not in [one.state for one in campaign.submissions.filter(pk=unclear.pk)]
