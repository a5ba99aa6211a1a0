"""A campaign by its address: only through the team that it belongs to."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404

from campaigns import list_access
from campaigns.models import Campaign, CampaignEvent, CampaignFilter, EarlierCampaign
from interface.prepared_queries import prepared
from teams.access import TeamRequest


def campaign_of(request: TeamRequest, campaign_id: UUID) -> Campaign:
    """The team's campaign with this public id. Raises Http404."""
    for campaign in _campaigns_at(request.team.pk, campaign_id):
        return campaign
    raise Http404


@prepared
def _campaigns_at(team: int, public_id: UUID) -> QuerySet[Campaign]:
    campaigns = Campaign.objects.filter(team=team, public_id=public_id).select_related(
        *("channel__account", "channel__team", "sent_as", "team"),
        *("created_by", "launched_by", "updated_by", "message"),
    )
    return campaigns.annotate(**_seen_in_passing())


def _seen_in_passing() -> dict[str, Exists | Subquery]:
    """What is read with the row, so that a page need not ask for what there is none of."""
    of_campaign = {"campaign": OuterRef("pk")}
    events = CampaignEvent.objects.filter(**of_campaign).order_by("-pk")
    return {
        "may_choose_filters": Exists(CampaignFilter.objects.filter(**of_campaign)),
        "may_leave_out_campaigns": Exists(EarlierCampaign.objects.filter(**of_campaign)),
        "last_event_kind": Subquery(events.values("kind")[:1]),
    }


def campaign_with_people(request: TeamRequest, campaign_id: UUID) -> Campaign:
    """The same, for whoever may see its people. Raises PermissionDenied with whom to ask."""
    campaign = campaign_of(request, campaign_id)
    if sentence := list_access.kept_back(campaign, request.user):
        raise PermissionDenied(sentence)
    return campaign
