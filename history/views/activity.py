"""Who did what in a team, for its owners: on a page, and as a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from history.activity import ActivityFilters, activity_chunks, activity_of, activity_page
from history.activity_words import Told, told_entries
from recipients.files import table_files
from recipients.views import file_answers
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from teams.models import User
from trail.acts import Act, Area
from trail.models import Entry
from trail.recording import record


@require_GET
@page_of_team(Action.MANAGE_TEAM)
def activity(request: TeamRequest) -> HttpResponse:
    """The team's acts, filtered, a page at a time."""
    filters = ActivityFilters.read(request.GET)
    page = activity_page(
        activity_of(request.team, filters),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    people = request.team.members.order_by("name", "email")
    context = {
        "page": page,
        "told": told_entries(page.rows, request.user),
        "filters": filters,
        "people": [(str(person.public_id), str(person)) for person in people],
        "areas": Area.choices,
    }
    return render(request, "history/activity.html", context)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def activity_export(request: TeamRequest) -> HttpResponseBase:
    """What the filters leave, as CSV or (`format=jsonl`) as lines of JSON with the ids."""
    page = reverse("activity", args=[request.team.slug])
    reason = _("The file says who did what, and from where.")
    if (asked := proving.ask_again(request, page, reason)) is not None:
        return asked
    filters = ActivityFilters.read(request.POST)
    as_json = request.POST.get("format") == "jsonl"
    record(
        Act.ACTIVITY_TAKEN,
        team_id=request.team.pk,
        after={"format": "jsonl" if as_json else "csv"},
    )
    chunks = activity_chunks(activity_of(request.team, filters))
    if as_json:
        answer = StreamingHttpResponse(
            _json_lines(chunks, request.user), content_type="application/x-ndjson"
        )
        answer["Content-Disposition"] = 'attachment; filename="activity.jsonl"'
        return answer
    header = [
        *(_("When (UTC)"), _("What"), _("Before and after"), _("Through")),
        *(_("Session"), _("From"), _("Request"), _("Entry")),
    ]
    return file_answers.table_answer("activity", "csv", (header, _rows(chunks, request.user)))


def _rows(chunks: Iterable[list[Entry]], reader: User) -> Iterator[table_files.Rows]:
    for entries in chunks:
        yield [_line(told) for told in told_entries(entries, reader)]


def _line(told: Told) -> list[str]:
    entry = told.entry
    return [
        f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        told.sentence,
        "; ".join(told.changes),
        told.door,
        *(entry.through, entry.address, entry.request_id, str(entry.pk)),
    ]


def _json_lines(chunks: Iterable[list[Entry]], reader: User) -> Iterator[bytes]:
    names = [field.attname for field in Entry._meta.fields]
    for entries in chunks:
        for told in told_entries(entries, reader):
            line = {name: getattr(told.entry, name) for name in names}
            line |= {"at": told.entry.at.astimezone(UTC).isoformat(), "words": told.sentence}
            yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
