"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from composer import plan_making, text_surveys


@shared_task(name="composer.make_plan", queue="background")
def make_plan(campaign_id: int) -> None:
    """Make the plan of a draft whose audience is large."""
    plan_making.make(campaign_id)


@shared_task(name="composer.survey_texts", queue="background")
def survey_texts(campaign_id: int) -> None:
    """Render a draft's text for everybody, for the figures in the composer."""
    text_surveys.run(campaign_id)
