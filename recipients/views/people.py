"""One person of a list: added by hand, changed, taken out."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from interface.lost_updates import Conflict, conflict_between, said_by, seen_of
from interface.templatetags.interface import phone_number
from recipients.lists import people_editing
from recipients.lists.addressed_lists import editable_list
from recipients.lists.paging import read_place, write_place
from recipients.lists.people_forms import PersonForm
from recipients.models import Recipient, RecipientList
from recipients.opting_out import opt_outs
from recipients.phone_words import becomes
from recipients.sentences import DOUBTS
from teams.access import Action, TeamRequest, page_of_team

MOST_REMOVED = 200
# Characters of one number, with whatever stands around it.
MOST_TYPED = 100


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_person_add(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Add somebody to a list; "and another" comes back to an empty form."""
    recipient_list = editable_list(request, list_id)
    form = PersonForm(recipient_list, request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        return _page(request, recipient_list, form)
    try:
        people_editing.add_person(recipient_list, form.details)
    except people_editing.AlreadyThere as there:
        return _page(request, recipient_list, form, there.recipient)
    _tell(request, form, _("Added to “%(list)s”.") % {"list": recipient_list.name})
    name = "list-person-add" if "another" in request.POST else "list"
    return redirect(name, request.team.slug, recipient_list.public_id)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def list_person(request: TeamRequest, list_id: uuid.UUID, row_id: str) -> HttpResponse:
    """Change what a row of the list says."""
    recipient_list = editable_list(request, list_id)
    rows = Recipient.objects.filter(recipient_list=recipient_list).select_related("recipient_list")
    recipient = rows.filter(pk=read_place(row_id) or 0).first()
    if recipient is None:
        raise Http404
    form = PersonForm(recipient_list, request.POST if request.method == "POST" else None, recipient)
    if request.method == "GET" or not form.is_valid():
        return _page(request, recipient_list, form, own=recipient)
    try:
        with people_editing.locked_people(recipient_list):
            stored = said_by(PersonForm(recipient_list, recipient=rows.get(pk=recipient.pk)))
            if conflict := conflict_between(request.POST, said_by(form), stored):
                return _page(request, recipient_list, form, own=recipient, conflict=conflict)
            people_editing.change_person(recipient, form.details)
    except Recipient.DoesNotExist:
        raise Http404 from None
    except people_editing.AlreadyThere as there:
        return _page(request, recipient_list, form, there.recipient, recipient)
    _tell(request, form, _("Saved."))
    return redirect("list", request.team.slug, recipient_list.public_id)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def phone_becomes(request: TeamRequest) -> HttpResponse:
    """What a typed number (`phone`) will be called as: the words that stand beside it."""
    written = request.POST.get("phone", "")[:MOST_TYPED]
    return HttpResponse(escape(becomes(written, request.team.default_country)))


@require_POST
@page_of_team(Action.EDIT_LISTS)
def list_people_remove(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Take the ticked people out of the list (`row`, as often as there are people)."""
    recipient_list = editable_list(request, list_id)
    places = map(read_place, request.POST.getlist("row")[:MOST_REMOVED])
    count = people_editing.remove_people(
        recipient_list, [place for place in places if place is not None]
    )
    if count:
        sentence = ngettext(
            "%(n)s entry was removed from the list.",
            "%(n)s entries were removed from the list.",
            count,
        )
        messages.success(request, sentence % {"n": count})
    else:
        messages.info(request, _("Nobody was removed. Choose the people first."))
    return redirect("list", request.team.slug, recipient_list.public_id)


def _tell(request: TeamRequest, form: PersonForm, sentence: str) -> None:
    messages.success(request, sentence)
    phone = form.cleaned_data["phone"]
    if opt_outs.opted_out(request.team, [phone]):
        messages.warning(
            request, _("This person has opted out, and is left out of every campaign.")
        )
    elif form.doubt is not None:
        words = DOUBTS[form.doubt]
        messages.warning(request, f"{words.short}. {words.cure}")


def _page(
    request: TeamRequest,
    recipient_list: RecipientList,
    form: PersonForm,
    there: Recipient | None = None,
    own: Recipient | None = None,
    conflict: Conflict | None = None,
) -> HttpResponse:
    """The form; `there` is the row that has the phone already, `own` the one being changed."""
    if there is not None:
        address = reverse(
            "list-person",
            args=[request.team.slug, recipient_list.public_id, write_place(there.pk)],
        )
        form.add_error(
            "phone",
            format_html(
                '{} <a href="{}">{}</a>',
                _already_there(there, form.cleaned_data["phone"]),
                address,
                _("See that person"),
            ),
        )
    stored = said_by(PersonForm(recipient_list, recipient=own))
    context: dict[str, Any] = {
        "conflict": conflict,
        "seen": request.POST.get("seen") or seen_of(stored),
        "recipient_list": recipient_list,
        "form": form,
        "recipient": own,
        "row_id": write_place(own.pk) if own else "",
    }
    status = 409 if conflict else 422 if form.is_bound else 200
    return render(request, "recipients/list_person.html", context, status=status)


def _already_there(row: Recipient, phone: str) -> str:
    if row.phone == phone:
        return _("This number is already on the list.")
    return _("This person is already on the list, with the number %(number)s.") % {
        "number": phone_number(row.phone)
    }
