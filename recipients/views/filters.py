"""Pages of saved filters: all that a person may see, and one of them with its live count."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interface.lost_updates import Conflict, conflict_between, seen_of
from recipients.lists.paging import page_of
from recipients.models import FilterList, RecipientList, SavedFilter
from recipients.saved_filters import filters
from recipients.saved_filters.filter_forms import (
    BOXES,
    MOST_CONDITIONS,
    SavedFilterForm,
    ops,
    special_fields,
)
from recipients.saved_filters.filters import Definition
from teams.access import Action, TeamRequest, may, page_of_team

FILTERS_A_PAGE = 50
SHOWN = 8
SEVERAL = ("lists", "without", "lent_to")


@require_GET
@page_of_team(Action.VIEW)
def filters_page(request: TeamRequest) -> HttpResponse:
    """The filters a person may see, newest first."""
    page = page_of(
        SavedFilter.objects.visible_to(request.team, request.user).select_related("owner"),
        FILTERS_A_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        newest_first=True,
    )
    hidden = _with_hidden_lists(request, page.rows)
    rows = [
        (
            saved_filter,
            filters.describe_filter(saved_filter),
            _lists_in_words(saved_filter),
            saved_filter.pk in hidden,
        )
        for saved_filter in page.rows
    ]
    return render(request, "recipients/filters.html", {"page": page, "rows": rows})


def _with_hidden_lists(request: TeamRequest, saved_filters: Iterable[SavedFilter]) -> set[int]:
    """Those of the filters that look at a list which is not this person's to use."""
    usable = RecipientList.objects.for_member(request.team, request.user).values("pk")
    others = FilterList.objects.filter(saved_filter__in=saved_filters).exclude(
        recipient_list__in=usable
    )
    return set(others.values_list("saved_filter", flat=True))


def _lists_in_words(saved: SavedFilter) -> SafeString:
    """`Patients and Staff without Leavers`: which lists it looks at."""
    words = SafeString("")
    choices = saved.list_choices.select_related("recipient_list").order_by("is_without", "pk")
    for choice in choices:
        name = format_html("<bdi>{}</bdi>", choice.recipient_list.name)
        if choice.is_without:
            without = _('{lists} <span class="text-secondary">without</span> {name}')
            words = format_html(without, lists=words, name=name)
        else:
            words = format_html(_("{lists} and {name}"), lists=words, name=name) if words else name
    return words


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def filter_new(request: TeamRequest) -> HttpResponse:
    """Make a filter; `?list=` (public ids) chooses lists at once."""
    if request.method == "POST":
        return _posted(request, None)
    begun = {"lists": request.GET.getlist("list")}
    return _page(request, SavedFilterForm(request.team, request.user, None, begun=begun))


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def filter_page(request: TeamRequest, filter_id: uuid.UUID) -> HttpResponse:
    """A filter: its owner changes it here, others see what it says and how many it holds."""
    saved = visible_filter(request, filter_id)
    is_owner = saved.owner_id == request.user.pk
    if is_owner and may(request.membership, Action.EDIT_LISTS):
        if request.method == "POST":
            return _posted(request, saved)
        return _page(request, SavedFilterForm(request.team, request.user, saved))
    if request.method == "POST":
        messages.error(request, _("Only the owner of a filter can change it. Create your own."))
        return redirect("filter", request.team.slug, saved.public_id)
    context = {
        "saved": saved,
        "words": filters.describe_filter(saved),
        "lists": _lists_in_words(saved),
        "has_hidden_lists": bool(_with_hidden_lists(request, [saved])),
    }
    return render(request, "recipients/filter_shown.html", context)


def visible_filter(request: TeamRequest, filter_id: uuid.UUID) -> SavedFilter:
    """The filter at that address if this person may see it; else 404."""
    visible = SavedFilter.objects.visible_to(request.team, request.user)
    saved_filter: SavedFilter = get_object_or_404(
        visible.select_related("owner"), public_id=filter_id
    )
    return saved_filter


def _posted(request: TeamRequest, saved: SavedFilter | None) -> HttpResponse:
    if "add" in request.POST or "drop" in request.POST:
        return _page(request, _with_changed_lines(request, saved))
    form = SavedFilterForm(request.team, request.user, saved, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    with transaction.atomic():
        if saved is not None:
            locked = SavedFilter.objects.select_for_update().get(pk=saved.pk)
            stored = SavedFilterForm(request.team, request.user, locked).says()
            if conflict := conflict_between(request.POST, form.says(), stored):
                return _page(request, form, status=409, conflict=conflict)
        made = form.save(request.user)
    messages.success(request, _("Filter “%(name)s” saved.") % {"name": made.name})
    return redirect("filter", request.team.slug, made.public_id)


def _with_changed_lines(request: TeamRequest, saved: SavedFilter | None) -> SavedFilterForm:
    """What was typed so far, with a line more (`add`) or without the line `drop`."""
    typed = request.POST
    lines = [
        [typed.get(f"{what}-{n}", "") for what in BOXES]
        for n in range(MOST_CONDITIONS)
        if f"field-{n}" in typed
    ]
    drop = typed.get("drop", "")
    if drop.isdecimal() and int(drop[:3]) < len(lines):
        del lines[int(drop[:3])]
    if "add" in typed or not lines:
        lines.append([""] * len(BOXES))
    begun: dict[str, Any] = {
        name: typed.getlist(name) if name in SEVERAL else typed.get(name, "")
        for name in SavedFilterForm.base_fields
    }
    for n, line in enumerate(lines[:MOST_CONDITIONS]):
        begun |= {f"{what}-{n}": box for what, box in zip(BOXES, line, strict=True)}
    return SavedFilterForm(request.team, request.user, saved, begun=begun)


def _page(
    request: TeamRequest,
    form: SavedFilterForm,
    status: int = 200,
    conflict: Conflict | None = None,
) -> HttpResponse:
    stored = SavedFilterForm(request.team, request.user, form.saved).says()
    context = {
        "form": form,
        "saved": form.saved,
        "conflict": conflict,
        "seen": request.POST.get("seen") or seen_of(stored),
        **_parts(form),
    }
    return render(request, "recipients/filter.html", context, status=status)


def _parts(form: SavedFilterForm) -> dict[str, Any]:
    return {
        "rows": form.rows(),
        "known": form.known_fields(),
        "special": special_fields(),
        "ops": ops(),
        "most": MOST_CONDITIONS,
    }


# --- Fragments ------------------------------------------------------------------------------------


@require_POST
@page_of_team(Action.EDIT_LISTS)
def conditions(request: TeamRequest) -> HttpResponse:
    """The lines anew: with the columns of the lists that are chosen now, one more or one less."""
    form = _with_changed_lines(request, None)
    return render(request, "recipients/_conditions.html", {"form": form, **_parts(form)})


@require_POST
@page_of_team(Action.EDIT_LISTS)
def filter_typed_count(request: TeamRequest) -> HttpResponse:
    """How many people the filter holds as it is typed, and some of them."""
    form = SavedFilterForm(request.team, request.user, None, request.POST)
    if not form.is_valid() and form.unsaid_conditions():
        context = {"has_lists": True, "with_people": True, "unknown": form.unsaid_conditions()}
        return render(request, "recipients/_filter_count.html", context)
    (definition,) = filters.with_readings([form.definition()])
    return _counted(request, definition, with_people=True)


@require_GET
@page_of_team(Action.VIEW)
def filter_count(request: TeamRequest, filter_id: uuid.UUID) -> HttpResponse:
    """How many people a saved filter holds now; `?people` shows some of them, too."""
    saved = visible_filter(request, filter_id)
    if _with_hidden_lists(request, [saved]):
        return render(request, "recipients/_filter_count.html", {"is_hidden": True})
    definition = filters.definitions_of([saved])[0]
    return _counted(request, definition, with_people="people" in request.GET)


def _counted(request: TeamRequest, definition: Definition, with_people: bool) -> HttpResponse:
    # A phone may stand in several rows; who has it is one person.
    rows = filters.sample(definition, 3 * SHOWN) if with_people else []
    people = list({row.phone: row for row in reversed(rows)}.values())[::-1][:SHOWN]
    count = filters.count_matches(definition)
    shown = list(dict.fromkeys(condition.field for condition in definition.conditions))
    names = [name for name in shown if name not in dict(special_fields())][:3]
    context = {
        "count": count,
        "unknown": count.unknown,
        "unread": filters.unread_values([definition]) if with_people else [],
        "has_lists": bool(definition.lists),
        "columns": names,
        "people": [
            (recipient, [recipient.fields.get(name, "") for name in names]) for recipient in people
        ],
        "with_people": with_people,
    }
    return render(request, "recipients/_filter_count.html", context)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def filter_delete(request: TeamRequest, filter_id: uuid.UUID) -> HttpResponse:
    """Delete a filter; drafts that use it say so, sent campaigns still name it."""
    saved = visible_filter(request, filter_id)
    if saved.owner_id != request.user.pk:
        messages.error(request, _("Only the owner of a filter can delete it."))
        return redirect("filter", request.team.slug, saved.public_id)
    filters.delete_filter(saved, request.user)
    messages.success(request, _("Filter “%(name)s” deleted.") % {"name": saved.name})
    return redirect("filters", request.team.slug)
