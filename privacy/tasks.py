"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from interface.hints import nudge, nudge_each
from privacy import closing, emptying, erasing

# Less than a task's time limit, and not so much that imports wait long behind it.
_SECONDS = 60


@shared_task(name="privacy.tick", queue="background")
def tick() -> None:
    """Find which teams' old data is due, and who is to be erased, and nudge the tasks below."""
    nudge_each(empty_team, emptying.retentions_due())
    nudge_each(erase_on, erasing.erasures_to_do())
    nudge_each(delete_team, closing.deletions_to_do())


@shared_task(name="privacy.empty_team", queue="background")
def empty_team(team_id: int) -> None:
    """Empty what a team keeps no longer."""
    if emptying.empty_team(team_id, _SECONDS):
        nudge(empty_team, team_id)


@shared_task(name="privacy.erase_on", queue="background")
def erase_on(erasure_id: int) -> None:
    """Erase what there is about one person."""
    erasing.erase_on(erasure_id)


@shared_task(name="privacy.delete_team", queue="background")
def delete_team(deletion_id: int) -> None:
    """Delete what a team that is gone knew of people."""
    if closing.delete_on(deletion_id, _SECONDS):
        nudge(delete_team, deletion_id)
