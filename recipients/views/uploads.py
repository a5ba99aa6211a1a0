"""The doors that people come in by: a file, or what somebody pastes."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from interface.body_limits import takes_file
from recipients import tasks
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.pasting import MAX_CHARACTERS, stored_as_file
from recipients.files.storing import MEGABYTE, ListFileHandler, StoredUpload
from recipients.imports import checking
from recipients.imports.forms import PasteForm, UploadForm
from recipients.lists.sharing import may_edit
from recipients.models import RecipientList
from recipients.sentences import sentence_for
from teams.access import Action, TeamRequest, page_of_team


# The CSRF middleware would read the body, and with it the file, before the handler is in place.
@takes_file(lambda: settings.UPLOAD_MAX_MB)
@csrf_exempt
@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_upload(request: TeamRequest) -> HttpResponse:
    """The page to choose a file on, and the door it comes in by; `?list=` names a list it joins."""
    handler = ListFileHandler(request)
    request.upload_handlers = [handler]
    response = _receive(request, handler)
    assert isinstance(response, HttpResponse)
    return response


@csrf_protect
def _receive(request: TeamRequest, handler: ListFileHandler) -> HttpResponse:
    target = _target(request)
    if request.method != "POST":
        return _upload_page(request, target)
    form = UploadForm(request.POST, request.FILES)
    try:
        if handler.problem is not None:
            raise handler.problem
        if not form.is_valid():
            raise FileProblem(FileFault.NO_FILE)
        return _begin(request, form.cleaned_data["file"], form.cleaned_data["token"], target)
    except FileProblem as problem:
        return _upload_page(request, target, file_problem=sentence_for(problem))


@require_POST
@page_of_team(Action.EDIT_LISTS)
def paste(request: TeamRequest) -> HttpResponse:
    """Take pasted numbers or rows the way of a file."""
    target, form = _target(request), PasteForm(request.POST)
    if not form.is_valid():
        problem = str(next(iter(form.errors.values()))[0])
        return _upload_page(request, target, pasted=form, paste_problem=problem)
    today = timezone.localtime(timezone=ZoneInfo(request.team.time_zone))
    name = _("Pasted on %(date)s") % {"date": date_format(today, "DATE_FORMAT")}
    try:
        upload = stored_as_file(form.cleaned_data["rows"], name, request.team.default_country)
        return _begin(request, upload, form.cleaned_data["token"], target)
    except FileProblem as problem:
        return _upload_page(request, target, pasted=form, paste_problem=sentence_for(problem))


def _begin(
    request: TeamRequest, upload: StoredUpload, token: uuid.UUID, target: RecipientList | None
) -> HttpResponse:
    """Go on to the check page; raise FileProblem when that cannot become a list at all."""
    made = checking.begin_import(request.team, request.user, upload, token, target)
    if not made.is_judged:
        tasks.judge_on_commit(made.pk)
    return redirect("import", request.team.slug, made.public_id)


def _target(request: TeamRequest) -> RecipientList | None:
    """The list that `?list=` names, if this person may change its people; else 404."""
    if "list" not in request.GET:
        return None
    try:
        list_id = uuid.UUID(request.GET["list"])
    except ValueError as error:
        raise Http404 from error
    usable = RecipientList.objects.for_member(request.team, request.user)
    recipient_list: RecipientList = get_object_or_404(usable, public_id=list_id)
    if not may_edit(recipient_list, request.user):
        raise Http404
    return recipient_list


def _upload_page(
    request: TeamRequest,
    target: RecipientList | None,
    *,
    file_problem: str = "",
    pasted: PasteForm | None = None,
    paste_problem: str = "",
) -> HttpResponse:
    """The page to bring people on; `target` is the list that they are for."""
    room = checking.room_for_files(request.team, request.user)
    problem = FileProblem(FileFault.TOO_LARGE, most=settings.UPLOAD_MAX_MB)
    if room.left < settings.UPLOAD_MAX_MB * MEGABYTE:
        problem = FileProblem(FileFault.NO_ROOM, days=settings.UPLOAD_KEEP_DAYS)
    context = {
        "room": room,
        # A browser cannot give the file back; the next one is a new import with its own token.
        "form": UploadForm(),
        "pasted": pasted or PasteForm(),
        "target": target,
        "problem": file_problem,
        "paste_problem": paste_problem,
        "max_characters": str(MAX_CHARACTERS),
        "max_megabytes": settings.UPLOAD_MAX_MB,
        "max_bytes": str(min(settings.UPLOAD_MAX_MB * MEGABYTE, room.left)),
        "too_large": sentence_for(problem),
    }
    status = 422 if file_problem or paste_problem else 200
    return render(request, "recipients/upload.html", context, status=status)
