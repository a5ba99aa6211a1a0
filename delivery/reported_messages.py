"""The messages that a batch of reports is about: locked, made and changed together.

Nearly all reports are on messages that are known, so a batch costs a few queries however large it
is: 2,000 reports take as many as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from campaigns.models import Campaign, CampaignRecipient
from delivery.models import SentMessage
from sending.models import Submission

Key = tuple[int, str]
"""A channel's primary key, and the vendor's id of one of its messages."""

_CHANGED_COLUMNS = ["status", "changed_at", "error_code"]


class ReportedMessages:
    """The messages of these keys, with the moment each was first reported on.

    The caller holds a transaction; it hands out each message as often as it is asked, and what was
    `changed` is written by `store`.
    """

    def __init__(self, first_seen: Mapping[Key, datetime]) -> None:
        known = _locked(first_seen)
        missing = {key: first_seen[key] for key in first_seen if key not in known}
        self._new = _made(missing)
        self._messages = known | _locked(missing)
        self._changed: dict[Key, SentMessage] = {}
        _join(self._messages.values())

    def take(self, key: Key) -> tuple[SentMessage, bool]:
        """The message, and whether this is the first that anybody hears of it."""
        is_new = key in self._new
        self._new.discard(key)
        return self._messages[key], is_new

    def changed(self, key: Key) -> None:
        """Have the message written by `store`."""
        self._changed[key] = self._messages[key]

    def store(self) -> None:
        """Write how far the changed ones got."""
        SentMessage.objects.bulk_create(
            self._changed.values(),
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=_CHANGED_COLUMNS,
        )


def _locked(keys: Iterable[Key]) -> dict[Key, SentMessage]:
    of_channel: dict[int, list[str]] = defaultdict(list)
    for channel_id, message_id in keys:
        of_channel[channel_id].append(message_id)
    return {
        (channel_id, message.message_id): message
        for channel_id, message_ids in sorted(of_channel.items())
        for message in SentMessage.objects.select_for_update()
        .filter(channel=channel_id, message_id__in=message_ids)
        .order_by("pk")
    }


def _made(first_seen: Mapping[Key, datetime]) -> set[Key]:
    """Make these messages; the keys of those that no other worker made at the same moment."""
    rows = {
        key: SentMessage(channel_id=key[0], message_id=key[1], seen_at=at, changed_at=at)
        for key, at in sorted(first_seen.items())
    }
    try:
        with transaction.atomic():
            SentMessage.objects.bulk_create(rows.values())
    except IntegrityError:
        return {key for key, row in rows.items() if _made_alone(row)}
    return set(rows)


def _made_alone(row: SentMessage) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _join(messages: Iterable[SentMessage]) -> None:
    """Put their people, campaigns and jobs to the messages, of which many have the same.

    Asked after the messages are locked: joined to a row that another worker credits at this moment,
    PostgreSQL would give the new row with the person that it had before, which is nobody.
    """
    credited = [message for message in messages if message.recipient_id]
    people = CampaignRecipient.objects.in_bulk({row.recipient_id for row in credited})
    campaigns = Campaign.objects.only("public_id").in_bulk({row.campaign_id for row in credited})
    jobs = Submission.objects.in_bulk({row.submission_id for row in credited} - {None})
    for message in credited:
        assert message.recipient_id is not None
        message.recipient = people[message.recipient_id]
        if message.campaign_id:
            message.recipient.campaign = campaigns[message.campaign_id]
        if message.submission_id:
            message.submission = jobs[message.submission_id]
