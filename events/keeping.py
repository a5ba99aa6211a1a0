"""How long events are kept: their bodies tell of people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from events.models import OutgoingEvent, Receiver

GIVEN_UP_AFTER = timedelta(days=3)
"""What could not be sent for so long is not sent by itself any more."""

KEPT_FOR = timedelta(days=30)
"""What was sent is deleted after so long, or earlier where a team says so."""

_ROWS_A_ROUND = 2_000
_State = OutgoingEvent.State


def give_up_old() -> None:
    """Let go of what waits for a receiver that is paused or switched off, when it is too old."""
    old = OutgoingEvent.objects.filter(
        state=_State.WAITING, created_at__lt=timezone.now() - GIVEN_UP_AFTER
    ).exclude(receiver__state=Receiver.State.ACTIVE)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:_ROWS_A_ROUND])
    if ids:
        waiting = OutgoingEvent.objects.filter(pk__in=ids, state=_State.WAITING)
        waiting.update(state=_State.GIVEN_UP)


def forget_old() -> None:
    """Delete some of what nobody needs any more."""
    _forget(OutgoingEvent.objects.all(), timezone.now() - KEPT_FOR)


def forget_of_team(team_id: int, before: datetime) -> bool:
    """Delete some of a team's events from before then; whether there were any."""
    return _forget(OutgoingEvent.objects.filter(receiver__team=team_id), before)


def _forget(events: QuerySet[OutgoingEvent], before: datetime) -> bool:
    """Delete some of these that were sent or given up; whether there were any."""
    old = events.filter(created_at__lt=before).exclude(state=_State.WAITING)
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:_ROWS_A_ROUND])
    return bool(ids and OutgoingEvent.objects.filter(pk__in=ids).delete())


# --- One person -----------------------------------------------------------------------------------


def events_about(team_id: int, spellings: Iterable[str]) -> QuerySet[OutgoingEvent]:
    """The team's events in whose bodies a number stands, as one of these rows of digits."""
    stands_in_it = Q()
    for digits in spellings:
        stands_in_it |= Q(body__contains=digits)
    return OutgoingEvent.objects.filter(stands_in_it, receiver__team=team_id)


def erase_sent(events: QuerySet[OutgoingEvent]) -> int:
    """Empty those that were sent or given up; what waits is sent first. Returns how many."""
    return events.exclude(state=_State.WAITING).update(body="", answer="")
