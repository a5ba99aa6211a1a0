"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late.

No retries, no eta, no countdown here: the tick finds whatever is left to do. Whatever may wait for
the vendor has a turn of its account (`sending.turns`) and holds up no other task.
"""

from __future__ import annotations

import random
import time

from celery import shared_task

from campaigns import pulse
from interface.hints import nudge, nudge_each
from sending import frozen_writer, late_looks, launch, reconcile, submit, taking_back, turns
from sending import tick as ticking
from sending.protocol import LEASE


@shared_task(name="sending.tick", queue="ticking")
def tick() -> None:
    """Derive all work, and nudge or begin it."""
    work = ticking.tick()
    nudge_each(freeze, work.freeze)
    if submit.unserved_accounts():
        nudge(serve)
    for account_id in work.reconcile:
        turns.begin(_look, account_id)
    for account_id in work.revoke:
        turns.begin(_revoke, account_id)
    for account_id in work.look_late:
        turns.begin(_look_late, account_id)


@shared_task(name="sending.freeze", queue="background")
def freeze(campaign_id: int) -> None:
    """Freeze a launched campaign's audience; then let the tick begin it at once."""
    launch.freeze(campaign_id)
    nudge(tick)


@shared_task(name="sending.look", queue="ticking")
def look(account_id: int) -> None:
    """Look for unclear attempts of an account."""
    turns.begin(_look, account_id)


@shared_task(name="sending.revoke", queue="ticking")
def revoke(account_id: int) -> None:
    """Take jobs of cancelled and paused campaigns back."""
    turns.begin(_revoke, account_id)


@shared_task(name="sending.look_late", queue="ticking")
def look_late(account_id: int) -> None:
    """Take jobs back from which somebody has opted out, and hand each over again without them."""
    turns.begin(_look_late, account_id)


# --- What the workers do by themselves, whatever the broker does ----------------------------------


@pulse.every(LEASE.total_seconds() / 3, queue="sending")
def keep_claims() -> None:
    """Keep what this worker has claimed, and free what others left; begin what nobody does."""
    submit.keep_claims()
    if ticking.release_abandoned_claims():
        serve()


@pulse.every(2, queue="sending")
@shared_task(name="sending.serve", queue="sending")
def serve() -> None:
    """Give a turn to accounts with jobs that no worker has in hand."""
    accounts = submit.unserved_accounts()
    # Not all workers the same one first.
    for account_id in random.sample(accounts, len(accounts)):
        turns.begin(_hand_over, account_id)


@pulse.every(1, queue="sending")
@pulse.every(1, queue="ticking")
def make_room() -> None:
    """A turn that waits for a slow answer makes room for another, and a frozen writer for all."""
    turns.begin_waiting()
    frozen_writer.end_frozen_writer()


# --- Turns of an account; True: there is more -----------------------------------------------------


def _hand_over(account_id: int) -> bool:
    has_more = submit.hand_over(account_id)
    if not has_more:
        ticking.settle(account_id)
    return has_more


def _look(account_id: int) -> bool:
    if reconcile.reconcile(account_id):
        ticking.settle(account_id)
    return False


def _revoke(account_id: int) -> bool:
    has_more = taking_back.revoke(account_id)
    if not has_more:
        ticking.settle(account_id)
    return has_more


def _look_late(account_id: int) -> bool:
    ends = time.monotonic() + submit.TURN_SECONDS
    while time.monotonic() < ends and not turns.is_over():
        submission = late_looks.look_late(account_id)
        if submission is None:
            return False
        taking_back.revoke(account_id)
        ticking.settle_campaign(submission.campaign_id)
        submit.hand_over(account_id, only=submission.pk)
        ticking.settle_campaign(submission.campaign_id)
    return True
