"""Reading what became of campaigns: pages by key, questions, jobs, a timeline.

Nothing here counts rows of a whole table or pages by offset: a team's hundred-thousandth campaign
is found as quickly as its last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, CampaignEvent
from campaigns.person_states import GIVEN_UP, PersonState
from campaigns.state_words import (
    AWAITING_ITS_TIME,
    CAMPAIGN_WORDS,
    HOW_WE_KNOW,
    PERHAPS_SENT,
    SUBMISSION_WORDS,
    WAITS_FOR_APPROVAL,
    Word,
)
from campaigns.states import (
    CAMPAIGN_MOVES,
    FINISHED,
    QUESTIONS,
    CampaignState,
    SubmissionState,
)
from composer.approvals import waiting_for_approval
from composer.cost import Cost
from delivery.arrival import replied_to
from history.campaign_costs import costs_of
from history.people_counts import PeopleCounts, people_counts
from interface.prepared_queries import Among, prepared
from interface.wording import Text, number
from sending.models import GONE_IN_QUESTION, Attempt, Submission
from sending.reach import PEOPLE_HANDED_OVER
from sending.tally import MAY_HAVE_GONE, Tally, tallies
from teams.models import Team

CAMPAIGNS_PER_PAGE = 25
JOBS_PER_PAGE = 50
QUESTIONS_SHOWN = 20

# The filter "status" of the history: what people tell apart, not every state.
STATUSES: Mapping[str, frozenset[CampaignState]] = {
    "draft": frozenset({CampaignState.DRAFT}),
    "scheduled": frozenset({CampaignState.FREEZING, CampaignState.SCHEDULED}),
    "running": frozenset({CampaignState.SENDING, CampaignState.CANCELLING}),
    "waiting_for_you": frozenset(
        {CampaignState.MISSED, CampaignState.PAUSED, CampaignState.NEEDS_DECISION}
    ),
    "completed": frozenset({CampaignState.COMPLETED}),
    "cancelled": frozenset({CampaignState.CANCELLED}),
}


def states_of(*statuses: str) -> list[str]:
    """The stored states of these statuses."""
    return sorted(state.value for status in statuses for state in STATUSES[status])


_BEFORE_THE_CALL = frozenset(
    {SubmissionState.PLANNED, SubmissionState.READY, SubmissionState.CLAIMED}
)
# Nothing changes any more without somebody doing something on a page.
AT_REST = FINISHED | {CampaignState.DRAFT}


def word_of(campaign: Campaign, tally: Tally, *, waits_for_approval: bool) -> Word:
    """The words for where a campaign stands: as its jobs say it, a little before the tick does."""
    if campaign.state == CampaignState.DRAFT and waits_for_approval:
        return WAITS_FOR_APPROVAL
    if campaign.state != CampaignState.SENDING:
        return CAMPAIGN_WORDS[CampaignState(campaign.state)]
    if tally.question_count and not tally.unfinished_jobs:
        return CAMPAIGN_WORDS[CampaignState.NEEDS_DECISION]
    is_ahead = campaign.send_at is not None and campaign.send_at > timezone.now()
    return AWAITING_ITS_TIME if is_ahead else CAMPAIGN_WORDS[CampaignState.SENDING]


# --- The history: a team's campaigns --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign in a table, with all that its line shows."""

    campaign: Campaign
    tally: Tally
    word: Word
    counts: PeopleCounts
    replied: int = 0
    cost: Cost | None = None

    @property
    def failed(self) -> int:
        """How many phones did not take it."""
        return self.counts.people.get(PersonState.FAILED, 0)

    @property
    def people(self) -> int | None:
        """Who gets it: frozen, or as confirmed while freezing; None for a draft."""
        campaign = self.campaign
        if campaign.state == CampaignState.DRAFT:
            return None
        return campaign.frozen_count or campaign.confirmed_count

    @property
    def is_on_its_way(self) -> bool:
        """Whether some of its messages have left and others have not."""
        return self.word is CAMPAIGN_WORDS[CampaignState.SENDING] and bool(self.counts.total)

    @property
    def may_be_cancelled(self) -> bool:
        """Whether there is something left that cancelling could stop."""
        state = CampaignState(self.campaign.state)
        return (state, CampaignState.CANCELLING) in CAMPAIGN_MOVES and state not in FINISHED

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to answer something."""
        return bool(self.tally.question_count) or self.campaign.state == CampaignState.MISSED


def rows_of(campaigns: Iterable[Campaign]) -> list[CampaignRow]:
    """Campaigns as rows of a table, with their tallies."""
    campaigns = list(campaigns)
    ids = [campaign.pk for campaign in campaigns]
    tally_of, waiting = tallies(ids), waiting_for_approval(ids)
    counts_of = people_counts(campaigns, tally_of)
    replied, costs = replied_to(tuple(ids)), costs_of(campaigns, counts_of)
    return [
        CampaignRow(
            campaign,
            tally,
            word_of(campaign, tally, waits_for_approval=campaign.pk in waiting),
            counts_of[campaign.pk],
            replied.get(campaign.pk, (0, 0))[0],
            costs.get(campaign.pk),
        )
        for campaign in campaigns
        for tally in [tally_of.get(campaign.pk, Tally())]
    ]


@dataclass(frozen=True, slots=True)
class Key:
    """A place in the history between two campaigns: newest first, by time and then by number."""

    created_at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.created_at.timestamp():.6f}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> Key | None:
        """The key in a URL, or None for anything that is none."""
        moment, _dash, number = text.partition("-")
        try:
            return cls(datetime.fromtimestamp(float(moment), UTC), int(number))
        except (ValueError, OverflowError, OSError):
            return None


class Line(NamedTuple):
    """Of a campaign in the history, what tells that its row has changed."""

    pk: int
    created_at: datetime
    state: str
    version: int
    updated_at: datetime
    frozen_count: int
    send_at: datetime | None
    name: str


@dataclass(frozen=True)
class HistoryPage:
    """One page of the history; the keys of its neighbours, None at the ends."""

    lines: list[Line]
    newer: Key | None
    older: Key | None

    @cached_property
    def rows(self) -> list[CampaignRow]:
        """Its campaigns with all that a table shows of them; read when first asked for."""
        keys = [line.pk for line in self.lines]
        found = {campaign.pk: campaign for campaign in _with_keys(keys)}
        return rows_of(found[key] for key in keys if key in found)

    @property
    def is_live(self) -> bool:
        """Whether anything on it may change by itself."""
        return any(line.state not in AT_REST for line in self.lines)


def campaigns_of(team: Team | int) -> QuerySet[Campaign]:
    """A team's campaigns, newest first, as lines of a table want them."""
    campaigns = Campaign.objects.filter(team=team)
    return for_rows(campaigns).order_by("-created_at", "-pk")


def for_rows(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """With all that a line of the table shows of a campaign itself."""
    return campaigns.select_related("team", "channel", "created_by", "launched_by")


def history_page(
    campaigns: QuerySet[Campaign],
    before: Key | None = None,
    after: Key | None = None,
    size: int = CAMPAIGNS_PER_PAGE,
) -> HistoryPage:
    """The page that begins below the key `before`, or ends above `after`; the newest otherwise."""
    lines = campaigns.values_list(*Line._fields)
    if after is not None:
        newer = _read(lines.filter(_above(after)).order_by("created_at", "pk")[: size + 1])
        more_above, shown = len(newer) > size, newer[:size][::-1]
        return HistoryPage(shown, _key(shown[:1]) if more_above else None, _key(shown[-1:]))
    older = _read((lines.filter(_below(before)) if before else lines)[: size + 1])
    more_below, shown = len(older) > size, older[:size]
    return HistoryPage(
        shown,
        _key(shown[:1]) if before else None,
        _key(shown[-1:]) if more_below else None,
    )


def _read(lines: Iterable[tuple[Any, ...]]) -> list[Line]:
    return [Line(*line) for line in lines]


@prepared
def _with_keys(campaigns: list[int]) -> QuerySet[Campaign]:
    return for_rows(Campaign.objects.filter(Among("pk", campaigns)))


def _key(lines: Sequence[Line]) -> Key | None:
    return Key(lines[0].created_at, lines[0].pk) if lines else None


def _below(key: Key) -> Q:
    # The first condition says nothing new, but it is one that an index can begin at.
    earlier = Q(created_at__lt=key.created_at) | Q(pk__lt=key.pk)
    return Q(created_at__lte=key.created_at) & earlier


def _above(key: Key) -> Q:
    later = Q(created_at__gt=key.created_at) | Q(pk__gt=key.pk)
    return Q(created_at__gte=key.created_at) & later


# --- What needs a person --------------------------------------------------------------------------


def jobs_in_question(team: Team | int) -> QuerySet[Submission]:
    """The team's jobs that wait for a person's answer, oldest first."""
    return (
        Submission.objects.filter(
            Q(state__in=sorted(state.value for state in QUESTIONS)) | GONE_IN_QUESTION,
            campaign__team=team,
        )
        .select_related("campaign", "current_attempt")
        .order_by("pk")
    )


def people_in_question(team: Team, most: int) -> dict[int, int]:
    """The first campaigns that ask, by primary key, and how many people they ask about."""
    asking = (
        jobs_in_question(team)
        .order_by()
        .values("campaign_id")
        .annotate(people=Sum(PEOPLE_HANDED_OVER), first=Min("pk"))
        .order_by("first")
    )
    return dict(asking.values_list("campaign_id", "people")[:most])


@dataclass(frozen=True, slots=True)
class Attention:
    """A campaign that waits for somebody: about so many `people`, or, with none, being late."""

    campaign: Campaign
    people: int

    @property
    def title(self) -> str:
        """What it is about."""
        if self.people:
            words = ngettext(
                "The message to %(n)s person needs an answer.",
                "Messages to %(n)s people need an answer.",
                self.people,
            )
            return words % {"n": number(self.people)}
        if self.campaign.state == CampaignState.PAUSED:
            return _("“%(name)s” is late.") % {"name": self.campaign.name}
        return _("“%(name)s” was missed.") % {"name": self.campaign.name}

    @property
    def sentence(self) -> str:
        """What happened, and what is asked."""
        if self.people:
            return _("“%(name)s”: it is not clear whether it was sent, or Sociocs refused it.") % {
                "name": self.campaign.name
            }
        if self.campaign.state == CampaignState.PAUSED:
            return _("Part of it is out. Say whether the rest should still go out.")
        return _("Nothing was sent. Say whether it should still go out.")

    @property
    def short(self) -> str:
        """The same behind the name of the campaign."""
        if self.people:
            words = ngettext(
                "the message to %(n)s person needs an answer",
                "messages to %(n)s people need an answer",
                self.people,
            )
            return words % {"n": number(self.people)}
        if self.campaign.state == CampaignState.MISSED:
            return _("it was missed")
        return _("the rest waits for your answer")


def waits_for_somebody(team: Team | int) -> Q:
    """Campaigns that stand still until somebody acts, or have a job about which to decide."""
    asked = jobs_in_question(team).order_by().values("campaign_id")
    return Q(state__in=states_of("waiting_for_you")) | Q(pk__in=asked)


def questions_of(campaign: Campaign) -> list[Submission]:
    """The first jobs of a campaign that wait for a person's answer."""
    questions = jobs_in_question(campaign.team).filter(campaign=campaign)
    return list(questions.order_by("seq")[:QUESTIONS_SHOWN])


# --- One campaign ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """A submission as a line of the jobs' table; `how` is how we know that it was handed over."""

    submission: Submission
    word: Word
    how: Text

    @property
    def slot(self) -> datetime:
        """When it goes out: as it was handed over, or as planned while it still waits for that."""
        attempt = self.submission.current_attempt
        if attempt is None or self.submission.state in _BEFORE_THE_CALL:
            return self.submission.planned_slot
        return attempt.slot


@dataclass(frozen=True, slots=True)
class JobsPage:
    """A page of a campaign's jobs, in their order; the numbers its neighbours begin behind."""

    shown: list[Job]
    previous: int | None
    next: int | None


def jobs_of(campaign: Campaign, after: int = 0, size: int = JOBS_PER_PAGE) -> JobsPage:
    """The jobs numbered above `after`."""
    found = campaign.submissions.filter(seq__gt=after).select_related("current_attempt")
    submissions = list(found.order_by("seq")[: size + 1])
    shown = submissions[:size]
    return JobsPage(
        job_lines(shown),
        max(after - size, 0) if after else None,
        shown[-1].seq if len(submissions) > size else None,
    )


def job_lines(submissions: Sequence[Submission]) -> list[Job]:
    """These submissions with their words; one query for all."""
    unclear = set(
        Attempt.objects.filter(
            MAY_HAVE_GONE, submission__in=[submission.pk for submission in submissions]
        ).values_list("submission_id", flat=True)
    )
    return [_job(submission, was_unclear=submission.pk in unclear) for submission in submissions]


def _job(submission: Submission, was_unclear: bool) -> Job:
    state = SubmissionState(submission.state)
    word = SUBMISSION_WORDS[state]
    if was_unclear and state in GIVEN_UP:
        word = PERHAPS_SENT
    how = HOW_WE_KNOW.get(submission.how, "") if state is SubmissionState.ACCEPTED else ""
    return Job(submission, word, how)


def timeline_of(campaign: Campaign, size: int = 60) -> list[CampaignEvent]:
    """What happened to a campaign, latest first."""
    return list(campaign.events.select_related("actor").order_by("-pk")[:size])
