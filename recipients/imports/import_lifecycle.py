"""What happens around imports: stopping, trying again, finding what waits, clearing away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, Q, QuerySet
from django.utils import timezone

from interface import shared_files
from recipients import claiming
from recipients.files.storing import delete_stored, is_stored
from recipients.imports.undoing import keep_for
from recipients.lists.list_lifecycle import delete_people
from recipients.models import ListImport, RecipientList, RejectedRow
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

State = ListImport.State

_UNFINISHED = (State.CHECKING, State.QUEUED, State.IMPORTING, State.FAILED)
_UNFINISHED_SHOWN = 10
_KEEP_ORPHANS = timedelta(days=1)


def unfinished(team: Team, user: User, *, is_for_opt_outs: bool = False) -> QuerySet[ListImport]:
    """The person's own imports, for lists or for the opt-outs, that are not done; newest first."""
    return ListImport.objects.filter(
        team=team, uploaded_by=user, is_for_opt_outs=is_for_opt_outs, state__in=_UNFINISHED
    ).order_by("-created_at")[:_UNFINISHED_SHOWN]


@transaction.atomic
def stop_import(list_import: ListImport) -> bool:
    """Stop an import that has not finished; return whether it was still possible.

    The worker notices with its next chunk. Nothing of the list was visible; `clear_leftovers`
    deletes what is there.
    """
    stopped = ListImport.objects.filter(
        pk=list_import.pk, state__in=(State.QUEUED, State.IMPORTING)
    ).update(state=State.STOPPED, claim_token=None, lease_until=None)
    if stopped:
        record(Act.IMPORT_STOPPED, list_import)
    return bool(stopped)


def discard(list_import: ListImport) -> None:
    """Forget an import that was only checked, with its file; one under way is left alone."""
    forgotten, _ = ListImport.objects.filter(pk=list_import.pk, state=State.CHECKING).delete()
    if forgotten:
        delete_stored(list_import.stored_name)


def check_again(list_import: ListImport) -> bool:
    """Take an import that came to nothing back to the check page; return whether that is possible.

    It is as long as its file is there. What the first attempt wrote is left to `clear_leftovers`.
    """
    if not is_stored(list_import.stored_name):
        return False
    zero = dict.fromkeys(
        (
            *("rows_done", "recipient_count", "duplicate_count", "rejected_count", "attempts"),
            "opted_out_count",
        ),
        0,
    )
    leftover = list_import.recipient_list_id or 0
    with transaction.atomic():
        again = ListImport.objects.filter(
            pk=list_import.pk, state__in=(State.STOPPED, State.FAILED, State.UNDONE)
        ).update(
            state=State.CHECKING,
            is_judged=False,
            recipient_list=None,
            rows_total=None,
            differing_count=0,
            effect={},
            completed_at=None,
            undone_at=None,
            failure="",
            failure_details={},
            claim_token=None,
            lease_until=None,
            **zero,
        )
        if again:
            # Not ready and archived: nobody will ever see it.
            RecipientList.objects.filter(pk=leftover, is_ready=False).update(
                archived_at=timezone.now()
            )
            RejectedRow.objects.filter(list_import=list_import).delete()
    return bool(again)


def waiting_imports() -> list[int]:
    """Ids of imports that nobody works on: queued ones, and those whose worker died."""
    waiting = ListImport.objects.filter(state__in=(State.QUEUED, State.IMPORTING))
    return list(claiming.free(waiting, timezone.now()).values_list("pk", flat=True))


def waiting_judgements() -> list[int]:
    """Ids of imports on the check page whose file is not judged to its end."""
    waiting = ListImport.objects.filter(state=State.CHECKING, is_judged=False)
    waiting = claiming.free(waiting, timezone.now()).exclude(stored_name="")
    return list(waiting.values_list("pk", flat=True))


def clear_leftovers() -> None:
    """Delete lists that will never be visible: those of stopped, failed and undone imports."""
    ended = Q(list_imports__state__in=(State.STOPPED, State.FAILED)) | ~Q(archived_at=None)
    for leftover in RecipientList.objects.filter(ended, is_ready=False).distinct():
        delete_people(leftover)
        try:
            leftover.delete()
        except ProtectedError:
            # A campaign speaks of the list by its name. Empty, and no longer a leftover.
            now = timezone.now()
            RecipientList.objects.filter(pk=leftover.pk).update(
                is_ready=True,
                archived_at=leftover.archived_at or now,
                deleted_at=now,
                recipient_count=0,
                duplicate_count=0,
            )


def delete_old_uploads() -> None:
    """Delete uploaded files some days after their import, and imports nobody confirmed with them.

    With the file goes what the import displaced: it can be undone no longer.
    """
    before = timezone.now() - keep_for()
    old = ListImport.objects.filter(created_at__lt=before).exclude(
        state__in=(State.QUEUED, State.IMPORTING)
    )
    old = old.exclude(completed_at__gte=before)
    for list_import in old.exclude(stored_name="").only("stored_name"):
        delete_stored(list_import.stored_name)
        ListImport.objects.filter(pk=list_import.pk).update(stored_name="", judgement={})
    old.filter(state=State.CHECKING).delete()
    with transaction.atomic():
        displaced = RecipientList.objects.filter(
            pk__in=old.exclude(kept_list=None).values("kept_list")
        )
        displaced.update(archived_at=timezone.now())
        old.exclude(kept_list=None).update(kept_list=None)


def delete_orphans() -> None:
    """Delete stored files that no import speaks of: uploads that broke off on their way."""
    old = shared_files.older_than(_KEEP_ORPHANS, Path(settings.UPLOADS_DIR))
    # "<stored name>", and "<stored name>.seen-0.csv" for the text of a workbook's sheet.
    names = {path: path.name.partition(".")[0] for path in old}
    known = set(
        ListImport.objects.filter(stored_name__in=set(names.values())).values_list(
            "stored_name", flat=True
        )
    )
    for path, name in names.items():
        if name not in known:
            shared_files.delete(path)
