"""The tick of events."""

from __future__ import annotations

from celery import shared_task

from events import keeping
from events.turns import send_events


@shared_task(name="events.tick", queue="background")
def tick() -> None:
    """Send what is due, and forget what is old."""
    send_events()
    keeping.give_up_old()
    keeping.forget_old()
