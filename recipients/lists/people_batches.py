"""Many people of a list at once, told by their numbers: new ones are added, others changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from recipients.field_names import each_field_once, renamed, renames
from recipients.lists.people_editing import Details, locked_people
from recipients.models import Recipient, RecipientList
from recipients.opting_out.opt_outs import keep_out_erased
from recipients.subscriber_keys import subscriber_key
from trail.acts import Act
from trail.recording import record

_A_QUERY = 500


class Brought(NamedTuple):
    """How many people of a batch were new, changed, and as they were."""

    added: int
    changed: int
    unchanged: int


def bring_people(recipient_list: RecipientList, people: Sequence[Details]) -> Brought:
    """Add who is not on the list, and change who is: a name that is given, and fields.

    Who comes twice counts once, as they come last. Fields that the list does not have yet are
    added to it. A person's further rows (duplicates of a file) stay as they are.
    """
    wanted = {subscriber_key(details.phone): details for details in people}
    with locked_people(recipient_list):
        recipient_list.refresh_from_db()
        names = _with_new_fields(recipient_list, wanted.values())
        there = _rows_of(recipient_list, list(wanted))
        new, changed = [], []
        for key, details in wanted.items():
            fields = renamed(details.fields, renames(details.fields, names))
            row = there.get(key)
            if row is None:
                new.append(_new_row(recipient_list, details, fields))
            elif _change(row, details, fields):
                changed.append(row)
        Recipient.objects.bulk_create(new, batch_size=_A_QUERY)
        columns = ["phone", "name", "fields", "changed_at"]
        Recipient.objects.bulk_update(changed, columns, batch_size=_A_QUERY)
        RecipientList.objects.filter(pk=recipient_list.pk).update(
            recipient_count=F("recipient_count") + len(new),
            field_names=names,
            updated_at=timezone.now(),
        )
        told = {"added": len(new), "changed": len(changed)}
        record(Act.PEOPLE_BROUGHT, recipient_list, after=told)
        keep_out_erased(recipient_list.team, [details.phone for details in wanted.values()])
    recipient_list.refresh_from_db()
    return Brought(len(new), len(changed), len(wanted) - len(new) - len(changed))


def ids_of_phones(recipient_list: RecipientList, phones: Sequence[str]) -> list[int]:
    """The rows of these people (E.164) on the list, with those that stand there twice."""
    keys = sorted({subscriber_key(phone) for phone in phones})
    rows = Recipient.objects.filter(recipient_list=recipient_list)
    return [
        pk
        for start in range(0, len(keys), _A_QUERY)
        for pk in rows.filter(phone_key__in=keys[start : start + _A_QUERY]).values_list(
            "pk", flat=True
        )
    ]


def _with_new_fields(recipient_list: RecipientList, people: Iterable[Details]) -> list[str]:
    of_people = (name for details in people for name in details.fields)
    return each_field_once([*recipient_list.field_names, *of_people])


def _rows_of(recipient_list: RecipientList, keys: list[str]) -> dict[str, Recipient]:
    firsts = Recipient.objects.filter(recipient_list=recipient_list, occurrence=0)
    return {
        row.phone_key: row
        for start in range(0, len(keys), _A_QUERY)
        for row in firsts.filter(phone_key__in=keys[start : start + _A_QUERY])
    }


def _new_row(recipient_list: RecipientList, details: Details, fields: dict[str, str]) -> Recipient:
    filled = {name: text for name, text in fields.items() if text}
    return Recipient(
        recipient_list=recipient_list, phone=details.phone, name=details.name, fields=filled
    )


def _change(row: Recipient, details: Details, fields: dict[str, str]) -> bool:
    """Write into a row what is given; False where it says so already. An empty field is deleted."""
    before = (row.phone, row.name, dict(row.fields))
    row.phone, row.name = details.phone, details.name or row.name
    row.fields = {name: text for name, text in {**row.fields, **fields}.items() if text}
    row.changed_at = timezone.now()
    return before != (row.phone, row.name, row.fields)
