"""What keeps an audience from being fixed now: an earlier campaign that is not fixed itself yet."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import choices, earlier_campaigns
from campaigns.models import Campaign
from campaigns.problems import Problem


def exclusion_problems(campaign: Campaign) -> list[Problem]:
    """Whether everybody whom the draft leaves out is known by now."""
    wanted = [one.pk for one in choices.earlier_of(campaign)]
    if campaign.days_left_out:
        moment = earlier_campaigns.since(campaign.team, campaign.days_left_out, timezone.now())
        wanted += earlier_campaigns.campaigns_since(campaign.team_id, moment, besides=campaign.pk)
    preparing = earlier_campaigns.is_preparing(wanted)
    if preparing is None:
        return []
    sentence = _(
        "“%(name)s” is being prepared: who gets it is known in a moment. Wait for it, so that its "
        "people can be left out here."
    )
    return [Problem("campaigns_left_out", sentence % {"name": preparing.name})]
