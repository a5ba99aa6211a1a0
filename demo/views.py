"""The sample file, to download on the upload page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from demo.sample import sample_csv


@require_safe
def sample_recipients(_: HttpRequest) -> HttpResponse:
    """A CSV of made-up people with made-up problems."""
    # With a byte order mark, by which spreadsheets recognise UTF-8.
    answer = HttpResponse(sample_csv().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="patients-2026.csv"'
    return answer
