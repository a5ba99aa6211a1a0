"""Sending what waits: for each receiver in order, the oldest first, until it says 2xx.

A failure holds the receiver's own events and nobody else's. The pauses grow; after three days it
is switched off, and the team's owners are told. Whoever dies in between leaves the event waiting:
it is sent again under the same id.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import takewhile

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events.keeping import GIVEN_UP_AFTER
from events.kinds import PEOPLE_AN_EVENT, EventKind
from events.models import OutgoingEvent, Receiver
from events.signing import signed_headers
from interface import public_addresses
from interface.public_addresses import FetchRules, NotFetched
from teams import alerts, sealing
from trail.acts import Act
from trail.recording import record

TURN_SECONDS = 20
# More than one try takes; after a crash it goes on this much later, plus one tick.
_LEASE = timedelta(seconds=60)
_PAUSES = [timedelta(seconds=n) for n in (10, 30, 120, 600, 1800, 3600, 7200)]
_LONGEST_PAUSE = timedelta(hours=4)
NO_KEY_FITS = "no_key_fits"
"""The fault of an event that could not be signed, as no key opens the secret."""

_WAITING = OutgoingEvent.State.WAITING


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one try."""

    status: int | None = None
    fault: str = ""
    answer: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def address_rules() -> FetchRules:
    """Where events may go: the public web, and this machine only where a setting says so."""
    return FetchRules(allows_loopback=settings.EVENTS_TO_LOOPBACK)


def receivers_due() -> list[int]:
    """Ids of those to which something is to be sent now; who has waited longest comes first."""
    waiting = OutgoingEvent.objects.filter(receiver=OuterRef("pk"), state=_WAITING)
    due = (
        _free(timezone.now())
        .filter(Exists(waiting))
        .order_by(F("reached_at").asc(nulls_first=True))
    )
    return list(due.values_list("pk", flat=True))


def send_in_order(receiver_id: int) -> None:
    """Give a receiver what waits for it, one after the other, for a turn or until one fails."""
    claimed = _claim(receiver_id)
    if claimed is None:
        return
    ends_at = time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at and (event := _first_waiting(claimed)) is not None:
        outcome = _try(claimed, event)
        if not _note(claimed, event, outcome):
            return
    _held(claimed).update(claim_token=None, lease_until=None)


def try_at_once(receiver: Receiver) -> None:
    """Let a receiver that is waited with be tried by the next turn."""
    Receiver.objects.filter(pk=receiver.pk).update(next_try_at=None)


# --- One turn -------------------------------------------------------------------------------------


def _free(now: datetime) -> QuerySet[Receiver]:
    return Receiver.objects.filter(
        Q(next_try_at=None) | Q(next_try_at__lte=now),
        Q(lease_until=None) | Q(lease_until__lt=now),
        state=Receiver.State.ACTIVE,
    )


def _claim(receiver_id: int) -> Receiver | None:
    token, now = uuid.uuid4(), timezone.now()
    mine = _free(now).filter(pk=receiver_id)
    if not mine.update(claim_token=token, lease_until=now + _LEASE):
        return None
    return Receiver.objects.filter(pk=receiver_id, claim_token=token).first()


def _held(claimed: Receiver) -> QuerySet[Receiver]:
    return Receiver.objects.filter(pk=claimed.pk, claim_token=claimed.claim_token)


def _first_waiting(claimed: Receiver) -> OutgoingEvent | None:
    waiting = OutgoingEvent.objects.filter(receiver=claimed, state=_WAITING).order_by("pk")
    first = waiting.first()
    if first is not None and _can_grow(first):
        _grow(claimed, first, waiting.filter(pk__gt=first.pk))
    return first


def _can_grow(event: OutgoingEvent) -> bool:
    """Whether it tells of single messages, and nobody has seen it so far."""
    return event.kind == EventKind.REPORTED and not event.tries


@transaction.atomic
def _grow(claimed: Receiver, first: OutgoingEvent, behind: QuerySet[OutgoingEvent]) -> None:
    """Put what the events just behind it tell into the same one: reports come one by one."""
    if not _held(claimed).select_for_update().exists():
        return
    alike = list(takewhile(_can_grow, behind[: PEOPLE_AN_EVENT - 1]))
    if alike:
        body = orjson.loads(first.body)
        for event in alike:
            body["data"]["people"] += orjson.loads(event.body)["data"]["people"]
        first.body = orjson.dumps(body).decode()
        OutgoingEvent.objects.filter(pk=first.pk).update(body=first.body)
        OutgoingEvent.objects.filter(pk__in=[event.pk for event in alike]).delete()


def _try(receiver: Receiver, event: OutgoingEvent) -> _Outcome:
    """Send an event; no transaction is open meanwhile."""
    body = event.body.encode()
    try:
        secret = sealing.unseal(receiver.sealed_secret) if receiver.sealed_secret else ""
        signed = signed_headers(secret, str(event.public_id), int(time.time()), body)
        headers = {"Content-Type": "application/json", **signed}
        answered = public_addresses.post(receiver.url, address_rules(), body, headers)
    except sealing.Unreadable:
        return _Outcome(fault=NO_KEY_FITS)
    except NotFetched as error:
        return _Outcome(fault=error.fault.value)
    answer = answered.head.decode("utf-8", errors="replace").replace("\0", "\ufffd")
    return _Outcome(answered.status, answer=answer)


def _note(claimed: Receiver, event: OutgoingEvent, outcome: _Outcome) -> bool:
    """Write down what came of it; whether the turn goes on."""
    now = timezone.now()
    # It arrived, whoever has paused the receiver meanwhile.
    state = OutgoingEvent.State.DELIVERED if outcome.is_success else _WAITING
    with transaction.atomic():
        OutgoingEvent.objects.filter(pk=event.pk, state=_WAITING).update(
            state=state,
            tries=F("tries") + 1,
            tried_at=now,
            status=outcome.status,
            fault=outcome.fault,
            answer=outcome.answer,
        )
        if outcome.is_success:
            fine = {"tries": 0, "failing_since": None, "next_try_at": None, "reached_at": now}
            return bool(_held(claimed).update(lease_until=now + _LEASE, **fine))
        _wait_or_give_up(claimed, outcome, now)
        return False


def _wait_or_give_up(claimed: Receiver, outcome: _Outcome, now: datetime) -> None:
    receiver = _held(claimed).select_for_update().first()
    if receiver is None:
        return
    since = receiver.failing_since or now
    is_over = now - since >= GIVEN_UP_AFTER or outcome.status == HTTPStatus.GONE
    pause = _PAUSES[receiver.tries] if receiver.tries < len(_PAUSES) else _LONGEST_PAUSE
    receiver.tries, receiver.failing_since = receiver.tries + 1, since
    receiver.next_try_at = None if is_over else now + pause
    receiver.claim_token = receiver.lease_until = None
    if is_over:
        receiver.state = Receiver.State.OFF
    receiver.save()
    if is_over:
        record(Act.RECEIVER_OFF, receiver)
        _tell_owners(receiver)


def _tell_owners(receiver: Receiver) -> None:
    happened = _(
        "“%(name)s” of %(team)s did not accept events for three days, or said that it is "
        "gone, so we stopped sending them."
    ) % {"name": receiver.name, "team": receiver.team}
    advice = _(
        "See under Settings, Events what it answered, and switch it on there when it works "
        "again. We then send the events that are missing from the last three days."
    )
    subject = _("%(team)s: events are no longer sent to “%(name)s”")
    words = {"name": receiver.name, "team": receiver.team}
    alerts.tell(alerts.owners_of(receiver.team), subject % words, happened, advice)
