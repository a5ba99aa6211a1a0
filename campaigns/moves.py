"""The one place that writes a campaign's state: guarded, versioned, only along the moves there are.

Those of its submissions are written by `sending.moves`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Model, Value
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent
from campaigns.states import (
    CAMPAIGN_MOVES,
    CampaignState,
)
from events import outbox
from events.kinds import EventKind
from interface.database_errors import is_held_up, name_of
from interface.statements import locked, run, take_over
from teams.models import User
from trail.acts import Act
from trail.recording import record

log = logging.getLogger(__name__)


class ForbiddenMove(Exception):
    """A move between two states that does not exist: a bug, never a race."""


@contextmanager
def durable() -> Iterator[None]:
    """A transaction that is on disk when it has committed, whatever the server's default.

    PostgreSQL: `synchronous_commit=on` for this transaction. SQLite: `synchronous=FULL` is a
    setting of every connection (`config.settings`).
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = on")
        yield


def shared_clock() -> Now | Value:
    """The time by the one clock that all machines share, for a query: that of the database.

    A file has none of its own, and one machine.
    """
    return Now() if connection.vendor == "postgresql" else Value(timezone.now())


def database_now() -> datetime:
    """The time by that clock, at this moment."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def locked_campaign(campaign_id: int) -> Campaign:
    """The campaign with its row locked until the transaction ends (SQLite: the whole database)."""
    return Campaign.objects.select_for_update().get(pk=campaign_id)


def campaign_if_free(campaign_id: int) -> Campaign | None:
    """The same without waiting; None while somebody else has it locked."""
    rows = Campaign.objects.select_for_update(skip_locked=True)
    return rows.filter(pk=campaign_id).first()


def with_each_free(campaign_ids: Iterable[int], step: Callable[[Campaign], None]) -> bool:
    """Take a step with each campaign, its row locked, in a transaction of its own.

    For whoever comes again: what somebody else holds at the moment keeps nobody else waiting.
    Returns whether all were free.
    """
    are_free = [_with_free(campaign_id, step) for campaign_id in campaign_ids]
    return all(are_free)


def _with_free(campaign_id: int, step: Callable[[Campaign], None]) -> bool:
    try:
        with transaction.atomic():
            campaign = campaign_if_free(campaign_id)
            if campaign is not None:
                step(campaign)
            return campaign is not None
    except OperationalError as error:
        if not is_held_up(error):
            raise
        log.warning("campaign %s is held up: %s", campaign_id, name_of(error))
        return False


def lock(row: Model, *fields: str) -> None:
    """Lock a row until the transaction ends, and read these of its fields again.

    For where it happens a thousand times for a million people: half the work of a whole row.
    """
    [found] = run(locked(row, fields))
    take_over(row, fields, found)


def move_campaign(campaign: Campaign, to: CampaignState, reason: str = "", **changes: Any) -> bool:
    """Move `campaign` from the state it shows to `to`; False when somebody else moved it first.

    Changes in `changes` are written with it. Raises ForbiddenMove for a move that does not exist.
    """
    state = CampaignState(campaign.state)
    if (state, to) not in CAMPAIGN_MOVES:
        raise ForbiddenMove(f"campaign: {state} -> {to}")
    values = {
        "state": to.value,
        "state_reason": reason,
        "version": F("version") + 1,
        "updated_at": timezone.now(),
        **changes,
    }
    moved = Campaign.objects.filter(pk=campaign.pk, state=state.value).update(**values)
    if moved:
        campaign.refresh_from_db()
    return bool(moved)


# What the team's own systems may be told of.
_TOLD = {
    CampaignEvent.Kind.COMPLETED: EventKind.FINISHED,
    CampaignEvent.Kind.CANCELLED: EventKind.FINISHED,
    CampaignEvent.Kind.MISSED: EventKind.FINISHED,
    CampaignEvent.Kind.NEEDS_DECISION: EventKind.NEEDS_ANSWER,
    CampaignEvent.Kind.APPROVAL_ASKED: EventKind.NEEDS_ANSWER,
    CampaignEvent.Kind.PAUSED: EventKind.PAUSED,
}
# Details that are choices of ours.
_CHOICES = {"answer", "format", "then"}


def record_event(
    campaign: Campaign, kind: CampaignEvent.Kind, actor: User | None = None, **details: Any
) -> CampaignEvent:
    """Add to the campaign's timeline. `details` holds numbers and codes, never people.

    What somebody did stands in the trail as well: its acts are called as these events are.
    """
    with transaction.atomic(savepoint=False):
        if actor is not None:
            # A person's reason is a text; numbers and choices are not.
            facts = {
                name: value
                for name, value in details.items()
                if isinstance(value, int) or name in _CHOICES
            }
            record(Act(f"campaign.{kind.value}"), campaign, by=actor, after=facts)
        if kind in _TOLD:
            outbox.emit(campaign.team_id, _TOLD[kind], _told(campaign, kind, details))
        return CampaignEvent.objects.create(
            campaign=campaign, kind=kind, actor=actor, details=details
        )


def _told(
    campaign: Campaign, kind: CampaignEvent.Kind, details: Mapping[str, Any]
) -> dict[str, Any]:
    """What the team's own systems are told: ids, states and codes."""
    told = {"campaign": str(campaign.public_id), "state": campaign.state}
    told |= {"people": details.get("people", campaign.frozen_count)}
    if kind == CampaignEvent.Kind.PAUSED:
        told["reason"] = details.get("reason", "")
    if _TOLD[kind] is EventKind.NEEDS_ANSWER:
        told["about"] = "approval" if kind == CampaignEvent.Kind.APPROVAL_ASKED else "jobs"
    return told
