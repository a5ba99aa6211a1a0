"""Whose message was it? A status names only a message; the vendor's list may say to whom it went.

Nothing is guessed: a message is credited where its job is named, or where the number was in exactly
one job of the channel around that time.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from campaigns.models import CampaignRecipient
from delivery import delivery_reports
from delivery.models import SentMessage, WebhookEndpoint
from delivery.replies import submission_of
from events.outbox import News
from recipients.subscriber_keys import subscriber_key
from sending.models import Submission
from sociocs_accounts import clients
from sociocs_accounts.models import Channel
from sociocs_gateway.exceptions import GatewayError
from sociocs_gateway.results import ListedMessage

log = logging.getLogger(__name__)

# What is not in the list by then never will be.
_LOOKED_FOR = timedelta(days=3)
_PAUSES = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
# A network's queue may hold a message for hours; two clocks may differ by a little.
_SENT_EARLY, _SENT_LATE = timedelta(minutes=1), timedelta(hours=12)
_CAMPAIGNS_LOOKED_AT = 20
_IDS_A_QUERY = 500


def endpoints_to_learn() -> list[int]:
    """Ids of the endpoints whose messages are to be looked up now."""
    due = WebhookEndpoint.objects.filter(learn_at__lte=timezone.now())
    return list(due.values_list("pk", flat=True))


def learn(endpoint_id: int) -> None:
    """Look the unattributed messages of one channel up in the vendor's list."""
    endpoint = WebhookEndpoint.objects.select_related("channel__account").get(pk=endpoint_id)
    _forget_tests(endpoint)
    if not _claim(endpoint):
        return
    first = _unattributed(endpoint.channel).order_by("seen_at").first()
    if first is None:
        return
    today = timezone.now().date()
    try:
        with clients.client_of(endpoint.channel.account) as client:
            listed = client.list_messages(first.seen_at.date() - timedelta(days=1), today)
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("endpoint %s: the messages could not be listed: %s", endpoint, error)
        return
    for start in range(0, len(listed), _IDS_A_QUERY):
        some = listed.items[start : start + _IDS_A_QUERY]
        _credit(
            endpoint.channel, {listed_message.message_id: listed_message for listed_message in some}
        )
    if not _unattributed(endpoint.channel).exists():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(learn_at=None)


def _forget_tests(endpoint: WebhookEndpoint) -> None:
    """Count no more what turned out to be somebody's test: its report came before its answer."""
    with transaction.atomic():
        waiting = _unattributed(endpoint.channel)
        team = endpoint.channel.team_id
        tests = delivery_reports.tests_among([team], waiting.values("message_id"))
        forgotten, _ = waiting.filter(message_id__in=[message for _, message in tests]).delete()
        endpoints = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        endpoints.filter(unattributed_count__gte=forgotten).update(
            unattributed_count=F("unattributed_count") - forgotten
        )


def _claim(endpoint: WebhookEndpoint) -> bool:
    """Set the time of the next look before this one: two workers make one look."""
    pause = _PAUSES[min(endpoint.learn_tries, len(_PAUSES) - 1)]
    has_some = _unattributed(endpoint.channel).exists()
    return bool(
        WebhookEndpoint.objects.filter(pk=endpoint.pk, learn_at=endpoint.learn_at).update(
            learn_at=timezone.now() + pause if has_some else None,
            learn_tries=endpoint.learn_tries + 1,
        )
    )


def _unattributed(channel: Channel) -> QuerySet[SentMessage]:
    since = timezone.now() - _LOOKED_FOR
    return SentMessage.objects.filter(channel=channel, recipient=None, seen_at__gte=since)


def _credit(channel: Channel, listed: dict[str, ListedMessage]) -> None:
    wanted = _unattributed(channel).filter(message_id__in=list(listed))
    news = News()
    for message_id in list(wanted.values_list("message_id", flat=True)):
        with transaction.atomic():
            recipient = recipient_of(channel, listed[message_id])
            if recipient is not None:
                delivery_reports.credit_message(channel, message_id, recipient, news)


def recipient_of(channel: Channel, message: ListedMessage) -> CampaignRecipient | None:
    """Who a listed message went to; None unless exactly one of our jobs can have sent it."""
    if message.phone is None or message.is_incoming:
        return None
    rows = CampaignRecipient.objects.filter(
        phone_key=subscriber_key(message.phone), campaign__channel=channel, sent_messages=None
    ).order_by("-campaign_id", "occurrence")
    recipients: dict[int, CampaignRecipient] = {}
    for row in rows[:_CAMPAIGNS_LOOKED_AT]:
        submission = submission_of(row)
        if submission is not None and _can_be_from(submission, message):
            # A number that stands in a campaign more than once: the first that has no message yet.
            recipients.setdefault(row.campaign_id, row)
    return next(iter(recipients.values())) if len(recipients) == 1 else None


def _can_be_from(submission: Submission, message: ListedMessage) -> bool:
    attempt = submission.current_attempt
    if message.job_id:
        return message.job_id == submission.job_id
    if attempt is None or message.sent_at is None:
        return False
    if message.text is not None and message.text != submission.text:
        return False
    return _is_around(message.sent_at, attempt.slot)


def _is_around(sent_at: datetime, slot: datetime) -> bool:
    return slot - _SENT_EARLY <= sent_at <= slot + _SENT_LATE
