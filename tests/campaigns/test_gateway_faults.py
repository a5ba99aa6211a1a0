"""Every way in which the vendor can fail, against the whole of claiming, calling and recording.

The client alone is looked at in tests/gateway. One sandbox plays all faults, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Attempt, Campaign, Channel, GatewayAccount, Submission
from campaigns.sending import reconcile, submit, tick
from campaigns.vendor import gateway
from tests.campaigns import world
from tests.gateway.certificates import Authority
from tests.gateway.scripted_server import running
from tests.processes import Sandbox
from tooling import children

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 5


@dataclass(frozen=True)
class Outcome:
    """How a job of one campaign ends up, and what that does to its campaign and account."""

    job: str
    campaign: str
    why: str = ""
    account: str = ""


REFUSED = Outcome("refused", "needs_decision")
UNCLEAR = Outcome("unknown", "needs_decision", account="struck")
POINTS_ELSEWHERE = Outcome("unknown", "needs_decision", account="redirect")
OUTCOMES = {
    **dict.fromkeys(["400", "415", "422", "200_error"], REFUSED),
    "413": REFUSED,
    "401": Outcome("ready", "paused", "auth", "auth"),
    "403": Outcome("refused", "needs_decision", account="auth"),
    **dict.fromkeys(["404", "405"], Outcome("refused", "needs_decision", account="config")),
    "429": Outcome("ready", "sending", account="cools"),
    **dict.fromkeys(["500", "502", "503", "504", "511", "408"], UNCLEAR),
    **dict.fromkeys(["301", "308"], POINTS_ELSEWHERE),
    **dict.fromkeys(
        [
            *("reset_before_reading", "reset_after_part", "reset_after_reading"),
            *("reset_after_job_made", "closed_no_answer", "job_made_no_answer"),
            *("job_made_then_502", "late_landing", "silence"),
            *("half_body", "slow_drip", "broken_chunks", "invalid_json", "deep_json"),
            *("html_page", "many_headers", "huge_body", "no_job_id", "duplicate_job_id"),
        ],
        UNCLEAR,
    ),
}
# Some take parameters: the late one lands after a second, the vast body is over our limit.
PARAMETERS: dict[str, dict[str, float]] = {
    "late_landing": {"seconds": 1.0},
    "huge_body": {"bytes": 2_000_000},
}


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    settings.SOCIOCS_TIMEOUT_SECONDS = 1
    return settings


def campaigns(channel: Channel) -> Iterator[Campaign]:
    """One campaign of one job after the other, each to people of its own, on a fresh account."""
    for number in range(100):
        GatewayAccount.objects.update(
            state="open", halt_reason="", cool_until=None, probe_needed=False, strikes=0
        )
        gateway.forget_clocks()
        people = world.a_list(channel.team, world.phones(PEOPLE, start=number * PEOPLE))
        yield world.launched(world.a_campaign(channel, people))


def hand_over(campaign: Campaign) -> None:
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def outcome(campaign: Campaign) -> Outcome:
    account = GatewayAccount.objects.get()
    condition = account.halt_reason or ("cools" if account.cool_until else "")
    condition = condition or ("struck" if account.strikes else "")
    (job,) = world.states(campaign)
    return Outcome(job, campaign.state, campaign.state_reason, condition)


def test_every_fault_ends_as_it_should_and_nothing_is_called_twice(
    channel: Channel, sandbox: Sandbox, impatient: Settings
) -> None:
    found: dict[str, Outcome] = {}
    fresh = campaigns(channel)
    hand_over(next(fresh))  # so that there is an earlier job whose id can be repeated
    for fault, expected in OUTCOMES.items():
        campaign, jobs_before = next(fresh), world.witness(sandbox)["jobs"]
        world.set_fault(sandbox, fault, **PARAMETERS.get(fault, {}))
        hand_over(campaign)
        found[fault] = outcome(campaign)
        world.clear_faults(sandbox)
        hand_over(campaign)
        assert Attempt.objects.filter(submission__campaign=campaign).count() == 1, fault
        if fault == "late_landing":
            time.sleep(1.2)
        if expected is UNCLEAR:
            is_made = world.witness(sandbox)["jobs"] > jobs_before
            assert is_found_at_the_vendor(campaign) is is_made, fault
        Campaign.objects.filter(pk=campaign.pk).update(state="cancelled")

    assert found == OUTCOMES
    ways = Submission.objects.filter(state="accepted", how="slot").count()
    assert ways >= len(MADE_ALL_THE_SAME)
    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0


# After these the vendor has the job, although its answer says nothing clear.
MADE_ALL_THE_SAME = ("job_made_then_502", "half_body", "no_job_id", "late_landing", "invalid_json")


def is_found_at_the_vendor(campaign: Campaign) -> bool:
    """Look at once instead of in five seconds."""
    assert campaign.channel is not None
    Attempt.objects.exclude(next_look_at=None).update(next_look_at=timezone.now())
    reconcile.reconcile(campaign.channel.account_id)
    return world.states(campaign) == ["accepted"]


def test_nobody_at_the_other_end_costs_time_and_no_question(
    channel: Channel, settings: Settings
) -> None:
    campaign = next(campaigns(channel))
    for address in (f"http://127.0.0.1:{children.free_port()}", "https://sociocs.invalid"):
        settings.SOCIOCS_BASE_URL = address
        hand_over(campaign)

    assert outcome(campaign) == Outcome("ready", "sending")
    assert not Attempt.objects.exists()


def test_a_certificate_nobody_vouches_for_stops_the_account_and_sends_nothing(
    channel: Channel, settings: Settings, tmp_path: Path
) -> None:
    campaign = next(campaigns(channel))
    with running(Authority(tmp_path).server_context()) as server:
        settings.SOCIOCS_BASE_URL = server.url
        hand_over(campaign)

    assert outcome(campaign) == Outcome("ready", "paused", "tls", "tls")
    assert not Attempt.objects.exists()
