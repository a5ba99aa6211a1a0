"""A list as a file: CSV as it is read, XLSX made in one go; who took what and when is kept.

Every cell is text. Phones are as they were uploaded, E.164, so that the file comes back as it went.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from recipients import claiming
from recipients.files import table_files
from recipients.models import Export, Recipient, RecipientList
from teams.models import Team, User

Kind, State = Export.Kind, Export.State

# So many rows become a workbook while the person waits, in about a second.
ROWS_AT_ONCE = 10_000
KEEP_FILES = timedelta(days=1)
_ROWS_A_READ = 2_000
# Longer than the rows between two renewals take, and than the packing at the end.
_LEASE = timedelta(minutes=5)


def note(
    team: Team,
    user: User,
    kind: Export.Kind,
    file_format: str,
    row_count: int,
    recipient_list: RecipientList | None = None,
) -> Export:
    """Keep that somebody takes data out, before the first row leaves."""
    return Export.objects.create(
        team=team,
        exported_by=user,
        kind=kind,
        recipient_list=recipient_list,
        name=recipient_list.name if recipient_list else "",
        file_format=file_format,
        row_count=row_count,
    )


def order_file(team: Team, user: User, recipient_list: RecipientList) -> Export:
    """Keep it, and have the workbook made in the background; the caller nudges the task."""
    made = note(team, user, Kind.LIST, "xlsx", recipient_list.row_count, recipient_list)
    made.state = State.QUEUED
    made.save(update_fields=["state"])
    return made


def list_csv(recipient_list: RecipientList) -> Iterator[bytes]:
    """Yield the list as CSV (UTF-8 with BOM, for Excel) in pieces, in its own order."""
    return table_files.csv_pieces(_header(recipient_list), _chunks(recipient_list))


def write_xlsx(
    recipient_list: RecipientList, path: Path, tell: Callable[[], object] = lambda: None
) -> None:
    """Write the list as a workbook, in memory that does not grow with it.

    `tell` is called every few thousand rows, and may raise to end it.
    """

    def told() -> Iterator[table_files.Rows]:
        for rows in _chunks(recipient_list):
            tell()
            yield rows

    table_files.write_xlsx(path, _header(recipient_list), told())


def _header(recipient_list: RecipientList) -> list[str]:
    return [_("Phone"), _("Name"), *recipient_list.field_names]


def _chunks(recipient_list: RecipientList) -> Iterator[table_files.Rows]:
    """The list's rows in its order, by key: no cursor is held open for a slow reader."""
    after, names = 0, recipient_list.field_names
    found = Recipient.objects.filter(recipient_list=recipient_list).order_by("pk")
    while rows := list(
        found.filter(pk__gt=after).values_list("pk", "phone", "name", "fields")[:_ROWS_A_READ]
    ):
        yield [
            [phone, name, *(str(fields.get(one, "")) for one in names)]
            for _pk, phone, name, fields in rows
        ]
        after = rows[-1][0]


# --- Large workbooks, made in the background ------------------------------------------------------


def make_file(export_id: int) -> None:
    """Write the workbook of an export that waits; nothing when another worker is at it."""
    claimed = claiming.claim(_to_make(), export_id)
    if claimed is None:
        return
    source = claimed.recipient_list
    if claimed.is_hopeless or source is None or source.deleted_at:
        claiming.let_go(claimed, state=State.FAILED)
        return
    claiming.held(claimed).update(state=State.WORKING)
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stored_name = secrets.token_hex(16)
    try:
        write_xlsx(source, folder / stored_name, partial(claiming.renew_claim, claimed, _LEASE))
    except claiming.ClaimLost:
        # Another worker writes the file. What is there is deleted by its age.
        return
    if not claiming.let_go(claimed, state=State.READY, stored_name=stored_name):
        (folder / stored_name).unlink(missing_ok=True)


def _to_make() -> QuerySet[Export]:
    return Export.objects.filter(state__in=(State.QUEUED, State.WORKING))


def path_of(export: Export) -> Path | None:
    """Where the finished file lies; None when there is none, or none any more."""
    if not export.stored_name:
        return None
    path = Path(settings.EXPORTS_DIR) / export.stored_name
    return path if path.exists() else None


def waiting_exports() -> list[int]:
    """Ids of exports that nobody works on."""
    return list(claiming.free(_to_make(), timezone.now()).values_list("pk", flat=True))


def delete_old_files() -> None:
    """Delete files a day after they were asked for, and what a worker that died left behind."""
    folder = Path(settings.EXPORTS_DIR)
    if not folder.exists():
        return
    before = (timezone.now() - KEEP_FILES).timestamp()
    for path in folder.iterdir():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def exports_of(recipient_list: RecipientList) -> QuerySet[Export]:
    """Who exported a list, the latest first."""
    return recipient_list.exports.select_related("exported_by").order_by("-pk")
