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


def offered(campaign: Campaign) -> QuerySet[Campaign]:
    """The team's latest launched campaigns: those that may have reached anybody.

    None whose numbers are emptied: nobody is known by them any more.
    """
    launched = Campaign.objects.filter(team=campaign.team_id, emptied=None)
    launched = launched.exclude(pk=campaign.pk)
    launched = launched.exclude(state=CampaignState.DRAFT.value)
    return launched.order_by("-created_at", "-pk")[:OFFERED]


def since(team: Team, days: int, now: datetime) -> datetime:
    """The midnight of the team's clocks with which "the last `days` days" begin."""
    today = now.astimezone(ZoneInfo(team.time_zone))
    first = (today - timedelta(days=days)).date()
    return datetime(first.year, first.month, first.day, tzinfo=today.tzinfo)


@read_once
def campaigns_since(team_id: int, moment: datetime, besides: int) -> tuple[int, ...]:
    """The team's campaigns of which a job may have gone out since, or still will."""
    ended = Q(finished_at__lt=moment)
    campaigns = Campaign.objects.filter(team=team_id).exclude(state=CampaignState.DRAFT.value)
    campaigns = campaigns.exclude(ended).exclude(pk=besides)
    return tuple(campaigns.order_by("pk").values_list("pk", flat=True))


def spans(campaigns: Iterable[int], moment: datetime | None = None) -> tuple[Span, ...]:
    """Who was or may be reached, as spans; of jobs since `moment`, and those that still wait."""
    return _spans(tuple(campaigns), moment)


@read_once
def _spans(campaigns: tuple[int, ...], moment: datetime | None) -> tuple[Span, ...]:
    # Jobs are asked for through their campaigns: who sends them stands above this app.
    jobs = Campaign.objects.filter(pk__in=campaigns, submissions__isnull=False)
    rows = list(
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

    def may_have_reached(row: tuple[int, int, int, str, datetime, int]) -> bool:
        state = SubmissionState(row[3])
        if state in REACHED_NOBODY and row[5] not in unclear:
            return False
        return moment is None or state in WAITING or row[4] >= moment

    joined_spans = []
    # Between two jobs that follow each other stands nobody, so that they make one span.
    for (campaign, is_reached), run in groupby(rows, lambda row: (row[0], may_have_reached(row))):
        if is_reached:
            run_of = list(run)
            joined_spans.append(Span(campaign, run_of[0][1], run_of[-1][2]))
    return tuple(joined_spans)


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
    chosen = [one.pk for one in choices.earlier_of(campaign)]
    recent, moment = _recent_of(campaign)
    unknown = _unknown_by_key((*chosen, *recent))
    freezing = (one for one in unknown.values() if one.state == CampaignState.FREEZING)
    emptied = _emptied(unknown)
    problems = []
    if (preparing := next(freezing, None)) is not None:
        sentence = _(
            "“%(name)s” is getting ready. Wait a moment until it is known who gets it, so that "
            "they can be left out here."
        )
        problems.append(Problem("campaigns_left_out", sentence % {"name": preparing.name}))
    for field, reached in (
        ("campaigns_left_out", spans(emptied.intersection(chosen))),
        ("days_left_out", spans(emptied.intersection(recent), moment)),
    ):
        if reached:
            problems.append(Problem(field, emptied_sentence()))
    return problems


def are_emptied(campaign: Campaign) -> bool:
    """Whether numbers are gone by which people would have to be left out of a campaign."""
    recent, moment = _recent_of(campaign)
    chosen = [one.pk for one in choices.earlier_of(campaign)]
    emptied = _emptied(_unknown_by_key((*chosen, *recent)))
    return bool(spans(emptied.intersection(chosen)) or spans(emptied.intersection(recent), moment))


def emptied_sentence() -> str:
    """Why a campaign cannot go out that would leave people out by numbers that are gone."""
    return _(
        "The numbers of a campaign whose people should be left out are no longer kept. Choose "
        "fewer days, or leave people out by a list."
    )


def _recent_of(campaign: Campaign) -> tuple[tuple[int, ...], datetime | None]:
    """The campaigns that its days leave people out by, and since when."""
    if not campaign.days_left_out:
        return (), None
    moment = since(campaign.team, campaign.days_left_out, timezone.now())
    return campaigns_since(campaign.team_id, moment, campaign.pk), moment


@read_once
def _unknown_by_key(campaigns: tuple[int, ...]) -> Mapping[int, Campaign]:
    """Those whose people are still being noted down, or whose numbers are emptied."""
    people_unknown = Q(state=CampaignState.FREEZING.value) | Q(emptied__isnull=False)
    unknown = Campaign.objects.filter(people_unknown, pk__in=campaigns)
    return {one.pk: one for one in unknown.select_related("emptied").order_by("pk")}


def _emptied(campaigns: Mapping[int, Campaign]) -> frozenset[int]:
    """Those whose numbers are emptied, or being emptied: `privacy`, above this app, notes it."""
    return frozenset(key for key, campaign in campaigns.items() if hasattr(campaign, "emptied"))
