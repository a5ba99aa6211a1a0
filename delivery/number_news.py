"""What reports say of the numbers themselves: which work, and which do not."""

from __future__ import annotations

from collections import defaultdict

from delivery.models import SentMessage
from delivery.provider_codes import FailureKind, failure_of
from recipients import failing_numbers
from recipients.failing_numbers import NumberNews
from recipients.subscriber_keys import subscriber_key
from sociocs_accounts.models import Channel
from sociocs_gateway.results import DeliveryStatus

_ARRIVED = {DeliveryStatus.DELIVERED, DeliveryStatus.READ}


class NewsOfNumbers:
    """The news of some messages, noted down together."""

    def __init__(self) -> None:
        self._news: dict[tuple[int, str], dict[str, NumberNews]] = defaultdict(dict)

    def add(self, channel: Channel, message: SentMessage) -> None:
        """Take in how far a message got whose status is new or whose person became known."""
        person, status = message.recipient, DeliveryStatus(message.status)
        # Listed twice and sent to twice, a number fails once a campaign all the same.
        if person is None or (person.occurrence and status not in _ARRIVED):
            return
        numbers = self._news[channel.team_id, channel.capabilities.medium.value]
        key = subscriber_key(person.phone)
        if status in _ARRIVED:
            numbers.setdefault(key, NumberNews(person.phone)).worked(message.changed_at)
        elif status is DeliveryStatus.FAILED:
            failure = failure_of(channel.provider, message.error_code)
            if failure and failure.kind is FailureKind.DEAD:
                number = numbers.setdefault(key, NumberNews(person.phone))
                number.failed(message.changed_at, channel.provider, message.error_code)

    def store(self) -> None:
        """Write it down; in the caller's transaction."""
        for (team_id, medium), numbers in sorted(self._news.items()):
            failing_numbers.note_numbers(team_id, medium, numbers.values())
