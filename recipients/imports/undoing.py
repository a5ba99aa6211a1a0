"""Undoing an import that is complete: what it brought goes, what it displaced comes back.

Campaigns that were launched hold copies of their people and are not touched. What somebody changed
by hand since is named first, and kept where that is wanted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from recipients.imports import merging
from recipients.lists.sharing import may_edit
from recipients.models import ListImport, Recipient, RecipientList
from teams.models import User
from trail.acts import Act
from trail.recording import record

State = ListImport.State


class Obstacle(StrEnum):
    """Why an import cannot be undone."""

    NOT_COMPLETE = "not_complete"
    NOT_YOURS = "not_yours"
    NOT_YOURS_TO_EDIT = "not_yours_to_edit"
    LIST_GONE = "list_gone"
    LATER_IMPORT = "later_import"
    TOO_LATE = "too_late"


class CannotUndo(Exception):
    """The import stays as it is, for this reason."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


class ChangedByHand(Exception):
    """People were changed by hand since, and whoever undoes has not seen all of them."""


@dataclass(frozen=True)
class UndoEffect:
    """What undoing does to the list, in people; a list that the import made goes altogether.

    `others` are people of such a list who came by another way than the file.
    """

    removes_list: bool
    removed: int = 0
    restored: int = 0
    brought_back: int = 0
    others: int = 0


def keep_for() -> timedelta:
    """How long an import can be undone, and how long its file is kept."""
    return timedelta(days=settings.UPLOAD_KEEP_DAYS)


def obstacle(list_import: ListImport, user: User) -> Obstacle | None:
    """Why `user` cannot undo this import now, or None when they can."""
    people = list_import.recipient_list
    if list_import.state != State.COMPLETED:
        return Obstacle.NOT_COMPLETE
    if people is None or not people.is_ready or people.archived_at is not None:
        return Obstacle.LIST_GONE
    # A list that the import made goes altogether: only its owner decides that.
    if not list_import.is_addition and people.owner_id != user.pk:
        return Obstacle.NOT_YOURS
    if not may_edit(people, user):
        return Obstacle.NOT_YOURS_TO_EDIT
    done = list_import.completed_at
    if done is None or timezone.now() - done > keep_for():
        return Obstacle.TOO_LATE
    if list_import.is_addition and list_import.kept_list_id is None:
        return Obstacle.TOO_LATE
    later = ListImport.objects.filter(
        recipient_list=people, state=State.COMPLETED, completed_at__gt=done
    )
    return Obstacle.LATER_IMPORT if later.exists() else None


def effect_of_undoing(list_import: ListImport) -> UndoEffect:
    """What undoing would do now; the import must have its list."""
    people = list_import.recipient_list
    assert people is not None
    firsts = Recipient.objects.filter(occurrence=0)
    brought = firsts.filter(recipient_list=people, list_import=list_import).count()
    if not list_import.is_addition:
        return UndoEffect(True, removed=brought, others=max(0, people.recipient_count - brought))
    kept = firsts.filter(recipient_list=list_import.kept_list).count()
    if list_import.mode == ListImport.Mode.REPLACE:
        return UndoEffect(False, removed=brought, brought_back=kept)
    return UndoEffect(False, removed=brought, restored=kept)


def changed_by_hand(list_import: ListImport) -> QuerySet[Recipient]:
    """People whom undoing would take or change, and whom somebody changed since the import."""
    kept = Recipient.objects.filter(
        recipient_list=list_import.kept_list_id or 0,
        phone_key=OuterRef("phone_key"),
        occurrence=OuterRef("occurrence"),
    )
    touched = Q(list_import=list_import) | Exists(kept)
    rows = Recipient.objects.filter(touched, recipient_list=list_import.recipient_list)
    return rows.filter(changed_at__gt=list_import.completed_at).order_by("pk")


def digest_of_changes(list_import: ListImport) -> str:
    """What tells whether more was changed by hand than somebody has seen; "" where nothing was."""
    changes = list(changed_by_hand(list_import).values_list("pk", "changed_at"))
    return hashlib.sha256(repr(changes).encode()).hexdigest() if changes else ""


def undo_import(
    list_import: ListImport, user: User, *, seen: str = "", keeps_changed: bool = False
) -> None:
    """Undo a completed import in one step; raise CannotUndo, changing nothing, when it cannot be.

    Raises ChangedByHand unless `seen` is the digest of what was changed by hand. `keeps_changed`
    leaves those people on the list as they are, where the list stays. Rows that are not needed any
    more are deleted in the background (`clear_leftovers`).
    """
    with transaction.atomic():
        people = (
            RecipientList.objects.select_for_update()
            .filter(pk=list_import.recipient_list_id or 0)
            .first()
        )
        locked = (
            ListImport.objects.select_for_update(of=("self",))
            .select_related("kept_list")
            .get(pk=list_import.pk)
        )
        locked.recipient_list = people
        if problem := obstacle(locked, user):
            raise CannotUndo(problem)
        assert people is not None
        if digest_of_changes(locked) not in ("", seen):
            raise ChangedByHand
        now = timezone.now()
        gone = people
        if locked.is_addition:
            if keeps_changed:
                _leave_as_they_are(locked)
            merging.unmerge(locked, people)
            assert locked.kept_list is not None
            gone = locked.kept_list
        RecipientList.objects.filter(pk=gone.pk).update(is_ready=False, archived_at=now)
        locked.kept_list, locked.state, locked.undone_at = None, State.UNDONE, now
        locked.save(update_fields=["kept_list", "state", "undone_at"])
        record(Act.IMPORT_UNDONE, people, by=user)


def _leave_as_they_are(list_import: ListImport) -> None:
    """Let whom somebody changed be none of the import's, and nobody to be put back."""
    changed = list(changed_by_hand(list_import))
    Recipient.objects.filter(pk__in=[row.pk for row in changed]).update(list_import=None)
    for row in changed:
        Recipient.objects.filter(
            recipient_list=list_import.kept_list,
            phone_key=row.phone_key,
            occurrence=row.occurrence,
        ).delete()
