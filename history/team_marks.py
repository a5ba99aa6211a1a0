"""Whether anything of a team's overview, or of the table of its campaigns, has changed.

Each is a question of the database or two, and nothing is written for it: no row that all senders
would wait for. Whatever people do to the team, its channels and lists is told by the trail; what
happens by itself is looked for where it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, Q, QuerySet, Subquery, Sum
from django.utils.translation import get_language

from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import NOT_AT_REST, QUESTIONS, SPARED, CampaignState, SubmissionState
from delivery.models import DeliveryCount, Reply, WebhookEndpoint
from history import overview_parts
from history.campaign_rows import AT_REST, Line
from history.live_mark import overall
from interface.prepared_queries import Among, prepared
from sending.models import Approval, Submission
from sociocs_accounts import troubles
from sociocs_accounts.models import SeenTrouble
from teams.access import TeamRequest
from teams.models import Team
from trail.models import Entry

# So long nothing but these marks is looked at.
SEEN_FOR = timedelta(minutes=5)
# In the order of the index of these: SQLite finds it by that.
_GOING = [state.value for state in NOT_AT_REST]


def overview_mark(request: TeamRequest, now: datetime) -> str:
    """Changes whenever the overview does, for who asks."""
    [figures] = _of_overview(request.team.pk, now)
    stopped = [(trouble.code, trouble.since) for trouble in troubles.of_installation()]
    return _mark(request, now, (figures, stopped))


def table_mark(request: TeamRequest, shown: Sequence[Line], now: datetime) -> str:
    """Changes whenever a table of the campaigns that are `shown` does, for who asks."""
    going = [line.pk for line in shown if line.state not in AT_REST]
    [figures] = _of_table(request.team.pk, [line.pk for line in shown], going, now)
    return _mark(request, now, (figures, shown))


def _mark(request: TeamRequest, now: datetime, facts: tuple[Any, ...]) -> str:
    team = request.team
    of_team = [getattr(team, field.attname) for field in Team._meta.concrete_fields]
    today = now.astimezone(ZoneInfo(team.time_zone)).date()
    viewer = (request.user.pk, request.membership.role, get_language())
    return sha256(repr((facts, of_team, today, viewer)).encode()).hexdigest()[:20]


# --- What it is made of ---------------------------------------------------------------------------


@prepared
def _of_overview(team: int, now: datetime) -> QuerySet[Team, tuple[Any, ...]]:
    going = Q(campaign__team=team, campaign__state__in=_GOING)
    over = overview_parts.latest_over(team).values("pk")
    standing = SeenTrouble.objects.filter(over_at=None)
    repeating = Campaign.objects.filter(team=team, next_run_at__isnull=False)
    return _row(
        team,
        *_of_team(team, now),
        *_of_campaigns(going, going, now),
        *_of_campaigns(Q(campaign__in=over), None, now),
        overall(repeating, Max("next_run_at")),
        _latest(Reply.objects.filter(team=team), "pk"),
        overall(standing, Sum("pk")),
        overall(standing, Max("next_at")),
    )


@prepared
def _of_table(
    team: int, shown: list[int], going: list[int], now: datetime
) -> QuerySet[Team, tuple[Any, ...]]:
    of_shown, of_going = Q(Among("campaign_id", shown)), Q(Among("campaign_id", going))
    return _row(team, *_of_team(team, now), *_of_campaigns(of_shown, of_going, now))


def _row(team: int, *figures: Subquery) -> QuerySet[Team, tuple[Any, ...]]:
    parts = {f"mark_{n}": figure for n, figure in enumerate(figures)}
    return Team.objects.filter(pk=team).annotate(**parts).values_list(*parts)


def _of_team(team: int, now: datetime) -> list[Subquery]:
    """What people did, drafts, campaigns that are not over, and what waits for an answer."""
    drafts = Campaign.objects.filter(team=team, state=CampaignState.DRAFT.value)
    going = Campaign.objects.filter(team=team, state__in=_GOING)
    # Of all teams, as the indexes of the few have them: by team SQLite would go through all jobs.
    asked = Submission.objects.filter(state__in=sorted(state.value for state in QUESTIONS))
    gone = Submission.objects.filter(is_gone=True)
    asking = Approval.objects.filter(campaign__in=drafts, answer=Approval.Verdict.WAITING)
    reporting = WebhookEndpoint.objects.filter(
        channel__team=team, state=WebhookEndpoint.State.ON, wants_statuses=True
    )
    return [
        _latest(Entry.objects.filter(team_id=team), "at"),
        _latest(drafts, "updated_at"),
        overall(going, Sum(F("pk") * F("version"))),
        overall(going, Count("pk", filter=Q(send_at__lte=now))),
        overall(asked, Sum(F("pk") * F("version"))),
        overall(gone, Sum(F("pk") * F("version"))),
        overall(asking, Sum("pk")),
        overall(reporting, Sum("pk")),
    ]


def _of_campaigns(shown: Q, going: Q | None, now: datetime) -> list[Subquery]:
    """What became of the people of these campaigns; time moves people of those `going` only."""
    stopped = CampaignRecipient.objects.filter(shown).exclude(stopped="")
    figures = [
        overall(Submission.objects.filter(shown), Sum("version")),
        overall(DeliveryCount.objects.filter(shown), Sum(F("pk") * F("messages"))),
        overall(Reply.objects.filter(shown), Count("pk")),
        overall(stopped.filter(stopped__in=sorted(SPARED)), Count("pk")),
    ]
    if going is not None:
        accepted = Submission.objects.filter(going, state=SubmissionState.ACCEPTED.value)
        figures.append(overall(accepted.filter(current_attempt__slot__lte=now), Count("pk")))
    return figures


def _latest(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by(f"-{field}").values(field)[:1])
