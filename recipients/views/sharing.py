"""The owner says who may use a list, and with what permission."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from interface.lost_updates import conflict_between
from recipients.lists.sharing import share
from recipients.models import Permission, RecipientList, Visibility
from teams.access import Action, TeamRequest, page_of_team
from teams.models import User


@dataclass(frozen=True)
class Colleague:
    """A member in the dialog: the permission they have of their own ("": none), and from whom."""

    user: User
    permission: str
    shared_by: User | None


@dataclass(frozen=True)
class Sharing:
    """Who may use a list, as the dialog says it; people with a permission of their own besides."""

    visibility: Visibility
    team_permission: Permission
    people: Mapping[User, Permission]

    def says(self) -> dict[str, str]:
        """The same in words, by what each is about."""
        is_private = self.visibility == Visibility.PRIVATE
        people = {} if is_private else self.people
        named = ", ".join(
            f"{user}: {permission.label}"
            for user, permission in sorted(people.items(), key=lambda item: str(item[0]))
        )
        said = {_("Who can use this list"): str(self.visibility.label), _("Colleagues"): named}
        if self.visibility == Visibility.TEAM:
            said[_("Everyone in the team")] = str(self.team_permission.label)
        return said


def sharing_now(recipient_list: RecipientList, others: Iterable[Colleague]) -> Sharing:
    """Who may use the list now; `others` are all its `colleagues`."""
    return Sharing(
        Visibility(recipient_list.visibility),
        Permission(recipient_list.team_permission),
        {one.user: Permission(one.permission) for one in others if one.permission},
    )


def colleagues(recipient_list: RecipientList) -> list[Colleague]:
    """Everybody else in the team, by name."""
    shares = {share.user_id: share for share in recipient_list.shares.select_related("shared_by")}
    members = recipient_list.team.members.exclude(pk=recipient_list.owner_id)
    return [
        Colleague(user, share.permission if share else "", share.shared_by if share else None)
        for user in members.order_by("name", "pk")
        for share in (shares.get(user.pk),)
    ]


@require_POST
@page_of_team(Action.EDIT_LISTS)
def sharing(request: TeamRequest, list_id: uuid.UUID) -> HttpResponse:
    """Take the dialog's answers: `visibility`, `team_permission`, and one for each colleague."""
    usable = RecipientList.objects.for_member(request.team, request.user)
    recipient_list = get_object_or_404(usable.select_related("team"), public_id=list_id)
    list_page = redirect("list", request.team.slug, recipient_list.public_id)
    if recipient_list.owner_id != request.user.pk:
        messages.error(request, _("Only the owner of a list can share it. Ask them."))
        return list_page
    if request.POST.get("visibility") not in Visibility.values:
        messages.error(request, _("Choose who can use this list."))
        return list_page
    people = {
        colleague.user: Permission(answer)
        for colleague in colleagues(recipient_list)
        if (answer := request.POST.get(f"permission_{colleague.user.public_id}"))
        in Permission.values
    }
    if request.POST["visibility"] == Visibility.NAMED and not people:
        # The dialog opens again and says that somebody has to be chosen.
        return redirect(f"{list_page.url}?chosen=nobody")
    edit_all = request.POST.get("team_permission") == Permission.EDIT
    wanted = Sharing(
        Visibility(request.POST["visibility"]),
        Permission.EDIT if edit_all else Permission.USE,
        people,
    )
    with transaction.atomic():
        locked = RecipientList.objects.select_for_update().get(pk=recipient_list.pk)
        stored = sharing_now(locked, colleagues(locked)).says()
        if conflict := conflict_between(request.POST, wanted.says(), stored):
            context = {"recipient_list": recipient_list, "conflict": conflict}
            return render(request, "recipients/sharing_conflict.html", context, status=409)
        share(
            recipient_list,
            request.user,
            wanted.visibility,
            team_permission=wanted.team_permission,
            people=wanted.people,
        )
    messages.success(request, _outcome(recipient_list))
    return list_page


def _outcome(recipient_list: RecipientList) -> str:
    if recipient_list.visibility == Visibility.TEAM:
        return _("Everyone in %(team)s can now use this list.") % {"team": recipient_list.team.name}
    if recipient_list.visibility == Visibility.PRIVATE:
        return _("Now only you can use this list.")
    count = recipient_list.shares.count()
    return ngettext(
        "You and %(n)s colleague can now use this list.",
        "You and %(n)s colleagues can now use this list.",
        count,
    ) % {"n": count}
