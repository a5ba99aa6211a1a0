"""Pages of the register of opt-outs: look, add, lift, take it along as a file."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interface.body_limits import takes_file
from interface.wording import number
from recipients import tasks
from recipients.files.file_problems import FileProblem
from recipients.files.storing import ListFileHandler, StoredUpload, delete_stored
from recipients.imports import checking, import_lifecycle
from recipients.imports.forms import SearchForm
from recipients.lists import exporting
from recipients.lists.paging import page_of
from recipients.lists.people import names_of
from recipients.models import Export, ListImport, OptOut
from recipients.opting_out import opt_outs
from recipients.opting_out.opt_out_forms import LiftForm, OptOutForm
from recipients.opting_out.opt_out_sources import Judged, pasted
from recipients.phone_words import as_called
from recipients.sentences import DOUBTS, REJECTIONS, sentence_for
from teams import day_sums
from teams.access import Action, TeamRequest, may, page_of_team, require

ROWS_A_PAGE = 50
MOST_COUNTED = 10_000


@require_GET
@page_of_team(Action.VIEW)
def opt_outs_page(request: TeamRequest) -> HttpResponse:
    """The people who have opted out, newest first; with `?lifted` those who may be messaged."""
    return _register_page(request, request.GET.get("after", ""), request.GET.get("before", ""))


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def opt_outs_search(request: TeamRequest) -> HttpResponse:
    """Those whose number or note holds some words, which no address or log is to hold."""
    if request.method == "GET":
        return redirect("opt-outs", request.team.slug)
    form = SearchForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return _register_page(
        request, request.POST.get("after", ""), request.POST.get("before", ""), words
    )


def _register_page(request: TeamRequest, after: str, before: str, words: str = "") -> HttpResponse:
    lifted = "lifted" in request.GET
    found = opt_outs.register(request.team, lifted=lifted, words=words)
    page = page_of(
        found.select_related("created_by", "lifted_by"),
        ROWS_A_PAGE,
        after=after,
        before=before,
        newest_first=True,
    )
    # No further: a register of a million would be read whole for one number.
    count = opt_outs.register(request.team)[: MOST_COUNTED + 1].count()
    context = {
        "page": page,
        "names": names_of(request.team, request.user, (one.phone for one in page.rows)),
        "words": words,
        "was_erased": opt_outs.is_of_erased(request.team, words),
        "lifted": lifted,
        "count": min(count, MOST_COUNTED),
        "is_more": count > MOST_COUNTED,
        "unfinished": import_lifecycle.unfinished(request.team, request.user, is_for_opt_outs=True),
    }
    return render(request, "recipients/opt_outs.html", context)


# The CSRF middleware would read the body, and with it the file, before the handler is in place.
@takes_file(lambda: settings.UPLOAD_MAX_MB)
@csrf_exempt
@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def opt_outs_add(request: TeamRequest) -> HttpResponse:
    """Enter people into the register: numbers pasted, a file, or both."""
    handler = ListFileHandler(request)
    request.upload_handlers = [handler]
    response = _add(request, handler)
    assert isinstance(response, HttpResponse)
    return response


@csrf_protect
def _add(request: TeamRequest, handler: ListFileHandler) -> HttpResponse:
    if request.method != "POST":
        return _add_page(request, OptOutForm())
    form = OptOutForm(request.POST, request.FILES)
    upload = request.FILES.get("file")
    try:
        if handler.problem is not None:
            raise handler.problem
        if form.is_valid():
            return _enter(request, form)
    except FileProblem as problem:
        form.add_error("file", sentence_for(problem))
    else:
        delete_stored(upload.stored_name if isinstance(upload, StoredUpload) else "")
    return _add_page(request, form)


def _enter(request: TeamRequest, form: OptOutForm) -> HttpResponse:
    """Enter pasted numbers at once; a file goes on to its check page, where nothing is lost."""
    upload, note = form.cleaned_data["file"], form.cleaned_data["note"]
    list_import = None
    if isinstance(upload, StoredUpload):
        token = form.cleaned_data["token"] or uuid.uuid4()
        list_import = checking.begin_import(
            request.team, request.user, upload, token, opt_out_note=note
        )
        if not list_import.is_judged:
            tasks.judge_on_commit(list_import.pk)
    judged = pasted(form.cleaned_data["numbers"], request.team.default_country)
    source = OptOut.Source.BY_HAND
    added = opt_outs.add_opt_outs(request.team, judged.phones, source, request.user, note)
    _tell(request, added.new, added.known)
    if judged.rejected or judged.doubtful:
        # What was entered is done; the rest stays in front of the person.
        rest = OptOutForm(initial={"numbers": judged.rest, "note": note})
        return _add_page(request, rest, judged, list_import)
    if list_import is not None:
        return redirect("import", request.team.slug, list_import.public_id)
    return redirect("opt-outs", request.team.slug)


def _tell(request: TeamRequest, new: int, known: int) -> None:
    if new:
        sentence = ngettext(
            "%(n)s person is now opted out.", "%(n)s people are now opted out.", new
        )
        messages.success(request, sentence % {"n": number(new)})
    if known:
        sentence = ngettext(
            "%(n)s person had already opted out.", "%(n)s people had already opted out.", known
        )
        messages.info(request, sentence % {"n": number(known)})


def _add_page(
    request: TeamRequest,
    form: OptOutForm,
    judged: Judged | None = None,
    list_import: ListImport | None = None,
) -> HttpResponse:
    """The form; with what is to be told about the numbers pasted, and the file that waits."""
    judged = judged or Judged()
    status = 422 if form.is_bound or judged.rejected else 200
    country = request.team.default_country
    doubtful = [
        {"row": row, "words": DOUBTS[row.code], "becomes": as_called(row.phone, country)}
        for row in judged.doubtful
    ]
    context = {
        "form": form,
        "rejected": [{"row": row, "words": REJECTIONS[row.code]} for row in judged.rejected],
        "rejected_count": judged.rejected_count,
        "doubtful": doubtful,
        "list_import": list_import,
        "max_megabytes": settings.UPLOAD_MAX_MB,
        "room": checking.room_for_files(request.team, request.user),
    }
    return render(request, "recipients/opt_outs_add.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def opt_out_lift(request: TeamRequest, entry_id: uuid.UUID) -> HttpResponse:
    """Let a person be messaged again, for a reason that is kept.

    A STOP that they said themselves is lifted by whoever may send, and by nobody else.
    """
    opt_out = get_object_or_404(OptOut, team=request.team, public_id=entry_id)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        require(request.membership, opt_outs.needed_to_lift(opt_out))
    if not form.is_valid():
        is_own_word = opt_out.source in OptOut.OWN_WORD
        context = {"opt_out": opt_out, "form": form, "is_own_word": is_own_word}
        context["may_lift"] = may(request.membership, opt_outs.needed_to_lift(opt_out))
        status = 422 if form.is_bound else 200
        return render(request, "recipients/opt_out_lift.html", context, status=status)
    page = reverse("opt-out-lift", args=[request.team.slug, opt_out.public_id])
    if (asked := day_sums.ask_before_lifting(request, page)) is not None:
        return asked
    if opt_outs.lift(opt_out, form.cleaned_data["reason"], request.user):
        messages.success(request, _("This person can get messages again."))
    else:
        messages.info(request, _("A colleague has already allowed messages to this person again."))
    return redirect("opt-outs", request.team.slug)


@require_POST
@page_of_team(Action.EXPORT)
def opt_outs_export(request: TeamRequest) -> HttpResponseBase:
    """The open opt-outs as a CSV file."""
    count = opt_outs.register(request.team).count()
    page = reverse("opt-outs", args=[request.team.slug])
    if (asked := day_sums.ask_before_numbers(request, page, count)) is not None:
        return asked
    exporting.note_export(request.team, request.user, Export.Kind.OPT_OUTS, "csv", count)
    response = StreamingHttpResponse(
        opt_outs.register_csv(request.team), content_type="text/csv; charset=utf-8"
    )
    name = f"opt-outs-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
