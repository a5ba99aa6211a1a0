"""What the background workers do for recipient lists. Messages carry ids only.

The database knows what is to be done; a message only says that it is worth a look. One that is
lost costs a tick.
"""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from interface.hints import nudge
from recipients.files import made_files
from recipients.imports import checking, import_lifecycle, importing
from recipients.lists import exporting, list_filling, list_lifecycle, list_operations


@shared_task(name="recipients.import_list", queue="background")
def import_list(import_id: int) -> None:
    """Import the file of one confirmed import."""
    importing.run_import(import_id)


@shared_task(name="recipients.judge_file", queue="background")
def judge_file(import_id: int) -> None:
    """Judge every row of a file on the check page."""
    checking.judge_whole(import_id)


@shared_task(name="recipients.fill_lists", queue="background")
def fill_lists(operation_id: int) -> None:
    """Make the lists of one operation."""
    list_filling.run_operation(operation_id)


# A workbook of two million rows takes minutes, and cannot be gone on with.
@shared_task(name="recipients.make_export", queue="background", time_limit=3_600)
def make_export(export_id: int) -> None:
    """Write the file of one export."""
    exporting.make_export(export_id)


@shared_task(name="recipients.tick", queue="background")
def tick() -> None:
    """Nudge what waits, clear away what is left."""
    for import_id in import_lifecycle.waiting_imports():
        nudge(import_list, import_id)
    for import_id in import_lifecycle.waiting_judgements():
        nudge(judge_file, import_id)
    for operation_id in list_operations.waiting_operations():
        nudge(fill_lists, operation_id)
    for export_id in exporting.waiting_exports():
        nudge(make_export, export_id)
    import_lifecycle.clear_leftovers()
    list_lifecycle.clear_deleted()
    made_files.delete_old_files()
    import_lifecycle.delete_old_uploads()
    import_lifecycle.delete_orphans()


def import_on_commit(import_id: int) -> None:
    """Let a worker begin with the import once this transaction is committed."""
    transaction.on_commit(lambda: nudge(import_list, import_id))


def judge_on_commit(import_id: int) -> None:
    """Let a worker judge the whole file once this transaction is committed."""
    transaction.on_commit(lambda: nudge(judge_file, import_id))


def fill_on_commit(operation_id: int) -> None:
    """Let a worker begin with the operation once this transaction is committed."""
    transaction.on_commit(lambda: nudge(fill_lists, operation_id))


def export_on_commit(export_id: int) -> None:
    """Let a worker write the file once this transaction is committed."""
    transaction.on_commit(lambda: nudge(make_export, export_id))
