"""A list's beginning, name and end: made empty, archiving, bringing back, deleting for good.

Whatever was launched keeps its own frozen audience; a draft that uses the list cannot be sent until
the list is back or taken out.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from recipients.files.storing import delete_stored
from recipients.models import (
    ListImport,
    ListOperation,
    Recipient,
    RecipientList,
    RejectedRow,
    Visibility,
)
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

_IMPORTING = (ListImport.State.QUEUED, ListImport.State.IMPORTING)
_WORKING = (ListOperation.State.QUEUED, ListOperation.State.WORKING)
# Small enough that others write in between, also on SQLite.
_ROWS_A_DELETE = 5_000


@transaction.atomic
def make_list(team: Team, owner: User, name: str) -> RecipientList:
    """An empty list, shared with the team where that is what the team wants of new ones."""
    shared = team.lists_shared
    made = RecipientList.objects.create(
        team=team,
        owner=owner,
        name=name,
        visibility=Visibility.TEAM if shared else Visibility.PRIVATE,
        shared_by=owner if shared else None,
        is_ready=True,
    )
    record(Act.LIST_MADE, made, after={"visibility": made.visibility})
    return made


@transaction.atomic
def rename_list(recipient_list: RecipientList, name: str) -> None:
    """Give the list another name."""
    record(Act.LIST_RENAMED, recipient_list)
    RecipientList.objects.filter(pk=recipient_list.pk).update(name=name, updated_at=timezone.now())


def is_being_filled(recipient_list: RecipientList) -> bool:
    """Whether an import adds people to it at this moment."""
    into = Q(recipient_list=recipient_list) | Q(target_list=recipient_list)
    return ListImport.objects.filter(into, state__in=_IMPORTING).exists()


@transaction.atomic
def archive(recipient_list: RecipientList, by: User) -> bool:
    """Put the list away; False when that was done already. It takes effect at once."""
    there = RecipientList.objects.filter(pk=recipient_list.pk, archived_at=None)
    now = timezone.now()
    if not there.update(archived_at=now, archived_by=by, updated_at=now):
        return False
    record(Act.LIST_ARCHIVED, recipient_list, by=by)
    return True


@transaction.atomic
def restore(recipient_list: RecipientList) -> bool:
    """Bring an archived list back; False when it is deleted or back already."""
    away = RecipientList.objects.filter(
        pk=recipient_list.pk, archived_at__isnull=False, deleted_at=None
    )
    if not away.update(archived_at=None, archived_by=None, updated_at=timezone.now()):
        return False
    record(Act.LIST_RESTORED, recipient_list)
    return True


@transaction.atomic
def delete_list(recipient_list: RecipientList, by: User | None) -> bool:
    """Delete the list and its people for good; False when that was done already.

    Nobody sees it from now on; the people are deleted by `clear_deleted`.
    """
    now = timezone.now()
    there = RecipientList.objects.filter(pk=recipient_list.pk, deleted_at=None)
    if not there.update(deleted_at=now, archived_at=now, archived_by=by, updated_at=now):
        return False
    record(Act.LIST_DELETED, recipient_list, by=by, before={"people": recipient_list.row_count})
    if not recipient_list.row_count and not is_being_filled(recipient_list):
        _drop(recipient_list)
    return True


def clear_deleted() -> None:
    """Delete the people of deleted lists, and the lists themselves unless a campaign names them."""
    for recipient_list in RecipientList.objects.filter(
        ~Q(recipient_count=0, duplicate_count=0, field_names=[]), deleted_at__isnull=False
    ):
        if is_being_filled(recipient_list) or _is_read_from(recipient_list):
            continue
        _forget_files(recipient_list)
        delete_people(recipient_list)
        with transaction.atomic():
            # What remains of it is a name in the history.
            RecipientList.objects.filter(pk=recipient_list.pk).update(
                recipient_count=0, duplicate_count=0, field_names=[]
            )
        _drop(recipient_list)


def delete_people(recipient_list: RecipientList) -> None:
    """Delete every row of a list that nobody sees, a little at a time."""
    rows = Recipient.objects.filter(recipient_list=recipient_list).order_by("pk")
    while some := list(rows.values_list("pk", flat=True)[:_ROWS_A_DELETE]):
        rows.filter(pk__lte=some[-1]).order_by().delete()


def _is_read_from(recipient_list: RecipientList) -> bool:
    return recipient_list.operations.filter(operation__state__in=_WORKING).exists()


def _forget_files(recipient_list: RecipientList) -> None:
    """Delete the uploaded files it came from, their rejected rows, and what they displaced."""
    imports = recipient_list.list_imports.all()
    # Not ready and archived: `import_lifecycle.clear_leftovers` deletes them.
    RecipientList.objects.filter(pk__in=imports.values("kept_list")).update(
        archived_at=timezone.now()
    )
    for list_import in imports:
        RejectedRow.objects.filter(list_import=list_import).delete()
        delete_stored(list_import.stored_name)
        ListImport.objects.filter(pk=list_import.pk).update(
            stored_name="", judgement={}, kept_list=None
        )


def _drop(recipient_list: RecipientList) -> None:
    # A filter without its exclusion would find people whom it is to leave out.
    if recipient_list.filter_choices.exists():
        return
    try:
        recipient_list.delete()
    except ProtectedError:
        return
