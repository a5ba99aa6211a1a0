"""Single people of a list: added, changed and taken out by hand; the list's counters stay right.

A person's rows stay numbered 0, 1, 2, … without a gap: the next row takes the place of a first one
that goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from recipients.models import Recipient, RecipientList
from recipients.opting_out.opt_outs import keep_out_erased
from recipients.subscriber_keys import subscriber_key
from trail.acts import Act
from trail.recording import record


class AlreadyThere(Exception):
    """The list has a row of this person, and another one was not asked for."""

    def __init__(self, recipient: Recipient) -> None:
        super().__init__(recipient.pk)
        self.recipient = recipient


@dataclass(frozen=True)
class Details:
    """What a row says: `phone` in E.164, a name, and the non-empty fields."""

    phone: str
    name: str
    fields: Mapping[str, str]


def add_person(recipient_list: RecipientList, details: Details) -> Recipient:
    """Add somebody. Raises AlreadyThere for somebody who is on the list."""
    with locked_people(recipient_list):
        _refuse_second(recipient_list, details.phone)
        made = Recipient.objects.create(
            recipient_list=recipient_list,
            phone=details.phone,
            name=details.name,
            fields=dict(details.fields),
        )
        _count(recipient_list, people=1)
        record(Act.PERSON_ADDED, recipient_list, after={"row": made.pk})
        keep_out_erased(recipient_list.team, [details.phone])
    return made


def change_person(recipient: Recipient, details: Details) -> bool:
    """Change what a row says; False when somebody removed it in the meantime.

    Raises AlreadyThere when another row of the list is of the person with the new phone.
    """
    with locked_people(recipient.recipient_list):
        row = Recipient.objects.select_related("recipient_list").filter(pk=recipient.pk).first()
        if row is None:
            return False
        if subscriber_key(row.phone) != subscriber_key(details.phone):
            _move(row, details.phone)
        row.phone, row.name, row.fields = details.phone, details.name, dict(details.fields)
        row.changed_at = timezone.now()
        row.save(update_fields=["phone", "name", "fields", "changed_at"])
        _count(row.recipient_list)
        record(Act.PERSON_CHANGED, row.recipient_list, after={"row": row.pk})
        keep_out_erased(row.recipient_list.team, [details.phone])
    return True


def remove_people(recipient_list: RecipientList, ids: Collection[int]) -> int:
    """Take rows out of the list; return how many were still there."""
    removed = 0
    with locked_people(recipient_list):
        for row in Recipient.objects.filter(recipient_list=recipient_list, pk__in=ids):
            # Counted anew for each: rows of one person may go together.
            place = Recipient.objects.values_list("occurrence", flat=True).get(pk=row.pk)
            row.delete()
            followers = _rows(recipient_list, row.phone).count()
            _close_gap(recipient_list, row.phone, place)
            _count(
                recipient_list,
                people=0 if followers else -1,
                duplicates=-1 if followers else 0,
            )
            removed += 1
        if removed:
            record(Act.PEOPLE_REMOVED, recipient_list, after={"people": removed})
    return removed


@contextmanager
def locked_people(recipient_list: RecipientList) -> Iterator[None]:
    """One change of a list's people at a time: its counters and its rows' numbers hang together."""
    with transaction.atomic():
        RecipientList.objects.select_for_update().get(pk=recipient_list.pk)
        yield


def _rows(recipient_list: RecipientList, phone: str) -> QuerySet[Recipient]:
    return Recipient.objects.filter(recipient_list=recipient_list, phone_key=subscriber_key(phone))


def _move(row: Recipient, phone: str) -> None:
    """Give a row another phone. One duplicate becomes a person of its own, if it was one."""
    whole, old_phone, old_place = row.recipient_list, row.phone, row.occurrence
    _refuse_second(whole, phone)
    row.phone, row.occurrence = phone, 0
    row.save(update_fields=["phone", "occurrence"])
    if _rows(whole, old_phone).exists():
        _close_gap(whole, old_phone, old_place)
        _count(whole, people=1, duplicates=-1)


def _refuse_second(recipient_list: RecipientList, phone: str) -> None:
    if other := _rows(recipient_list, phone).order_by("occurrence").first():
        raise AlreadyThere(other)


def _close_gap(recipient_list: RecipientList, phone: str, place: int) -> None:
    later = _rows(recipient_list, phone).filter(occurrence__gt=place).order_by("occurrence")
    # One by one, in order: no two may ever have the same number.
    for pk in list(later.values_list("pk", flat=True)):
        Recipient.objects.filter(pk=pk).update(occurrence=F("occurrence") - 1)


def _count(recipient_list: RecipientList, people: int = 0, duplicates: int = 0) -> None:
    RecipientList.objects.filter(pk=recipient_list.pk).update(
        recipient_count=F("recipient_count") + people,
        duplicate_count=F("duplicate_count") + duplicates,
        updated_at=timezone.now(),
    )
