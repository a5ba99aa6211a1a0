"""What the workers and the broker are told, because the protocol rests on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings

from sending.protocol import START_FENCE, answer_wait


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        # Redelivery is of no use: the tick is faster, and asks the database.
        ("task_acks_late", False),
        ("task_reject_on_worker_lost", False),
        ("worker_prefetch_multiplier", 1),
        ("task_ignore_result", True),
        # A page must not wait for a broker that is away.
        ("task_publish_retry", False),
        ("task_serializer", "json"),
        ("accept_content", ["json"]),
        ("worker_soft_shutdown_timeout", 90),
    ],
)
def test_the_workers_are_told(setting: str, value: object) -> None:
    assert current_app.conf[setting] == value


def test_nothing_ends_a_call_from_outside_before_the_call_ends_itself() -> None:
    longest_call = timedelta(seconds=60)  # campaigns.checks refuses more
    wait = answer_wait(longest_call)
    assert longest_call + START_FENCE < wait
    assert wait.total_seconds() < current_app.conf.task_time_limit
    # A deploy lets the usual call finish.
    assert current_app.conf.worker_soft_shutdown_timeout > settings.SOCIOCS_TIMEOUT_SECONDS


def test_a_broker_that_hangs_costs_five_seconds() -> None:
    options = current_app.conf.broker_transport_options
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (5, 5)
    # A task that runs longer than this would be given to a second worker.
    assert options["visibility_timeout"] > current_app.conf.task_time_limit


def test_no_time_of_any_campaign_is_in_a_scheduler() -> None:
    # It would run what it missed at once after a restart. The workers tick by themselves.
    assert not current_app.conf.beat_schedule
