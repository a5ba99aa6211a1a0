"""Taking a list along as a file: at once, or made in the background where it is large."""

from __future__ import annotations

import uuid

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from recipients import tasks
from recipients.files import made_files
from recipients.lists import exporting
from recipients.lists.addressed_lists import usable_list
from recipients.models import Export, RecipientList
from recipients.views import file_answers
from teams import day_sums
from teams.access import Action, TeamRequest, page_of_team


@require_POST
@page_of_team(Action.EXPORT)
def list_export(request: TeamRequest, list_id: uuid.UUID) -> HttpResponseBase:
    """The list as the file that `format` says: "csv" or "xlsx". It is kept who asked."""
    recipient_list = usable_list(request, list_id)
    page = reverse("list", args=[request.team.slug, recipient_list.public_id])
    if (asked := day_sums.ask_before_numbers(request, page, recipient_list.row_count)) is not None:
        return asked
    file_format = file_answers.asked_format(request)
    if file_format == "xlsx" and recipient_list.row_count > made_files.ROWS_AT_ONCE:
        ordered = exporting.order_file(request.team, request.user, recipient_list)
        tasks.export_on_commit(ordered.pk)
        return redirect("export", request.team.slug, ordered.public_id)
    kind = Export.Kind.LIST
    exporting.note_export(
        request.team, request.user, kind, file_format, recipient_list.row_count, recipient_list
    )
    return file_answers.table_answer(
        _name(recipient_list), file_format, exporting.table_of(recipient_list)
    )


@require_GET
@page_of_team(Action.EXPORT)
def export_page(request: TeamRequest, export_id: uuid.UUID) -> HttpResponse:
    """Whether the file is ready; asks again by itself until it is."""
    export = own_export(request, export_id)
    waits = timezone.now() - export.created_at
    context = {"export": export, "waits_long": export.is_being_made and waits.total_seconds() > 120}
    pages = ("recipients/export.html", "recipients/_export.html")
    return file_answers.progress_page(request, export, *pages, context)


@require_GET
@page_of_team(Action.EXPORT)
def export_file(request: TeamRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """The finished file; only for who asked for it, and only while they may see the list."""
    export = own_export(request, export_id)
    path = export.path
    if path is None or export.recipient_list is None:
        return redirect("export", request.team.slug, export.public_id)
    usable_list(request, export.recipient_list.public_id)
    return file_answers.file_answer(path, _name(export), export.file_format)


def own_export(request: TeamRequest, export_id: uuid.UUID) -> Export:
    """The export that this person asked for. Raises Http404."""
    exports = Export.objects.filter(team=request.team, exported_by=request.user)
    export: Export = get_object_or_404(
        exports.select_related("recipient_list"), public_id=export_id, kind=Export.Kind.LIST
    )
    return export


def _name(found: RecipientList | Export) -> str:
    return slugify(found.name) or "list"
