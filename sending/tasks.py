"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late.

No retries, no eta, no countdown here: the tick finds whatever is left to do.
"""

from __future__ import annotations

import time

from celery import shared_task

from interface.hints import nudge, nudge_each
from sending import late_looks, launch, reconcile, submit, taking_back
from sending import tick as ticking


@shared_task(name="sending.tick", queue="sending")
def tick() -> None:
    """Derive all work and nudge the tasks below."""
    work = ticking.tick()
    nudge_each(freeze, work.freeze)
    nudge_each(hand_over, work.submit)
    nudge_each(look, work.reconcile)
    nudge_each(revoke, work.revoke)
    nudge_each(look_late, work.look_late)


@shared_task(name="sending.freeze", queue="background")
def freeze(campaign_id: int) -> None:
    """Freeze a launched campaign's audience; then let the tick begin it at once."""
    launch.freeze(campaign_id)
    nudge(tick)


@shared_task(name="sending.hand_over", queue="sending")
def hand_over(account_id: int) -> None:
    """Hand over what is ready on a lane."""
    if submit.hand_over(account_id):
        nudge(hand_over, account_id)
    else:
        ticking.settle()


@shared_task(name="sending.look", queue="sending")
def look(account_id: int) -> None:
    """Look for unclear attempts of an account."""
    if reconcile.reconcile(account_id):
        ticking.settle()


@shared_task(name="sending.revoke", queue="sending")
def revoke(account_id: int) -> None:
    """Take jobs of cancelled and paused campaigns back."""
    if taking_back.revoke(account_id):
        nudge(revoke, account_id)
    else:
        ticking.settle()


@shared_task(name="sending.look_late", queue="sending")
def look_late(account_id: int) -> None:
    """Take jobs back from which somebody has opted out, and hand each over again without them."""
    ends = time.monotonic() + submit.TURN_SECONDS
    while time.monotonic() < ends:
        submission = late_looks.look_late(account_id)
        if submission is None:
            return
        taking_back.revoke(account_id)
        ticking.settle_campaign(submission.campaign_id)
        submit.hand_over(account_id, only=submission.pk)
        ticking.settle_campaign(submission.campaign_id)
    nudge(look_late, account_id)
