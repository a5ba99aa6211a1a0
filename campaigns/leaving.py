"""What somebody who leaves a team hands over: drafts go to the heir, with the lists they use."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.states import CampaignState
from teams.leaving import NAMES_TOLD, Holding
from teams.models import Team, User


def hand_over_drafts(team: Team, leaving: User, heir: User) -> int:
    """Give all drafts of somebody who leaves the team to `heir`; return how many.

    Whatever was launched keeps the name of who wrote it.
    """
    return _drafts(team, leaving).update(created_by=heir)


def drafts_held(team: Team, person: User) -> Holding | None:
    """The drafts that somebody would hand over, the latest first."""
    drafts = _drafts(team, person)
    if not (count := drafts.count()):
        return None
    names = drafts.order_by("-pk").values_list("name", flat=True)[:NAMES_TOLD]
    return Holding(
        ngettext("%(n)s draft", "%(n)s drafts", count) % {"n": count},
        list(names),
        max(count - NAMES_TOLD, 0),
    )


def _drafts(team: Team, person: User) -> QuerySet[Campaign]:
    return Campaign.objects.filter(team=team, created_by=person, state=CampaignState.DRAFT.value)
