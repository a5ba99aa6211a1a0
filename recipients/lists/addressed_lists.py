"""The list at an address, for this person: there to be used, to be edited, or not there at all."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from interface.prepared_queries import prepared
from recipients.lists.sharing import may_edit
from recipients.models import RecipientList, RecipientListQuerySet
from teams.access import Action, TeamRequest, may

# What a page shows of a list besides itself.
_SHOWN = ("owner", "shared_by", "archived_by", "team")


def usable_list(request: TeamRequest, list_id: uuid.UUID) -> RecipientList:
    """The list if this person may use it; else 404, as if it did not exist."""
    for recipient_list in _usable_at(request.team.pk, request.user.pk, list_id):
        return recipient_list
    raise Http404


@prepared
def _usable_at(team: int, user: int, public_id: uuid.UUID) -> QuerySet[RecipientList]:
    usable = RecipientList.objects.for_member(team, user).filter(public_id=public_id)
    return usable.select_related(*_SHOWN)


def archived_list(request: TeamRequest, list_id: uuid.UUID) -> RecipientList:
    """The archived list that this person could use before; else 404."""
    return _found(RecipientList.objects.archived_for_member(request.team, request.user), list_id)


def usable_or_archived_list(request: TeamRequest, list_id: uuid.UUID) -> RecipientList:
    """The list if this person may use it or could before it was archived; else 404."""
    usable = RecipientList.objects.for_member(request.team, request.user)
    archived = RecipientList.objects.archived_for_member(request.team, request.user)
    return _found(usable | archived, list_id)


def editable_list(request: TeamRequest, list_id: uuid.UUID) -> RecipientList:
    """The list if this person may change its people; 403 with a sentence where not."""
    recipient_list = usable_list(request, list_id)
    if not may_edit(recipient_list, request.user):
        raise PermissionDenied(
            _("You can use this list, but not change it. Ask %(name)s to let you edit it.")
            % {"name": recipient_list.owner}
        )
    return recipient_list


def may_put_away(request: TeamRequest, recipient_list: RecipientList) -> bool:
    """Whether this person may archive or delete it: its owner, and who manages the team."""
    if not may(request.membership, Action.EDIT_LISTS):
        return False
    is_own = recipient_list.owner_id == request.user.pk
    return is_own or may(request.membership, Action.MANAGE_TEAM)


def _found(lists: RecipientListQuerySet, list_id: uuid.UUID) -> RecipientList:
    whole = lists.select_related(*_SHOWN)
    recipient_list: RecipientList = get_object_or_404(whole, public_id=list_id)
    return recipient_list
