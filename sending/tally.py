"""Where the jobs of campaigns stand, and the people in them: one query for a whole page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from campaigns.person_states import GIVEN_UP
from campaigns.states import (
    IN_FLIGHT,
    QUESTIONS,
    WAITING,
    How,
    Outcome,
    SubmissionState,
)
from interface.prepared_queries import Among, prepared
from sending.models import GONE_IN_QUESTION, Attempt, Submission

# Attempts of which nobody knows whether people got them: without a clear answer, or accepted, then
# asked back at the last moment and gone, and left at that.
MAY_HAVE_GONE = Q(outcome=Outcome.AMBIGUOUS.value) | Q(
    outcome=Outcome.ACCEPTED.value,
    revoked_at=None,
    submission__state=SubmissionState.ABANDONED.value,
)


@dataclass(slots=True)
class Tally:
    """Where the jobs of one campaign stand, and the people in them."""

    jobs: Counter[SubmissionState] = field(default_factory=Counter)
    people: Counter[SubmissionState] = field(default_factory=Counter)
    # People of jobs that are not sent (again), although an attempt got no clear answer.
    perhaps_sent: int = 0
    # People of handed-over jobs with such an attempt before: they may get it twice.
    perhaps_twice: int = 0
    # Jobs that were not there when they were taken back: a person is asked about them.
    gone: int = 0

    @property
    def job_count(self) -> int:
        """How many jobs there are, whatever became of them."""
        return sum(self.jobs.values())

    @property
    def question_count(self) -> int:
        """Jobs that wait for a person's answer."""
        return self.gone + sum(self.jobs[state] for state in QUESTIONS)

    @property
    def waiting_jobs(self) -> int:
        """Jobs of which nothing has left this machine."""
        return sum(self.jobs[state] for state in WAITING)

    @property
    def unfinished_jobs(self) -> int:
        """Jobs that are still to be handed over or on their way."""
        return sum(self.jobs[state] for state in (*WAITING, *IN_FLIGHT))


def tallies(campaign_ids: Sequence[int]) -> dict[int, Tally]:
    """The tallies of these campaigns, by their primary keys, in a few queries."""
    tallies_by_campaign: dict[int, Tally] = defaultdict(Tally)
    keys = list(campaign_ids)
    for campaign_id, name, jobs, people in _jobs_by_state(keys):
        tally, state = tallies_by_campaign[campaign_id], SubmissionState(name)
        tally.jobs[state] = jobs
        tally.people[state] = people
    for campaign_id in _gone_in_question(keys):
        tallies_by_campaign[campaign_id].gone += 1
    for campaign_id, state, people in _unclear_before(keys):
        if state in GIVEN_UP:
            tallies_by_campaign[campaign_id].perhaps_sent += people
        elif state is SubmissionState.ACCEPTED:
            tallies_by_campaign[campaign_id].perhaps_twice += people
    return tallies_by_campaign


@prepared
def _jobs_by_state(campaigns: list[int]) -> QuerySet[Submission, tuple[int, str, int, int]]:
    jobs = Submission.objects.filter(Among("campaign_id", campaigns)).order_by()
    counted = jobs.values("campaign_id", "state").annotate(
        jobs=Count("pk"), people=Sum("recipient_count")
    )
    return counted.values_list("campaign_id", "state", "jobs", "people")


@prepared
def _gone_in_question(campaigns: list[int]) -> QuerySet[Submission, int]:
    gone = Submission.objects.filter(Among("campaign_id", campaigns), GONE_IN_QUESTION)
    return gone.values_list("campaign_id", flat=True)


@prepared
def _unclear(campaigns: list[int]) -> QuerySet[Attempt, int]:
    unclear = Attempt.objects.filter(
        Among("submission__campaign_id", campaigns), outcome=Outcome.AMBIGUOUS.value
    )
    return unclear.values_list("submission_id", flat=True)


@prepared
def _given_up_though_accepted(campaigns: list[int]) -> QuerySet[Submission, int]:
    gone = Submission.objects.filter(
        Among("campaign_id", campaigns),
        state=SubmissionState.ABANDONED.value,
        attempts__outcome=Outcome.ACCEPTED.value,
        attempts__revoked_at=None,
    )
    return gone.values_list("pk", flat=True)


def _unclear_before(campaign_ids: list[int]) -> list[tuple[int, SubmissionState, int]]:
    """(campaign, state, people) of jobs with an attempt that never got a clear answer."""
    # Ids first: a database that is given both queries at once reads the whole table.
    jobs = {*_unclear(campaign_ids), *_given_up_though_accepted(campaign_ids)}
    rows = Submission.objects.filter(pk__in=jobs).values_list(
        "campaign_id",
        "state",
        Coalesce("current_attempt__recipient_count", "recipient_count"),
        "how",
    )
    return [
        (campaign_id, SubmissionState(state), people)
        for campaign_id, state, people, how in rows
        # The attempt that a person marked as sent is itself the unclear one.
        if how != How.PERSON
    ]
