"""kill -9 of a real worker at each step of a submission: nobody twice, nobody lost, no guess.

The worker kills itself at a named place (`sending.failpoints`) once, and is then started
again. Its leases and deadlines are put into the past instead of being waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from interface import hints
from sending import tasks
from sending.models import Attempt, Submission
from sociocs_accounts.models import Channel
from tests import world
from tests.processes import Processes, Sandbox
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.either_database]

PEOPLE = 55
JOBS = 6


@pytest.fixture
def campaign(channel: Channel) -> Campaign:
    return world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(PEOPLE)))
    )


@pytest.fixture
def killed_at(
    campaign: Campaign, processes: Processes, sandbox: Sandbox, tmp_path: Path
) -> Callable[..., None]:
    """`killed_at(*failpoints)` runs a worker that is killed once at each of them."""
    env = {"SOCIOCS_BASE_URL": sandbox.url, "LEAD_SECONDS": "2"}

    def run(*failpoints: str) -> None:
        pending = [tmp_path / name for name in failpoints]
        for file in pending:
            file.touch()
        plan = ",".join(f"{file.name}=once:{file}:kill" for file in pending)
        processes.worker("sending", env=env | {"FAILPOINTS": plan})
        work_until(processes, lambda: not any(file.exists() for file in pending))

    return run


def work_until(processes: Processes, condition: Callable[[], bool]) -> None:
    """Start the dead again, nudge, and let what is unclear be looked for, until it holds.

    What a living worker has under way is not: a single message might be found before its answer
    is stored.
    """

    def holds() -> bool:
        if condition():
            return True
        for worker in processes.dead_workers():
            free_what_it_had()
            worker.start()
        unclear = Attempt.objects.filter(outcome="ambiguous").exclude(next_look_at=None)
        unclear.update(next_look_at=a_second_ago())
        hints.nudge(tasks.tick)
        return False

    wait_until(holds, progress=how_far, pause=0.3)


def how_far() -> list[object]:
    versions = Submission.objects.order_by("pk").values_list("version", flat=True)
    looks = Attempt.objects.order_by("pk").values_list("outcome", "looks")
    return [list(versions), list(looks)]


def free_what_it_had() -> None:
    """Let the leases and deadlines of the one worker be over; a living one's are not touched."""
    Submission.objects.exclude(lease_until=None).update(lease_until=a_second_ago())
    Attempt.objects.filter(outcome="open").update(deadline=a_second_ago())


def a_second_ago() -> datetime:
    return timezone.now() - timedelta(seconds=1)


def states_are(campaign: Campaign, **wanted: int) -> Callable[[], bool]:
    return lambda: Counter(world.states(campaign)) == Counter(wanted)


def test_before_an_intent_or_after_the_record_nobody_is_asked(
    campaign: Campaign, killed_at: Callable[..., None], processes: Processes, sandbox: Sandbox
) -> None:
    killed_at("before_claim", "after_claim", "after_build", "inside_intent", "after_record")

    work_until(processes, states_are(campaign, accepted=JOBS))

    assert {one.how for one in campaign.submissions.all()} == {"answer"}
    everybody_is_in_one_job(sandbox)


def test_after_the_intent_nobody_can_know_so_a_person_is_asked(
    campaign: Campaign, killed_at: Callable[..., None], processes: Processes, sandbox: Sandbox
) -> None:
    killed_at("after_intent", "before_send")
    work_until(processes, states_are(campaign, accepted=JOBS - 2, unknown=2))

    # Neither was sent, but absence proves nothing: more looks change nothing.
    work_until(
        processes,
        lambda: all(one.looks >= 2 for one in Attempt.objects.filter(outcome="ambiguous")),
    )

    assert states_are(campaign, accepted=JOBS - 2, unknown=2)()
    asked = campaign.submissions.filter(state="unknown")
    assert world.witness(sandbox)["recipients"] == PEOPLE - sum(
        asked.values_list("recipient_count", flat=True)
    )
    assert Attempt.objects.count() == JOBS


def test_with_the_answer_in_hand_the_job_is_found_by_its_slot(
    campaign: Campaign, killed_at: Callable[..., None], processes: Processes, sandbox: Sandbox
) -> None:
    killed_at("after_answer")

    work_until(processes, states_are(campaign, accepted=JOBS))

    assert Counter(one.how for one in campaign.submissions.all()) == {"answer": JOBS - 1, "slot": 1}
    everybody_is_in_one_job(sandbox)


@pytest.mark.parametrize(("lead", "states"), [("2", "asked about"), ("60", "found")])
def test_one_by_one_the_killed_message_is_found_until_its_second_and_nobody_gets_two(
    channel: Channel,
    processes: Processes,
    sandbox: Sandbox,
    tmp_path: Path,
    lead: str,
    states: str,
) -> None:
    people = world.a_list(channel.team, world.phones(4))
    campaign = world.launched(world.a_campaign(channel, people, one_by_one=True))
    campaign.submissions.update(not_before=None)
    pending = [tmp_path / "after_claim", tmp_path / "after_answer"]
    plan = ",".join(f"{file.name}=once:{file}:kill" for file in pending)
    for file in pending:
        file.touch()
    env = {"SOCIOCS_BASE_URL": sandbox.url, "LEAD_SECONDS": lead}
    processes.worker("sending", env=env | {"FAILPOINTS": plan})

    if states == "found":
        work_until(processes, states_are(campaign, accepted=4))
        assert campaign.submissions.filter(how="slot").count() == 1
    else:
        # It had arrived, which no list tells after its second: it stays a question.
        work_until(processes, states_are(campaign, accepted=3, unknown=1))
    landed = [one["to"] for one in world.witness(sandbox, "/messages")]
    assert sorted(landed) == world.phones(4)
    assert Attempt.objects.count() == 4


def everybody_is_in_one_job(sandbox: Sandbox) -> None:
    seen = world.witness(sandbox)
    assert (seen["jobs"], seen["recipients"]) == (JOBS, PEOPLE)
    ids = {job["job_id"] for job in world.witness(sandbox, "/jobs")}
    assert ids == set(Submission.objects.values_list("job_id", flat=True))
