"""What the background workers do for people and their accounts."""

from __future__ import annotations

from celery import shared_task

from interface.hints import nudge
from teams import letters, sessions


@shared_task(name="teams.tick", queue="background")
def tick() -> None:
    """Nudge what waits, clear away what has ended."""
    sessions.clear_ended()
    if letters.are_waiting():
        nudge(letters.send_letters_task)
