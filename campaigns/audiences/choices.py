"""The rows behind what a campaign chooses: lists and filters in and out, earlier campaigns out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from campaigns.models import Campaign, CampaignFilter, CampaignList, EarlierCampaign
from interface.prepared_queries import prepared
from interface.read_once import read_once
from recipients.models import RecipientList, SavedFilter

INCLUDE, EXCLUDE = CampaignList.Kind.INCLUDE, CampaignList.Kind.EXCLUDE


def in_and_out(
    chosen: Iterable[CampaignList] | Iterable[CampaignFilter], name: str
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """(what is written to, what is left out): the rows `name` of choices, in the choices' order."""
    chosen_by_kind: dict[str, list[Any]] = {INCLUDE.value: [], EXCLUDE.value: []}
    for choice in chosen:
        chosen_by_kind[choice.kind].append(getattr(choice, name))
    return tuple(chosen_by_kind[INCLUDE.value]), tuple(chosen_by_kind[EXCLUDE.value])


@read_once
def list_choices(campaign: Campaign) -> tuple[CampaignList, ...]:
    """The choices of a campaign's lists, in and out, in the order they were chosen."""
    return tuple(_list_choices(campaign.pk))


@prepared
def _list_choices(campaign: int) -> QuerySet[CampaignList]:
    chosen = CampaignList.objects.filter(campaign=campaign).order_by("id")
    return chosen.select_related("recipient_list__owner", "recipient_list__team")


@read_once
def filter_choices(campaign: Campaign) -> tuple[CampaignFilter, ...]:
    """The choices of a campaign's filters, in and out, in the order the filters were made."""
    if not campaign.may_choose_filters:
        return ()
    chosen = campaign.filter_choices.select_related("saved_filter__owner")
    return tuple(chosen.order_by("saved_filter"))


def has_people(campaign: Campaign) -> bool:
    """Whether a list or a filter is chosen to be written to."""
    kinds = [choice.kind for choice in list_choices(campaign)]
    return INCLUDE in kinds or INCLUDE in [choice.kind for choice in filter_choices(campaign)]


def lists_by_age(
    campaign: Campaign,
) -> tuple[tuple[RecipientList, ...], tuple[RecipientList, ...]]:
    """The campaign's lists, (in, left out), in the order they were made."""
    chosen = sorted(list_choices(campaign), key=lambda choice: choice.recipient_list_id)
    return in_and_out(chosen, "recipient_list")


def filters_by_age(campaign: Campaign) -> tuple[tuple[SavedFilter, ...], tuple[SavedFilter, ...]]:
    """The campaign's saved filters, (in, left out), in the order they were made."""
    return in_and_out(filter_choices(campaign), "saved_filter")


@read_once
def earlier_of(campaign: Campaign) -> tuple[Campaign, ...]:
    """The campaigns whose people this one leaves out, in the order they were made."""
    if not campaign.may_leave_out_campaigns:
        return ()
    chosen = campaign.earlier_choices.select_related("earlier__emptied").order_by("earlier__pk")
    return tuple(choice.earlier for choice in chosen)


def replace_lists(
    campaign: Campaign, lists: Iterable[RecipientList], left_out: Iterable[RecipientList]
) -> None:
    """Choose these lists and no others; those that stay keep their place."""
    wanted = {recipient_list.pk: INCLUDE for recipient_list in lists} | {
        recipient_list.pk: EXCLUDE for recipient_list in left_out
    }
    for choice in campaign.list_choices.all():
        if wanted.get(choice.recipient_list_id) != choice.kind:
            choice.delete()
    present = set(campaign.list_choices.values_list("recipient_list_id", flat=True))
    CampaignList.objects.bulk_create(
        CampaignList(campaign=campaign, recipient_list_id=key, kind=kind)
        for key, kind in wanted.items()
        if key not in present
    )


def replace_filters(
    campaign: Campaign, filters: Iterable[SavedFilter], left_out: Iterable[SavedFilter]
) -> None:
    """Choose these filters and no others."""
    campaign.may_choose_filters = True
    wanted = {saved_filter.pk: INCLUDE for saved_filter in filters} | {
        saved_filter.pk: EXCLUDE for saved_filter in left_out
    }
    for choice in campaign.filter_choices.all():
        if wanted.get(choice.saved_filter_id) == choice.kind:
            del wanted[choice.saved_filter_id]
        else:
            choice.delete()
    CampaignFilter.objects.bulk_create(
        CampaignFilter(campaign=campaign, saved_filter_id=key, kind=kind)
        for key, kind in wanted.items()
    )


def replace_earlier(campaign: Campaign, earlier: Iterable[Campaign]) -> None:
    """Leave out the people of these campaigns and no others."""
    campaign.may_leave_out_campaigns = True
    wanted = {one.pk for one in earlier}
    campaign.earlier_choices.exclude(earlier__in=wanted).delete()
    present = set(campaign.earlier_choices.values_list("earlier_id", flat=True))
    EarlierCampaign.objects.bulk_create(
        EarlierCampaign(campaign=campaign, earlier_id=key) for key in sorted(wanted - present)
    )


# --- Taken over into another campaign -------------------------------------------------------------


def as_json(campaign: Campaign) -> dict[str, Any]:
    """All choices of a campaign by primary key, as JSON values."""
    return {
        "lists": list(campaign.list_choices.values_list("recipient_list_id", "kind")),
        "filters": list(campaign.filter_choices.values_list("saved_filter_id", "kind")),
        "earlier": list(campaign.earlier_choices.values_list("earlier_id", flat=True)),
    }


def take_over(campaign: Campaign, stored: Mapping[str, Any]) -> None:
    """Give a campaign without choices those of `as_json`; what no longer exists is passed over."""
    team = campaign.team_id
    lists = dict(stored.get("lists", ()))
    known = RecipientList.objects.filter(pk__in=lists, team=team).order_by("pk")
    CampaignList.objects.bulk_create(
        CampaignList(
            campaign=campaign, recipient_list=recipient_list, kind=lists[recipient_list.pk]
        )
        for recipient_list in known
    )
    filters = dict(stored.get("filters", ()))
    CampaignFilter.objects.bulk_create(
        CampaignFilter(campaign=campaign, saved_filter=saved_filter, kind=filters[saved_filter.pk])
        for saved_filter in SavedFilter.objects.filter(pk__in=filters, team=team).order_by("pk")
    )
    earlier = Campaign.objects.filter(pk__in=stored.get("earlier", ()), team=team)
    EarlierCampaign.objects.bulk_create(
        EarlierCampaign(campaign=campaign, earlier=one) for one in earlier.exclude(pk=campaign.pk)
    )
