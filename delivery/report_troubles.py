"""What is wrong with the reports of channels, for every page that tells of troubles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from campaigns.states import Outcome
from delivery.models import WebhookEndpoint
from sending.models import Attempt
from sociocs_accounts.models import Channel
from sociocs_accounts.troubles import Standing, Trouble

State = WebhookEndpoint.State

_TROUBLE_OF: Mapping[str, Trouble] = {
    State.PAUSED: Trouble.REPORTS_PAUSED,
    State.GONE: Trouble.REPORTS_GONE,
    State.CHANGED: Trouble.REPORTS_GONE,
}
# So long after messages went out, some report on them should have come.
_A_DAY = timedelta(days=1)
# What went out longer ago says nothing of how it is now.
_LOOKED_BACK = timedelta(days=3)


def troubles_of(channel: Channel) -> list[Standing]:
    """What pages about a channel say is wrong with its reports."""
    return _told(WebhookEndpoint.objects.filter(channel=channel))


def all_report_troubles() -> list[Standing]:
    """What is wrong with the reports of any channel that is in use."""
    endpoints = WebhookEndpoint.objects.filter(channel__is_active=True)
    silent = _silent(endpoints).values_list("channel_id", flat=True)
    return _told(endpoints) + [
        Standing(Trouble.REPORTS_SILENT, channel_id=channel_id) for channel_id in silent
    ]


def _told(endpoints: QuerySet[WebhookEndpoint]) -> list[Standing]:
    rows = endpoints.filter(state__in=list(_TROUBLE_OF)).values_list("state", "channel_id")
    return [Standing(_TROUBLE_OF[state], channel_id=channel_id) for state, channel_id in rows]


def _silent(endpoints: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
    """Those on which nothing came for a day after a message went out."""
    now = timezone.now()
    # Since when something could have come: nothing was asked for before.
    heard_at = Coalesce("last_event_at", "renewed_at", "created_at", output_field=DateTimeField())
    sent = Attempt.objects.filter(
        account=OuterRef("channel__account"),
        submission__campaign__channel=OuterRef("channel"),
        outcome=Outcome.ACCEPTED.value,
        revoked_at=None,
        slot__gt=Greatest(OuterRef("heard_at"), now - _LOOKED_BACK),
        slot__lte=now - _A_DAY,
    )
    quiet = endpoints.filter(state=State.ON, wants_statuses=True).annotate(heard_at=heard_at)
    return quiet.filter(Q(heard_at__lte=now - _A_DAY) & Exists(sent))
