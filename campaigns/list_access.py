"""Lists in a draft that somebody may no longer use: withdrawing a list stops the draft at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from campaigns.audiences.choices import filter_choices, list_choices
from campaigns.audiences.selection import Selection, choice_of, people_lists
from campaigns.models import Campaign, CampaignFilter, CampaignList
from campaigns.problems import Problem
from interface.prepared_queries import prepared
from interface.read_once import read_once
from recipients.models import RecipientList, SavedFilter
from recipients.saved_filters.conditions import Condition
from recipients.saved_filters.filters import lists_under, unreadable_limit
from teams.models import User


def list_problems(campaign: Campaign, user: User | None = None) -> list[Problem]:
    """Why a draft's lists keep it from being launched, by `user` where somebody is at it.

    Whoever launches must be able to use every list, and so must whoever wrote the draft while they
    are in the team; the owner of a list may launch it for a colleague all the same.
    """
    # Whoever sends it, and if nobody is at it: such a list is about to be emptied, or should rest.
    away = _lists_put_away(campaign)
    mine = (
        [
            recipient_list
            for recipient_list in borrowed_lists(campaign, user)
            if recipient_list not in away
        ]
        if user
        else []
    )
    return [
        *(Problem("lists", _put_away(recipient_list)) for recipient_list in away),
        *(_not_yours(recipient_list) for recipient_list in mine),
        *_not_the_authors(campaign, user, [*away, *mine]),
        *_filters(campaign, user),
        *_unreadable_filters(campaign),
    ]


def _lists_put_away(campaign: Campaign) -> list[RecipientList]:
    """Archived and deleted lists that the campaign, or a filter that it chooses, looks at."""
    chosen = (choice.recipient_list for choice in list_choices(campaign))
    looked_at = (row.recipient_list for row in lists_under(_chosen_filters(campaign)))
    away = {each.pk: each for each in (*chosen, *looked_at) if each.archived_at is not None}
    return [away[key] for key in sorted(away)]


def _chosen_filters(campaign: Campaign) -> list[SavedFilter]:
    return [choice.saved_filter for choice in filter_choices(campaign)]


def _not_yours(recipient_list: RecipientList) -> Problem:
    sentence = _(
        "“%(list)s” belongs to %(name)s and is not shared with you. Take it out, or ask for it to "
        "be shared."
    )
    return Problem("lists", sentence % {"list": recipient_list.name, "name": recipient_list.owner})


def _put_away(recipient_list: RecipientList) -> str:
    if recipient_list.deleted_at is not None:
        sentence = _("“%(list)s” was deleted. Take it out, or choose another list.")
    else:
        sentence = _("“%(list)s” is archived. Take it out, or ask %(name)s to bring it back.")
    return sentence % {"list": recipient_list.name, "name": recipient_list.owner}


def _not_the_authors(
    campaign: Campaign, user: User | None, told: Iterable[RecipientList]
) -> Iterable[Problem]:
    author = campaign.created_by
    if author is None or author == user or not author.memberships.filter(team=campaign.team_id):
        return
    sentence = _(
        "“%(list)s” belongs to %(owner)s and is not shared with %(author)s, who wrote this "
        "campaign. Take it out, or ask %(owner)s to share it."
    )
    for recipient_list in borrowed_lists(campaign, author):
        if recipient_list not in told and recipient_list.owner != user:
            names = {"list": recipient_list.name, "owner": recipient_list.owner, "author": author}
            yield Problem("lists", sentence % names)


def _filters(campaign: Campaign, user: User | None) -> Iterable[Problem]:
    """Filters that are not whoever launches may use, or that the author may not (any more)."""
    author = campaign.created_by
    people = [user]
    if author and author != user and author.memberships.filter(team=campaign.team_id).exists():
        people.append(author)
    named_filters: set[SavedFilter] = set()
    for person in people:
        for saved_filter in borrowed_filters(campaign, person) if person else ():
            if saved_filter in named_filters or (person != user and saved_filter.owner == user):
                continue
            named_filters.add(saved_filter)
            yield Problem(
                "lists", _filter_sentence(saved_filter, None if person == user else person)
            )


def _unreadable_filters(campaign: Campaign) -> Iterable[Problem]:
    """Filters of which nobody knows whom they hold: nobody would mean anybody, left out."""
    for saved_filter in _chosen_filters(campaign):
        for condition in map(Condition.from_json, saved_filter.conditions):
            if not condition.is_readable:
                sentence = _("The filter “%(filter)s” cannot be used: %(why)s Change the filter.")
                why = unreadable_limit(condition)
                yield Problem("lists", sentence % {"filter": saved_filter.name, "why": why})


def _filter_sentence(saved_filter: SavedFilter, author: User | None) -> str:
    if saved_filter.archived_at is not None:
        return _("The filter “%(filter)s” was deleted. Take it out.") % {
            "filter": saved_filter.name
        }
    if author is None:
        return _(
            "The filter “%(filter)s” of %(owner)s, or a list it looks at, is not shared with you. "
            "Take it out, or ask for it to be shared."
        ) % {"filter": saved_filter.name, "owner": saved_filter.owner}
    return _(
        "The filter “%(filter)s” of %(owner)s, or a list it looks at, is not shared with "
        "%(author)s, who wrote this campaign. Take it out, or ask for it to be shared."
    ) % {"filter": saved_filter.name, "owner": saved_filter.owner, "author": author}


@read_once
def borrowed_lists(campaign: Campaign, user: User) -> tuple[RecipientList, ...]:
    """Lists in the draft that `user` may not use: a colleague's own, or no longer shared."""
    # Who came with a call of a program is the team's.
    chosen = {
        choice.recipient_list_id: choice.recipient_list
        for choice in list_choices(campaign)
        if not choice.recipient_list.is_of_call
    }
    borrowed = chosen.keys() - _usable(campaign, user)[0]
    return tuple(chosen[key] for key in sorted(borrowed))


@read_once
def _usable(campaign: Campaign, user: User) -> tuple[frozenset[int], frozenset[int]]:
    """Which lists and which filters in the draft somebody may use, by primary key."""
    rows = _usable_rows(campaign.team_id, user.pk, campaign.pk)
    return (
        frozenset(key for is_filter, key in rows if not is_filter),
        frozenset(key for is_filter, key in rows if is_filter),
    )


@prepared
def _usable_rows(team: int, user: int, campaign: int) -> QuerySet[Any, tuple[bool, int]]:
    lists = CampaignList.objects.filter(campaign=campaign).values("recipient_list")
    filters = CampaignFilter.objects.filter(campaign=campaign).values("saved_filter")
    usable_lists = RecipientList.objects.for_member(team, user).filter(pk__in=lists)
    usable_filters = SavedFilter.objects.for_member(team, user).filter(pk__in=filters)
    return (
        usable_lists.annotate(is_filter=Value(False))
        .order_by()
        .values_list("is_filter", "pk")
        .union(
            usable_filters.annotate(is_filter=Value(True)).order_by().values_list("is_filter", "pk")
        )
    )


def kept_back(campaign: Campaign, user: User) -> str:
    """Why `user` may not see the people of a launched campaign, as a sentence; "" if they may.

    Whoever may not open a list does not get its people by way of a campaign either.
    """
    lists = RecipientList.objects.filter(pk__in=_lists_gone_to(campaign))
    theirs = RecipientList.objects.open_to(campaign.team, user).values("pk")
    kept = lists.exclude(pk__in=theirs).select_related("owner").order_by("pk").first()
    if kept is None:
        return ""
    sentence = _(
        "This campaign went to people of “%(list)s”, which %(name)s has not shared with you. Ask "
        "%(name)s to share it, then you can see who they are."
    )
    return sentence % {"list": kept.name, "name": kept.owner}


def _lists_gone_to(campaign: Campaign) -> set[int]:
    """The lists that its people are from, as they were fixed: a filter may be another by now."""
    if "selection" in campaign.freeze_cursor:
        parts = Selection.from_json(campaign.freeze_cursor["selection"]).parts
        return {list_rows.list_id for list_rows in parts}
    return {recipient_list.pk for recipient_list in people_lists(choice_of(campaign))}


@read_once
def borrowed_filters(campaign: Campaign, user: User) -> tuple[SavedFilter, ...]:
    """Filters in the draft that `user` may not use: not theirs, deleted, or over such a list."""
    chosen = {saved_filter.pk: saved_filter for saved_filter in _chosen_filters(campaign)}
    borrowed = chosen.keys() - _usable(campaign, user)[1]
    return tuple(chosen[key] for key in sorted(borrowed))
