"""Who is in a team and as what; what happens to a leaver's things."""

from __future__ import annotations

from django.db import transaction

from teams.access import SignedInRequest
from teams.leaving import hand_overs
from teams.models import Membership, Role, Team, User


class LastOwner(Exception):
    """The team would be left without anybody who may manage it: make somebody else owner first."""


@transaction.atomic
def change_role(member: Membership, role: Role) -> None:
    """Give the member another role; raises LastOwner for the only owner."""
    _keep_an_owner(member, new_role=role)
    member.role = role
    member.save(update_fields=["role"])


@transaction.atomic
def remove(member: Membership, by: User) -> User:
    """End a membership and return the person who got the leaver's things.

    That is whoever removed the member, or, when somebody leaves on their own, the owner who has
    been in the team longest. Raises LastOwner for the only owner.
    """
    _keep_an_owner(member, new_role=None)
    heir = by if by != member.user else _longest_owner(member)
    for hand_over in hand_overs():
        hand_over(member.team, member.user, heir)
    member.delete()
    return heir


def team_to_open(request: SignedInRequest) -> Team | None:
    """The signed-in person's team of the last visit, else their first by name, else none."""
    mine = Team.objects.filter(memberships__user=request.user)
    return mine.filter(slug=request.session.get("team", "")).first() or mine.first()


def _keep_an_owner(member: Membership, new_role: Role | None) -> None:
    # Locks the owners' rows, so that two owners cannot demote each other at the same moment.
    owners = member.team.memberships.select_for_update().filter(role=Role.OWNER).order_by("pk")
    if {owner.pk for owner in owners} == {member.pk} and new_role != Role.OWNER:
        raise LastOwner


def _longest_owner(leaver: Membership) -> User:
    owners = leaver.team.memberships.filter(role=Role.OWNER).exclude(pk=leaver.pk)
    return owners.select_related("user").order_by("joined_at", "pk")[0].user
