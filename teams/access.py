"""May this user do that? The only place that answers.

Every page of a team is reached through `page_of_team`, which fetches the team through the user's
membership. A team, list or campaign of somebody else is a 404, as if it did not exist; an action
the member's role does not allow is a 403 with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from interface.prepared_queries import prepared
from teams import second_factor
from teams.models import Membership, Role, Team, User
from trail.acts import Act
from trail.recording import record


class Action(StrEnum):
    """What can be asked about; each is a permission of its own."""

    VIEW = "view"
    EDIT_LISTS = "edit_lists"
    EXPORT = "export"
    COMPOSE = "compose"
    LAUNCH = "launch"
    DECIDE = "decide"
    MAKE_TOKENS = "make_tokens"
    MANAGE_TEAM = "manage_team"


_VIEWER = frozenset({Action.VIEW})
_EDITOR = _VIEWER | {Action.EDIT_LISTS, Action.COMPOSE, Action.MAKE_TOKENS}
_SENDER = _EDITOR | {Action.LAUNCH, Action.DECIDE, Action.EXPORT}
_OWNER = _SENDER | {Action.MANAGE_TEAM}

ALLOWED: dict[str, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.EDITOR: _EDITOR,
    Role.SENDER: _SENDER,
    Role.OWNER: _OWNER,
}

Params = ParamSpec("Params")


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in: every view that is not `login_not_required`."""

    user: User


class TeamRequest(SignedInRequest):
    """A request whose user is a member of `team`; made by `page_of_team`."""

    team: Team
    membership: Membership
    memberships: list[Membership]
    # Where the navigation says the page is, if its own address says otherwise.
    navigation_path: str


TeamView = Callable[Concatenate[TeamRequest, Params], HttpResponseBase]


def may(membership: Membership, action: Action) -> bool:
    """Whether this member's role includes `action`; an unknown role may do nothing."""
    return action in ALLOWED.get(membership.role, frozenset())


def require(membership: Membership, action: Action) -> None:
    """Raise PermissionDenied with a sentence unless `may(membership, action)`."""
    if not may(membership, action):
        record(
            Act.REFUSED,
            by=membership.user,
            team_id=membership.team_id,
            after={"action": action.value},
        )
        raise PermissionDenied(
            _(
                "Your role in this team does not allow this. Ask an owner of the team to "
                "change your role."
            )
        )


def memberships_of(user: User) -> list[Membership]:
    """The person's memberships with their teams, by the team's name."""
    return _memberships(user.pk)


@prepared
def _memberships(user: int) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user).select_related("team").order_by("team__name")


def _membership_at(memberships: Iterable[Membership], user: User, team_slug: str) -> Membership:
    """The one in the team at that address.

    Raises Http404 when there is none, so that a stranger cannot tell whether the team exists.
    """
    of_team = (membership for membership in memberships if membership.team.slug == team_slug)
    membership = next(of_team, None)
    if membership is None or not user.is_active:
        raise Http404
    return membership


def page_of_team(
    action: Action,
) -> Callable[[TeamView[Params]], Callable[..., HttpResponseBase]]:
    """Decorate a view at `/<slug:team_slug>/…`: it gets `request.team` and `request.membership`.

    The view is called without `team_slug`. Raises Http404 for a stranger and PermissionDenied for a
    member whose role does not include `action`.
    """

    def decorate(view: TeamView[Params]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: Any, team_slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # All of them: the header of the page lists them anyhow.
            request.memberships = memberships_of(request.user)
            membership = _membership_at(request.memberships, request.user, team_slug)
            require(membership, action)
            request.team = membership.team
            request.membership = membership
            _remember(request)
            why = second_factor.why_member(membership)
            if (first := second_factor.set_up_first(request, request.user, why)) is not None:
                return first
            return view(request, *args, **kwargs)

        page.action = action  # type: ignore[attr-defined]
        return page

    return decorate


def _remember(request: TeamRequest) -> None:
    # The front page opens the team visited last (`teams.members.team_to_open`).
    if request.session.get("team") != request.team.slug:
        request.session["team"] = request.team.slug
