"""Celery's doors: each may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from api import campaigns_by_call, idempotency, tokens


@shared_task(name="api.tick", queue="background")
def tick() -> None:
    """Forget answers that nobody asks for, and people and receivers whose time is over."""
    idempotency.forget_old_answers()
    tokens.end_what_tokens_left()
    campaigns_by_call.end_lists_of_calls()
