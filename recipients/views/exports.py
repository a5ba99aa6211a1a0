"""Taking a list along as a file: at once, or made in the background where it is large."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from recipients import tasks
from recipients.lists import exporting
from recipients.lists.addressed_lists import usable_list
from recipients.models import Export, RecipientList
from teams import proving
from teams.access import Action, TeamRequest, page_of_team

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_POST
@page_of_team(Action.EXPORT)
def export(request: TeamRequest, list_id: uuid.UUID) -> HttpResponseBase:
    """The list as the file that `format` says: "csv" or "xlsx". It is kept who asked."""
    found = usable_list(request, list_id)
    if found.row_count > proving.MANY_NUMBERS:
        page = reverse("list", args=[request.team.slug, found.public_id])
        if (asked := proving.ask_again(request, page)) is not None:
            return asked
    if request.POST.get("format") != "xlsx":
        exporting.note(request.team, request.user, Export.Kind.LIST, "csv", found.row_count, found)
        response = StreamingHttpResponse(
            exporting.list_csv(found), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{_file_name(found.name, "csv")}"'
        return response
    if found.row_count > exporting.ROWS_AT_ONCE:
        ordered = exporting.order_file(request.team, request.user, found)
        tasks.export_on_commit(ordered.pk)
        return redirect("export", request.team.slug, ordered.public_id)
    exporting.note(request.team, request.user, Export.Kind.LIST, "xlsx", found.row_count, found)
    return _workbook(found)


@require_GET
@page_of_team(Action.EXPORT)
def export_page(request: TeamRequest, export_id: uuid.UUID) -> HttpResponse:
    """Whether the file is ready; asks again by itself until it is."""
    found = own_export(request, export_id)
    is_running = found.state in (Export.State.QUEUED, Export.State.WORKING)
    context = {
        "export": found,
        "is_running": is_running,
        "is_there": exporting.path_of(found) is not None,
        "waits_long": is_running and (timezone.now() - found.created_at).total_seconds() > 120,
    }
    is_fragment = bool(getattr(request, "htmx", False))
    template = "recipients/_export.html" if is_fragment else "recipients/export.html"
    return render(request, template, context)


@require_GET
@page_of_team(Action.EXPORT)
def export_file(request: TeamRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """The finished file; only for who asked for it, and only while they may see the list."""
    found = own_export(request, export_id)
    path = exporting.path_of(found)
    if path is None or found.recipient_list is None:
        return redirect("export", request.team.slug, found.public_id)
    usable_list(request, found.recipient_list.public_id)
    name = _file_name(found.name, found.file_format)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=_XLSX)


def own_export(request: TeamRequest, export_id: uuid.UUID) -> Export:
    """The export that this person asked for. Raises Http404."""
    exports = Export.objects.filter(team=request.team, exported_by=request.user)
    found: Export = get_object_or_404(
        exports.select_related("recipient_list"), public_id=export_id, kind=Export.Kind.LIST
    )
    return found


def _workbook(recipient_list: RecipientList) -> FileResponse:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        exporting.write_xlsx(recipient_list, path)
        # Still readable once its name is gone.
        file = path.open("rb")
    name = _file_name(recipient_list.name, "xlsx")
    return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX)


def _file_name(name: str, ending: str) -> str:
    return f"{slugify(name) or 'list'}-{timezone.now():%Y-%m-%d}.{ending}"
