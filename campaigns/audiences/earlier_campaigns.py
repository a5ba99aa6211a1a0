"""Whom an earlier campaign has reached, may have reached, or is about to reach.

Left out of a later campaign are the people of every job that is not known to have reached nobody:
an unclear one may have, a waiting one will. A job that was refused, taken back or never handed over
reached nobody, unless an attempt at it never got a clear answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import choices
from campaigns.models import Campaign, CampaignRecipient
from campaigns.problems import Problem
from campaigns.states import WAITING, CampaignState, Outcome, SubmissionState
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


def offered(campaign: Campaign) -> list[int]:
    """The team's latest launched campaigns, by primary key: those that may have reached anybody.

    None whose numbers are emptied: nobody is known by them any more.
    """
    launched = Campaign.objects.filter(team=campaign.team_id, emptied=None)
    launched = launched.exclude(pk=campaign.pk)
    launched = launched.exclude(state=CampaignState.DRAFT.value)
    return list(launched.order_by("-created_at", "-pk").values_list("pk", flat=True)[:OFFERED])


def is_preparing(campaigns: Iterable[int]) -> Campaign | None:
    """One of these campaigns (primary keys) that is still noting down who gets it."""
    freezing = Campaign.objects.filter(pk__in=campaigns, state=CampaignState.FREEZING.value)
    return freezing.first()


def since(team: Team, days: int, now: datetime) -> datetime:
    """The midnight of the team's clocks with which "the last `days` days" begin."""
    today = now.astimezone(ZoneInfo(team.time_zone))
    first = (today - timedelta(days=days)).date()
    return datetime(first.year, first.month, first.day, tzinfo=today.tzinfo)


def campaigns_since(team_id: int, moment: datetime, besides: int) -> list[int]:
    """The team's campaigns of which a job may have gone out since, or still will."""
    ended = Q(finished_at__lt=moment)
    campaigns = Campaign.objects.filter(team=team_id).exclude(state=CampaignState.DRAFT.value)
    campaigns = campaigns.exclude(ended).exclude(pk=besides)
    return list(campaigns.order_by("pk").values_list("pk", flat=True))


def spans(campaigns: Iterable[int], moment: datetime | None = None) -> tuple[Span, ...]:
    """Who was or may be reached, as spans; of jobs since `moment`, and those that still wait."""
    # Jobs are asked for through their campaigns: who sends them stands above this app.
    jobs = Campaign.objects.filter(pk__in=list(campaigns), submissions__isnull=False)
    rows = (
        jobs.annotate(
            at=Coalesce("submissions__current_attempt__slot", "submissions__planned_slot")
        )
        .order_by("pk", "submissions__first_position")
        .values_list(
            *("pk", "submissions__first_position", "submissions__last_position"),
            *("submissions__state", "at", "submissions__pk"),
        )
    )
    unclear = set(
        Campaign.objects.filter(
            pk__in=list(campaigns),
            submissions__state__in=[state.value for state in REACHED_NOBODY],
            submissions__attempts__outcome=Outcome.AMBIGUOUS.value,
            submissions__attempts__revoked_at=None,
        ).values_list("submissions__pk", flat=True)
    )

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
    problems = []
    if (preparing := is_preparing([*chosen, *recent])) is not None:
        sentence = _(
            "“%(name)s” is being prepared: who gets it is known in a moment. Wait for it, so that "
            "its people can be left out here."
        )
        problems.append(Problem("campaigns_left_out", sentence % {"name": preparing.name}))
    for field, reached in (
        ("campaigns_left_out", spans(_emptied(chosen))),
        ("days_left_out", spans(_emptied(recent), moment)),
    ):
        if reached:
            problems.append(Problem(field, emptied_sentence()))
    return problems


def are_emptied(campaign: Campaign) -> bool:
    """Whether numbers are gone by which people would have to be left out of a campaign."""
    recent, moment = _recent_of(campaign)
    chosen = [one.pk for one in choices.earlier_of(campaign)]
    return bool(spans(_emptied(chosen)) or spans(_emptied(recent), moment))


def emptied_sentence() -> str:
    """Why a campaign cannot go out that would leave people out by numbers that are gone."""
    return _(
        "Of a campaign whose people are to be left out, the numbers are emptied by now. Choose "
        "fewer days, or leave people out by a list."
    )


def _recent_of(campaign: Campaign) -> tuple[list[int], datetime | None]:
    """The campaigns that its days leave people out by, and since when."""
    if not campaign.days_left_out:
        return [], None
    moment = since(campaign.team, campaign.days_left_out, timezone.now())
    return campaigns_since(campaign.team_id, moment, besides=campaign.pk), moment


def _emptied(campaigns: Iterable[int]) -> list[int]:
    """Those whose numbers are emptied, or being emptied: `privacy`, above this app, notes it."""
    emptied = Campaign.objects.filter(pk__in=list(campaigns), emptied__isnull=False)
    return list(emptied.values_list("pk", flat=True))
