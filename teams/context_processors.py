"""What every template may ask about: the team, the person's rights in it, and the site's frame."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property

from teams.access import Action, may, memberships_of
from teams.admin_door import is_open_to
from teams.models import Membership, Team
from teams.new_team import may_make_team
from teams.places import Link, links, settings_links


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
        return links(self.team, self._path) if self.team else []

    @cached_property
    def settings(self) -> list[tuple[str | Promise, list[Link]]]:
        """The pages of the team's settings, in groups with a title."""
        return settings_links(self.membership, self._path) if self.membership else []

    @property
    def _path(self) -> str:
        return str(getattr(self._request, "navigation_path", self._request.path))


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
