"""The trail as a team's owners read it: its own acts, and what its members did of no team.

Those are two questions to the database, each of which begins at an index, put together here:
signing in, new passwords and changed accounts are a member's own, and stand in the activity of each
of their teams.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import chain, islice
from operator import attrgetter, or_
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet

from history.address_filters import AddressFilters
from history.history_filters import midnight
from recipients.lists.paging import Page, page_of, write_place
from teams.models import Team
from trail.acts import Area
from trail.models import Entry

ROWS_A_PAGE = 50
_ROWS_A_READ = 2_000
_ORDER = ("at", "pk")
_key = attrgetter(*_ORDER)


class ActivityFilterForm(forms.Form):
    """The filters above the activity. Values that mean nothing are left out, never an error."""

    who = forms.UUIDField(required=False)
    about = forms.UUIDField(required=False)
    area = forms.ChoiceField(required=False, choices=Area.choices)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])


@dataclass(frozen=True, slots=True)
class ActivityFilters(AddressFilters):
    """What stands in the address of the activity."""

    form = ActivityFilterForm

    who: str = ""
    about: str = ""
    area: str = ""
    since: str = ""
    until: str = ""


def activity_of(team: Team, filters: ActivityFilters) -> list[QuerySet[Entry]]:
    """The team's own entries that fit, and those of no team that are about its members."""
    joined = {
        member.user_id: member.joined_at
        for member in team.memberships.select_related("user")
        if not filters.about or str(member.user.public_id) == filters.about
    }
    members = team.members.values_list("public_id", "pk")
    ids = {str(public_id): pk for public_id, pk in members}
    own = Entry.objects.filter(team_id=team.pk)
    # Only members' own acts are this team's to see, and none of before they came.
    since = [Q(about_id=pk, at__gte=joined_at) for pk, joined_at in joined.items()]
    personal = Entry.objects.filter(reduce(or_, since, Q(pk=None)), team_id=None)
    if filters.about:
        own = own.filter(about_id=ids.get(filters.about, 0))
    return [_narrowed(entries, team, filters, ids) for entries in (own, personal)]


def _narrowed(
    entries: QuerySet[Entry], team: Team, filters: ActivityFilters, ids: Mapping[str, int]
) -> QuerySet[Entry]:
    zone = ZoneInfo(team.time_zone)
    if filters.who:
        entries = entries.filter(actor_id=ids.get(filters.who, 0))
    if filters.area:
        entries = entries.filter(area=filters.area)
    if filters.since:
        entries = entries.filter(at__gte=midnight(filters.since, zone))
    if filters.until:
        entries = entries.filter(at__lt=midnight(filters.until, zone, days=1))
    return entries


def activity_page(
    parts: list[QuerySet[Entry]], *, after: str = "", before: str = ""
) -> Page[Entry]:
    """One page of the parts put together, the newest first."""
    pages = [
        page_of(part, ROWS_A_PAGE, after=after, before=before, newest_first=True, keys=_ORDER)
        for part in parts
    ]
    rows = sorted(chain.from_iterable(page.rows for page in pages), key=_key, reverse=True)
    is_backwards = bool(before) and not after
    is_cut = len(rows) > ROWS_A_PAGE
    rows = rows[-ROWS_A_PAGE:] if is_backwards else rows[:ROWS_A_PAGE]
    has_before = any(page.before for page in pages) or (is_cut and is_backwards)
    has_after = any(page.after for page in pages) or (is_cut and not is_backwards)
    return Page(
        rows=rows,
        before=write_place(rows[0].pk) if rows and has_before else "",
        after=write_place(rows[-1].pk) if rows and has_after else "",
    )


def activity_chunks(parts: list[QuerySet[Entry]]) -> Iterator[list[Entry]]:
    """All entries of the parts in pieces, the newest first: no cursor is held for a slow reader."""
    entries = heapq.merge(*map(_by_key, parts), key=_key, reverse=True)
    while some := list(islice(entries, _ROWS_A_READ)):
        yield some


def _by_key(part: QuerySet[Entry]) -> Iterator[Entry]:
    ordered = part.order_by("-at", "-pk")
    some = list(ordered[:_ROWS_A_READ])
    while some:
        yield from some
        at: datetime = some[-1].at
        rest = ordered.filter(at__lte=at).exclude(at=at, pk__gte=some[-1].pk)
        some = list(rest[:_ROWS_A_READ])
