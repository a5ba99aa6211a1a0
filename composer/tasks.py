"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from composer import plan_making
from interface.hints import nudge_each


@shared_task(name="composer.tick", queue="background")
def tick() -> None:
    """Find the drafts of which somebody waits for figures, and nudge the task below."""
    nudge_each(make_estimate, plan_making.estimates_to_make())


@shared_task(name="composer.make_estimate", queue="background")
def make_estimate(campaign_id: int) -> None:
    """Look at everybody of a draft, for the figures in the composer and for the plan."""
    plan_making.make_estimate(campaign_id)
