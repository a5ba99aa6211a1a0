"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late.

No retries, no eta, no countdown here: the tick finds whatever is left to do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from celery import Task, shared_task
from kombu.exceptions import OperationalError as BrokerError

from campaigns.feedback import block_checks, blocking, delivery, learning
from campaigns.outcomes import days, followups, notices, reporting
from campaigns.plans import plan_making
from campaigns.sending import launch, reconcile, submit, taking_back
from campaigns.sending import tick as ticking
from campaigns.writing import text_surveys

log = logging.getLogger(__name__)

# Less than a task's time limit; what is left then is found by the tick.
GATHERING_SECONDS = 300


def nudge(task: Task[..., None], *args: int) -> None:
    """Send a hint. A broker that is away costs time only, so its failure is no one's error."""
    try:
        task.apply_async(args=args, expires=60)
    except (BrokerError, OSError) as error:
        log.warning("no broker for %s: %s", task.name, type(error).__name__)


# When this process last sent a hint, by task; only for those that would come by hundreds.
_sent_at: dict[str, float] = {}


def nudge_once_a_second(task: Task[..., None]) -> None:
    """Send a hint unless this process did within a second; the tick finds what came after it."""
    now = time.monotonic()
    if now - _sent_at.get(task.name, -1) >= 1:
        _sent_at[task.name] = now
        nudge(task)


@shared_task(name="campaigns.tick", queue="sending")
def tick() -> None:
    """Derive all work and nudge the tasks below."""
    work = ticking.tick()
    _nudge_each(freeze, work.freeze)
    _nudge_each(hand_over, work.submit)
    _nudge_each(look, work.reconcile)
    _nudge_each(revoke, work.revoke)
    _nudge_each(block, blocking.accounts_to_ask())
    _nudge_each(find_blocked, block_checks.waiting_checks())
    if delivery.has_work():
        nudge(work_through)
    _nudge_each(learn, learning.endpoints_to_learn())
    if notices.has_work():
        nudge(notify)
    _nudge_each(gather, followups.to_gather())
    _nudge_each(make_report, reporting.reports_to_make())
    if days.is_due():
        nudge(count_days)


def _nudge_each(task: Task[..., None], ids: Iterable[int]) -> None:
    for row_id in ids:
        nudge(task, row_id)


@shared_task(name="campaigns.freeze", queue="background")
def freeze(campaign_id: int) -> None:
    """Freeze a launched campaign's audience; then let the tick begin it at once."""
    launch.freeze(campaign_id)
    nudge(tick)


@shared_task(name="campaigns.make_plan", queue="background")
def make_plan(campaign_id: int) -> None:
    """Make the plan of a draft whose audience is large."""
    plan_making.make(campaign_id)


@shared_task(name="campaigns.hand_over", queue="sending")
def hand_over(account_id: int) -> None:
    """Hand over what is ready on a lane."""
    if submit.hand_over(account_id):
        nudge(hand_over, account_id)
    else:
        ticking.settle()


@shared_task(name="campaigns.look", queue="sending")
def look(account_id: int) -> None:
    """Look for unclear attempts of an account."""
    if reconcile.reconcile(account_id):
        ticking.settle()


@shared_task(name="campaigns.revoke", queue="sending")
def revoke(account_id: int) -> None:
    """Take jobs of cancelled and paused campaigns back."""
    if taking_back.revoke(account_id):
        nudge(revoke, account_id)
    else:
        ticking.settle()


@shared_task(name="campaigns.block", queue="background")
def block(account_id: int) -> None:
    """Ask the vendor to block people who opted out, or to take that back."""
    if blocking.ask_some(account_id):
        nudge(block, account_id)


@shared_task(name="campaigns.find_blocked", queue="background")
def find_blocked(check_id: int) -> None:
    """Ask the vendor who of a list is blocked there already."""
    if block_checks.ask_on(check_id):
        nudge(find_blocked, check_id)


@shared_task(name="campaigns.work_through", queue="background")
def work_through() -> None:
    """Make something of what the vendor reported."""
    if delivery.work_through():
        nudge(work_through)
    else:
        delivery.forget_old_bodies()


@shared_task(name="campaigns.learn", queue="background")
def learn(endpoint_id: int) -> None:
    """Look up whose messages the vendor reported on."""
    learning.learn(endpoint_id)


@shared_task(name="campaigns.gather", queue="background")
def gather(follow_up_id: int) -> None:
    """Gather the people whom a campaign did not reach, for a new draft."""
    followups.gather(follow_up_id, GATHERING_SECONDS)


@shared_task(name="campaigns.survey_texts", queue="background")
def survey_texts(campaign_id: int) -> None:
    """Render a draft's text for everybody, for the figures in the composer."""
    text_surveys.run(campaign_id)


@shared_task(name="campaigns.notify", queue="background")
def notify() -> None:
    """Tell people what happened to campaigns."""
    notices.make_notices()
    notices.send_mails()


@shared_task(name="campaigns.make_report", queue="background")
def make_report(report_id: int) -> None:
    """Make the file of a large report."""
    reporting.make_report(report_id)


@shared_task(name="campaigns.count_days", queue="background")
def count_days() -> None:
    """Count what became of the last days, for the overview's charts."""
    days.count_days()
