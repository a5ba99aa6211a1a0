"""A person's page: their lists, whether they have opted out, and every campaign they were in."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import CampaignRecipient
from delivery.views.failing_numbers import number_lines
from history.reached import Person, people_with_jobs
from recipients.failing_numbers import failing_numbers_of
from recipients.lists.people import lists_with, opt_outs_of, person_id, phone_of
from recipients.opting_out.erased_people import erased_teller
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sentences import REJECTIONS
from recipients.subscriber_keys import subscriber_key
from teams.access import Action, TeamRequest, page_of_team
from teams.models import Team

SHOWN = 100


def appearances_of(team: Team, phone: str) -> list[Person]:
    """The team's latest campaigns with this person in their audience, newest first.

    Somebody who stands there more than once (duplicates were allowed) is a part each time.
    """
    rows = CampaignRecipient.objects.filter(campaign__team=team, phone_key=subscriber_key(phone))
    latest = list(rows.select_related("campaign").order_by("-campaign", "occurrence")[:SHOWN])
    return people_with_jobs(latest, {row.campaign_id: row.campaign for row in latest})


@require_POST
@page_of_team(Action.VIEW)
def find_person(request: TeamRequest) -> HttpResponse:
    """Go to the person with the number in `phone`, which no address is to hold."""
    read = PhoneReader(request.team.default_country).read(request.POST.get("phone", "")[:100])
    if not isinstance(read, Phone):
        words = REJECTIONS[read.reason]
        messages.error(
            request,
            _("This is not a phone number: %(reason)s. %(cure)s")
            % {"reason": str(words.short).lower(), "cure": words.cure},
        )
        return redirect("lists", request.team.slug)
    return redirect("person", request.team.slug, person_id(request.team, read.e164))


@require_GET
@page_of_team(Action.VIEW)
def person(request: TeamRequest, person_id: str) -> HttpResponse:
    """Everything the team knows of one number, as far as this member may see it."""
    phone = phone_of(request.team, person_id)
    if phone is None:
        raise Http404
    opt_outs = opt_outs_of(request.team, phone)
    is_erased = erased_teller(request.team)
    places = lists_with(request.team, request.user, phone)
    appearances = appearances_of(request.team, phone)
    phones = {opt_out.phone for opt_out in opt_outs}.union(
        (part.recipient.phone for part in appearances), *(place.phones for place in places)
    )
    context = {
        "phone_written": phone,
        "other_spellings": sorted(phones - {phone}),
        "places": places,
        "opt_outs": opt_outs,
        "open_opt_out": next((opt_out for opt_out in opt_outs if opt_out.is_open), None),
        "parts": appearances,
        "person_id": person_id,
        "was_erased": is_erased is not None and is_erased(subscriber_key(phone)),
        "failing": number_lines(
            list(failing_numbers_of(request.team, phone).select_related("team"))
        ),
    }
    return render(request, "history/person.html", context)
