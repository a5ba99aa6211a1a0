"""Where the jobs of campaigns stand, and the people in them: one query for a whole page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
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
    # Changes whenever any job does.
    versions: int = 0

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
    rows = (
        Submission.objects.filter(campaign_id__in=campaign_ids)
        .values("campaign_id", "state")
        .annotate(jobs=Count("pk"), people=Sum("recipient_count"), versions=Sum("version"))
        .order_by()
    )
    for row in rows:
        tally, state = tallies_by_campaign[row["campaign_id"]], SubmissionState(row["state"])
        tally.jobs[state] = row["jobs"]
        tally.people[state] = row["people"]
        tally.versions += row["versions"]
    gone = Submission.objects.filter(GONE_IN_QUESTION, campaign_id__in=campaign_ids)
    for campaign_id in gone.values_list("campaign_id", flat=True):
        tallies_by_campaign[campaign_id].gone += 1
    for campaign_id, state, people in _unclear_before(campaign_ids):
        if state in GIVEN_UP:
            tallies_by_campaign[campaign_id].perhaps_sent += people
        elif state is SubmissionState.ACCEPTED:
            tallies_by_campaign[campaign_id].perhaps_twice += people
    return tallies_by_campaign


def _unclear_before(campaign_ids: Sequence[int]) -> list[tuple[int, SubmissionState, int]]:
    """(campaign, state, people) of jobs with an attempt that never got a clear answer."""
    # Ids first: a database that is given both queries at once reads the whole table.
    unclear = Attempt.objects.filter(
        outcome=Outcome.AMBIGUOUS.value, submission__campaign_id__in=campaign_ids
    ).values_list("submission_id", flat=True)
    gone = Submission.objects.filter(
        campaign_id__in=campaign_ids,
        state=SubmissionState.ABANDONED.value,
        attempts__outcome=Outcome.ACCEPTED.value,
        attempts__revoked_at=None,
    ).values_list("pk", flat=True)
    rows = Submission.objects.filter(pk__in={*unclear, *gone}).values_list(
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
