"""What workers claim and give back is what the rules say, in every state and at any time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from campaigns.models import Campaign
from campaigns.states import CampaignState, How, SubmissionState, TakeBack
from sending import protocol, submit, tick
from sending.models import Submission
from sending.protocol import MAY_CLAIM
from sociocs_accounts.lanes import Lane, LaneState
from sociocs_accounts.models import Channel
from tests import world
from tests.effort import examples

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.thorough]

NOW = datetime(2026, 4, 2, 9, 30, 0, 250_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
# How long after a moment something else is; None: it never was.
WAITS = st.none() | st.sampled_from([timedelta(), -timedelta.resolution, timedelta.resolution])
WAITS |= st.timedeltas(-HOUR, HOUR)


@pytest.fixture
def channel() -> Channel:
    return world.a_channel(world.a_team())


@pytest.fixture
def campaigns(channel: Channel) -> list[Campaign]:
    """One in each state."""
    return [_in_state(world.a_campaign(channel), state) for state in CampaignState]


def _in_state(campaign: Campaign, state: CampaignState) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(state=state.value)
    campaign.refresh_from_db()
    return campaign


def submissions(
    campaigns: Iterable[Campaign], moments: Iterable[datetime | None]
) -> list[Submission]:
    """One for each campaign, each state there is, and each of the moments that one waits for."""
    return Submission.objects.bulk_create(
        Submission(
            campaign=campaign,
            account_id=campaign.channel.account_id,
            seq=seq,
            first_position=seq,
            last_position=seq,
            recipient_count=1,
            planned_slot=NOW,
            state=state.value,
            revoked_for=TakeBack.CANCEL.value,
            how=How.ANSWER.value,
            not_before=moment,
        )
        for campaign in campaigns
        if campaign.channel is not None
        for seq, (state, moment) in enumerate(itertools.product(SubmissionState, moments))
    )


def let_be_claimed(rows: Iterable[Submission], lane: Lane, now: datetime) -> set[int]:
    """Those that the protocol lets a worker claim."""
    return {
        row.pk
        for row in rows
        if protocol.claim_refusal(
            CampaignState(row.campaign.state), SubmissionState(row.state), row.not_before, lane, now
        )
        in MAY_CLAIM
    }


@examples(10, HealthCheck.function_scoped_fixture)
@given(waits=st.lists(WAITS, min_size=1, max_size=3))
def test_the_query_finds_whatever_the_rule_lets_be_claimed_and_nothing_else(
    campaigns: list[Campaign], channel: Channel, waits: list[timedelta | None]
) -> None:
    with transaction.atomic():
        rows = submissions(campaigns, [wait if wait is None else NOW + wait for wait in waits])
        found = submit.claimable(channel.account, NOW).values_list("pk", flat=True)
        assert set(found) == let_be_claimed(rows, Lane(), NOW)
        transaction.set_rollback(True)


@pytest.mark.parametrize("state", LaneState)
@pytest.mark.parametrize("rest", [None, -HOUR, HOUR])
@pytest.mark.parametrize("probe_needed", [False, True])
def test_a_worker_claims_whatever_the_rule_lets_it_on_any_lane(
    campaigns: list[Campaign],
    channel: Channel,
    state: LaneState,
    rest: timedelta | None,
    probe_needed: bool,
) -> None:
    now = timezone.now()
    lane = Lane(state, "", None if rest is None else now + rest, probe_needed)
    channel.account.keep_lane(lane)
    rows = submissions(campaigns, [None, now - HOUR, now + HOUR])
    claimed = submit.claim(channel.account, at_most=1_000)
    assert {one.pk for one in claimed} == let_be_claimed(rows, lane, now)


def test_claims_are_taken_back_when_the_rule_says_that_their_lease_is_over(
    campaigns: list[Campaign],
) -> None:
    now, rows = timezone.now(), submissions(campaigns, [None, None, None])
    for row, wait in zip(rows, itertools.cycle([None, -HOUR, HOUR]), strict=False):
        row.lease_until = None if wait is None else now + wait
        row.claim_token = uuid4()
    Submission.objects.bulk_update(rows, ["lease_until", "claim_token"])
    over = {
        row.pk
        for row in rows
        if row.state == SubmissionState.CLAIMED and protocol.lease_is_over(row.lease_until, now)
    }
    ready = {row.pk for row in rows if row.state == SubmissionState.READY}
    tick.release_abandoned_claims()
    assert over
    found = Submission.objects.filter(state=SubmissionState.READY.value)
    assert set(found.values_list("pk", flat=True)) == ready | over
    assert not Submission.objects.filter(pk__in=over).exclude(claim_token=None, version=2).exists()


def test_what_a_worker_gives_back_is_a_move_like_any_other(channel: Channel) -> None:
    campaign = _in_state(world.a_campaign(channel), CampaignState.SENDING)
    submissions([campaign], [None, None, None])
    first, second, third = submit.claim(channel.account)
    # The lease of one was over, and another worker has claimed it since; one is being handed over.
    Submission.objects.filter(pk=second.pk).update(claim_token=uuid4())
    Submission.objects.filter(pk=third.pk).update(state=SubmissionState.POSTING.value)
    submit.release([first, second, third])
    rows = Submission.objects.in_bulk([first.pk, second.pk, third.pk])
    assert [rows[one.pk].state for one in (first, second, third)] == ["ready", "claimed", "posting"]
    assert [rows[one.pk].version for one in (first, second, third)] == [3, 2, 2]
    assert rows[first.pk].claim_token is None
