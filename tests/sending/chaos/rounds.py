"""Real workers, killed and frozen at random, with the sandbox as the witness.

Leases and deadlines are put into the past from time to time, so that the schedule holds more turns
than the real waiting times would allow.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import psutil
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import FINISHED, RUNNING, SubmissionState
from interface import hints
from sending import tasks
from sending.models import Attempt, Submission
from sending.protocol import MARGIN
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import Refused
from tests import world
from tests.browsing import Desk
from tests.client import Client
from tests.history.bars import people_on_bar
from tests.processes import Child, Processes, Sandbox
from tests.waiting import wait_until

WORKERS = 2
PEOPLE_PER_JOB = 10
BUSY = 40
# So many people get a message each, about one a second.
SINGLES = 8
# Long enough to look for single messages before their seconds.
LEAD_SECONDS = "40"


@dataclass
class Chaos:
    """Keeps workers running, hurts them, and lets time pass."""

    processes: Processes
    sandbox: Sandbox
    seed: int
    # How many jobs are waiting at least, if new campaigns are to be launched all the time.
    channel: Channel | None = None
    workers: list[Child] = field(default_factory=list)
    launched_people: int = 0
    hurts: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def hurt(self, times: int) -> None:
        """Kill or freeze that many processes, keeping the campaigns going in between."""
        for _ in range(times):
            self.keep_busy()
            self.keep_going(self.random.uniform(0.05, 0.6))
            victim = self.random.choice(list(self.victims()))
            if self.random.random() < 0.7:
                self.hurts["killed"] += 1
                with suppress(psutil.NoSuchProcess):
                    victim.send_signal(signal.SIGKILL)
            else:
                self.hurts["frozen"] += 1
                self.freeze(victim)

    def trouble(
        self, what: str, begin: Callable[[], None], end: Callable[[], None], seconds: float = 3
    ) -> None:
        """Let something go wrong around the workers for a while, and see that they recover."""
        self.keep_busy()
        self.keep_going(1)
        begin()
        self.keep_going(seconds)
        end()
        # Our own connection may be to a server that was killed.
        connection.close()
        before = self.accepted()

        def goes_on() -> bool:
            self.keep_busy()
            self.keep_going(1)
            self.time_passes()
            return self.accepted() > before

        # Told by the error where nothing goes on.
        wait_until(goes_on, progress=lambda: (what, *standstill()))
        self.troubles[what] += 1

    def look_at_pages(self) -> int:
        """See that every campaign's page counts everybody of it; how many people these are."""
        everybody = 0
        for campaign in Campaign.objects.filter(state__in=RUNNING | FINISHED):
            desk = self._desk_of(campaign)
            # The workers go on meanwhile: who is in which state, no two looks agree on.
            people = CampaignRecipient.objects.filter(campaign=campaign).count()
            counted = people_on_bar(desk, "campaign", campaign).total()
            assert counted == people, f"its page counts {counted} of {people} people"
            everybody += counted
        return everybody

    @staticmethod
    def _desk_of(campaign: Campaign) -> Desk:
        client = Client()
        client.force_login(world.owner_of(campaign.team))
        return Desk(campaign.team, client)

    def accepted(self) -> int:
        return Submission.objects.filter(state="accepted").count()

    def keep_busy(self) -> None:
        """Launch another campaign when little is left to hand over."""
        if self.channel is None:
            return
        if Submission.objects.filter(state__in=["planned", "ready"]).count() < BUSY:
            phones = world.phones(BUSY * PEOPLE_PER_JOB, start=self.launched_people)
            self.launched_people += len(phones)
            campaign = world.a_campaign(self.channel, world.a_list(self.channel.team, phones))
            world.launched(campaign)
            launch_singles(self.channel, self.launched_people)
            self.launched_people += SINGLES

    def victims(self) -> Iterator[psutil.Process]:
        """The workers' processes: parents and pool."""
        self.keep_workers()
        for worker in self.workers:
            with suppress(psutil.NoSuchProcess):
                parent = psutil.Process(worker.pid)
                yield parent
                yield from parent.children(recursive=True)

    def freeze(self, victim: psutil.Process) -> None:
        """Stop a process while others give its work up, and let it go on then."""
        with suppress(psutil.NoSuchProcess):
            victim.suspend()
        self.time_passes()
        self.keep_going(self.random.uniform(0.2, 2))
        with suppress(psutil.NoSuchProcess):
            victim.resume()

    def keep_going(self, seconds: float) -> None:
        """Have the workers tick again and again for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.keep_workers()
            hints.nudge(tasks.tick)
            time.sleep(0.1)
        if self.random.random() < 0.3:
            self.time_passes()

    def keep_workers(self) -> None:
        """Start again whoever died, as a supervisor does."""
        alive = []
        for one in self.workers:
            if one.is_running:
                alive.append(one)
            else:
                one.kill()  # what is left of its pool
        self.workers = alive
        while len(self.workers) < WORKERS:
            self.workers.append(self.processes.worker("sending", env=self.env()))

    def env(self) -> dict[str, str]:
        return {
            "SOCIOCS_BASE_URL": self.sandbox.url,
            "LEAD_SECONDS": LEAD_SECONDS,
            "SOCIOCS_TIMEOUT_SECONDS": "5",
            "RECIPIENTS_PER_SUBMISSION": str(PEOPLE_PER_JOB),
            "LOG_LEVEL": "WARNING",
        }

    def time_passes(self) -> None:
        """Let every lease and deadline be over, unless a frozen process holds the rows' locks."""
        try:
            with transaction.atomic():
                self._let_it_pass()
        except (OperationalError, InterfaceError):
            connection.close()

    def _let_it_pass(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
        past = timezone.now() - timedelta(seconds=1)
        Submission.objects.exclude(lease_until=None).update(lease_until=past)
        Attempt.objects.filter(outcome="open", started_at__lt=past).update(deadline=past)
        Attempt.objects.exclude(next_look_at=None).update(next_look_at=past)
        Submission.objects.exclude(not_before=None).update(not_before=None)

    def come_to_rest(self) -> None:
        """Hurt nobody any more until nothing is left to do but questions."""
        rest = {SubmissionState.ACCEPTED, SubmissionState.UNKNOWN}

        def rests() -> bool:
            Campaign.objects.filter(state="paused").update(state="sending")
            self.time_passes()
            self.keep_going(0.3)
            states, not_looked_for = how_far()
            return set(states) <= rest and not not_looked_for

        wait_until(rests, progress=how_far)


def standstill() -> tuple[Counter[str], list[tuple[str, str]], list[tuple[str, str, int]]]:
    """What may keep everything from going on: states of jobs, of campaigns, of accounts."""
    campaigns = Campaign.objects.exclude(state="completed").values_list("state", "state_reason")
    accounts = GatewayAccount.objects.values_list("state", "halt_reason", "strikes")
    return how_far()[0], list(campaigns.distinct()), list(accounts)


def how_far() -> tuple[Counter[str], int]:
    """How many jobs are in each state, and what has not been looked for yet."""
    not_looked_for = Attempt.objects.filter(outcome="ambiguous", last_look_at=None)
    # A message whose second has come is in no list any more.
    not_looked_for = not_looked_for.exclude(
        submission__is_single=True, slot__lte=timezone.now() + MARGIN
    )
    return Counter(Submission.objects.values_list("state", flat=True)), not_looked_for.count()


def launch_campaigns(channel: Channel, jobs: int) -> None:
    """Campaigns to different people, so that every message can be told apart; one of singles."""
    launch_singles(channel, jobs * PEOPLE_PER_JOB)
    for half in range(2):
        count = jobs * PEOPLE_PER_JOB // 2
        people = world.a_list(channel.team, world.phones(count, start=half * count))
        world.launched(world.a_campaign(channel, people))


def launch_singles(channel: Channel, start: int) -> None:
    """A campaign with a message for each person."""
    people = world.a_list(channel.team, world.phones(SINGLES, start=start))
    world.launched(world.a_campaign(channel, people, one_by_one=True))


def let_all_go_out(sandbox: Sandbox) -> None:
    """Have the vendor send now what waits for its slot: only then is nobody known to get two.

    The slots of a long night, one a second, reach half an hour ahead.
    """
    with SociocsClient(sandbox.url, sandbox.api_key) as client:
        for job in world.witness(sandbox, "/jobs"):
            if job["state"] == "scheduled":
                # It may begin by itself in this very moment.
                with suppress(Refused):
                    client.reschedule_bulk_job(job["job_id"], timezone.now() - timedelta(hours=1))

    def waiting() -> int:
        jobs: int = world.witness(sandbox)["scheduled_jobs"]
        for message in world.witness(sandbox, "/messages"):
            jobs += message["state"] == "scheduled"
        return jobs

    wait_until(lambda: not waiting(), progress=waiting)


def verdict(sandbox: Sandbox) -> dict[str, int]:
    """Compare our rows with what the vendor's side saw; raises AssertionError on any difference."""
    let_all_go_out(sandbox)
    every = [*world.witness(sandbox, "/jobs"), *world.witness(sandbox, "/messages")]
    jobs = {job["job_id"]: job for job in every}
    people = Counter(job["recipients_sha256"] for job in jobs.values())
    assert max(people.values()) == 1, "two jobs for the same people"
    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0, "somebody was texted twice"
    accepted = list(Submission.objects.filter(state="accepted"))
    lost = [one for one in accepted if one.job_id not in jobs]
    assert not lost, f"{len(lost)} submissions say accepted and have no job"
    assert len({one.job_id for one in accepted}) == len(accepted), "two share a job"
    for one in accepted:
        assert jobs[one.job_id]["recipient_count"] == one.recipient_count
    unknown = Submission.objects.filter(state="unknown").count()
    unexplained = len(jobs) - len(accepted)
    assert 0 <= unexplained <= unknown, f"{unexplained} jobs that no submission knows of"
    everybody = CampaignRecipient.objects.count()
    accounted = Submission.objects.aggregate(people=Sum("recipient_count"))["people"]
    assert accounted == everybody, f"{accounted} people in jobs, {everybody} launched"
    return {
        "people": everybody,
        "jobs": len(jobs),
        "accepted": len(accepted),
        "found": sum(one.how == "slot" for one in accepted),
        "unknown": unknown,
        "attempts": Attempt.objects.count(),
    }
