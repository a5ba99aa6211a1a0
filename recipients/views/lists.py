"""Pages of recipient lists: all that a person may use, and one of them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from interface.lost_updates import seen_of
from recipients.imports import import_lifecycle, undoing
from recipients.imports.check_page import RowFinding, findings
from recipients.lists.addressed_lists import may_put_away, usable_list
from recipients.lists.exporting import exports_of
from recipients.lists.list_search import KEYS, Order, search_people
from recipients.lists.paging import Page, page_of, write_place
from recipients.lists.people_forms import QuestionForm
from recipients.lists.sharing import may_edit
from recipients.models import (
    ListImport,
    ListOperation,
    ListShare,
    Recipient,
    RecipientList,
    RecipientListQuerySet,
    RejectedRow,
    Visibility,
)
from recipients.opting_out.opt_outs import is_quickly_counted, opted_out_count
from recipients.searching import Found, found
from recipients.sentences import REJECTIONS
from recipients.views.sharing import colleagues, sharing_now
from teams.access import Action, TeamRequest, page_of_team
from teams.models import User

LISTS_A_PAGE = 50
RECIPIENTS_A_PAGE = 50
# What `?show=` may say on the page of all lists.
FILTERS = {
    "": gettext_lazy("All"),
    "mine": gettext_lazy("Mine"),
    "shared": gettext_lazy("Shared with me"),
    "team": gettext_lazy("Shared with everyone"),
    "archived": gettext_lazy("Archived"),
}
# What `?sort=` may say: the words, the keys, and whether the greatest comes first.
SORTS = {
    "": (gettext_lazy("Newest first"), ("pk",), True),
    "name": (gettext_lazy("By name"), ("name", "pk"), False),
    "size": (gettext_lazy("Largest first"), ("recipient_count", "pk"), True),
}
_SHARED = {
    Visibility.TEAM: gettext_lazy("shared with everyone in the team"),
    Visibility.NAMED: gettext_lazy("shared with chosen people"),
    Visibility.PRIVATE: gettext_lazy("private"),
}
_SHARED_BY = {
    Visibility.TEAM: gettext_lazy("shared with everyone in the team by %(name)s"),
    Visibility.NAMED: gettext_lazy("shared with chosen people by %(name)s"),
    Visibility.PRIVATE: gettext_lazy("private by %(name)s"),
}
_BEING_MADE = (ListOperation.State.QUEUED, ListOperation.State.WORKING)


@require_GET
@page_of_team(Action.VIEW)
def lists(request: TeamRequest) -> HttpResponse:
    """The lists a person may use, and what of their own is not finished."""
    show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
    words = request.GET.get("words", "").replace("\0", "").strip()[:120]
    _label, keys, greatest_first = SORTS.get(sort, SORTS[""])
    recipient_lists = _shown(request, show)
    page = page_of(
        (
            recipient_lists.filter(name__icontains=words) if words else recipient_lists
        ).select_related("owner"),
        LISTS_A_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        newest_first=greatest_first,
        keys=keys,
    )
    unfinished = import_lifecycle.unfinished(request.team, request.user)
    operations = ListOperation.objects.filter(
        team=request.team, started_by=request.user, state__in=_BEING_MADE
    ).order_by("-pk")[:10]
    context = {
        "page": page,
        "unfinished": unfinished,
        "operations": operations,
        "show": show if show in FILTERS else "",
        "sort": sort if sort in SORTS else "",
        "words": words,
        "filters": FILTERS.items(),
        "sorts": [(value, label) for value, (label, *_rest) in SORTS.items()],
        "sees_archived": show == "archived",
    }
    return render(request, "recipients/lists.html", context)


def _shown(request: TeamRequest, show: str) -> RecipientListQuerySet:
    usable = RecipientList.objects.for_member(request.team, request.user)
    if show == "mine":
        return usable.filter(owner=request.user)
    if show == "shared":
        lent = ListShare.objects.filter(user=request.user).values("recipient_list")
        return usable.filter(pk__in=lent)
    if show == "archived":
        return RecipientList.objects.archived_for_member(request.team, request.user)
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
    return _answer(request, recipient_list, page, QuestionForm(recipient_list))


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def list_search_page(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """The people of a list that a question is about, in the order it says.

    POST keeps the words out of addresses and logs; whoever comes back by a link sees the list.
    """
    recipient_list = usable_list(request, list_id)
    if request.method == "GET":
        return redirect("list", request.team.slug, recipient_list.public_id)
    form = QuestionForm(recipient_list, request.POST)
    people = search_people(recipient_list, form.question)
    searched = found(people, recipient_list.recipients.all()) if form.question.is_narrow else None
    page = page_of(
        searched.rows if searched else people,
        RECIPIENTS_A_PAGE,
        after=request.POST.get("after", ""),
        before=request.POST.get("before", ""),
        keys=KEYS[form.question.order],
    )
    return _answer(request, recipient_list, page, form, searched)


@require_GET
@page_of_team(Action.VIEW)
def list_opted_out(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """How many of the list have opted out, for a page that did not wait for it."""
    count = opted_out_count(usable_list(request, list_id))
    return render(request, "recipients/_opted_out.html", {"opted_out": count})


def _answer(
    request: TeamRequest,
    recipient_list: RecipientList,
    page: Page[Recipient],
    form: QuestionForm,
    searched: Found[Recipient] | None = None,
) -> HttpResponse:
    context = _people_context(request, recipient_list, page, form)
    context["found"] = searched.in_words if searched else ""
    if getattr(request, "htmx", False):
        return render(request, "recipients/_recipients.html", context)
    context |= _list_context(request, recipient_list)
    return render(request, "recipients/list.html", context)


def _people_context(
    request: TeamRequest, recipient_list: RecipientList, page: Page[Recipient], form: QuestionForm
) -> dict[str, Any]:
    fields = recipient_list.field_names
    return {
        "recipient_list": recipient_list,
        "page": page,
        "rows": [
            (row, write_place(row.pk), [row.fields.get(name, "") for name in fields])
            for row in page.rows
        ],
        "search": form,
        "asked": form.question,
        # Words or an order: the pages follow by POST.
        "is_asked": form.question.is_narrow or form.question.order != Order.FILE,
        "may_edit_list": may_edit(recipient_list, request.user),
    }


def _sharing_in_words(recipient_list: RecipientList, user: User) -> str:
    """`Owned by Bruno, shared with everyone in the team by Alice, you can edit it`."""
    owner, sharer = recipient_list.owner, recipient_list.shared_by
    visibility = Visibility(recipient_list.visibility)
    words = [_("Yours") if owner == user else _("Owned by %(owner)s") % {"owner": owner}]
    if sharer is None or sharer == owner:
        words.append(str(_SHARED[visibility]))
    else:
        words.append(str(_SHARED_BY[visibility]) % {"name": sharer})
    if owner != user and may_edit(recipient_list, user):
        words.append(_("you can edit it"))
    return ", ".join(words)


def _list_context(request: TeamRequest, recipient_list: RecipientList) -> dict[str, Any]:
    is_owner = recipient_list.owner_id == request.user.pk
    last_import = (
        recipient_list.list_imports.filter(state=ListImport.State.COMPLETED)
        .select_related("recipient_list")
        .order_by("-completed_at")
        .first()
    )
    others = colleagues(recipient_list) if is_owner else []
    return {
        "is_owner": is_owner,
        "sharing_in_words": _sharing_in_words(recipient_list, request.user),
        "may_put_away": may_put_away(request, recipient_list),
        "colleagues": others,
        "sharing_seen": seen_of(sharing_now(recipient_list, others).says()) if is_owner else "",
        "nobody_chosen": is_owner and request.GET.get("chosen") == "nobody",
        "list_import": last_import,
        "sees_rejected": last_import is not None and last_import.uploaded_by_id == request.user.pk,
        "rejections": _rejections(last_import) if last_import is not None else [],
        "may_undo": last_import is not None and undoing.obstacle(last_import, request.user) is None,
        "opted_out": opted_out_count(recipient_list)
        if is_quickly_counted(recipient_list)
        else None,
        "exports": exports_of(recipient_list)[:3],
    }


def _rejections(list_import: ListImport) -> list[RowFinding]:
    counts = (
        RejectedRow.objects.filter(list_import=list_import)
        .values_list("code")
        .annotate(rows=Count("pk"))
        .order_by("-rows")
    )
    return findings(dict(counts), REJECTIONS)
