"""Taking a campaign's people, or the history, along as a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from campaigns.access import campaign_of
from history import reporting, tasks
from history.history_filters import Filters
from history.models import Report
from interface import hints
from recipients.files import table_files
from teams import proving
from teams.access import Action, TeamRequest, page_of_team

_TYPES = {"csv": table_files.CSV_TYPE, "xlsx": table_files.XLSX_TYPE}


@require_POST
@page_of_team(Action.EXPORT)
def report_campaign(request: TeamRequest, campaign_id: UUID) -> HttpResponseBase:
    """The people of a launched campaign as the file that `format` says: "csv" or "xlsx"."""
    found = campaign_of(request, campaign_id)
    if not reporting.may_be_reported(found):
        raise Http404
    if found.frozen_count > proving.MANY_NUMBERS:
        page = reverse("campaign", args=[request.team.slug, found.public_id])
        if (asked_again := proving.ask_again(request, page)) is not None:
            return asked_again
    asked = reporting.ask(request.team, request.user, _format(request), found, Filters())
    return _answer(request, asked)


@require_POST
@page_of_team(Action.EXPORT)
def report_history(request: TeamRequest) -> HttpResponseBase:
    """The history as it is filtered, as a file."""
    filters = Filters.read(request.POST)
    return _answer(
        request, reporting.ask(request.team, request.user, _format(request), None, filters)
    )


@require_GET
@page_of_team(Action.EXPORT)
def report(request: TeamRequest, report_id: UUID) -> HttpResponse:
    """Whether a large file is ready, and how far it is; renews itself until it is."""
    found = _own(request, report_id)
    is_running = found.state in (Report.State.QUEUED, Report.State.WORKING)
    context = {
        "report": found,
        "is_running": is_running,
        "is_there": reporting.path_of(found) is not None,
        "expires_at": reporting.expires_at(found),
    }
    is_fragment = bool(getattr(request, "htmx", False))
    template = "history/_report.html" if is_fragment else "history/report.html"
    return render(request, template, context)


@require_GET
@page_of_team(Action.EXPORT)
def report_file(request: TeamRequest, report_id: UUID) -> HttpResponseBase:
    """The finished file; only for who asked for it, and only for a day."""
    found = _own(request, report_id)
    path = reporting.path_of(found)
    if path is None:
        return redirect("report", request.team.slug, found.public_id)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=_file_name(found),
        content_type=_TYPES[found.file_format],
    )


def _own(request: TeamRequest, report_id: UUID) -> Report:
    found = Report.objects.filter(team=request.team, asked_by=request.user)
    return get_object_or_404(found.select_related("campaign"), public_id=report_id)


def _format(request: TeamRequest) -> str:
    return "xlsx" if request.POST.get("format") == "xlsx" else "csv"


def _answer(request: TeamRequest, asked: Report) -> HttpResponseBase:
    if asked.state == Report.State.QUEUED:
        hints.nudge(tasks.make_report, asked.pk)
        return redirect("report", request.team.slug, asked.public_id)
    header, chunks = reporting.header_of(asked), reporting.chunks_of(asked)
    if asked.file_format == "csv":
        answer = StreamingHttpResponse(
            table_files.csv_pieces(header, chunks), content_type=_TYPES["csv"]
        )
        answer["Content-Disposition"] = f'attachment; filename="{_file_name(asked)}"'
        return answer
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report"
        table_files.write_xlsx(path, header, chunks)
        # Still readable once its name is gone.
        file = path.open("rb")
    return FileResponse(
        file, as_attachment=True, filename=_file_name(asked), content_type=_TYPES["xlsx"]
    )


def _file_name(asked: Report) -> str:
    name = slugify(asked.campaign.name) if asked.campaign else "campaigns"
    return f"{name or 'campaign'}-{timezone.now():%Y-%m-%d}.{asked.file_format}"
