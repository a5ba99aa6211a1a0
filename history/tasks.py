"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from history import days, followups, notices, reporting, trouble_watch
from interface.hints import nudge, nudge_each


@shared_task(name="history.tick", queue="background")
def tick() -> None:
    """Watch for troubles; find what is to be told, gathered, written and counted, and nudge the
    tasks below.
    """
    has_broker = trouble_watch.keep_watch()
    if notices.has_notices():
        # A hint would not arrive.
        nudge(notify) if has_broker else notify()
    nudge_each(gather, followups.to_gather())
    nudge_each(make_report, reporting.reports_to_make())
    if days.is_due():
        nudge(count_days)


# Less than a task's time limit; what is left then is found by the tick.
GATHERING_SECONDS = 300


@shared_task(name="history.gather", queue="background")
def gather(follow_up_id: int) -> None:
    """Gather the people whom a campaign did not reach, for a new draft."""
    followups.gather(follow_up_id, GATHERING_SECONDS)


@shared_task(name="history.notify", queue="background")
def notify() -> None:
    """Tell people what happened to their campaigns, in the app and by e-mail."""
    notices.make_notices()
    notices.send_mails()


@shared_task(name="history.make_report", queue="background")
def make_report(report_id: int) -> None:
    """Make the file of a large report."""
    reporting.make_report(report_id)


@shared_task(name="history.count_days", queue="background")
def count_days() -> None:
    """Count what became of the last days, for the overview's charts."""
    days.count_days()
