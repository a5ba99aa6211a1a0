"""What is old enough to be emptied, by a team's own choice, and when that will be.

Nothing that sending still needs is ever old enough: a campaign has to be over, its last job's time
a day past, with no question open, nothing to look for and nobody to be taken out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignFilter,
    CampaignList,
    CampaignRecipient,
    EarlierCampaign,
)
from campaigns.states import FINISHED, IN_FLIGHT, QUESTIONS, WAITING, CampaignState, Stopped
from history.models import FollowUp, Report
from interface.prepared_queries import prepared
from privacy.models import Retention
from recipients.files.made_files import MadeFile
from recipients.models import FilterList, ListImport, ListInOperation, RecipientList
from sending.models import GONE_IN_QUESTION, Attempt, Submission
from teams.models import Team

# Reports and late answers on the last job come in by then.
_AFTER_THE_LAST_JOB = timedelta(days=1)
_OVER = sorted(FINISHED)
# Campaigns of which somebody may still have a number.
NOT_EMPTIED = Q(emptied=None) | Q(emptied__is_done=False)
_IMPORTS = ListImport.State


def retention_of(team: Team) -> Retention:
    """The team's choice; unsaved where it made none."""
    for chosen in _chosen(team.pk):
        return chosen
    return Retention(team=team)


@prepared
def _chosen(team: int) -> QuerySet[Retention]:
    return Retention.objects.filter(team=team)


# --- Campaigns ------------------------------------------------------------------------------------


def at_rest(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Those of `campaigns` of whose people sending needs nothing any more."""
    of_it = OuterRef("pk")
    jobs = Submission.objects.filter(campaign=of_it)
    unfinished = sorted(WAITING | IN_FLIGHT | QUESTIONS)
    a_day_ago = timezone.now() - _AFTER_THE_LAST_JOB
    return campaigns.filter(
        ~Exists(jobs.filter(state__in=unfinished)),
        ~Exists(jobs.filter(GONE_IN_QUESTION)),
        ~Exists(jobs.filter(current_attempt__slot__gt=a_day_ago)),
        ~Exists(Attempt.objects.filter(submission__campaign=of_it, next_look_at__isnull=False)),
        ~Exists(
            # The first says nothing new, but the index holds the few who are stopped.
            CampaignRecipient.objects.exclude(stopped="").filter(
                campaign=of_it, stopped=Stopped.WAITING.value
            )
        ),
        ~Exists(FollowUp.objects.filter(campaign=of_it, done_at=None)),
        ~Exists(
            Report.objects.filter(
                campaign=of_it, state__in=[MadeFile.State.QUEUED, MadeFile.State.WORKING]
            )
        ),
        state__in=_OVER,
    )


def over_for_good(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Those of a deleted team's `campaigns` that nothing comes of any more.

    A question may come up late, and nobody is left who could answer it.
    """
    jobs = Submission.objects.filter(campaign=OuterRef("pk"))
    a_day_ago = timezone.now() - _AFTER_THE_LAST_JOB
    at_work = jobs.filter(state__in=sorted(IN_FLIGHT))
    return campaigns.filter(
        ~Exists(at_work),
        ~Exists(jobs.filter(current_attempt__slot__gt=a_day_ago)),
        ~Exists(jobs.filter(state__in=sorted(WAITING), planned_slot__gt=a_day_ago)),
        state__in=[*_OVER, CampaignState.NEEDS_DECISION],
    )


def campaigns_to_empty(retention: Retention) -> QuerySet[Campaign]:
    """Campaigns that were over for long enough, and that no later one leaves people out by."""
    days = _days_of_campaigns(retention)
    if days is None:
        return Campaign.objects.none()
    before = timezone.now() - timedelta(days=days)
    is_free = Q(~Exists(_wanted_by_later_ones()), emptied=None, finished_at__lt=before)
    # Of one that is begun, too few people are known to leave anybody out by it.
    wanted = is_free | Q(emptied__is_done=False)
    mine = Campaign.objects.filter(wanted, team=retention.team_id, next_run_at=None)
    return at_rest(mine)


def campaign_empties_at(campaign: Campaign, retention: Retention) -> datetime | None:
    """When the campaign is emptied, were nothing to happen to it; None: never, or not over yet."""
    days = _days_of_campaigns(retention)
    if days is None or campaign.finished_at is None or campaign.state not in _OVER:
        return None
    return campaign.finished_at + timedelta(days=days)


def _days_of_campaigns(retention: Retention) -> int | None:
    """The days chosen, or as many as an open campaign leaves people out for, if those are more.

    One day more than those: they begin with a midnight.
    """
    if retention.campaigns_days is None:
        return None
    unfinished = Campaign.objects.filter(team=retention.team_id).exclude(
        state__in=_OVER, next_run_at=None
    )
    longest = unfinished.aggregate(days=Max("days_left_out"))["days"]
    return max(retention.campaigns_days, (longest or 0) + 1)


def _wanted_by_later_ones() -> QuerySet[EarlierCampaign]:
    later = EarlierCampaign.objects.filter(earlier=OuterRef("pk"))
    return later.exclude(campaign__state__in=_OVER, campaign__next_run_at=None)


# --- Lists ----------------------------------------------------------------------------------------


def lists_to_empty(retention: Retention) -> QuerySet[RecipientList]:
    """Lists that nobody changed, wrote to or read from for long enough."""
    if retention.lists_days is None:
        return RecipientList.objects.none()
    before = timezone.now() - timedelta(days=retention.lists_days)
    used = Q(campaign__in=_campaigns_using(before))
    by_filter = FilterList.objects.filter(
        recipient_list=OuterRef("pk"),
        saved_filter__in=CampaignFilter.objects.filter(used).values("saved_filter"),
    )
    busy = ListImport.objects.filter(
        Q(recipient_list=OuterRef("pk")) | Q(target_list=OuterRef("pk")),
        state__in=[_IMPORTS.CHECKING, _IMPORTS.QUEUED, _IMPORTS.IMPORTING],
    )
    read = ListInOperation.objects.filter(
        recipient_list=OuterRef("pk"), operation__created_at__gte=before
    )
    return RecipientList.objects.filter(
        ~Exists(CampaignList.objects.filter(used, recipient_list=OuterRef("pk"))),
        ~Exists(by_filter),
        ~Exists(busy),
        ~Exists(read),
        team=retention.team_id,
        is_ready=True,
        deleted_at=None,
        updated_at__lt=before,
    )


def list_empties_at(recipient_list: RecipientList, retention: Retention) -> datetime | None:
    """When the list is deleted unless it is used before; None: never, or it is in use now."""
    if retention.lists_days is None or recipient_list.deleted_at is not None:
        return None
    of_it = Q(list_choices__recipient_list=recipient_list) | Q(
        filter_choices__saved_filter__list_choices__recipient_list=recipient_list
    )
    mine = Campaign.objects.filter(of_it, team=recipient_list.team_id)
    if mine.exclude(state__in=[*_OVER, CampaignState.DRAFT], next_run_at=None).exists():
        return None
    uses = mine.aggregate(Max("updated_at"), Max("finished_at")).values()
    operations = recipient_list.operations.aggregate(at=Max("operation__created_at"))["at"]
    last: datetime = max(at for at in (recipient_list.updated_at, operations, *uses) if at)
    return last + timedelta(days=retention.lists_days)


def _campaigns_using(since: datetime) -> QuerySet[Campaign]:
    """Campaigns that use their lists now, or did since then; a draft nobody touched does not."""
    idle = Q(state__in=[*_OVER, CampaignState.DRAFT], next_run_at=None)
    lately = Q(updated_at__gte=since) | Q(finished_at__gte=since)
    return Campaign.objects.filter(~idle | lately)
