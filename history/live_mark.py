"""Whether anything of a campaign's page has changed since it was shown, asked in one question.

Open pages ask every few seconds, and mostly nothing has. What this does not see (a list renamed, a
price) shows within a minute, when the whole page is read again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Max, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, Heartbeat
from campaigns.states import Outcome, SubmissionState
from delivery.models import DeliveryCount, Reply, WebhookEndpoint
from history import live_parts
from history.models import FollowUp
from interface.prepared_queries import prepared
from sending.models import Attempt, Submission
from sociocs_accounts.models import SeenTrouble

# So long nothing but this mark is looked at.
SEEN_FOR = timedelta(seconds=60)
# A part of the system that has said nothing for so long does not work (`campaigns.pulse`).
_SILENT = timedelta(seconds=30)


def is_unchanged(campaign: Campaign, query: Any) -> bool:
    """Whether a page that sends this `query` along still shows what is so."""
    now = timezone.now()
    is_told = live_parts.still_counts(query, now, SEEN_FOR)
    return is_told and query.get("mark") == live_mark(campaign, now)


def live_mark(campaign: Campaign, now: datetime) -> str:
    """Changes whenever the campaign, its jobs, its people or what holds it up do."""
    account = campaign.channel.account if campaign.channel else None
    beside = (campaign.version, campaign.frozen_count, campaign.state, campaign.state_reason)
    lane = (account.state, account.halt_reason, account.list_trouble_at) if account else ()
    [figures] = _figures(campaign.pk, now, now - _SILENT)
    return sha256(repr((figures, beside, lane)).encode()).hexdigest()[:20]


@prepared
def _figures(
    campaign: int, now: datetime, silent_since: datetime
) -> QuerySet[Campaign, tuple[Any, ...]]:
    figures = [
        _of(CampaignEvent.objects, Max("pk")),
        _of(Submission.objects, Sum("version")),
        _of(_accepted(), Count("pk", filter=Q(current_attempt__slot__lte=now))),
        _of_jobs(Sum("looks")),
        _of_jobs(Max("last_look_at")),
        _of(DeliveryCount.objects, Sum(F("pk") * F("messages"))),
        _of(Reply.objects, Count("pk")),
        _of(Reply.objects, Max("pk")),
        _of(_stopped(), Count("pk")),
        _of(_stopped().filter(stopped="taken_out"), Count("pk")),
        _of(FollowUp.objects.filter(done_at=None), Count("pk")),
        Subquery(_endpoint().values("state")),
        Subquery(_endpoint().values("unattributed_count")),
        overall(_troubles(), Max("pk")),
        overall(_troubles(), Count("pk")),
        overall(Heartbeat.objects.filter(at__lt=silent_since), Count("pk")),
    ]
    parts = {f"mark_{n}": figure for n, figure in enumerate(figures)}
    return Campaign.objects.filter(pk=campaign).annotate(**parts).values_list(*parts)


def _of(rows: Any, what: Any) -> Subquery:
    """A figure over those of the campaign's."""
    return _grouped(rows.filter(campaign=OuterRef("pk")), "campaign", what)


def _of_jobs(what: Any) -> Subquery:
    unclear = Attempt.objects.filter(outcome=Outcome.AMBIGUOUS.value)
    of_campaign = unclear.filter(submission__campaign=OuterRef("pk"))
    return _grouped(of_campaign, "submission__campaign", what)


def overall(rows: Any, what: Any) -> Subquery:
    """A figure over all of these rows."""
    return _grouped(rows.annotate(one=Value(1)), "one", what)


def _grouped(rows: QuerySet[Model], by: str, what: Any) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(figure=what).values("figure"))


def _stopped() -> QuerySet[CampaignRecipient]:
    # Said wherever they are looked for: the index holds these few, and SQLite has to be told.
    return CampaignRecipient.objects.exclude(stopped="")


def _accepted() -> QuerySet[Submission]:
    return Submission.objects.filter(state=SubmissionState.ACCEPTED.value)


def _endpoint() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(channel=OuterRef("channel"))


def _troubles() -> QuerySet[SeenTrouble]:
    return SeenTrouble.objects.filter(over_at=None)
