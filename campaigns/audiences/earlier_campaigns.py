"""Whom an earlier campaign has reached, may have reached, or is about to reach.

Left out of a later campaign are the people of every job that is not known to have reached nobody:
an unclear one may have, a waiting one will. A job that was refused, taken back or never handed over
reached nobody, unless an attempt at it never got a clear answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import choices
from campaigns.models import Campaign, CampaignRecipient
from campaigns.problems import Problem
from campaigns.states import WAITING, CampaignState, Outcome, SubmissionState
from interface.read_once import read_once
from recipients.sql import Sql, integers
from teams.models import Team

S = SubmissionState
REACHED_NOBODY = frozenset({S.REFUSED, S.REVOKED, S.CANCELLED, S.ABANDONED})
# Campaigns that can be chosen on the page; older ones are found by their days.
OFFERED = 60


class Span(NamedTuple):
    """Neighbours in the audience of a campaign: the positions from `first` to `last`."""

    campaign: int
    first: int
    last: int


def offered(team: int, campaign: int) -> QuerySet[Campaign]:
    """A team's latest launched campaigns, but for `campaign`: those that may have reached anybody.

    None whose numbers are emptied: nobody is known by them any more.
    """
    launched = Campaign.objects.filter(team=team, emptied=None).exclude(pk=campaign)
    launched = launched.exclude(state=CampaignState.DRAFT.value)
    return launched.order_by("-created_at", "-pk")[:OFFERED]


def since(team: Team, days: int, now: datetime) -> datetime:
    """The midnight of the team's clocks with which "the last `days` days" begin."""
    today = now.astimezone(ZoneInfo(team.time_zone))
    first = (today - timedelta(days=days)).date()
    return datetime(first.year, first.month, first.day, tzinfo=today.tzinfo)


class Reaching(NamedTuple):
    """A campaign whose people may be left out, and whether it is known by number who they are."""

    pk: int
    name: str
    is_freezing: bool
    is_emptied: bool


def campaigns_since(team_id: int, moment: datetime, besides: int) -> tuple[int, ...]:
    """The team's campaigns of which a job may have gone out since, or still will."""
    return tuple(one.pk for one in _since(team_id, moment, besides))


@read_once
def _since(team_id: int, moment: datetime, besides: int) -> tuple[Reaching, ...]:
    ended = Q(finished_at__lt=moment)
    campaigns = Campaign.objects.filter(team=team_id).exclude(state=CampaignState.DRAFT.value)
    campaigns = campaigns.exclude(ended).exclude(pk=besides)
    rows = campaigns.order_by("pk").values_list("pk", "name", "state", "emptied")
    return tuple(
        Reaching(pk, name, state == CampaignState.FREEZING, emptied is not None)
        for pk, name, state, emptied in rows
    )


def spans(
    campaigns: Iterable[int], moment: datetime | None = None, beside: Iterable[int] = ()
) -> tuple[Span, ...]:
    """Who was or may be reached, as spans; of jobs since `moment`, and those that still wait.

    `beside`: other campaigns of which the same will be asked; they are read along.
    """
    wanted = set(campaigns)
    if not wanted:
        return ()
    rows, unclear = _jobs_of(tuple(sorted(wanted.union(beside))))

    def may_have_reached(row: JobRow) -> bool:
        state = SubmissionState(row[3])
        if state in REACHED_NOBODY and row[5] not in unclear:
            return False
        return moment is None or state in WAITING or row[4] >= moment

    joined_spans = []
    of_these = (row for row in rows if row[0] in wanted)
    # Between two jobs that follow each other stands nobody, so that they make one span.
    for (campaign, is_reached), run in groupby(
        of_these, lambda row: (row[0], may_have_reached(row))
    ):
        if is_reached:
            run_of = list(run)
            joined_spans.append(Span(campaign, run_of[0][1], run_of[-1][2]))
    return tuple(joined_spans)


# Campaign, first and last position, state, when it goes out, key.
JobRow = tuple[int, int, int, str, datetime, int]


@read_once
def _jobs_of(campaigns: tuple[int, ...]) -> tuple[tuple[JobRow, ...], frozenset[int]]:
    """The jobs of these campaigns, and which of them are unclear although they say nobody."""
    # Jobs are asked for through their campaigns: who sends them stands above this app.
    jobs = Campaign.objects.filter(pk__in=campaigns, submissions__isnull=False)
    rows = tuple(
        jobs.annotate(
            at=Coalesce("submissions__current_attempt__slot", "submissions__planned_slot")
        )
        .order_by("pk", "submissions__first_position")
        .values_list(
            *("pk", "submissions__first_position", "submissions__last_position"),
            *("submissions__state", "at", "submissions__pk"),
        )
    )
    unclear = _unclear_jobs({row[0] for row in rows if SubmissionState(row[3]) in REACHED_NOBODY})
    return rows, frozenset(unclear)


def _unclear_jobs(campaigns: set[int]) -> set[int]:
    """The jobs, by key, that are said to have reached nobody after an attempt without an answer."""
    unclear = Campaign.objects.filter(
        pk__in=campaigns,
        submissions__state__in=[state.value for state in REACHED_NOBODY],
        submissions__attempts__outcome=Outcome.AMBIGUOUS.value,
        submissions__attempts__revoked_at=None,
    )
    return set(unclear.values_list("submissions__pk", flat=True))


def holds(reached: Iterable[Span], row: str) -> Sql:
    """Whether the person of a row named `row` is in one of the spans, in SQL."""
    kept_spans = list(reached)
    if not kept_spans:
        return Sql("(1 = 0)")
    table = CampaignRecipient._meta.db_table
    values = ", ".join(f"({span.campaign:d}, {span.first:d}, {span.last:d})" for span in kept_spans)
    campaigns = integers(dict.fromkeys(span.campaign for span in kept_spans))
    return Sql(
        # The spans are looked at only for somebody who was in one of the campaigns at all.
        f"EXISTS (SELECT 1 FROM {table} c WHERE c.campaign_id IN ({campaigns}) "
        f"AND c.phone_key = {row}.phone_key AND c.left_out = '' AND EXISTS "
        f"(SELECT 1 FROM (VALUES {values}) AS s WHERE s.column1 = c.campaign_id "
        "AND c.position BETWEEN s.column2 AND s.column3))"
    )


def exclusion_problems(campaign: Campaign) -> list[Problem]:
    """Whether everybody whom the draft leaves out is known by now, and still."""
    chosen, recent, _moment = _left_out_of(campaign)
    problems = []
    if (
        preparing := next((one for one in (*chosen, *recent) if one.is_freezing), None)
    ) is not None:
        sentence = _(
            "“%(name)s” is getting ready. Wait a moment until it is known who gets it, so that "
            "they can be left out here."
        )
        problems.append(Problem("campaigns_left_out", sentence % {"name": preparing.name}))
    for field, reached in _reached_of_emptied(campaign).items():
        if reached:
            problems.append(Problem(field, emptied_sentence()))
    return problems


def are_emptied(campaign: Campaign) -> bool:
    """Whether numbers are gone by which people would have to be left out of a campaign."""
    return any(_reached_of_emptied(campaign).values())


def _reached_of_emptied(campaign: Campaign) -> Mapping[str, tuple[Span, ...]]:
    """By field, whom it would have to leave out by numbers that are gone."""
    chosen, recent, moment = _left_out_of(campaign)
    return {
        "campaigns_left_out": spans(one.pk for one in chosen if one.is_emptied),
        "days_left_out": spans((one.pk for one in recent if one.is_emptied), moment),
    }


def emptied_sentence() -> str:
    """Why a campaign cannot go out that would leave people out by numbers that are gone."""
    return _(
        "The numbers of a campaign whose people should be left out are no longer kept. Choose "
        "fewer days, or leave people out by a list."
    )


def _left_out_of(
    campaign: Campaign,
) -> tuple[list[Reaching], tuple[Reaching, ...], datetime | None]:
    """The campaigns that it leaves people out by: chosen, by its days, and since when."""
    # That numbers are emptied, or being emptied, `privacy` notes, above this app.
    chosen = [
        Reaching(one.pk, one.name, one.state == CampaignState.FREEZING, hasattr(one, "emptied"))
        for one in choices.earlier_of(campaign)
    ]
    if not campaign.days_left_out:
        return chosen, (), None
    moment = since(campaign.team, campaign.days_left_out, timezone.now())
    return chosen, _since(campaign.team_id, moment, campaign.pk), moment
