"""The last look before sending: every number on one page, then the act that launches."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import audience, cost, drafts, message, personal_texts, plan, tasks
from campaigns import launch as launching
from campaigns.forms import LaunchForm
from campaigns.models import Campaign, CampaignList, ClockKeeper
from campaigns.protocol import VENDOR_REACH
from campaigns.states import CampaignState
from campaigns.views.compose import campaign_of, problems_of
from campaigns.views.compose_parts import text_for
from campaigns.words import left_out_in_words, people
from teams.access import Action, TeamRequest, page_of_team
from teams.models import User


@require_http_methods(["GET"])
@page_of_team(Action.COMPOSE)
def review(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Show what would be sent to whom and when; with anything missing, back to the composer."""
    campaign = campaign_of(request, campaign_id)
    here = [request.team.slug, campaign.public_id]
    if campaign.state != CampaignState.DRAFT:
        return redirect("campaign", *here)
    if problems_of(campaign, request):
        return redirect(reverse("compose", args=here) + "?check")
    return render(request, "campaigns/review.html", _numbers(campaign, request.user))


def _numbers(campaign: Campaign, user: User) -> dict[str, Any]:
    now = timezone.now()
    assert campaign.channel is not None
    send_at = launching.send_time(campaign, now)
    survey = personal_texts.survey(campaign, user, send_at)
    count = survey.count
    person = audience.first_person(campaign)
    zone = campaign.time_zone or campaign.team.time_zone
    return {
        "campaign": campaign,
        "count": count,
        "left_out": left_out_in_words(count.left_out),
        "lists": audience.lists_of(campaign, CampaignList.Kind.INCLUDE),
        "lists_left_out": audience.lists_of(campaign, CampaignList.Kind.EXCLUDE),
        "cost": cost.of_survey(campaign, survey),
        "spread": survey.texts.spread,
        "jobs": survey.jobs,
        "texts": survey.texts.distinct,
        "first_slot": plan.slots_from(send_at, 1)[0],
        "last_slot": plan.slots_from(send_at, max(survey.jobs, 1))[-1],
        "zone": zone,
        "lead": plan.lead(),
        "hand_over_at": plan.hand_over_time(send_at, campaign.clock_keeper, now),
        "is_beyond_reach": send_at - now > VENDOR_REACH
        and campaign.clock_keeper == ClockKeeper.SOCIOCS,
        "person": person,
        "text": text_for(campaign, campaign.text, person, user)[0],
        "time_on_phone": f"{send_at.astimezone(ZoneInfo(zone)):%H:%M}",
        "warnings": message.warnings(campaign.channel, campaign.media_kind),
        "button": _button(campaign, count.people, zone),
        "token": uuid4(),
    }


def _button(campaign: Campaign, count: int, zone: str) -> str:
    """What pressing it does, in full."""
    if not campaign.wall_time:
        return _("Send to %(people)s now") % {"people": people(count)}
    at = launching.send_time(campaign, timezone.now()).astimezone(ZoneInfo(zone))
    day = f"{at:%a %-d %b}" if at.year == timezone.now().year else f"{at:%a %-d %b %Y}"
    return _("Send to %(people)s on %(day)s, %(time)s") % {
        "people": people(count),
        "day": day,
        "time": f"{at:%H:%M}",
    }


@require_POST
@page_of_team(Action.LAUNCH)
def launch(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Launch exactly what the review page showed; pressing twice launches once."""
    campaign = campaign_of(request, campaign_id)
    here = [request.team.slug, campaign.public_id]
    form = LaunchForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The form was incomplete, so nothing was sent. Look again."))
        return redirect("review", *here)
    if drafts.borrowed_lists(campaign, request.user) and campaign.state == CampaignState.DRAFT:
        return redirect(reverse("compose", args=here) + "?check")
    try:
        launching.launch(campaign, request.user, **form.cleaned_data)
    except launching.LaunchRefused as refused:
        messages.error(request, refused.sentence)
        return redirect("review", *here)
    tasks.nudge(tasks.freeze, campaign.pk)
    return redirect("campaign", *here)
