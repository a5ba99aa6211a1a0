"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("campaigns")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
def tick_at_once(**_: object) -> None:
    """Let no work wait a whole interval for beat's first round after a restart."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], **entry["options"])
