"""Events are stored in the transaction of what they tell of, and sent afterwards by a worker.

So none is lost when a worker dies, and none tells of what was undone. A team without receivers
costs one small query; nobody waits for anybody, and nothing is locked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from events.kinds import MESSAGES, PEOPLE_AN_EVENT, STATUS_UPDATES, EventKind
from events.models import OutgoingEvent, Receiver
from events.turns import send_events
from interface.hints import nudge_once_a_second

_VENDOR_EVENTS = {"message": MESSAGES, "status_update": STATUS_UPDATES}


@dataclass(frozen=True, slots=True)
class _Own:
    """Something that happened in a team, in our own form."""

    team_id: int
    kind: EventKind
    data: Mapping[str, Any]

    def is_for(self, receiver: Receiver) -> bool:
        return receiver.form == Receiver.Form.OWN and self.kind.value in receiver.kinds

    def event(self, receiver: Receiver) -> OutgoingEvent:
        return own_event(receiver, self.kind, self.data)


@dataclass(frozen=True, slots=True)
class _Vendors:
    """What the vendor reported on one of the team's channels; of a message its status as well."""

    team_id: int
    provider: str
    channel_key: str
    word: str
    status: str
    body: Callable[[], Mapping[str, Any]]

    def is_for(self, receiver: Receiver) -> bool:
        return (
            receiver.form == Receiver.Form.SOCIOCS
            and (receiver.provider, receiver.channel_key) == (self.provider, self.channel_key)
            and _VENDOR_EVENTS[self.word] in receiver.kinds
            and (
                not self.status or not receiver.status_words or self.status in receiver.status_words
            )
        )

    def event(self, receiver: Receiver) -> OutgoingEvent:
        body = orjson.dumps(self.body()).decode()
        return OutgoingEvent(receiver=receiver, kind=self.word, body=body)


class News:
    """What happened, put into the outbox by `store`; each team's receivers are looked up once."""

    def __init__(self) -> None:
        self._told: list[_Own | _Vendors] = []
        self._receivers: dict[int, list[Receiver]] = {}

    def is_wanted(self, team_id: int, kind: EventKind) -> bool:
        """Whether anybody wants to know; for what costs something to be told."""
        return any(
            _Own(team_id, kind, {}).is_for(receiver) for receiver in self._receivers_of(team_id)
        )

    def tell(self, team_id: int, kind: EventKind, data: Mapping[str, Any]) -> None:
        """Something happened; `data` holds public ids, numbers, states, and where the kind is of
        people their phone numbers.
        """
        self._told.append(_Own(team_id, kind, data))

    def tell_of_people(
        self,
        team_id: int,
        kind: EventKind,
        people: Iterable[Mapping[str, Any]],
        data: Mapping[str, Any],
    ) -> None:
        """The same of many people, each an object of the list `people` beside `data`."""
        rows = list(people)
        for start in range(0, len(rows), PEOPLE_AN_EVENT):
            piece = {**data, "people": rows[start : start + PEOPLE_AN_EVENT]}
            self.tell(team_id, kind, piece)

    def pass_on(
        self, team_id: int, provider: str, channel_key: str, raw: Mapping[str, Any]
    ) -> None:
        """Somebody wrote to a channel, in the vendor's words."""
        told = _Vendors(team_id, provider, channel_key, "message", "", lambda: raw)
        self._told.append(told)

    def pass_on_status(
        self,
        team_id: int,
        provider: str,
        channel_key: str,
        status: str,
        body: Callable[[], Mapping[str, Any]],
    ) -> None:
        """A message of ours got so far; `body` is asked for only where it is wanted."""
        told = _Vendors(team_id, provider, channel_key, "status_update", status, body)
        self._told.append(told)

    def store(self) -> None:
        """Write an event for every receiver that wants it. The caller holds a transaction."""
        told_now, self._told = self._told, []
        put_out(
            told.event(receiver)
            for told in told_now
            for receiver in self._receivers_of(told.team_id)
            if told.is_for(receiver)
        )

    def _receivers_of(self, team_id: int) -> list[Receiver]:
        if team_id not in self._receivers:
            told = (Receiver.State.ACTIVE, Receiver.State.PAUSED)
            wanted = Receiver.objects.filter(team=team_id, state__in=told)
            self._receivers[team_id] = list(wanted)
        return self._receivers[team_id]


def emit(team_id: int, kind: EventKind, data: Mapping[str, Any]) -> None:
    """Tell the team's receivers that this happened; call it in the transaction of the act."""
    news = News()
    news.tell(team_id, kind, data)
    news.store()


def own_event(receiver: Receiver, kind: EventKind, data: Mapping[str, Any]) -> OutgoingEvent:
    """An event in our own form, not stored yet."""
    number = uuid.uuid4()
    body = {"id": str(number), "type": kind.value, "timestamp": timezone.now(), "data": data}
    text = orjson.dumps(body, option=orjson.OPT_UTC_Z).decode()
    return OutgoingEvent(public_id=number, receiver=receiver, kind=kind.value, body=text)


def put_out(events: Iterable[OutgoingEvent]) -> None:
    """Store events in their order, and have them sent once this transaction is committed."""
    rows = list(events)
    if rows:
        OutgoingEvent.objects.bulk_create(rows, batch_size=500)
        send_soon()


def send_soon() -> None:
    """Have what is due sent, once this transaction is committed."""
    transaction.on_commit(lambda: nudge_once_a_second(send_events))
