"""Making lists out of lists: copy, put together, split up, take people out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from recipients import tasks
from recipients.lists import list_filling, list_operations
from recipients.lists.addressed_lists import usable_list
from recipients.lists.list_forms import MergeForm, NameForm, SplitForm, SubtractForm
from recipients.lists.list_operations import OperationRefused
from recipients.lists.list_search import VALUES_SHOWN, values_of
from recipients.models import ListInOperation, ListOperation, RecipientList, RecipientListQuerySet
from teams.access import Action, TeamRequest, page_of_team

State = ListOperation.State


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_copy(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Copy a list under another name."""
    source = usable_list(request, list_id)
    name = _("Copy of %(list)s") % {"list": source.name}
    form = NameForm(_posted(request), initial={"name": name[: list_operations.LONGEST_NAME]})
    return _answer(
        request,
        source,
        form,
        "recipients/list_copy.html",
        lambda: list_operations.copy(source, request.user, form.cleaned_data["name"]),
    )


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_merge(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Put a list together with others."""
    source = usable_list(request, list_id)
    form = MergeForm(_others(request, source), _posted(request))
    return _answer(
        request,
        source,
        form,
        "recipients/list_merge.html",
        lambda: list_operations.merge(
            [source, *form.cleaned_data["others"]],
            request.user,
            form.cleaned_data["name"],
            each_once=form.cleaned_data["each_once"],
        ),
    )


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_subtract(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Take the people of other lists out of a list; the result is a new one."""
    source = usable_list(request, list_id)
    form = SubtractForm(_others(request, source), _posted(request))
    return _answer(
        request,
        source,
        form,
        "recipients/list_subtract.html",
        lambda: list_operations.subtract(
            source, list(form.cleaned_data["without"]), request.user, form.cleaned_data["name"]
        ),
    )


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_split(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Split a list by the values of a field: `?field=` shows the values, a POST makes the lists."""
    source = usable_list(request, list_id)
    asked = request.POST if request.method == "POST" else request.GET
    field_name = asked.get("field", "")
    if field_name not in source.field_names:
        field_name = ""
    values = values_of(source, field_name) if field_name else []
    form = SplitForm(source.field_names, (value for value, _n in values), _posted(request))
    chosen = set(request.POST.getlist("value"))
    context = {
        "field_name": field_name,
        "found": [(f"={value}", value, n, f"={value}" in chosen) for value, n in values],
        "too_many": len(values) > VALUES_SHOWN,
        "most": list_operations.MOST_LISTS,
        "all_chosen": request.method == "GET" and len(values) <= list_operations.MOST_LISTS,
    }
    return _answer(
        request,
        source,
        form,
        "recipients/list_split.html",
        lambda: list_operations.split(source, request.user, field_name, form.values),
        **context,
    )


@require_GET
@page_of_team(Action.EDIT_LISTS)
def operation(request: TeamRequest, operation_id: uuid.UUID) -> HttpResponse:
    """How far the making of lists is; asks again by itself until it is over."""
    found = get_object_or_404(
        ListOperation, team=request.team, started_by=request.user, public_id=operation_id
    )
    is_fragment = bool(getattr(request, "htmx", False))
    if found.state == State.COMPLETED:
        address = _outcome(request, found)
        return HttpResponseClientRedirect(address) if is_fragment else redirect(address)
    waits = (timezone.now() - found.created_at).total_seconds()
    context = {
        "operation": found,
        "is_running": found.state != State.FAILED,
        "waits_long": found.state == State.QUEUED and waits > 20,
        "names": _targets(found).values_list("name", flat=True),
    }
    template = "recipients/_operation.html" if is_fragment else "recipients/operation.html"
    return render(request, template, context)


def _posted(request: TeamRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _others(request: TeamRequest, source: RecipientList) -> RecipientListQuerySet:
    usable = RecipientList.objects.for_member(request.team, request.user)
    others: RecipientListQuerySet = usable.exclude(pk=source.pk)
    return others


def _answer(
    request: TeamRequest,
    source: RecipientList,
    form: BaseForm,
    template: str,
    begin: Callable[[], ListOperation],
    **context: Any,
) -> HttpResponse:
    """Show the form, or begin what it says: a worker makes what is large, we what is small."""
    if request.method == "POST" and form.is_valid():
        try:
            begun = begin()
        except OperationRefused as refused:
            form.add_error(None, refused.sentence)
        else:
            if list_operations.is_small(begun):
                list_filling.run_operation(begun.pk)
            else:
                tasks.fill_on_commit(begun.pk)
            return redirect("list-operation", request.team.slug, begun.public_id)
    status = 422 if form.is_bound else 200
    whole = {"recipient_list": source, "form": form, **context}
    return render(request, template, whole, status=status)


def _targets(operation: ListOperation) -> RecipientListQuerySet:
    parts = operation.lists.filter(part=ListInOperation.Part.TARGET)
    made: RecipientListQuerySet = RecipientList.objects.filter(
        pk__in=parts.values("recipient_list")
    ).order_by("pk")
    return made


def _outcome(request: TeamRequest, operation: ListOperation) -> str:
    """The address to go to, with a note of what was made."""
    made = list(_targets(operation))
    if len(made) == 1:
        sentence = _("“%(list)s” is ready.") % {"list": made[0].name}
        address = redirect("list", request.team.slug, made[0].public_id).url
    else:
        sentence = ngettext("%(n)s list is ready.", "%(n)s lists are ready.", len(made))
        sentence %= {"n": len(made)}
        address = redirect("lists", request.team.slug).url
    messages.success(request, sentence)
    return address
