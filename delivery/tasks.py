"""Celery's doors: each takes an id, makes one call, and may be lost, repeated or late."""

from __future__ import annotations

from celery import shared_task

from delivery import (
    attributing,
    block_checks,
    blocking,
    delivery_reports,
    keeping,
    stops,
    subscriptions,
)
from interface.hints import nudge, nudge_each


@shared_task(name="delivery.tick", queue="background")
def tick() -> None:
    """Find what is due with reports, blocks and unknown messages, and nudge the tasks below."""
    if stops.has_wishes():
        nudge(follow_wishes)
    nudge_each(block, blocking.accounts_to_ask())
    nudge_each(find_blocked, block_checks.waiting_checks())
    if delivery_reports.has_calls():
        nudge(work_through)
    elif keeping.has_old():
        nudge(forget_calls)
    nudge_each(learn, attributing.endpoints_to_learn())
    nudge_each(check_endpoint, subscriptions.endpoints_to_check())


@shared_task(name="delivery.block", queue="background")
def block(account_id: int) -> None:
    """Ask the vendor to block people who opted out, or to take that back."""
    if blocking.ask_some(account_id):
        nudge(block, account_id)


@shared_task(name="delivery.find_blocked", queue="background")
def find_blocked(check_id: int) -> None:
    """Ask the vendor who of a list is blocked there already."""
    if block_checks.ask_on(check_id):
        nudge(find_blocked, check_id)


@shared_task(name="delivery.work_through", queue="background")
def work_through() -> None:
    """Make something of what the vendor reported."""
    if delivery_reports.work_through():
        nudge(work_through)
    else:
        delivery_reports.forget_old_bodies()
    if stops.has_wishes():
        nudge(follow_wishes)


@shared_task(name="delivery.forget_calls", queue="background")
def forget_calls() -> None:
    """Delete calls of long ago, some at a time, while none of today waits."""
    if keeping.forget_some() and not delivery_reports.has_calls():
        nudge(forget_calls)


@shared_task(name="delivery.follow_wishes", queue="background")
def follow_wishes() -> None:
    """See to it that whoever opted out of a message that Sociocs has already does not get it."""
    if stops.follow_wishes():
        nudge(follow_wishes)
    nudge_each(block, blocking.accounts_to_ask())


@shared_task(name="delivery.check_endpoint", queue="background")
def check_endpoint(endpoint_id: int) -> None:
    """Look once a day whether the vendor still reports on a channel, and what."""
    subscriptions.check_daily(endpoint_id)


@shared_task(name="delivery.learn", queue="background")
def learn(endpoint_id: int) -> None:
    """Look up whose messages the vendor reported on."""
    attributing.learn(endpoint_id)
