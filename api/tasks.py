"""Celery's doors: each may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from api import campaigns_by_call, idempotency


@shared_task(name="api.tick", queue="background")
def tick() -> None:
    """Forget answers that nobody asks for any more, and people whose campaigns are over."""
    idempotency.forget_old_answers()
    campaigns_by_call.end_lists_of_calls()
