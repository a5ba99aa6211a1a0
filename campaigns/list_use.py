"""Where a list was used: drafts that choose it, campaigns that were launched with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.models import Campaign, CampaignList
from campaigns.states import CampaignState
from recipients.models import ListInOperation, RecipientList

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Use:
    """A campaign with the list in it; `is_left_out` where its people were left out by it."""

    campaign: Campaign
    is_left_out: bool


def drafts_with(recipient_list: RecipientList) -> list[Use]:
    """Drafts that choose the list, the latest first: none of them can be sent without it."""
    return _uses(recipient_list, is_draft=True)


def launched_with(recipient_list: RecipientList) -> list[Use]:
    """Campaigns launched with the list, the latest first. Each has its own frozen audience."""
    return _uses(recipient_list, is_draft=False)


def lists_made_of(recipient_list: RecipientList) -> Iterable[ListInOperation]:
    """The latest copies, merges, parts and differences that people of the list went into."""
    taken = recipient_list.operations.filter(part=ListInOperation.Part.SOURCE)
    made = ListInOperation.objects.filter(
        operation__in=taken.values("operation"), part=ListInOperation.Part.TARGET
    )
    found = made.select_related("operation__started_by", "recipient_list__owner")
    return found.order_by("-pk")[:SHOWN]


def _uses(recipient_list: RecipientList, *, is_draft: bool) -> list[Use]:
    choices = recipient_list.campaign_choices.select_related(
        "campaign__created_by", "campaign__launched_by"
    )
    draft = {"campaign__state": CampaignState.DRAFT.value}
    choices = choices.filter(**draft) if is_draft else choices.exclude(**draft)
    return [
        Use(one.campaign, one.kind == CampaignList.Kind.EXCLUDE)
        for one in choices.order_by("-campaign")[:SHOWN]
    ]
