"""What came back on a campaign, for its page: why messages failed, and who wrote last."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from delivery.models import Reply, SentMessage
from delivery.provider_codes import failure_of
from sociocs_gateway.results import DeliveryStatus

_REASONS_SHOWN = 5
_REPLIES_SHOWN = 3


def failures_of(campaign: Campaign) -> list[tuple[str, int]]:
    """(reason, messages) of those that failed, the most frequent first; one query."""
    if campaign.channel is None:
        return []
    codes = (
        SentMessage.objects.filter(
            campaign=campaign, recipient__isnull=False, status=DeliveryStatus.FAILED.value
        )
        .order_by()
        .values_list("error_code")
        .annotate(n=Count("pk"))
    )
    reasons: Counter[str] = Counter()
    for code, n in codes:
        failure = failure_of(campaign.channel.provider, code)
        reasons[str(failure.reason) if failure else _("The network gave no reason.")] += n
    shown = reasons.most_common(_REASONS_SHOWN)
    others = reasons.total() - sum(n for _reason, n in shown)
    return [*shown, (_("Other reasons"), others)] if others else shown


def latest_replies_to(campaign: Campaign) -> list[Reply]:
    """The newest replies to a campaign, newest first."""
    return list(Reply.objects.filter(campaign=campaign).order_by("-pk")[:_REPLIES_SHOWN])
