"""The composer's step about who gets it: the live count, and the people behind each number."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.audiences.audience_count import count_selection
from campaigns.audiences.selection import people_lists
from campaigns.state_words import left_out_in_words
from composer.audience_people import PEOPLE, PagePosition, audience_page
from composer.views.compose import fragment_form
from composer.views.compose_parts import counted, selection_of
from composer.views.steps import settled_steps, typed_problems
from interface.read_once import reading_once
from recipients.models import RecipientList
from teams.access import Action, TeamRequest, page_of_team

PEOPLE_A_PAGE = 10


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def audience(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """How many people the chosen lists and filters make, and who is left out why."""
    form = fragment_form(request, campaign_id)
    chosen = selection_of(form)
    context = {
        "campaign": form.campaign,
        "settled": settled_steps(form, typed_problems(form)),
        **counted(form, count_selection(chosen), chosen),
    }
    return render(request, "composer/_audience.html", context)


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def audience_people_page(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Some of those who get the message, or of those who do not for the reason `why`.

    `at` holds the places where the pages so far begin, the last one to be shown.
    """
    form = fragment_form(request, campaign_id)
    why = request.POST.get("why") or request.GET.get("why") or PEOPLE
    trail = [
        PagePosition.read(written)
        for written in request.POST.get("at", "")[:4000].split(".")
        if written
    ]
    trail = trail or [PagePosition()]
    chosen = selection_of(form)
    lists = {
        recipient_list.pk: recipient_list.name for recipient_list in people_lists(form.choice())
    }
    usable = RecipientList.objects.for_member(request.team, request.user).filter(pk__in=lists)
    hidden = set(lists) - set(usable.values_list("pk", flat=True))
    recipients, next_place = audience_page(chosen, why, trail[-1], PEOPLE_A_PAGE, hidden)
    words = left_out_in_words({why: 2}) if why else []
    context = {
        "campaign": form.campaign,
        "title": _("Left out: %(why)s") % {"why": words[0][1]} if words else _("Who gets it"),
        "rows": [
            (recipient, lists.get(recipient.recipient_list_id, "")) for recipient in recipients
        ],
        "why": why,
        "places": trail[1:],
        "next_place": next_place,
        "previous": ".".join(map(str, trail[:-1])),
        "next": ".".join(map(str, [*trail, next_place])) if next_place else "",
    }
    return render(request, "composer/_who.html", context)
