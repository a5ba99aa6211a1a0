"""People of a file join a list that is there: in one step, and back again.

The file is read into a list of its own that nobody sees (`importing`). When it is whole, one
transaction moves its rows into the list, and keeps what they displace in a second invisible list,
from which `unmerge` restores it. Everything runs in the database; a million rows take seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from recipients.models import ListImport, Recipient, RecipientList

Mode = ListImport.Mode

_TABLE = Recipient._meta.db_table
_SAME_ROW = "s.phone_key = t.phone_key AND s.occurrence = t.occurrence"


@dataclass(frozen=True)
class Effect:
    """What an import does to a list, in rows: `unchanged` are those it finds there and leaves."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the effect as JSON values."""
        return asdict(self)


def bring_in(list_import: ListImport, target: RecipientList, staged: RecipientList) -> Effect:
    """Move the rows of `staged` into `target` as the import's mode says.

    The caller holds a transaction and the lock on `target`. Rows that are not taken stay in
    `staged`. `list_import.kept_list` is made and filled, but the import itself is not saved.
    """
    kept = RecipientList.objects.create(
        team_id=target.team_id,
        owner_id=target.owner_id,
        name=target.name,
        field_names=target.field_names,
    )
    list_import.kept_list = kept
    ids = {"t": target.pk, "s": staged.pk, "k": kept.pk, "i": list_import.pk}
    known = {name.casefold() for name in target.field_names}
    new_names = [name for name in staged.field_names if name.casefold() not in known]
    match list_import.mode:
        case Mode.REPLACE:
            effect = _replace(ids)
            target.field_names = staged.field_names
        case Mode.UPDATE:
            effect = _update(ids, staged.row_count)
            target.field_names += new_names
        case _:
            added = _run(f"{_MOVE_IN} AND {_NOBODY_THERE}", ids)
            effect = Effect(added=added, unchanged=staged.row_count - added)
            target.field_names += new_names
    _count_again(target)
    return effect


def unmerge(list_import: ListImport, target: RecipientList) -> None:
    """Make the list what it was before the import, and keep what was added otherwise since.

    The caller holds a transaction and the lock on `target`. A row that somebody has removed by
    hand since it was updated stays removed.
    """
    kept = list_import.kept_list
    ids = {"t": target.pk, "k": kept.pk if kept else 0, "i": list_import.pk}
    _run(_DELETE_ADDED, ids)
    if kept is not None:
        if list_import.mode == Mode.REPLACE:
            _run(_MOVE_BACK, ids)
        elif list_import.mode == Mode.UPDATE:
            _run(_WRITE_BACK, ids)
        brought = {column["name"] for column in list_import.columns}
        others = (name for name in target.field_names if name not in brought)
        target.field_names = list(dict.fromkeys([*kept.field_names, *others]))
    _count_again(target)


def _replace(ids: dict[str, int]) -> Effect:
    before = _run(_SET_ASIDE, ids)
    rows = _run(_MOVE_IN, ids)
    differ = f"s.name <> t.name OR {_comparable('s.fields')} <> {_comparable('t.fields')}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN {differ} THEN 1 ELSE 0 END), 0) "  # noqa: S608
            f"FROM {_TABLE} t JOIN {_TABLE} s ON s.recipient_list_id = %(t)s AND {_SAME_ROW} "
            "WHERE t.recipient_list_id = %(k)s",
            ids,
        )
        same, changed = map(int, cursor.fetchone())
    return Effect(
        added=rows - same, updated=changed, removed=before - same, unchanged=same - changed
    )


def _update(ids: dict[str, int], rows: int) -> Effect:
    merged = _merged_fields()
    pairs = f"t.recipient_list_id = %(t)s AND s.recipient_list_id = %(s)s AND {_SAME_ROW}"
    other_fields = f"{_comparable(merged)} <> {_comparable('t.fields')}"
    differ = f"((s.name <> '' AND s.name <> t.name) OR {other_fields})"
    updated = _run(
        f"INSERT INTO {_TABLE} "  # noqa: S608
        "(recipient_list_id, phone, occurrence, name, fields, row_number, list_import_id) "
        "SELECT %(k)s, t.phone, t.occurrence, t.name, t.fields, t.row_number, t.list_import_id "
        f"FROM {_TABLE} s JOIN {_TABLE} t ON {_SAME_ROW} WHERE {pairs} AND {differ}",
        ids,
    )
    if updated:
        _run(
            f"UPDATE {_TABLE} AS t SET fields = {merged}, "  # noqa: S608
            "name = CASE WHEN s.name <> '' THEN s.name ELSE t.name END "
            f"FROM {_TABLE} AS s WHERE {pairs} AND {differ}",
            ids,
        )
    added = _run(f"{_MOVE_IN} AND {_ROW_NOT_THERE}", ids)
    return Effect(added=added, updated=updated, unchanged=rows - added - updated)


# Below: names of ours, and integers as parameters; nothing that anybody typed.
_SET_ASIDE = f"UPDATE {_TABLE} SET recipient_list_id = %(k)s WHERE recipient_list_id = %(t)s"  # noqa: S608
_MOVE_IN = (
    f"UPDATE {_TABLE} AS s SET recipient_list_id = %(t)s "  # noqa: S608
    "WHERE s.recipient_list_id = %(s)s"
)
# Rows that have just been moved in are not what was there.
_THERE = (
    f"SELECT 1 FROM {_TABLE} t WHERE t.recipient_list_id = %(t)s AND t.phone_key = s.phone_key "  # noqa: S608
    "AND (t.list_import_id IS NULL OR t.list_import_id <> %(i)s)"
)
_NOBODY_THERE = f"NOT EXISTS ({_THERE})"
_ROW_NOT_THERE = f"NOT EXISTS ({_THERE} AND t.occurrence = s.occurrence)"
_DELETE_ADDED = f"DELETE FROM {_TABLE} WHERE recipient_list_id = %(t)s AND list_import_id = %(i)s"  # noqa: S608
_MOVE_BACK = (
    f"UPDATE {_TABLE} AS s SET recipient_list_id = %(t)s "  # noqa: S608
    f"WHERE s.recipient_list_id = %(k)s AND NOT EXISTS (SELECT 1 FROM {_TABLE} t "
    f"WHERE t.recipient_list_id = %(t)s AND {_SAME_ROW})"
)
_WRITE_BACK = (
    f"UPDATE {_TABLE} AS t SET name = s.name, fields = s.fields FROM {_TABLE} AS s "  # noqa: S608
    f"WHERE t.recipient_list_id = %(t)s AND s.recipient_list_id = %(k)s AND {_SAME_ROW}"
)


def _merged_fields() -> str:
    """The fields of `t` with those of `s` laid over them: a cell left empty clears nothing."""
    if connection.vendor == "postgresql":
        return "(t.fields || s.fields)"
    return "json_patch(t.fields, s.fields)"


def _comparable(fields: str) -> str:
    # Of two writers of JSON text, one puts blanks in, and letters beyond ASCII as numbers.
    return fields if connection.vendor == "postgresql" else f"plain_json({fields})"


def _run(statement: str, values: dict[str, int]) -> int:
    """Execute a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _count_again(target: RecipientList) -> None:
    """Save the list with counters that are right; the caller has its lock."""
    counts: dict[str, Any] = Recipient.objects.filter(recipient_list=target).aggregate(
        people=Count("pk", filter=Q(occurrence=0)), rows=Count("pk")
    )
    target.recipient_count = counts["people"]
    target.duplicate_count = counts["rows"] - counts["people"]
    target.updated_at = timezone.now()
    target.save(update_fields=["field_names", "recipient_count", "duplicate_count", "updated_at"])
