"""A person's page: their lists, whether they have opted out, and every campaign they were in."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Campaign, CampaignRecipient
from campaigns.state_words import DELIVERY_WORDS, SUBMISSION_WORDS, Word, left_out_in_words
from campaigns.states import SubmissionState
from delivery.provider_codes import Failure, failure_of
from recipients.lists.people import lists_with, opt_outs_of, person_id, phone_of
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sentences import REJECTIONS
from recipients.subscriber_keys import subscriber_key
from sending.models import Submission
from sociocs_gateway.results import DeliveryStatus
from teams.access import Action, TeamRequest, page_of_team
from teams.models import Team

SHOWN = 100


@dataclass(frozen=True)
class Appearance:
    """Somebody's place in one campaign; `word` says what became of their job, None before it."""

    campaign: Campaign
    recipient: CampaignRecipient
    submission: Submission | None
    word: Word | None
    # What the network said of their message; None before it said anything.
    delivery: Word | None = None
    failure: Failure | None = None


def appearances_of(team: Team, phone: str) -> list[Appearance]:
    """The team's latest campaigns with this person in their audience, newest first.

    Somebody who stands there more than once (duplicates were allowed) is a part each time.
    """
    rows = CampaignRecipient.objects.filter(campaign__team=team, phone_key=subscriber_key(phone))
    recipients = rows.select_related("campaign").order_by("-campaign", "occurrence")[:SHOWN]
    return [_part(row) for row in recipients]


def _part(row: CampaignRecipient) -> Appearance:
    # A job is a range of positions; one row by the index of its campaign's jobs.
    submission = Submission.objects.filter(
        campaign_id=row.campaign_id,
        first_position__lte=row.position,
        last_position__gte=row.position,
    ).first()
    word = SUBMISSION_WORDS[SubmissionState(submission.state)] if submission else None
    message = row.sent_messages.select_related("channel").order_by("-changed_at").first()
    if message is None:
        return Appearance(row.campaign, row, submission, word)
    delivery = DELIVERY_WORDS[DeliveryStatus(message.status)]
    failure = failure_of(message.channel.provider, message.error_code)
    return Appearance(row.campaign, row, submission, word, delivery, failure)


@require_POST
@page_of_team(Action.VIEW)
def find_person(request: TeamRequest) -> HttpResponse:
    """Go to the person with the number in `phone`, which no address is to hold."""
    read = PhoneReader(request.team.default_country).read(request.POST.get("phone", "")[:100])
    if not isinstance(read, Phone):
        words = REJECTIONS[read.reason]
        messages.error(
            request,
            _("This is no phone number: %(reason)s. %(cure)s")
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
        "parts": [(part, _left_out(part.recipient.left_out)) for part in appearances],
    }
    return render(request, "history/person.html", context)


def _left_out(reason: str) -> str:
    """Why somebody in the audience got no message after all, in words; "" when they did."""
    return left_out_in_words({reason: 1})[0][1] if reason else ""
