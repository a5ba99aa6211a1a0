"""Who may use and who may edit a list. Sharing and withdrawing take effect at once."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from interface.prepared_queries import prepared
from recipients.models import ListShare, Permission, RecipientList, Visibility
from teams.leaving import NAMES_TOLD, Holding
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record, record_change


def may_edit(recipient_list: RecipientList, user: User) -> bool:
    """Whether `user` may change the list's people: its owner, and whom the owner lets."""
    if recipient_list.owner_id == user.pk:
        return True
    is_teams = recipient_list.visibility == Visibility.TEAM
    if is_teams and recipient_list.team_permission == Permission.EDIT:
        return True
    return bool(_edits(recipient_list.pk, user.pk))


@prepared
def _edits(recipient_list: int, user: int) -> QuerySet[ListShare]:
    of_user = ListShare.objects.filter(recipient_list=recipient_list, user=user)
    return of_user.filter(permission=Permission.EDIT)


def share(
    recipient_list: RecipientList,
    by: User,
    visibility: Visibility,
    *,
    team_permission: Permission = Permission.USE,
    people: Mapping[User, Permission] | None = None,
) -> None:
    """Say anew who may use the list; whoever is not named any more loses it at once.

    `people` are colleagues with a permission of their own: alone (NAMED), or on top of what all may
    (TEAM). A list that is shared with nobody is PRIVATE. Others than members are passed over.
    """
    members = recipient_list.team.members.exclude(pk=recipient_list.owner_id)
    ids = set(members.values_list("pk", flat=True))
    wanted = {user.pk: permission for user, permission in (people or {}).items() if user.pk in ids}
    if visibility == Visibility.PRIVATE:
        wanted = {}
    elif visibility == Visibility.NAMED and not wanted:
        visibility = Visibility.PRIVATE
    before = _shared_as(recipient_list)
    with transaction.atomic():
        recipient_list.shares.exclude(user__in=wanted).delete()
        for user_id, permission in wanted.items():
            _lend(recipient_list, by, user_id, permission)
        RecipientList.objects.filter(pk=recipient_list.pk).update(
            visibility=visibility,
            team_permission=team_permission if visibility == Visibility.TEAM else Permission.USE,
            shared_by=None if visibility == Visibility.PRIVATE else by,
            updated_at=timezone.now(),
        )
        recipient_list.refresh_from_db(fields=["visibility", "team_permission", "shared_by"])
        after = _shared_as(recipient_list)
        record_change(Act.LIST_SHARED, recipient_list, before, after, by=by)


def _shared_as(recipient_list: RecipientList) -> dict[str, object]:
    """Who may use it, by the numbers of people."""
    shares = recipient_list.shares.order_by("user_id").values_list("user_id", "permission")
    named = {f"person {user_id}": permission for user_id, permission in shares}
    return {
        "visibility": str(recipient_list.visibility),
        "team_permission": str(recipient_list.team_permission),
        **named,
    }


def _lend(recipient_list: RecipientList, by: User, user_id: int, permission: Permission) -> None:
    # Who has it with this permission already keeps the name of the one who first shared it.
    recipient_list.shares.exclude(permission=permission).filter(user_id=user_id).update(
        permission=permission, shared_by=by
    )
    recipient_list.shares.get_or_create(
        user_id=user_id, defaults={"permission": permission, "shared_by": by}
    )


def hand_over_lists(team: Team, leaving: User, heir: User) -> int:
    """Give all lists of somebody who leaves the team to `heir`; return how many.

    What was lent to the one who leaves is withdrawn. All in one transaction.
    """
    with transaction.atomic():
        ListShare.objects.filter(recipient_list__team=team, user=leaving).delete()
        given = RecipientList.objects.filter(team=team, owner=leaving).update(owner=heir)
        # What was lent to the heir is now theirs.
        ListShare.objects.filter(user=heir, recipient_list__owner=F("user")).delete()
        if given:
            record(
                Act.LISTS_HANDED_OVER,
                team_id=team.pk,
                about_id=leaving.pk,
                after={"heir": heir.pk, "lists": given},
            )
    return given


def lists_held(team: Team, person: User) -> Holding | None:
    """The lists that somebody would hand over, the latest first; also archived ones."""
    lists = RecipientList.objects.filter(team=team, owner=person, is_ready=True, deleted_at=None)
    if not (count := lists.count()):
        return None
    names = lists.order_by("-pk").values_list("name", flat=True)[:NAMES_TOLD]
    words = ngettext("%(n)s list", "%(n)s lists", count) % {"n": count}
    return Holding(words, list(names), max(count - NAMES_TOLD, 0))
