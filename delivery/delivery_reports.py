"""What the vendor says became of each message: taken in at once, worked through later.

A call is stored as it came, once, and answered; this module makes something of it afterwards. A
status only ever moves forward, whatever the order in which calls come in. What cannot be credited
to anybody is counted as that, and credited later if the vendor's list tells whose it was.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient
from delivery import replies, stops
from delivery.models import DeliveryCount, SentMessage, WebhookEndpoint, WebhookEvent
from delivery.number_news import NewsOfNumbers
from delivery.provider_codes import FailureKind, failure_of
from delivery.reported_messages import Key, ReportedMessages
from events.kinds import EventKind
from events.outbox import News
from interface.database_errors import is_away, is_held_up
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sociocs_accounts.models import Channel
from sociocs_gateway.exceptions import InvalidEvent
from sociocs_gateway.results import DeliveryStatus
from sociocs_gateway.webhooks import Event, IncomingMessage, StatusUpdate, parse_event

log = logging.getLogger(__name__)

Outcome = WebhookEvent.Outcome
EVENTS_A_TASK = 2_000
# For whoever has to find out what went wrong; people's numbers and texts are in them.
KEEP_BODIES = timedelta(days=30)
_BODIES_A_ROUND = 5_000
_FIRST_LEARNING = timedelta(seconds=20)

# Of how a message fares, what the team's own systems are told.
_TOLD = (DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.FAILED)

# (campaign, status) -> by how many its count changes.
Changes = Counter[tuple[int, str]]


def has_calls() -> bool:
    """Whether calls wait to be worked through."""
    return WebhookEvent.objects.filter(outcome=Outcome.WAITING).exists()


def work_through() -> bool:
    """Make something of the oldest waiting calls; True when more wait.

    All of them in one transaction; if that fails, each in one of its own, so that a single bad one
    stops nothing. While the database is away or held up all of them wait: raises its error.
    """
    waiting = WebhookEvent.objects.filter(outcome=Outcome.WAITING).order_by("pk")[:EVENTS_A_TASK]
    try:
        return _work(waiting) == EVENTS_A_TASK
    except Exception as error:
        # Else whatever it is must not stop the others.
        if is_away(error) and not is_held_up(error):
            raise
        log.warning("events are worked through one by one: %s", type(error).__name__)
    ids = list(waiting.values_list("pk", flat=True))
    for pk in ids:
        _work_alone(pk)
    return len(ids) == EVENTS_A_TASK


def _work_alone(pk: int) -> None:
    try:
        _work(WebhookEvent.objects.filter(pk=pk, outcome=Outcome.WAITING))
    except Exception as error:
        if is_away(error):
            raise
        # It is marked, and a person can look at it.
        log.error("event %d could not be processed: %s", pk, type(error).__name__)
        WebhookEvent.objects.filter(pk=pk, outcome=Outcome.WAITING).update(outcome=Outcome.FAILED)


def _work(waiting: QuerySet[WebhookEvent]) -> int:
    """Work these through in one transaction, but for what another worker has; returns how many."""
    with transaction.atomic():
        events = list(waiting.select_for_update(skip_locked=True))
        _join_endpoints(events)
        calls = [(event, _read(event)) for event in events]
        round_of = _Round(_messages_of(calls))
        outcomes = defaultdict[WebhookEvent.Outcome, list[WebhookEvent]](list)
        for event, parsed in calls:
            outcomes[round_of.make_of(event, parsed)].append(event)
        for outcome, its_events in outcomes.items():
            of_outcome = WebhookEvent.objects.filter(pk__in=[event.pk for event in its_events])
            of_outcome.update(outcome=outcome)
        round_of.store()
        _note_on_endpoints(events, _unattributed(outcomes[Outcome.UNATTRIBUTED], dict(calls)))
    return len(events)


def _unattributed(
    events: Sequence[WebhookEvent], parsed: Mapping[WebhookEvent, Event | None]
) -> Counter[int]:
    """By endpoint, how many of these are of messages that a campaign may lack.

    What somebody sent to try a draft out is known, and of no campaign.
    """
    ids = {
        event: update.message_id
        for event in events
        if isinstance(update := parsed[event], StatusUpdate)
    }
    if not ids:
        return Counter()
    of_tests = tests_among({event.endpoint.channel.team_id for event in ids}, set(ids.values()))
    for team, message_id in of_tests:
        # Else it would be taken for what was counted before its test was known.
        messages = SentMessage.objects.filter(channel__team=team, message_id=message_id)
        messages.filter(recipient=None).delete()
    return Counter(
        event.endpoint_id
        for event, message_id in ids.items()
        if (event.endpoint.channel.team_id, message_id) not in of_tests
    )


def tests_among(
    teams: Collection[int], message_ids: set[str] | QuerySet[SentMessage, Any]
) -> set[tuple[int, str]]:
    """Which of these messages somebody of these teams sent to try a draft out: (team, message)."""
    tests = Campaign.objects.filter(team__in=teams, tests__message_id__in=message_ids)
    return set(tests.values_list("team", "tests__message_id"))


def _join_endpoints(events: Sequence[WebhookEvent]) -> None:
    endpoints = WebhookEndpoint.objects.select_related("channel__team").in_bulk(
        {event.endpoint_id for event in events}
    )
    for event in events:
        event.endpoint = endpoints[event.endpoint_id]


def _read(event: WebhookEvent) -> Event | None:
    try:
        return parse_event(bytes(event.body or b""))
    except InvalidEvent:
        return None


def _key(event: WebhookEvent, update: StatusUpdate) -> Key:
    return event.endpoint.channel_id, update.message_id[:200]


def _messages_of(calls: Sequence[tuple[WebhookEvent, Event | None]]) -> ReportedMessages:
    first_seen: dict[Key, datetime] = {}
    for event, parsed in calls:
        if isinstance(parsed, StatusUpdate):
            first_seen.setdefault(_key(event, parsed), event.received_at)
    return ReportedMessages(first_seen)


class _Round:
    """What comes of calls that are worked through together, stored at their end."""

    def __init__(self, messages: ReportedMessages) -> None:
        self._messages = messages
        self._changes, self._numbers, self._news = Changes(), NewsOfNumbers(), News()

    def make_of(self, event: WebhookEvent, parsed: Event | None) -> WebhookEvent.Outcome:
        """Do what this call, the next in their order, tells of."""
        if isinstance(parsed, IncomingMessage):
            reply = replies.take_reply(
                event.endpoint, parsed, event.received_at, event.pk, self._news
            )
            return Outcome.REPLY if reply else Outcome.NOT_UNDERSTOOD
        if isinstance(parsed, StatusUpdate):
            return self._move_forward(event, parsed)
        return Outcome.NOT_UNDERSTOOD

    def store(self) -> None:
        """Write all of it. The caller holds the transaction."""
        self._messages.store()
        change_counts(self._changes)
        self._numbers.store()
        self._news.store()

    def _move_forward(self, event: WebhookEvent, update: StatusUpdate) -> WebhookEvent.Outcome:
        key = _key(event, update)
        message, is_new = self._messages.take(key)
        before = DeliveryStatus(message.status)
        if update.status.rank <= before.rank and not is_new:
            return Outcome.NOT_NEWER
        message.status = update.status.value
        message.changed_at = event.received_at
        is_failure = update.status is DeliveryStatus.FAILED
        message.error_code = (update.error_code or "")[:40] if is_failure else ""
        self._messages.changed(key)
        if message.recipient is None:
            return Outcome.UNATTRIBUTED if is_new else Outcome.NOT_NEWER
        channel = message.channel = event.endpoint.channel
        _heed_wish(channel, message)
        self._numbers.add(channel, message)
        _tell(self._news, channel, message, update)
        stops.heed_report(message)
        campaign_id = message.recipient.campaign_id
        self._changes[campaign_id, before.value] -= 1
        self._changes[campaign_id, update.status.value] += 1
        return Outcome.CREDITED


def _heed_wish(channel: Channel, message: SentMessage) -> None:
    """Opt out whoever told the network that they want no more messages."""
    failure = failure_of(channel.provider, message.error_code)
    if failure and failure.kind is FailureKind.WISH and message.recipient:
        source = OptOut.Source.NETWORK
        opt_outs.add_opt_outs(channel.team, [message.recipient.phone], source, None)


def _tell(
    news: News, channel: Channel, message: SentMessage, update: StatusUpdate | None = None
) -> None:
    """Have the team's own systems told how far a message got whose person is known."""
    person = message.recipient
    if person is None or message.status == DeliveryStatus.UNKNOWN:
        return
    place = (channel.team_id, channel.provider, channel.channel_key)
    status = update.vendor_status if update else message.status
    news.pass_on_status(*place, status, partial(_in_vendors_words, message, status, update))
    if message.status in _TOLD and news.is_wanted(channel.team_id, EventKind.REPORTED):
        told = {
            "campaign": str(person.campaign.public_id),
            "message": _message_id(message),
            "phone": person.phone,
            "status": message.status,
            "error_code": message.error_code,
            "changed_at": message.changed_at,
        }
        news.tell(channel.team_id, EventKind.REPORTED, {"people": [told]})


def _in_vendors_words(
    message: SentMessage, status: str, update: StatusUpdate | None
) -> dict[str, object]:
    """A status as the vendor words it, under the id by which programs know the message."""
    code = message.error_code
    error = {"code": int(code) if code.isdecimal() else code, "message": ""} if code else None
    data = {"status": status, "error": error, "provider_err_obj": None}
    if update is not None:
        data = update.raw.get("event_data") or data
    return {"message_id": _message_id(message), "event": "status_update", "event_data": data}


def _message_id(message: SentMessage) -> str:
    if message.submission is None or message.recipient is None:
        return message.message_id
    return message.submission.message_id_of(message.recipient.position)


def _note_on_endpoints(events: Sequence[WebhookEvent], unattributed: Counter[int]) -> None:
    latest: dict[int, datetime] = {}
    for event in events:
        latest[event.endpoint_id] = max(
            event.received_at, latest.get(event.endpoint_id, event.received_at)
        )
    for endpoint_id in sorted(latest):
        endpoints = WebhookEndpoint.objects.filter(pk=endpoint_id)
        endpoints.update(
            last_event_at=latest[endpoint_id],
            unattributed_count=F("unattributed_count") + unattributed[endpoint_id],
        )
        if unattributed[endpoint_id]:
            endpoints.filter(learn_at=None).update(
                learn_at=timezone.now() + _FIRST_LEARNING, learn_tries=0
            )


def change_counts(changes: Changes) -> None:
    """Change the campaigns' counts; in a fixed order, so that two workers never wait in a ring."""
    for (campaign_id, status), change in sorted(changes.items()):
        if not change:
            continue
        row, _made = DeliveryCount.objects.get_or_create(campaign_id=campaign_id, status=status)
        DeliveryCount.objects.filter(pk=row.pk).update(messages=F("messages") + change)


def credit_message(
    channel: Channel, message_id: str, recipient: CampaignRecipient, news: News | None = None
) -> None:
    """Note whose message this is, as the vendor's list says.

    What was said of it before is credited now. The caller holds a transaction; of many messages
    they share the `news`.
    """
    now = timezone.now()
    message, is_new = SentMessage.objects.select_for_update().get_or_create(
        channel=channel,
        message_id=message_id[:200],
        defaults={"seen_at": now, "changed_at": now},
    )
    if message.recipient_id is not None:
        return
    message.recipient, message.campaign_id = recipient, recipient.campaign_id
    message.submission = replies.submission_of(recipient)
    message.save(update_fields=["recipient", "campaign", "submission"])
    _heed_wish(channel, message)
    numbers = NewsOfNumbers()
    numbers.add(channel, message)
    numbers.store()
    news = news or News()
    _tell(news, channel, message)
    news.store()
    stops.heed_report(message)
    change_counts(Changes({(recipient.campaign_id, message.status): 1}))
    if not is_new:
        WebhookEndpoint.objects.filter(channel=channel, unattributed_count__gt=0).update(
            unattributed_count=F("unattributed_count") - 1
        )


def forget_old_bodies() -> None:
    """Empty what was kept of old calls: it holds people's numbers and texts."""
    old = WebhookEvent.objects.filter(
        received_at__lt=timezone.now() - KEEP_BODIES, body__isnull=False
    ).exclude(outcome=Outcome.WAITING)
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:_BODIES_A_ROUND])
    if ids:
        WebhookEvent.objects.filter(pk__in=ids).update(body=None)
