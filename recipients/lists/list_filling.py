"""Lists made out of lists, in the database: INSERT … SELECT, chunk by chunk.

A chunk and the cursor are one transaction: a worker that is killed leaves a whole number of chunks,
and the next one goes on behind them. The lists become visible in the last transaction, with their
counters counted there. In every list made, a person's rows are numbered 0, 1, 2, … without a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from recipients import claiming
from recipients.field_names import renamed_sql, renames
from recipients.files.bulk_load import quick_commits, refresh_statistics
from recipients.lists.list_search import field_value_sql
from recipients.models import ListInOperation, ListOperation, Recipient, RecipientList
from recipients.sql import Sql

Kind, Part, State = ListOperation.Kind, ListInOperation.Part, ListOperation.State

# Short transactions on SQLite, where all others wait for the one writer.
_ROWS_A_CHUNK = {"sqlite": 10_000, "postgresql": 100_000}
# Table names of ours and integers (`:d`); a person's text only ever as a parameter.
_TABLE = Recipient._meta.db_table
_COLUMNS = "recipient_list_id, phone, occurrence, name, fields, row_number"


def run_operation(operation_id: int) -> None:
    """Make the lists of an operation, or go on where a dead worker left off.

    Does nothing when another worker is at it or there is nothing to do.
    """
    to_do = ListOperation.objects.filter(state__in=(State.QUEUED, State.WORKING))
    claimed = claiming.claim_work(to_do, operation_id)
    if claimed is None:
        return
    if claimed.is_hopeless:
        _fail(claimed)
        return
    claiming.held(claimed).update(state=State.WORKING)
    try:
        with quick_commits():
            while _next_chunk(claimed):
                pass
        _finish(claimed)
    except claiming.ClaimLost:
        return


def _next_chunk(claimed: ListOperation) -> bool:
    """Do one chunk; False when every source has been read."""
    sources = _ids(claimed, Part.SOURCE)
    number, after = claimed.cursor.get("list", 0), claimed.cursor.get("after", 0)
    if number >= len(sources):
        return False
    rows = Recipient.objects.filter(recipient_list_id=sources[number], pk__gt=after)
    size = _ROWS_A_CHUNK[connection.vendor]
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:size])
    with transaction.atomic():
        claiming.renew_claim(claimed)
        if ids:
            _insert(claimed, sources[number], after, ids[-1])
        is_last = len(ids) < size
        cursor = {"list": number + is_last, "after": 0 if is_last else ids[-1]}
        claiming.held(claimed).update(
            attempts=0, cursor=cursor, rows_done=F("rows_done") + len(ids)
        )
    if is_last or claimed.cursor == {}:
        # The next chunk is joined with what these made, and other work with the list as a whole.
        refresh_statistics(_TABLE)
    claimed.cursor = cursor
    return True


def _insert(claimed: ListOperation, source: int, after: int, upto: int) -> None:
    span = f"r.recipient_list_id = {source:d} AND r.id > {after:d} AND r.id <= {upto:d}"
    if claimed.kind == Kind.SPLIT:
        _insert_parts(claimed, span)
        return
    (target,) = _ids(claimed, Part.TARGET)
    fields = _fields_of(source, target)
    if claimed.kind == Kind.MERGE and claimed.each_once:
        span += " AND r.occurrence = 0"
        if claimed.cursor.get("list"):
            # Of the first list nobody is in the target yet.
            _complete(target, span, fields)
            span += f" AND NOT {_on_lists([target])}"
        occurrence = "0"
    elif claimed.kind == Kind.MERGE:
        occurrence = _next_occurrence(f"{target:d}")
    else:
        # All rows of a person come along, or none.
        without = _ids(claimed, Part.WITHOUT)
        span += f" AND NOT {_on_lists(without)}" if without else ""
        occurrence = "r.occurrence"
    _execute(
        f"INSERT INTO {_TABLE} ({_COLUMNS}) "  # noqa: S608
        f"SELECT {target:d}, r.phone, {occurrence}, r.name, {fields.text}, r.row_number "
        f"FROM {_TABLE} r WHERE {span} ORDER BY r.id",
        fields.values,
    )


def _insert_parts(claimed: ListOperation, span: str) -> None:
    """Insert each row into the list that is made for its value, if there is one."""
    places = ListInOperation._meta.db_table
    occurrence = _next_occurrence("t.recipient_list_id")
    _execute(
        f"INSERT INTO {_TABLE} ({_COLUMNS}) "  # noqa: S608
        f"SELECT t.recipient_list_id, r.phone, {occurrence}, r.name, r.fields, r.row_number "
        f"FROM {_TABLE} r JOIN {places} t ON t.operation_id = {claimed.pk:d} "
        f"AND t.part = '{Part.TARGET.value}' AND t.value = {field_value_sql('r.fields')} "
        f"WHERE {span} ORDER BY r.id",
        [claimed.field_name],
    )


def _fields_of(source: int, target: int) -> Sql:
    """A source's fields `r.fields`, as the target spells their names."""
    names = dict(
        RecipientList.objects.filter(pk__in=(source, target)).values_list("pk", "field_names")
    )
    return renamed_sql("r.fields", renames(names[source], names[target]))


def _complete(target: int, span: str, brought: Sql) -> None:
    """Give those who are in the target already what only this list says about them."""
    if connection.vendor == "postgresql":
        fields, stands = f"{brought.text} || x.fields", "x.fields"
    else:
        fields, stands = f"json_patch({brought.text}, x.fields)", "json(x.fields)"
    _execute(
        f"UPDATE {_TABLE} AS x SET fields = {fields}, "  # noqa: S608
        "name = CASE WHEN x.name = '' THEN r.name ELSE x.name END "
        f"FROM {_TABLE} r WHERE {span} "
        f"AND x.recipient_list_id = {target:d} AND x.phone_key = r.phone_key AND x.occurrence = 0 "
        # Rows that stay as they are need not be written: that would take most of the time.
        f"AND (x.name = '' AND r.name <> '' OR {fields} <> {stands})",
        brought.values * 2,
    )


def _next_occurrence(target: str) -> str:
    """How many rows of this person stand before this one in the target."""
    return (
        f"COALESCE((SELECT MAX(x.occurrence) + 1 FROM {_TABLE} x "  # noqa: S608
        f"WHERE x.recipient_list_id = {target} AND x.phone_key = r.phone_key), 0) - 1 "
        f"+ ROW_NUMBER() OVER (PARTITION BY {target}, r.phone_key ORDER BY r.id)"
    )


def _on_lists(list_ids: Iterable[int]) -> str:
    ids = ", ".join(f"{list_id:d}" for list_id in list_ids)
    return (
        f"EXISTS (SELECT 1 FROM {_TABLE} w WHERE w.recipient_list_id IN ({ids}) "  # noqa: S608
        "AND w.phone_key = r.phone_key)"
    )


def _execute(sql: str, values: Sequence[str] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _ids(claimed: ListOperation, part: ListInOperation.Part) -> list[int]:
    parts = claimed.lists.filter(part=part).order_by("pk")
    return list(parts.values_list("recipient_list_id", flat=True))


def _finish(claimed: ListOperation) -> None:
    """Count the lists and make them visible."""
    with transaction.atomic():
        if not claiming.let_go(claimed, state=State.COMPLETED, completed_at=timezone.now()):
            raise claiming.ClaimLost
        for list_id in _ids(claimed, Part.TARGET):
            rows = Recipient.objects.filter(recipient_list_id=list_id)
            counts = rows.aggregate(
                recipient_count=Count("pk", Q(occurrence=0)),
                duplicate_count=Count("pk", Q(occurrence__gt=0)),
            )
            RecipientList.objects.filter(pk=list_id).update(
                **counts, is_ready=True, updated_at=timezone.now()
            )


def _fail(claimed: ListOperation) -> None:
    """Give up; not ready and archived, nobody will ever see what was made so far."""
    with transaction.atomic():
        if claiming.let_go(claimed, state=State.FAILED):
            RecipientList.objects.filter(pk__in=_ids(claimed, Part.TARGET)).update(
                archived_at=timezone.now()
            )
