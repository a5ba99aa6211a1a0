"""A list as a file: CSV as it is read, XLSX made in one go; who took what and when is kept.

Every cell is text. Phones are as they were uploaded, E.164, so that the file comes back as it went.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interface.wording import in_each_language
from recipients.files import made_files, table_files
from recipients.files.made_files import Table
from recipients.models import Export, Recipient, RecipientList
from teams import alerts
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

Kind, State = Export.Kind, Export.State

_ROWS_A_READ = 2_000


def note_export(
    team: Team,
    user: User,
    kind: Export.Kind,
    file_format: str,
    row_count: int,
    recipient_list: RecipientList | None = None,
) -> Export:
    """Keep that somebody takes data out, before the first row leaves."""
    act = Act.OPT_OUTS_EXPORTED if recipient_list is None else Act.LIST_EXPORTED
    facts = {"people": row_count, "format": file_format}
    with transaction.atomic():
        record(act, recipient_list, by=user, team_id=team.pk, after=facts)
        alerts.taken_along(team, user, row_count)
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
    made = note_export(team, user, Kind.LIST, "xlsx", recipient_list.row_count, recipient_list)
    made.state = State.QUEUED
    made.save(update_fields=["state"])
    return made


def table_of(recipient_list: RecipientList) -> Table:
    """The list as a table, in its own order."""
    return header_of(recipient_list), _chunks(recipient_list)


def header_of(recipient_list: RecipientList) -> list[str]:
    """The names of the table's columns."""
    return [_("Phone"), _("Name"), *recipient_list.field_names]


def headers_of(recipient_list: RecipientList) -> list[list[str]]:
    """Those names in each language that a file may have been made in."""
    return in_each_language(lambda: header_of(recipient_list))


def _chunks(recipient_list: RecipientList) -> Iterator[table_files.Rows]:
    """The list's rows in its order, by key: no cursor is held open for a slow reader."""
    after, names = 0, recipient_list.field_names
    recipients = Recipient.objects.filter(recipient_list=recipient_list).order_by("pk")
    while rows := list(
        recipients.filter(pk__gt=after).values_list("pk", "phone", "name", "fields")[:_ROWS_A_READ]
    ):
        yield [
            [phone, name, *(str(fields.get(one, "")) for one in names)]
            for _pk, phone, name, fields in rows
        ]
        after = rows[-1][0]


def make_export(export_id: int) -> None:
    """Make the file of an export that waits; of a list that was deleted meanwhile there is none."""
    exports = Export.objects.select_related("recipient_list", "exported_by")
    made_files.make_file(exports, export_id, _of_list, lambda export: export.exported_by)


def _of_list(export: Export) -> Table | None:
    source = export.recipient_list
    return None if source is None or source.deleted_at else table_of(source)


def waiting_exports() -> list[int]:
    """Ids of exports that nobody works on."""
    return made_files.waiting_files(Export.objects.all())


def exports_of(recipient_list: RecipientList) -> QuerySet[Export]:
    """Who exported a list, the latest first."""
    return recipient_list.exports.select_related("exported_by").order_by("-pk")
