"""The trail's tick."""

from __future__ import annotations

from celery import shared_task

from trail import sealing


@shared_task(name="trail.tick", queue="background")
def tick() -> None:
    """Chain what was written since the last time."""
    sealing.seal_entries()
