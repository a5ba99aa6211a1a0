"""Pages of an upload's way once the file is here: check it, watch the import."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from recipients import tasks
from recipients.files.columns import ColumnRole
from recipients.files.encodings import FileEncoding
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.storing import is_stored
from recipients.imports import checking, import_lifecycle
from recipients.imports.check_page import check_context
from recipients.imports.forms import CheckForm
from recipients.imports.reports import rejected_rows_csv
from recipients.models import ListImport, RejectedRow, Visibility
from recipients.sentences import REJECTIONS, sentence_for
from teams.access import Action, TeamRequest, page_of_team

State = ListImport.State
_REJECTED_SHOWN = 100


@require_GET
@page_of_team(Action.EDIT_LISTS)
def import_page(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """The check page, then the progress, then the result of one import."""
    list_import = own_import(request, import_id)
    if list_import.state == State.CHECKING:
        return _check_page(request, list_import, CheckForm(list_import))
    if list_import.state == State.COMPLETED:
        if list_import.is_for_opt_outs:
            return render(request, "recipients/opt_outs_report.html", _opt_out_report(list_import))
        if list_import.recipient_list is None:
            return redirect("lists", request.team.slug)
        return redirect("list", request.team.slug, list_import.recipient_list.public_id)
    return render(request, "recipients/import.html", _progress_context(list_import, 0))


def _opt_out_report(list_import: ListImport) -> dict[str, Any]:
    """What became of the rows of a file of opt-outs: the numbers, and the rows to be looked at."""
    phones_at = [
        index
        for index, column in enumerate(list_import.columns)
        if column["role"] == ColumnRole.PHONE
    ]
    rejected = RejectedRow.objects.filter(list_import=list_import).order_by("row_number")
    rows = [
        {
            "number": row.row_number,
            "written": ", ".join(row.cells[at] for at in phones_at if at < len(row.cells)),
            "words": REJECTIONS[row.code],
        }
        for row in rejected[:_REJECTED_SHOWN]
    ]
    return {"list_import": list_import, "rows": rows}


@require_POST
@page_of_team(Action.EDIT_LISTS)
def import_check(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """Keep the choices made on the check page and show what the file is now."""
    list_import = own_import(request, import_id)
    if list_import.state != State.CHECKING:
        return HttpResponseClientRedirect(_address(request, list_import))
    form = CheckForm(list_import, request.POST)
    if _keep(list_import, form, needs_name=False):
        form = CheckForm(list_import)
        if not getattr(request, "htmx", False):
            return redirect("import", request.team.slug, list_import.public_id)
    elif not getattr(request, "htmx", False):
        return _check_page(request, list_import, form)
    context = check_context(list_import, form) | {"swap": True}
    # What has just been used must not fold up under the hand.
    context["shows_reading"] = request.headers.get("HX-Trigger-Name") in (
        *("delimiter", "encoding", "header_row"),
    )
    return render(request, "recipients/_check.html", context)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def import_confirm(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """Begin the import with the choices of the check page."""
    list_import = own_import(request, import_id)
    if list_import.state != State.CHECKING:
        return redirect("import", request.team.slug, list_import.public_id)
    form = CheckForm(list_import, request.POST)
    problem: FileProblem | None = None
    if _keep(list_import, form, needs_name=True):
        try:
            checking.confirm(list_import)
        except FileProblem as refusal:
            problem = refusal
        else:
            tasks.import_on_commit(list_import.pk)
            return redirect("import", request.team.slug, list_import.public_id)
    return _check_page(request, list_import, form, problem)


def _keep(list_import: ListImport, form: CheckForm, *, needs_name: bool) -> bool:
    """Store what the form says; return whether it is complete."""
    if not form.is_valid() and (needs_name or set(form.errors) != {"list_name"}):
        return False
    chosen = form.cleaned_data
    choices = checking.Choices(
        roles=form.roles,
        default_country=chosen["default_country"],
        header_row=chosen["header_row"],
        names=form.names,
        list_name=chosen.get("list_name", list_import.list_name),
        visibility=Visibility(chosen.get("visibility", list_import.visibility)),
        mode=chosen.get("mode", ""),
        sheet=chosen.get("sheet", ""),
        with_hidden=chosen.get("with_hidden"),
        encoding=FileEncoding(chosen["encoding"]) if chosen.get("encoding") else None,
        delimiter=chosen.get("delimiter", ""),
        turn=chosen["turn"],
    )
    try:
        checking.change_choices(list_import, choices)
    except FileProblem as problem:
        form.add_error(None, sentence_for(problem))
        return False
    except FileNotFoundError:
        form.add_error(None, sentence_for(FileProblem(FileFault.FILE_GONE)))
        return False
    if not list_import.is_judged:
        tasks.judge_on_commit(list_import.pk)
    return not form.errors


def _check_page(
    request: TeamRequest,
    list_import: ListImport,
    form: CheckForm,
    problem: FileProblem | None = None,
) -> HttpResponse:
    context = check_context(list_import, form, problem)
    status = 422 if form.is_bound else 200
    return render(request, "recipients/check.html", context, status=status)


@require_GET
@page_of_team(Action.EDIT_LISTS)
def summary(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """The numbers of the check page, asked for again until the whole file is judged."""
    list_import = own_import(request, import_id)
    if list_import.state != State.CHECKING:
        return HttpResponseClientRedirect(_address(request, list_import))
    context = check_context(list_import, CheckForm(list_import), asked=_times_asked(request))
    template = "recipients/_counted.html" if list_import.is_judged else "recipients/_summary.html"
    return render(request, template, context)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def import_discard(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """Forget a file that was only checked, and choose another one."""
    list_import = own_import(request, import_id)
    import_lifecycle.discard(list_import)
    if list_import.is_for_opt_outs:
        return redirect("opt-outs-add", request.team.slug)
    address = redirect("upload", request.team.slug).url
    target = list_import.target_list
    return redirect(f"{address}?list={target.public_id}" if target else address)


@require_GET
@page_of_team(Action.EDIT_LISTS)
def progress(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """How far the import is, asked for again until it is over."""
    list_import = own_import(request, import_id)
    if list_import.state in (State.CHECKING, State.COMPLETED):
        return HttpResponseClientRedirect(_address(request, list_import))
    context = _progress_context(list_import, _times_asked(request))
    return render(request, "recipients/_progress.html", context)


def _progress_context(list_import: ListImport, asked: int) -> dict[str, Any]:
    total = list_import.rows_total
    seconds = (timezone.now() - (list_import.confirmed_at or timezone.now())).total_seconds()
    return {
        "list_import": list_import,
        "is_running": list_import.state in (State.QUEUED, State.IMPORTING),
        "total": total,
        "failure": sentence_for(list_import.problem) if list_import.problem else "",
        "has_file": is_stored(list_import.stored_name),
        "waits_long": list_import.state == State.QUEUED and seconds > 20,
        "asked": asked + 1,
        "delay": _delay(asked),
    }


@require_POST
@page_of_team(Action.EDIT_LISTS)
def import_stop(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """Stop a running import; nothing of it stays."""
    list_import = own_import(request, import_id)
    if import_lifecycle.stop_import(list_import):
        messages.info(request, _stopped_words(list_import))
    return redirect("import", request.team.slug, list_import.public_id)


def _stopped_words(list_import: ListImport) -> str:
    if list_import.is_for_opt_outs:
        return _("The import was stopped. People already opted out stay opted out.")
    return _("The import was stopped. Your lists have not changed.")


@require_POST
@page_of_team(Action.EDIT_LISTS)
def retry(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """Go back to the check page of a stopped or failed import."""
    list_import = own_import(request, import_id)
    if import_lifecycle.check_again(list_import):
        tasks.judge_on_commit(list_import.pk)
    return redirect("import", request.team.slug, list_import.public_id)


@require_GET
@page_of_team(Action.EDIT_LISTS)
def rejected_rows(request: TeamRequest, import_id: uuid.UUID) -> HttpResponseBase:
    """The rejected rows as a CSV file with reasons."""
    list_import = own_import(request, import_id)
    if list_import.state == State.CHECKING and checking.phone_question(list_import) is not None:
        # Before it is known which column is the phone, no row is wrong.
        return redirect("import", request.team.slug, list_import.public_id)
    name = slugify(list_import.list_name or "rows") or "rows"
    return StreamingHttpResponse(
        _as_far_as_readable(list_import),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-rejected-rows.csv"'},
    )


def _as_far_as_readable(list_import: ListImport) -> Iterator[bytes]:
    try:
        yield from rejected_rows_csv(list_import)
    except (FileProblem, FileNotFoundError):
        # The check page says what is wrong with the file; the rows before it are worth having.
        return


def own_import(request: TeamRequest, import_id: uuid.UUID) -> ListImport:
    """The person's own import: a file may hold people of a private list."""
    list_import: ListImport = get_object_or_404(
        ListImport.objects.select_related("team", "recipient_list"),
        public_id=import_id,
        team=request.team,
        uploaded_by=request.user,
    )
    list_import.uploaded_by = request.user
    if list_import.is_for_opt_outs:
        request.navigation_path = reverse("opt-outs", args=[request.team.slug])
    return list_import


def _address(request: TeamRequest, list_import: ListImport) -> str:
    return redirect("import", request.team.slug, list_import.public_id).url


def _times_asked(request: TeamRequest) -> int:
    asked = request.GET.get("asked", "0")
    return min(int(asked), 1000) if asked.isascii() and asked.isdigit() else 0


def _delay(asked: int) -> int:
    """Seconds until a page asks again: often at first, seldom for what takes long."""
    return 1 if asked < 15 else 2 if asked < 45 else 5
