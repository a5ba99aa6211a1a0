"""The one place that writes states: guarded, versioned, and only along the moves that exist."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model, Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, Submission
from campaigns.states import (
    CAMPAIGN_MOVES,
    SUBMISSION_MOVES,
    CampaignState,
    SubmissionState,
)
from teams.models import User


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


def locked_campaign(campaign_id: int) -> Campaign:
    """The campaign with its row locked until the transaction ends (SQLite: the whole database)."""
    return Campaign.objects.select_for_update().get(pk=campaign_id)


def lock(row: Model, *fields: str) -> None:
    """Lock a row until the transaction ends, and read these of its fields again.

    For where it happens a thousand times for a million people: half the work of a whole row.
    """
    found = type(row)._default_manager.select_for_update().filter(pk=row.pk)
    for name, value in zip(fields, found.values_list(*fields).get(), strict=True):
        setattr(row, name, value)


def move_campaign(campaign: Campaign, to: CampaignState, reason: str = "", **changes: Any) -> bool:
    """Move `campaign` from the state it shows to `to`; False when somebody else moved it first.

    Changes in `changes` are written with it. Raises ForbiddenMove for a move that does not exist.
    """
    here = CampaignState(campaign.state)
    if (here, to) not in CAMPAIGN_MOVES:
        raise ForbiddenMove(f"campaign: {here} -> {to}")
    values = {
        "state": to.value,
        "state_reason": reason,
        "version": F("version") + 1,
        "updated_at": timezone.now(),
        **changes,
    }
    moved = Campaign.objects.filter(pk=campaign.pk, state=here.value).update(**values)
    if moved:
        campaign.refresh_from_db()
    return bool(moved)


def move_submissions(
    ids: list[int],
    here: SubmissionState,
    to: SubmissionState,
    among: Q = Q(),  # noqa: B008 - never changed
    /,
    **changes: Any,
) -> int:
    """Move those of `ids` that are in `here`; returns how many. Raises ForbiddenMove.

    `among`: what else must hold of a row at the moment it is moved.
    """
    if (here, to) not in SUBMISSION_MOVES:
        raise ForbiddenMove(f"submission: {here} -> {to}")
    return Submission.objects.filter(among, pk__in=ids, state=here.value).update(
        state=to.value, version=F("version") + 1, updated_at=timezone.now(), **changes
    )


def move_submission(submission: Submission, to: SubmissionState, **changes: Any) -> bool:
    """Move one submission from the state it shows; False when somebody else moved it first."""
    here = SubmissionState(submission.state)
    if not move_submissions([submission.pk], here, to, **changes):
        return False
    # Not read again from the database: this runs a thousand times for a million people.
    submission.state = to.value
    return True


def record_event(
    campaign: Campaign, kind: CampaignEvent.Kind, actor: User | None = None, **details: Any
) -> CampaignEvent:
    """Add to the campaign's timeline. `details` holds numbers and codes, never people."""
    return CampaignEvent.objects.create(campaign=campaign, kind=kind, actor=actor, details=details)
