"""The Celery application: `celery -A config worker`. Its workers tick by themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from celery import Celery
from celery.signals import celeryd_after_setup
from django.conf import settings

from config import priority, reporting

if TYPE_CHECKING:
    from celery.apps.worker import Worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A worker would load every page and form for checks whose outcome Celery tells nobody: `migrate`
# makes them at each start, and ends it if there is an error.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("campaigns")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect
def report(**_of_the_signal: object) -> None:
    """Begin to report from a worker, before it has processes of its own."""
    reporting.begin(settings)


@celeryd_after_setup.connect
def give_way(instance: Worker, **_of_the_signal: object) -> None:
    """Let imports and their like leave the processor to pages, and to calls that send."""
    if set(instance.app.amqp.queues.consume_from) == {"background"}:
        priority.give_way()
