"""The sample's lists: an imported one with rows left out, a colleague's, and two private ones.

And a saved filter over the first of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from demo.sample import cast, story
from demo.sample.cast import Person
from demo.sample.marks import sample_id
from demo.sample.rows import as_of
from recipients.models import (
    FilterList,
    ListImport,
    Permission,
    Recipient,
    RecipientList,
    RejectedRow,
    SavedFilter,
    Visibility,
)
from recipients.phone_text import PhoneFault
from teams.models import Team, User

# Rows of the file that became nobody: their number, why, and their cells.
_REJECTED: tuple[tuple[int, PhoneFault, list[str]], ...] = (
    (
        17,
        PhoneFault.EXCEL_SHORTENED,
        ["4.15555E+09", "Jonas Weber", "Dr. Lind", "2026-02-10", "Boston"],
    ),
    (58, PhoneFault.EMPTY, ["", "Tom Hardy", "Dr. Osei", "2026-03-11", "Denver"]),
    (120, PhoneFault.LETTERS, ["call at work", "Lena Meyer", "Dr. Moreau", "2026-01-20", "Austin"]),
)
_FILE = "patients-autumn.csv"
_PATIENTS, _DUE, _GUESTS, _STAFF, _TWICE = 400, 150, 120, 8, 4


@dataclass(frozen=True, slots=True)
class _Kind:
    """A list as a person would describe it."""

    name: str
    owner: User
    visibility: Visibility
    people: list[Person]
    team_permission: Permission = Permission.USE
    twice: int = 0
    field_names: tuple[str, ...] = ()


def make_lists(team: Team, owner: User, second: User, now: datetime) -> dict[str, RecipientList]:
    """The lists, by the names that the story knows them by."""
    patients, fields = cast.patients(_PATIENTS), tuple(cast.PATIENT_FIELDS)
    shared, mine = Visibility.TEAM, Visibility.PRIVATE
    kinds = {
        story.PATIENTS: _Kind(
            *("Patients, autumn", owner, shared, patients), twice=_TWICE, field_names=fields
        ),
        story.DUE: _Kind(
            *("Check-up is due", second, shared, patients[:_DUE], Permission.EDIT),
            field_names=fields,
        ),
        story.GUESTS: _Kind("Guests on WhatsApp", owner, mine, cast.guests(_GUESTS)),
        "staff": _Kind("Staff", owner, mine, patients[-_STAFF:]),
    }
    made_at = now - timedelta(days=44)
    lists = {
        name: _list(team, kind, sample_id("list", number), made_at + timedelta(hours=number))
        for number, (name, kind) in enumerate(kinds.items(), start=1)
    }
    for name, kind in kinds.items():
        list_import = _import_of(lists[name], made_at) if kind.twice else None
        _fill(lists[name], kind, list_import)
    _filter(lists[story.PATIENTS], owner)
    return lists


def _list(team: Team, kind: _Kind, public_id: UUID, made_at: datetime) -> RecipientList:
    return as_of(
        RecipientList(
            public_id=public_id,
            team=team,
            owner=kind.owner,
            name=kind.name,
            visibility=kind.visibility,
            team_permission=kind.team_permission,
            shared_by=kind.owner if kind.visibility == Visibility.TEAM else None,
            field_names=list(kind.field_names),
            is_ready=True,
            recipient_count=len(kind.people),
            duplicate_count=kind.twice,
            created_at=made_at,
            updated_at=made_at,
        )
    )


def _import_of(recipient_list: RecipientList, at: datetime) -> ListImport:
    """The import that filled a list; its file is deleted, as it would be by now."""
    rows = recipient_list.row_count + len(_REJECTED)
    headers = [("Mobile", "phone"), ("Full name", "name")]
    headers += [(name, "field") for name in recipient_list.field_names]
    list_import = as_of(
        ListImport(
            public_id=sample_id("import", 1),
            team=recipient_list.team,
            uploaded_by=recipient_list.owner,
            recipient_list=recipient_list,
            state=ListImport.State.COMPLETED,
            file_name=_FILE,
            file_size=48 * rows,
            file_sha256=hashlib.sha256(_FILE.encode()).hexdigest(),
            columns=[{"header": name, "name": name, "role": role} for name, role in headers],
            default_country=recipient_list.team.default_country,
            list_name=recipient_list.name,
            visibility=recipient_list.visibility,
            rows_done=rows,
            rows_total=rows,
            recipient_count=recipient_list.recipient_count,
            duplicate_count=recipient_list.duplicate_count,
            rejected_count=len(_REJECTED),
            is_judged=True,
            created_at=at,
            confirmed_at=at,
            completed_at=at,
        )
    )
    RejectedRow.objects.bulk_create(
        RejectedRow(list_import=list_import, row_number=number, code=fault.value, cells=cells)
        for number, fault, cells in _REJECTED
    )
    return list_import


def _fill(recipient_list: RecipientList, kind: _Kind, list_import: ListImport | None) -> None:
    numbers = _row_numbers()
    rows = [(person, 0) for person in kind.people] + [
        (person, 1) for person in kind.people[: kind.twice]
    ]
    Recipient.objects.bulk_create(
        Recipient(
            recipient_list=recipient_list,
            phone=person.phone,
            occurrence=occurrence,
            name=person.name,
            fields={name: person.fields[name] for name in kind.field_names},
            row_number=next(numbers) if list_import else None,
            list_import=list_import,
        )
        for person, occurrence in rows
    )


def _row_numbers() -> Iterator[int]:
    taken = {number for number, _fault, _cells in _REJECTED}
    return (number for number in range(2, 10_000) if number not in taken)


def _filter(patients: RecipientList, owner: User) -> None:
    """Those of one dentist."""
    saved = SavedFilter.objects.create(
        public_id=sample_id("filter", 1),
        team=patients.team,
        owner=owner,
        name="Patients of Dr. Lind",
        visibility=Visibility.TEAM,
        conditions=[{"field": "Dentist", "op": "is", "values": ["Dr. Lind"]}],
    )
    FilterList.objects.create(saved_filter=saved, recipient_list=patients)
