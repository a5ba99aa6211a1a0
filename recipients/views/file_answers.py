"""Tables as answers to a browser: made as they are read, or fetched when a worker has made them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from recipients.files import table_files
from recipients.files.made_files import MadeFile, Table
from teams.access import TeamRequest


def asked_format(request: TeamRequest) -> str:
    """The format that was chosen: "csv" or "xlsx"."""
    return "xlsx" if request.POST.get("format") == "xlsx" else "csv"


def table_answer(name: str, file_format: str, table: Table) -> HttpResponseBase:
    """The table as a file that is made while the person waits: CSV as it is read, XLSX at once."""
    if file_format == "csv":
        answer = StreamingHttpResponse(
            table_files.csv_pieces(*table), content_type=table_files.TYPES["csv"]
        )
        answer["Content-Disposition"] = f'attachment; filename="{_dated(name, "csv")}"'
        return answer
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        table_files.write(path, file_format, *table)
        # Still readable once its name is gone.
        return file_answer(path, name, file_format)


def file_answer(path: Path, name: str, file_format: str) -> FileResponse:
    """A finished file; where it is downloaded, it is called by `name` (a slug) and the day."""
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=_dated(name, file_format),
        content_type=table_files.TYPES[file_format],
    )


def _dated(name: str, file_format: str) -> str:
    return f"{name}-{timezone.now():%Y-%m-%d}.{file_format}"


def progress_page(
    request: TeamRequest, made: MadeFile, page: str, fragment: str, context: dict[str, Any]
) -> HttpResponse:
    """Whether a file is ready; the `fragment` of the page renews itself until it is."""
    is_fragment = bool(getattr(request, "htmx", False))
    context |= {
        "is_running": made.is_being_made,
        "is_there": made.is_there,
        "expires_at": made.expires_at,
    }
    return render(request, fragment if is_fragment else page, context)
