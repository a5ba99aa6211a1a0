"""A list's name and its end: made empty, renamed, archived, brought back, deleted."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from interface.lost_updates import conflict_between, said_by, seen_of
from recipients.lists import list_lifecycle
from recipients.lists.addressed_lists import (
    archived_list,
    editable_list,
    may_put_away,
    usable_list,
    usable_or_archived_list,
)
from recipients.lists.list_forms import NameForm
from recipients.models import RecipientList
from teams.access import Action, TeamRequest, page_of_team


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_new(request: TeamRequest) -> HttpResponse:
    """Make an empty list, to add people to it by hand."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "recipients/list_new.html", {"form": form}, status=status)
    made = list_lifecycle.make_list(request.team, request.user, form.cleaned_data["name"])
    return redirect("list-person-add", request.team.slug, made.public_id)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_rename(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Give a list another name."""
    recipient_list = editable_list(request, list_id)
    form = _name_form(recipient_list, request.POST if request.method == "POST" else None)
    seen = seen_of(said_by(_name_form(recipient_list)))
    context = {"recipient_list": recipient_list, "form": form, "seen": seen}
    if request.method == "GET" or not form.is_valid():
        context["seen"] = request.POST.get("seen", seen)
        status = 422 if form.is_bound else 200
        return render(request, "recipients/list_rename.html", context, status=status)
    with transaction.atomic():
        locked = RecipientList.objects.select_for_update().get(pk=recipient_list.pk)
        stored = said_by(_name_form(locked))
        if conflict := conflict_between(request.POST, said_by(form), stored):
            context |= {"conflict": conflict, "seen": request.POST["seen"]}
            return render(request, "recipients/list_rename.html", context, status=409)
        list_lifecycle.rename_list(recipient_list, form.cleaned_data["name"])
    messages.success(request, _("The list was renamed."))
    return redirect("list", request.team.slug, recipient_list.public_id)


def _name_form(recipient_list: RecipientList, posted: QueryDict | None = None) -> NameForm:
    form = NameForm(posted, initial={"name": recipient_list.name})
    form.fields["name"].label = _("Name of the list")
    return form


@require_POST
@page_of_team(Action.EDIT_LISTS)
def list_archive(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Put a list away, to be brought back at any time."""
    recipient_list = usable_list(request, list_id)
    if not may_put_away(request, recipient_list):
        return _refused(request, recipient_list)
    if list_lifecycle.archive(recipient_list, request.user):
        messages.success(
            request,
            _("“%(list)s” is archived. You can bring it back at any time.")
            % {"list": recipient_list.name},
        )
    return redirect(_archived(request))


@require_POST
@page_of_team(Action.EDIT_LISTS)
def list_restore(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Bring an archived list back, shared as it was."""
    recipient_list = archived_list(request, list_id)
    if not may_put_away(request, recipient_list):
        return _refused(request, recipient_list)
    list_lifecycle.restore(recipient_list)
    messages.success(
        request, _("“%(list)s” is back in your lists.") % {"list": recipient_list.name}
    )
    return redirect("list", request.team.slug, recipient_list.public_id)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def list_delete(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Delete a list and its people for good."""
    recipient_list = usable_or_archived_list(request, list_id)
    if not may_put_away(request, recipient_list):
        return _refused(request, recipient_list)
    if list_lifecycle.is_being_filled(recipient_list):
        messages.error(
            request,
            _(
                "A file is being added to this list. Wait until that is done, or stop the "
                "import first."
            ),
        )
        return redirect("list", request.team.slug, recipient_list.public_id)
    if list_lifecycle.delete_list(recipient_list, request.user):
        messages.success(
            request, _("“%(list)s” and its people are deleted.") % {"list": recipient_list.name}
        )
    return redirect("lists", request.team.slug)


def _refused(request: TeamRequest, recipient_list: RecipientList) -> HttpResponse:
    sentence = _("Only the owner of a list can archive or delete it. Ask %(name)s.")
    messages.error(request, sentence % {"name": recipient_list.owner})
    if recipient_list.archived_at is not None:
        return redirect(_archived(request))
    return redirect("list", request.team.slug, recipient_list.public_id)


def _archived(request: TeamRequest) -> str:
    return redirect("lists", request.team.slug).url + "?show=archived"
