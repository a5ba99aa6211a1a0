"""The import itself: rows of the stored file become recipients or rejected rows, chunk by chunk.

A chunk and the progress are one transaction: a worker that is killed leaves a whole number of
chunks, and the next one goes on behind them. The list becomes visible, or its rows join the list
they are for (`merging`), in the last transaction.
At any time: rows_done = recipient_count + duplicate_count + rejected_count +
opted_out_count.
A file of opt-outs fills the register instead of a list (`opt_out_files`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.expressions import CombinedExpression
from django.utils import timezone

from events import outbox
from events.kinds import EventKind
from recipients import claiming
from recipients.files.bulk_load import Row, load_rows, quick_commits, refresh_statistics
from recipients.files.columns import Column
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.row_sources import ReadOptions, data_rows
from recipients.files.row_sources import Row as SourceRow
from recipients.files.rows import Refused, RowReader
from recipients.files.seen_phones import SeenPhones
from recipients.files.storing import rows_path
from recipients.imports import merging
from recipients.imports.opt_out_files import enter_opt_outs
from recipients.lists.sharing import may_edit
from recipients.models import ListImport, OptOut, Recipient, RecipientList, RejectedRow
from recipients.opting_out.erased_people import erased_teller
from recipients.opting_out.opt_outs import add_opt_outs, enter_erased
from recipients.subscriber_keys import subscriber_key

State = ListImport.State

# Shorter transactions on SQLite, where all others wait for the one writer: a tenth of a second.
_ROWS_A_CHUNK = {"sqlite": 20_000, "postgresql": 50_000}
_RECIPIENT_COLUMNS = (
    *("recipient_list_id", "phone", "occurrence", "name", "fields", "row_number"),
    "list_import_id",
)
_LONGEST_NOTE = 300
_REJECTED_COLUMNS = ("list_import_id", "row_number", "code", "cells")


def run_import(import_id: int) -> None:
    """Import the file of a confirmed import, or go on where a dead worker left off.

    Does nothing when another worker is at it or there is nothing to do.
    """
    to_do = ListImport.objects.filter(state__in=(State.QUEUED, State.IMPORTING))
    claimed = claiming.claim_work(to_do, import_id)
    if claimed is None:
        return
    if claimed.is_hopeless:
        _fail(claimed, FileProblem(FileFault.INTERRUPTED))
        return
    claiming.held(claimed).update(state=State.IMPORTING)
    try:
        with quick_commits():
            if claimed.is_for_opt_outs:
                _enter_opt_outs(claimed)
                return
            _import_rows(claimed)
            refresh_statistics(Recipient._meta.db_table)
            _finish(claimed)
    except FileProblem as problem:
        _fail(claimed, problem)
    except FileNotFoundError:
        _fail(claimed, FileProblem(FileFault.FILE_GONE))
    except claiming.ClaimLost:
        return


def _rows(claimed: ListImport) -> Iterator[SourceRow]:
    reading = ReadOptions.from_json(claimed.reading)
    return data_rows(
        rows_path(claimed.stored_name, reading),
        reading,
        max_columns=settings.IMPORT_MAX_COLUMNS,
        max_rows=settings.IMPORT_MAX_ROWS,
    )


def _enter_opt_outs(claimed: ListImport) -> None:
    columns = [Column.from_json(column) for column in claimed.columns]
    enter_opt_outs(claimed, _rows(claimed), columns)
    done = claiming.held(claimed).values("recipient_count", "duplicate_count", "rows_done").first()
    if done is None:
        raise claiming.ClaimLost
    if not done["recipient_count"] + done["duplicate_count"]:
        raise FileProblem(FileFault.NO_VALID_ROW)
    with transaction.atomic():
        claiming.let_go(
            claimed,
            state=State.COMPLETED,
            rows_total=done["rows_done"],
            judgement={},
            completed_at=timezone.now(),
        )
        _tell(claimed)


def _import_rows(claimed: ListImport) -> None:
    rest = islice(_rows(claimed), claimed.rows_done, None)
    size = _ROWS_A_CHUNK[connection.vendor]
    sieve = _Sieve(claimed)
    for first in rest:
        sieve.begin_chunk()
        accepted: Iterable[Row] = sieve.accepted(chain([first], islice(rest, size - 1)))
        if connection.vendor == "sqlite":
            # Judged before the transaction begins: it locks all others out.
            accepted = list(accepted)
        with transaction.atomic():
            _write(claimed, sieve, accepted)


class _Sieve:
    """Parts the file's rows in recipients and rejected rows, and counts those of one chunk."""

    def __init__(self, claimed: ListImport) -> None:
        list_id = claimed.recipient_list_id
        assert list_id is not None
        self._list_id, self._import_id = list_id, claimed.pk
        columns = [Column.from_json(column) for column in claimed.columns]
        self._reader = RowReader(columns, claimed.default_country)
        self._seen = SeenPhones()
        self._is_erased = erased_teller(claimed.team)
        if claimed.rows_done:
            before = Recipient.objects.filter(recipient_list_id=list_id)
            self._seen.add_all(before.values_list("phone_key", flat=True).iterator(10_000))
        self.begin_chunk()

    def begin_chunk(self) -> None:
        """Count from zero."""
        self.rows = self.duplicates = 0
        self.rejected: list[Row] = []
        self.leaving: list[str] = []
        self.erased: list[str] = []

    def accepted(self, rows: Iterable[SourceRow]) -> Iterator[Row]:
        """Yield what goes into the table of recipients; keep what does not in `rejected`."""
        read, times_seen = self._reader.read, self._seen.add
        list_id, import_id = self._list_id, self._import_id
        is_erased = self._is_erased
        for number, cells in rows:
            self.rows += 1
            answer = read(cells)
            if isinstance(answer, Refused):
                self.rejected.append((import_id, number, answer.reason, _json(cells)))
                continue
            if answer.has_opted_out:
                self.leaving.append(answer.phone)
                continue
            phone, name, fields = answer[:3]
            key = subscriber_key(phone)
            if is_erased is not None and is_erased(key):
                self.erased.append(phone)
            occurrence = times_seen(key)
            if occurrence:
                self.duplicates += 1
            yield (list_id, phone, occurrence, name, _json(fields), number, import_id)

    @property
    def progress(self) -> dict[str, F | CombinedExpression | int]:
        """What the chunk adds to the import's counters."""
        rejected, leaving = len(self.rejected), len(self.leaving)
        kept = self.rows - rejected - leaving - self.duplicates
        return {
            "rows_done": F("rows_done") + self.rows,
            "recipient_count": F("recipient_count") + kept,
            "duplicate_count": F("duplicate_count") + self.duplicates,
            "rejected_count": F("rejected_count") + rejected,
            "opted_out_count": F("opted_out_count") + leaving,
        }


def _write(claimed: ListImport, sieve: _Sieve, accepted: Iterable[Row]) -> None:
    """Write a chunk and the progress; raise ClaimLost, writing nothing, when the claim is gone."""
    claiming.renew_claim(claimed)
    load_rows(Recipient._meta.db_table, _RECIPIENT_COLUMNS, accepted)
    load_rows(RejectedRow._meta.db_table, _REJECTED_COLUMNS, sieve.rejected)
    if sieve.leaving:
        source, by = OptOut.Source.FILE, claimed.uploaded_by
        add_opt_outs(claimed.team, sieve.leaving, source, by, claimed.file_name[:_LONGEST_NOTE])
    if sieve.erased:
        enter_erased(claimed.team, sieve.erased)
    claiming.held(claimed).update(attempts=0, **sieve.progress)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _finish(claimed: ListImport) -> None:
    """Make the list visible, or let its people join the list they are for, if there are any."""
    with transaction.atomic():
        counts = (
            claiming.held(claimed)
            .select_for_update(of=("self",))
            .values("recipient_count", "duplicate_count", "rows_done")
            .first()
        )
        if counts is None:
            raise claiming.ClaimLost
        if not counts["recipient_count"]:
            raise FileProblem(FileFault.NO_VALID_ROW)
        staged = RecipientList.objects.get(list_imports=claimed)
        staged.recipient_count = counts["recipient_count"]
        staged.duplicate_count = counts["duplicate_count"]
        differing = differing_duplicates(staged) if staged.duplicate_count else 0
        made = _joined(claimed, staged) if claimed.is_addition else _shown(staged)
        claiming.let_go(
            claimed,
            state=State.COMPLETED,
            rows_total=counts["rows_done"],
            differing_count=differing,
            judgement={},
            completed_at=timezone.now(),
            **made,
        )
        _tell(claimed)


def _tell(ended: ListImport) -> None:
    """Have the team's own systems told how it ended; in the transaction that ends it."""
    done = ListImport.objects.select_related("recipient_list").filter(pk=ended.pk).first()
    if done is None:
        return
    people = done.recipient_list
    outbox.emit(
        done.team_id,
        EventKind.IMPORTED,
        {
            "import": str(done.public_id),
            "state": done.state,
            "is_for_opt_outs": done.is_for_opt_outs,
            "list": str(people.public_id) if people and people.is_ready else None,
            "people": done.recipient_count,
            "duplicates": done.duplicate_count,
            "rejected": done.rejected_count,
            "opted_out": done.opted_out_count,
        },
    )


def _shown(staged: RecipientList) -> dict[str, Any]:
    """Make the new list visible; return nothing to be stored with the import."""
    staged.is_ready = True
    staged.save(update_fields=["recipient_count", "duplicate_count", "is_ready", "updated_at"])
    return {}


def _joined(claimed: ListImport, staged: RecipientList) -> dict[str, Any]:
    """Let the staged people join the list they are for; return what the import has to store.

    Raises FileProblem when that list is gone or may no longer be edited by who confirmed.
    """
    target = (
        RecipientList.objects.select_for_update()
        .filter(pk=claimed.target_list_id or 0, is_ready=True, archived_at=None)
        .first()
    )
    if target is None or claimed.uploaded_by is None or not may_edit(target, claimed.uploaded_by):
        raise FileProblem(FileFault.LIST_GONE)
    effect = merging.bring_in(claimed, target, staged)
    # What was not taken is cleared away with the next tick.
    RecipientList.objects.filter(pk=staged.pk).update(archived_at=timezone.now())
    return {
        "recipient_list": target,
        "kept_list": claimed.kept_list,
        "effect": effect.to_json(),
    }


def differing_duplicates(staged: RecipientList) -> int:
    """How many duplicates have another name or other fields than the first row of their person."""
    first = Recipient.objects.filter(
        recipient_list=OuterRef("recipient_list"), phone_key=OuterRef("phone_key"), occurrence=0
    )
    return (
        Recipient.objects.filter(recipient_list=staged, occurrence__gt=0)
        .filter(~Exists(first.filter(name=OuterRef("name"), fields=OuterRef("fields"))))
        .count()
    )


def _fail(claimed: ListImport, problem: FileProblem) -> None:
    failed = {"failure": problem.fault, "failure_details": problem.details}
    with transaction.atomic():
        if claiming.let_go(claimed, state=State.FAILED, **failed):
            _tell(claimed)
