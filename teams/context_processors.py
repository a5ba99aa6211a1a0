"""What every template may ask about: the team, the person's rights in it, and the site's frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from teams.access import Action, may, memberships_of
from teams.admin_door import is_open_to
from teams.models import Membership, Team
from teams.new_team import may_make_team


@dataclass(frozen=True)
class NavigationEntry:
    """One entry: the name of its URL pattern, what it is called, and its icon in the sprite.

    `short_label` is for the bar at the bottom of a phone, where five words share 390 pixels.
    """

    url_name: str
    label: str | Promise
    short_label: str | Promise
    icon: str


@dataclass(frozen=True)
class Link:
    """A `NavigationEntry` of a team on a page; `is_current` where the page is inside of it."""

    url: str
    label: str | Promise
    short_label: str | Promise
    icon: str
    is_current: bool


# The first is the team's front page; it is current only on that very page.
PLACES = (
    NavigationEntry("overview", _("Overview"), _("Overview"), "layout-dashboard"),
    NavigationEntry("campaigns", _("Campaigns"), _("Campaigns"), "speakerphone"),
    NavigationEntry("calendar", _("Calendar"), _("Calendar"), "calendar"),
    NavigationEntry("lists", _("Recipient lists"), _("Lists"), "address-book"),
    NavigationEntry("opt-outs", _("Opt-outs"), _("Opt-outs"), "ban"),
)


def links(team: Team, path: str) -> list[Link]:
    """The navigation of `team` for the page at `path`."""
    front = PLACES[0]
    return [
        Link(
            url=(url := reverse(place.url_name, args=[team.slug])),
            label=place.label,
            short_label=place.short_label,
            icon=place.icon,
            is_current=path == url if place is front else path.startswith(url),
        )
        for place in PLACES
    ]


class Frame:
    """The header's contents, each fetched only if the template shows it: fragments cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def memberships(self) -> list[Membership]:
        """The person's memberships with their teams, by the team's name."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return []
        of_page: list[Membership] | None = getattr(self._request, "memberships", None)
        return memberships_of(user) if of_page is None else of_page

    @cached_property
    def team(self) -> Team | None:
        """The page's team, or on a page of no team the one the person was in last."""
        of_page: Team | None = getattr(self._request, "team", None)
        if of_page is not None:
            return of_page
        last = self._request.session.get("team") if self.memberships else None
        mine = [membership.team for membership in self.memberships]
        return next((team for team in mine if team.slug == last), mine[0] if mine else None)

    @cached_property
    def membership(self) -> Membership | None:
        """The person's place in `team`."""
        of_page: Membership | None = getattr(self._request, "membership", None)
        if of_page is not None:
            return of_page
        mine = (membership for membership in self.memberships if membership.team == self.team)
        return next(mine, None)

    @cached_property
    def links(self) -> list[Link]:
        """The navigation; empty for a person without a team."""
        path = getattr(self._request, "navigation_path", self._request.path)
        return links(self.team, path) if self.team else []


def team(request: HttpRequest) -> dict[str, Any]:
    """Template variables `team`, `may`, `frame`, `sandbox_url`, `demo`, and what is offered.

    `may` answers by action, as in `{% if may.launch %}`; outside of a team everything is false.
    """
    membership: Membership | None = getattr(request, "membership", None)
    user: Any = getattr(request, "user", None)
    return {
        "team": getattr(request, "team", None),
        "may": {
            action.value: membership is not None and may(membership, action) for action in Action
        },
        "frame": Frame(request),
        "may_make_team": getattr(user, "is_authenticated", False) and may_make_team(user),
        "has_admin": getattr(user, "is_staff", False) and is_open_to(request),
        "sandbox_url": settings.SANDBOX_URL,
        "demo": settings.DEMO,
    }
