"""Pages of the register of opt-outs: look, add, lift, take it along as a file."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.storing import ListFileHandler, StoredUpload, delete_stored, stored_path
from recipients.imports.forms import SearchForm
from recipients.lists import exporting
from recipients.lists.paging import page_of
from recipients.models import Export, OptOut
from recipients.opting_out import opt_outs
from recipients.opting_out.opt_out_forms import LiftForm, OptOutForm
from recipients.opting_out.opt_out_sources import Judged, in_file, pasted
from recipients.sentences import REJECTIONS, sentence_for
from teams import proving
from teams.access import Action, TeamRequest, page_of_team

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
        "words": words,
        "lifted": lifted,
        "count": min(count, MOST_COUNTED),
        "is_more": count > MOST_COUNTED,
    }
    return render(request, "recipients/opt_outs.html", context)


# The CSRF middleware would read the body, and with it the file, before the handler is in place.
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
    stored_name = upload.stored_name if isinstance(upload, StoredUpload) else ""
    try:
        if handler.problem is not None:
            raise handler.problem
        if not form.is_valid():
            return _add_page(request, form)
        return _enter(request, form, stored_name)
    except FileProblem as problem:
        form.add_error("file", _file_sentence(problem))
        return _add_page(request, form)
    finally:
        delete_stored(stored_name)


def _enter(request: TeamRequest, form: OptOutForm, stored_name: str) -> HttpResponse:
    country = request.team.default_country
    from_file = in_file(stored_path(stored_name), country) if stored_name else Judged()
    by_hand = pasted(form.cleaned_data["numbers"], country)
    note = form.cleaned_data["note"]
    new = known = 0
    for judged, source in ((by_hand, OptOut.Source.BY_HAND), (from_file, OptOut.Source.FILE)):
        added = opt_outs.add_opt_outs(request.team, judged.phones, source, request.user, note)
        new, known = new + added.new, known + added.known
    _tell(request, new, known)
    if not by_hand.rejected_count and not from_file.rejected_count:
        return redirect("opt-outs", request.team.slug)
    # What was entered is done; the rest stays in front of the person.
    rest = OptOutForm(
        initial={"numbers": "\n".join(rejected.text for rejected in by_hand.rejected), "note": note}
    )
    return _add_page(request, rest, by_hand, from_file)


def _tell(request: TeamRequest, new: int, known: int) -> None:
    if new:
        sentence = ngettext(
            "%(n)s person is opted out now.", "%(n)s people are opted out now.", new
        )
        messages.success(request, sentence % {"n": f"{new:,}"})
    if known:
        sentence = ngettext(
            "%(n)s person had opted out before.", "%(n)s people had opted out before.", known
        )
        messages.info(request, sentence % {"n": f"{known:,}"})


def _add_page(request: TeamRequest, form: OptOutForm, *judged: Judged) -> HttpResponse:
    status = 422 if form.is_bound or judged else 200
    names = (_("Pasted, number"), _("File, row"))
    rejected: list[dict[str, Any]] = [
        {"where": name, "row": row, "words": REJECTIONS[row.code]}
        for name, file in zip(names, judged, strict=False)
        for row in file.rejected
    ]
    count = sum(file.rejected_count for file in judged)
    context = {"form": form, "rejected": rejected, "rejected_count": count}
    return render(request, "recipients/opt_outs_add.html", context, status=status)


def _file_sentence(problem: FileProblem) -> str:
    if problem.fault is FileFault.NO_PHONE_COLUMN:
        return _(
            "No column of this file looks like phone numbers. Paste the numbers instead, or keep "
            "only their column in the file."
        )
    if problem.fault is FileFault.TWO_PHONE_COLUMNS:
        return _(
            "More than one column of this file could be the phone number. Keep only the one you "
            "mean, and choose the file again."
        )
    return sentence_for(problem)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def opt_out_lift(request: TeamRequest, entry_id: uuid.UUID) -> HttpResponse:
    """Let a person be messaged again, for a reason that is kept."""
    opt_out = get_object_or_404(OptOut, team=request.team, public_id=entry_id)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        context = {"opt_out": opt_out, "form": form}
        status = 422 if form.is_bound else 200
        return render(request, "recipients/opt_out_lift.html", context, status=status)
    if opt_outs.lift(opt_out, form.cleaned_data["reason"], request.user):
        messages.success(request, _("This person can be messaged again."))
    else:
        messages.info(request, _("A colleague had lifted this opt-out before you."))
    return redirect("opt-outs", request.team.slug)


@require_POST
@page_of_team(Action.EXPORT)
def opt_outs_export(request: TeamRequest) -> HttpResponseBase:
    """The open opt-outs as a CSV file."""
    count = opt_outs.register(request.team).count()
    if count > proving.MANY_NUMBERS:
        page = reverse("opt-outs", args=[request.team.slug])
        if (asked := proving.ask_again(request, page)) is not None:
            return asked
    exporting.note_export(request.team, request.user, Export.Kind.OPT_OUTS, "csv", count)
    response = StreamingHttpResponse(
        opt_outs.register_csv(request.team), content_type="text/csv; charset=utf-8"
    )
    name = f"opt-outs-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
