"""What somebody who leaves a team hands over: drafts go to the heir, with the lists they use."""

from __future__ import annotations

from campaigns.models import Campaign
from campaigns.states import CampaignState
from teams.models import Team, User


def hand_over(team: Team, leaving: User, heir: User) -> int:
    """Give all drafts of somebody who leaves the team to `heir`; return how many.

    Whatever was launched keeps the name of who wrote it.
    """
    drafts = Campaign.objects.filter(team=team, created_by=leaving, state=CampaignState.DRAFT.value)
    return drafts.update(created_by=heir)
