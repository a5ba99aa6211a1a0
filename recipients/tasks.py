"""What the background workers do for recipient lists. Messages carry ids only.

The database knows what is to be done; a message only says that it is worth a look. One that is
lost costs a tick.
"""

from __future__ import annotations

import logging

from celery import Task, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from recipients import checking, importing, keeping

logger = logging.getLogger(__name__)


@shared_task(name="recipients.import_list", queue="background")
def import_list(import_id: int) -> None:
    """Import the file of one confirmed import."""
    importing.run_import(import_id)


@shared_task(name="recipients.judge_file", queue="background")
def judge_file(import_id: int) -> None:
    """Judge every row of a file on the check page."""
    checking.judge_whole(import_id)


@shared_task(name="recipients.tick", queue="background")
def tick() -> None:
    """Nudge what waits, clear away what is left."""
    for import_id in keeping.waiting_imports():
        _publish(import_list, import_id)
    for import_id in keeping.waiting_judgements():
        _publish(judge_file, import_id)
    keeping.clear_leftovers()
    keeping.delete_old_files()
    keeping.delete_orphans()


def import_on_commit(import_id: int) -> None:
    """Let a worker begin with the import once this transaction is committed."""
    transaction.on_commit(lambda: _publish(import_list, import_id))


def judge_on_commit(import_id: int) -> None:
    """Let a worker judge the whole file once this transaction is committed."""
    transaction.on_commit(lambda: _publish(judge_file, import_id))


def _publish(task: Task[[int], None], import_id: int) -> None:
    try:
        task.delay(import_id)
    except (OperationalError, OSError) as failure:
        # The tick finds the row; the person must not see an error because a doorbell is broken.
        logger.warning("%s not queued: %s", task.name, type(failure).__name__)
