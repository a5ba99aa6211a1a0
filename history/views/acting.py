"""What a button of a campaign's page does: the act, or why it is not possible, and back again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from interface import hints
from sending import control, tasks
from teams.access import TeamRequest
from teams.models import User

Act = Callable[[Campaign, User], None]


def act_on(request: TeamRequest, campaign_id: UUID, act: Act) -> HttpResponse:
    """Do something with a campaign, have it taken further at once, and show its page."""
    campaign = campaign_of(request, campaign_id)
    try:
        act(campaign, request.user)
    except control.NotPossible as error:
        messages.error(request, error.sentence)
    else:
        hints.nudge(tasks.tick)
    return redirect("campaign", request.team.slug, campaign.public_id)
