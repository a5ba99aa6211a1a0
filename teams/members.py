"""Who is in a team and as what; what happens to a leaver's things."""

from __future__ import annotations

from django.db import transaction

from teams import alerts
from teams.access import Action, SignedInRequest, may
from teams.leaving import hand_over_everything
from teams.models import Membership, Role, Team, User
from trail.acts import Act
from trail.recording import record, record_change


class LastOwner(Exception):
    """The team would be left without anybody who may manage it: make somebody else owner first."""


class NotAnHeir(Exception):
    """Whoever was to get the leaver's things is not in the team any more, or may not have lists."""


@transaction.atomic
def change_role(member: Membership, role: Role) -> None:
    """Give the member another role; raises LastOwner for the only owner."""
    _keep_an_owner(member, new_role=role)
    is_new_owner = role == Role.OWNER != member.role
    before = {"role": member.role}
    member.role = role
    member.save(update_fields=["role"])
    after = {"role": role.value}
    record_change(Act.ROLE_CHANGED, member, before, after, about_id=member.user_id)
    if is_new_owner:
        alerts.new_owner(member.team, member.user)


@transaction.atomic
def end_membership(member: Membership, by: User, heir: User | None = None) -> User:
    """End a membership and return the person who got the leaver's things.

    That is `heir`, who has to be one of `possible_heirs`; without one it is the first of them.
    Raises LastOwner for the only owner, and NotAnHeir.
    """
    _keep_an_owner(member, new_role=None)
    possible = possible_heirs(member, by)
    heir = heir or possible[0]
    if heir not in possible:
        raise NotAnHeir
    hand_over_everything(member.team, member.user, heir)
    record(
        Act.LEFT if member.user == by else Act.REMOVED,
        member,
        by=by,
        about_id=member.user_id,
        before={"role": member.role},
        after={"heir": heir.pk},
    )
    member.delete()
    return heir


def possible_heirs(leaver: Membership, by: User) -> list[User]:
    """Whom the leaver's things may go to: everybody whose role lets them work with lists.

    First stands who removes the leaver or, when somebody leaves on their own, the owner who has
    been in the team longest.
    """
    others = leaver.team.memberships.exclude(pk=leaver.pk).select_related("user")
    able = [
        member for member in others.order_by("joined_at", "pk") if may(member, Action.EDIT_LISTS)
    ]
    able.sort(key=lambda member: (member.user != by, member.role != Role.OWNER))
    return [member.user for member in able]


def is_only_owner(member: Membership) -> bool:
    """Whether nobody could manage the team without this member."""
    owners = member.team.memberships.filter(role=Role.OWNER)
    return set(owners.values_list("pk", flat=True)) == {member.pk}


def team_to_open(request: SignedInRequest) -> Team | None:
    """The signed-in person's team of the last visit, else their first by name, else none."""
    mine = Team.objects.filter(memberships__user=request.user)
    return mine.filter(slug=request.session.get("team", "")).first() or mine.first()


def _keep_an_owner(member: Membership, new_role: Role | None) -> None:
    # Locks the owners' rows, so that two owners cannot demote each other at the same moment.
    owners = member.team.memberships.select_for_update().filter(role=Role.OWNER).order_by("pk")
    if {owner.pk for owner in owners} == {member.pk} and new_role != Role.OWNER:
        raise LastOwner
