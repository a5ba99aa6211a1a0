"""Pages of recipient lists: all that a person may use, and one of them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from recipients import undoing
from recipients.check_page import Finding, findings
from recipients.forms import SearchForm
from recipients.models import (
    ListImport,
    ListShare,
    Recipient,
    RecipientList,
    RecipientListQuerySet,
    RejectedRow,
    Visibility,
)
from recipients.opt_outs import opted_out_count
from recipients.paging import Page, page_of
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sentences import REJECTIONS
from recipients.sharing import may_edit
from recipients.sharing_views import colleagues
from teams.access import Action, TeamRequest, page_of_team

LISTS_A_PAGE = 50
RECIPIENTS_A_PAGE = 50
# What `?show=` may say on the page of all lists.
FILTERS = {
    "": gettext_lazy("All"),
    "mine": gettext_lazy("Mine"),
    "shared": gettext_lazy("Shared with me"),
    "team": gettext_lazy("The whole team's"),
}
_UNFINISHED = (
    *(ListImport.State.CHECKING, ListImport.State.QUEUED, ListImport.State.IMPORTING),
    *(ListImport.State.FAILED,),
)


@require_GET
@page_of_team(Action.VIEW)
def lists(request: TeamRequest) -> HttpResponse:
    """The lists a person may use, newest first, and their own imports that are not finished."""
    show = request.GET.get("show", "")
    page = page_of(
        _shown(request, show).select_related("owner"),
        LISTS_A_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        newest_first=True,
    )
    unfinished = ListImport.objects.filter(
        team=request.team, uploaded_by=request.user, state__in=_UNFINISHED
    ).order_by("-created_at")[:10]
    context = {
        "page": page,
        "unfinished": unfinished,
        "show": show if show in FILTERS else "",
        "filters": FILTERS.items(),
    }
    return render(request, "recipients/lists.html", context)


def _shown(request: TeamRequest, show: str) -> RecipientListQuerySet:
    usable = RecipientList.objects.for_member(request.team, request.user)
    if show == "mine":
        return usable.filter(owner=request.user)
    if show == "shared":
        lent = ListShare.objects.filter(user=request.user).values("recipient_list")
        return usable.filter(pk__in=lent)
    return usable.filter(visibility=Visibility.TEAM) if show == "team" else usable


@require_GET
@page_of_team(Action.VIEW)
def list_page(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """One list: its numbers and its people."""
    recipient_list = usable_list(request, list_id)
    page = page_of(
        Recipient.objects.filter(recipient_list=recipient_list),
        RECIPIENTS_A_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = _list_context(request, recipient_list, page, SearchForm())
    if getattr(request, "htmx", False):
        return render(request, "recipients/_recipients.html", context)
    return render(request, "recipients/list.html", context)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def search(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """The people of a list whose name or phone holds some words.

    POST keeps the words out of addresses and logs; whoever comes back by a link sees the list.
    """
    recipient_list = usable_list(request, list_id)
    if request.method == "GET":
        return redirect("list", request.team.slug, recipient_list.public_id)
    form = SearchForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    page = page_of(
        _matching(recipient_list, words, request.team.default_country),
        RECIPIENTS_A_PAGE,
        after=request.POST.get("after", ""),
        before=request.POST.get("before", ""),
    )
    context = _list_context(request, recipient_list, page, form) | {"words": words}
    if getattr(request, "htmx", False):
        return render(request, "recipients/_recipients.html", context)
    return render(request, "recipients/list.html", context)


def usable_list(request: TeamRequest, list_id: uuid.UUID) -> RecipientList:
    """The list at that address if this person may use it; else 404, as if it did not exist."""
    usable = RecipientList.objects.for_member(request.team, request.user).select_related(
        "owner", "shared_by", "team"
    )
    found: RecipientList = get_object_or_404(usable, public_id=list_id)
    return found


def _list_context(
    request: TeamRequest, recipient_list: RecipientList, page: Page[Recipient], form: SearchForm
) -> dict[str, Any]:
    is_owner = recipient_list.owner_id == request.user.pk
    last_import = (
        recipient_list.list_imports.filter(state=ListImport.State.COMPLETED)
        .select_related("recipient_list")
        .order_by("-completed_at")
        .first()
    )
    fields = recipient_list.field_names
    return {
        "recipient_list": recipient_list,
        "page": page,
        "rows": [(row, [row.fields.get(name, "") for name in fields]) for row in page.rows],
        "search": form,
        "is_owner": is_owner,
        "may_edit_list": may_edit(recipient_list, request.user),
        "colleagues": colleagues(recipient_list) if is_owner else [],
        "list_import": last_import,
        "sees_rejected": last_import is not None and last_import.uploaded_by_id == request.user.pk,
        "rejections": _rejections(last_import) if last_import is not None else [],
        "may_undo": last_import is not None and undoing.obstacle(last_import, request.user) is None,
        "opted_out": opted_out_count(recipient_list),
    }


def _rejections(list_import: ListImport) -> list[Finding]:
    counts = (
        RejectedRow.objects.filter(list_import=list_import)
        .values_list("code")
        .annotate(rows=Count("pk"))
        .order_by("-rows")
    )
    return findings(dict(counts), REJECTIONS)


def _matching(
    recipient_list: RecipientList, words: str, default_country: str
) -> QuerySet[Recipient]:
    people = Recipient.objects.filter(recipient_list=recipient_list)
    if not words.strip():
        return people
    phone = PhoneReader(default_country).read(words)
    if isinstance(phone, Phone):
        return people.filter(phone=phone.e164)
    digits = "".join(character for character in words if character.isdigit())
    by_name = Q(name__icontains=words.strip())
    return people.filter(by_name | Q(phone__contains=digits)) if digits else people.filter(by_name)
