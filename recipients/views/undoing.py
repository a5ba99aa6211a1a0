"""Undoing an import: what it does is shown first."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from recipients.files.storing import is_stored
from recipients.imports import undoing
from recipients.imports.undoing import Obstacle
from recipients.lists.sharing import may_edit
from recipients.models import ListImport, Recipient
from teams.access import Action, TeamRequest, page_of_team

# So many of those who were changed by hand are named.
NAMED = 10

_OBSTACLES: Mapping[str, str | Promise] = {
    Obstacle.NOT_COMPLETE: gettext_lazy(
        "This import is not complete, so there is nothing to undo."
    ),
    Obstacle.NOT_YOURS: gettext_lazy(
        "Only the owner of this list can undo the import it came from. Ask them."
    ),
    Obstacle.NOT_YOURS_TO_EDIT: gettext_lazy(
        "Only people who can edit this list can undo an import into it. Ask its owner."
    ),
    Obstacle.LIST_GONE: gettext_lazy(
        "The list is deleted or archived. If it is archived, bring it back first."
    ),
    Obstacle.LATER_IMPORT: gettext_lazy(
        "Another file was added to this list later. Undo that import first."
    ),
    Obstacle.TOO_LATE: gettext_lazy(
        "This import is too old to undo. Remove people by hand, or replace the list with "
        "another file."
    ),
}


@require_http_methods(["GET", "POST"])
@page_of_team(Action.EDIT_LISTS)
def import_undo(request: TeamRequest, import_id: uuid.UUID) -> HttpResponse:
    """Tell what undoing does, and why it cannot be done; do it when that was confirmed."""
    list_import = _import_of_a_list(request, import_id)
    if list_import.state != ListImport.State.COMPLETED:
        return redirect("import", request.team.slug, list_import.public_id)
    if request.method == "POST":
        try:
            undoing.undo_import(
                list_import,
                request.user,
                seen=request.POST.get("seen", ""),
                keeps_changed="keep" in request.POST,
            )
        except undoing.CannotUndo as refusal:
            messages.warning(request, str(_OBSTACLES[refusal.obstacle]))
        except undoing.ChangedByHand:
            messages.warning(
                request, _("Nothing is undone yet. Check what was changed by hand first.")
            )
        else:
            return _undone(request, list_import)
    obstacle = undoing.obstacle(list_import, request.user)
    people = list_import.recipient_list
    changed = undoing.changed_by_hand(list_import) if obstacle is None else Recipient.objects.none()
    context = {
        "changed": changed[:NAMED],
        "changed_count": changed.count(),
        "seen": undoing.digest_of_changes(list_import) if obstacle is None else "",
        "list_import": list_import,
        "people": people,
        "obstacle": _OBSTACLES[obstacle] if obstacle else "",
        "effect": undoing.effect_of_undoing(list_import) if obstacle is None else None,
        "has_file": is_stored(list_import.stored_name),
    }
    return render(request, "recipients/import_undo.html", context)


def _undone(request: TeamRequest, list_import: ListImport) -> HttpResponse:
    people = list_import.recipient_list
    if list_import.is_addition and people is not None:
        if "keep" in request.POST:
            sentence = _(
                "The import was undone. People changed by hand since then stay as they are."
            )
        else:
            sentence = _("The import was undone.")
        messages.success(request, sentence)
        return redirect("list", request.team.slug, people.public_id)
    messages.success(request, _("The import was undone, and its list is deleted."))
    if list_import.uploaded_by_id == request.user.pk:
        return redirect("import", request.team.slug, list_import.public_id)
    return redirect("lists", request.team.slug)


def _import_of_a_list(request: TeamRequest, import_id: uuid.UUID) -> ListImport:
    """An import of this person's, or into a list that they may edit; else 404."""
    list_import: ListImport = get_object_or_404(
        ListImport.objects.select_related("team", "recipient_list", "kept_list", "uploaded_by"),
        public_id=import_id,
        team=request.team,
    )
    if list_import.uploaded_by_id == request.user.pk:
        return list_import
    people = list_import.recipient_list
    if people is None or not people.is_ready or not may_edit(people, request.user):
        raise Http404
    return list_import
