"""What somebody was told of campaigns, and what they want to be told of."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from history.models import NoticeKind, Whose
from history.notices import (
    choices_of,
    choose,
    inbox,
    mark_read,
    notice_sentence,
    place_of,
    unread_count,
)
from recipients.lists.paging import page_of
from sociocs_accounts import seen_troubles
from teams.access import Action, TeamRequest, page_of_team

NOTICES_PER_PAGE = 30


@require_GET
@page_of_team(Action.VIEW)
def notices(request: TeamRequest) -> HttpResponse:
    """A person's notices in this team, newest first."""
    page = page_of(
        inbox(request.team, request.user),
        NOTICES_PER_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        newest_first=True,
    )
    context = {
        "page": page,
        "lines": [(notice, notice_sentence(notice)) for notice in page.rows],
        "troubles": seen_troubles.troubles_of_team(request.team).all,
        "unread": unread_count(request.team, request.user, 1),
    }
    return render(request, "history/notices.html", context)


@require_POST
@page_of_team(Action.VIEW)
def open_notice(request: TeamRequest, notice_id: UUID) -> HttpResponse:
    """Go to where what a notice tells of is to be seen; it is read then."""
    notice = get_object_or_404(inbox(request.team, request.user), public_id=notice_id)
    same = {"campaign": notice.campaign, "trouble": notice.trouble, "read_at": None}
    inbox(request.team, request.user).filter(**same).update(read_at=timezone.now())
    return redirect(place_of(notice))


@require_POST
@page_of_team(Action.VIEW)
def read_all(request: TeamRequest) -> HttpResponse:
    """All of a person's notices in this team were read."""
    mark_read(request.team, request.user)
    return redirect("notices", request.team.slug)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def notice_choices(request: TeamRequest) -> HttpResponse:
    """What somebody is told of in this team, and how."""
    if request.method == "POST":
        for kind in NoticeKind:
            in_app = request.POST.get(f"{kind.value}-in_app", "")
            by_email = request.POST.get(f"{kind.value}-by_email", "")
            if in_app in Whose.values and by_email in Whose.values:
                choose(request.membership, kind, Whose(in_app), Whose(by_email))
        messages.success(request, _("Saved."))
        return redirect("notice-choices", request.team.slug)
    context = {
        "choices": list(choices_of(request.membership).values()),
        "whose": Whose.choices,
    }
    return render(request, "history/notice_choices.html", context)
