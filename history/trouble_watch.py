"""The watch over troubles: since when each stands, who is told of it, and that it is over.

Called by the tick, in as many workers as there are: all it writes is guarded, and found again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, Heartbeat
from campaigns.moves import record_event
from campaigns.states import WAITING, CampaignState
from delivery.report_troubles import all_report_troubles
from history import notices
from history.models import Notice
from sending import delays, liveness
from sending.models import Submission
from sociocs_accounts import call_rates, troubles
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount, SeenTrouble
from sociocs_accounts.seen_troubles import as_standing
from sociocs_accounts.troubles import Standing, Trouble
from teams.models import Team

Kind = CampaignEvent.Kind
# What is over by itself before is no news.
_NEWS_AFTER = timedelta(seconds=30)
# A write that takes longer is felt on every page.
_SLOW_SECONDS = 2.0
# Whose reports may still come in after all of it was sent.
_REPORTS_FOR = timedelta(days=3)


def keep_watch() -> bool:
    """Note what stands and what is over, and tell of it. Returns whether the broker works."""
    is_slow = not _says_that_it_lives()
    has_broker = call_rates.redis_works()
    standing = _standing_now()
    standing += [Standing(Trouble.SLOW_DATABASE)] if is_slow else []
    standing += [] if has_broker else [Standing(Trouble.NO_BROKER)]
    _note({trouble.key: trouble for trouble in standing})
    for row in SeenTrouble.objects.filter(over_at=None).select_related("account", "channel"):
        _tell_if_news(row)
    return has_broker


def _says_that_it_lives() -> bool:
    """Whether that was written in a usual time."""
    began = time.monotonic()
    # Somebody else may hold the row for longer than the database lets us wait.
    with suppress(OperationalError), transaction.atomic():
        Heartbeat.objects.update_or_create(part=liveness.BACKGROUND, defaults={"at": Now()})
    return time.monotonic() - began <= _SLOW_SECONDS


def _standing_now() -> list[Standing]:
    of_installation = troubles.of_installation()
    may_rest = Q(list_trouble_at__isnull=False) | Q(cool_until__gt=timezone.now())
    accounts = GatewayAccount.objects.filter(may_rest | ~Q(state=LaneState.OPEN.value))
    standing = [trouble for account in accounts for trouble in troubles.of_account(account)]
    if all(trouble.code != Trouble.NO_TICK for trouble in of_installation):
        standing += liveness.accounts_that_nobody_serves()
    return [*of_installation, *standing, *delays.slowed_accounts(), *all_report_troubles()]


def _note(standing: dict[tuple[str, str], Standing]) -> None:
    rows = {(row.code, row.place): row for row in SeenTrouble.objects.filter(over_at=None)}
    now = timezone.now()
    new = [
        SeenTrouble(
            code=trouble.code,
            place=trouble.place,
            account_id=trouble.account_id,
            channel_id=trouble.channel_id,
            since=trouble.since or now,
            next_at=trouble.next_at,
        )
        for key, trouble in standing.items()
        if key not in rows
    ]
    if new:
        SeenTrouble.objects.bulk_create(new, ignore_conflicts=True)
    for key, row in rows.items():
        if key not in standing:
            _end(row)
        elif standing[key].next_at != row.next_at:
            SeenTrouble.objects.filter(pk=row.pk).update(next_at=standing[key].next_at)


def _end(row: SeenTrouble) -> None:
    """It is over: said once where it was told, and as if it had never been where it was not."""
    with transaction.atomic():
        mine = SeenTrouble.objects.filter(pk=row.pk, over_at=None)
        if row.told_at is None:
            mine.filter(told_at=None).delete()
        elif mine.update(over_at=timezone.now()):
            for campaign in Campaign.objects.filter(pk__in=_told_campaigns(row)):
                record_event(campaign, Kind.TROUBLE_OVER, code=row.code, trouble=row.pk)
            notices.trouble_is_over(row)


def _tell_if_news(row: SeenTrouble) -> None:
    """Tell the campaigns and teams that it concerns and that have not been told."""
    words = as_standing(row).words
    if not words.began or row.since > timezone.now() - _NEWS_AFTER:
        return
    campaigns = list(_concerned(row).exclude(pk__in=_told_campaigns(row)).select_related("team"))
    teams = list(_teams_without_campaigns(row)) if words.needs_person else []
    if not campaigns and not teams and row.told_at is not None:
        return
    with transaction.atomic():
        locked = SeenTrouble.objects.select_for_update().get(pk=row.pk)
        if locked.over_at is not None:
            return
        if locked.told_at is None:
            locked.told_at = timezone.now()
            locked.save(update_fields=["told_at"])
        told = set(_told_campaigns(locked))
        by_team: defaultdict[Team, list[Campaign]] = defaultdict(list)
        for campaign in campaigns:
            by_team[campaign.team].append(campaign)
            if campaign.pk not in told:
                record_event(campaign, Kind.TROUBLE, code=row.code, trouble=row.pk)
        for team in [*by_team, *(team for team in teams if team not in by_team)]:
            notices.tell_of_trouble(locked, team, by_team.get(team, []))


def _told_campaigns(row: SeenTrouble) -> list[int]:
    """Campaigns whose timelines say that it began."""
    if row.told_at is None:
        return []
    # Two workers' clocks may differ.
    since = row.told_at - timedelta(hours=1)
    events = CampaignEvent.objects.filter(
        kind=Kind.TROUBLE, created_at__gte=since, details__trouble=row.pk
    )
    return list(events.values_list("campaign_id", flat=True))


def _concerned(row: SeenTrouble) -> QuerySet[Campaign]:
    """The campaigns that stand still, or hear nothing, for it."""
    now, state = timezone.now(), CampaignState
    jobs = Submission.objects.filter(
        campaign=OuterRef("pk"), state__in=[one.value for one in WAITING]
    )
    sends = Q(Exists(jobs), state=state.SENDING.value)
    if row.account_id is not None:
        halted = Q(state=state.PAUSED.value, state_reason=row.code)
        return Campaign.objects.filter(sends | halted, channel__account=row.account_id)
    if row.channel_id is not None:
        going = [state.SENDING.value, state.PAUSED.value, state.NEEDS_DECISION.value]
        done = Q(state=state.COMPLETED.value, finished_at__gte=now - _REPORTS_FOR)
        return Campaign.objects.filter(Q(state__in=going) | done, channel=row.channel_id)
    due = Q(state=state.SCHEDULED.value, hand_over_at__lte=now)
    begun = Q(state__in=[state.FREEZING.value, state.CANCELLING.value])
    return Campaign.objects.filter(sends | due | begun)


def _teams_without_campaigns(row: SeenTrouble) -> QuerySet[Team]:
    """Teams that somebody has to look for, although nothing of theirs waits; not told yet."""
    told = Notice.objects.filter(trouble=row, team=OuterRef("pk"))
    teams = Team.objects.exclude(Exists(told))
    if row.account_id is not None:
        return teams.filter(channels__account=row.account_id, channels__is_active=True).distinct()
    return teams.filter(channels=row.channel_id) if row.channel_id else teams.none()
