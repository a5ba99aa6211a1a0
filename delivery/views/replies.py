"""What people wrote back: to a team's channels, or to one campaign."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import list_access
from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from campaigns.states import FINISHED
from delivery.conversations import conversation_with
from delivery.models import Reply
from delivery.replies import mark_read, read_until, to_decide, with_opt_outs
from interface.phones import ERASED
from recipients.lists.paging import page_of, read_place, write_place
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from teams.access import Action, TeamRequest, may, page_of_team
from teams.models import Team

REPLIES_PER_PAGE = 50
MOST_COUNTED = 99
_LONGEST_SEARCH = 100
_FEWEST_DIGITS = 3
# So many campaigns are offered to look at one's replies alone.
_OFFERED = 20


@require_GET
@page_of_team(Action.VIEW)
def replies(request: TeamRequest) -> HttpResponse:
    """All replies to the team, newest first; `?wish` only those who wish to stop or to start."""
    return _page(request, None)


@require_GET
@page_of_team(Action.VIEW)
def campaign_replies(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The replies to one campaign, newest first."""
    return _page(request, campaign_of(request, campaign_id))


@require_GET
@page_of_team(Action.VIEW)
def reply(request: TeamRequest, reply_id: UUID) -> HttpResponse:
    """The same with what the team and the writer of one reply wrote to each other beside it."""
    replies = with_opt_outs(Reply.objects.exclude(phone__startswith=ERASED))
    chosen = get_object_or_404(
        replies.select_related("channel", "campaign"), team=request.team, public_id=reply_id
    )
    return _page(request, None, chosen)


@require_POST
@page_of_team(Action.VIEW)
def replies_search(request: TeamRequest) -> HttpResponse:
    """Show the replies that hold these words, or of this name or number; without any, all.

    The words are kept with the session: addresses, which servers write down, name no people.
    """
    words = request.POST.get("words", "").replace("\x00", "").strip()[:_LONGEST_SEARCH]
    request.session[_words_of(request.team)] = words
    return redirect("replies", request.team.slug)


def _words_of(team: Team) -> str:
    return f"replies-{team.pk}"


@require_POST
@page_of_team(Action.VIEW)
def replies_read(request: TeamRequest) -> HttpResponse:
    """Remember that the member has seen the replies up to the newest one on their page."""
    newest = read_place(request.POST.get("newest", ""))
    if newest is not None:
        mark_read(request.membership, newest)
    return HttpResponse(status=204)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def reply_opt_out(request: TeamRequest, reply_id: UUID) -> HttpResponse:
    """Opt out whoever wrote this, because a person has read it as a wish to stop."""
    reply = _reply(request, reply_id)
    opt_outs.add_opt_outs(request.team, [reply.phone], OptOut.Source.BY_HAND, request.user)
    messages.success(request, _("This person is opted out and gets no campaigns any more."))
    return _back(request)


@require_POST
@page_of_team(Action.EDIT_LISTS)
def reply_let_be(request: TeamRequest, reply_id: UUID) -> HttpResponse:
    """Message whoever wrote this again, because it was no wish to stop."""
    reply = _reply(request, reply_id)
    if opt_outs.let_be(request.team, reply.phone, request.user):
        messages.success(request, _("This person gets campaigns again."))
    else:
        messages.info(request, _("A colleague has already decided about this person."))
    return _back(request)


def _reply(request: TeamRequest, reply_id: UUID) -> Reply:
    """One of the team's replies. Raises Http404, also where nobody knows any more who wrote it."""
    replies = Reply.objects.exclude(phone__startswith=ERASED)
    return get_object_or_404(replies, team=request.team, public_id=reply_id)


def _back(request: TeamRequest) -> HttpResponse:
    """To the list of replies that the button stood in."""
    here = request.POST.get("back", "")
    is_list = here.startswith(reverse("overview", args=[request.team.slug]))
    return redirect(here if is_list else reverse("replies", args=[request.team.slug]))


def _page(
    request: TeamRequest, campaign: Campaign | None, chosen: Reply | None = None
) -> HttpResponse:
    waiting = to_decide(request.team)
    wishes_only, unsure_only = "wish" in request.GET, "unsure" in request.GET
    replies = waiting if unsure_only else Reply.objects.filter(team=request.team)
    if campaign is not None:
        replies, waiting = replies.filter(campaign=campaign), waiting.filter(campaign=campaign)
    if wishes_only:
        replies = replies.exclude(wish=Reply.Wish.NONE)
    words = "" if campaign else request.session.get(_words_of(request.team), "")
    if words:
        replies = replies.filter(_holds(words))
    page = page_of(
        with_opt_outs(replies).select_related("channel", "campaign"),
        REPLIES_PER_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        newest_first=True,
    )
    is_newest = not (campaign or wishes_only or unsure_only or words or page.before)
    context = {
        "page": page,
        "campaign": campaign,
        "tab": "replies",
        "words": words,
        "answered": [] if campaign else _answered_lately(request.team),
        "wishes_only": wishes_only,
        "unsure_only": unsure_only,
        "waiting_count": waiting[: MOST_COUNTED + 1].count(),
        "newest": write_place(page.rows[0].pk) if is_newest and page.rows else "",
        "read_until": read_until(request.membership),
        "joined_at": request.membership.joined_at,
        "may_opt_out": may(request.membership, Action.EDIT_LISTS),
        "is_reported": bool(page.rows)
        or request.team.channels.filter(webhook__wants_replies=True).exists(),
        "may_write_to_them": campaign is not None
        and campaign.state in FINISHED
        and bool(page.rows)
        and may(request.membership, Action.COMPOSE)
        and not list_access.kept_back(campaign, request.user),
        "chosen": chosen,
        "turns": conversation_with(request.team, chosen.phone, request.user) if chosen else [],
    }
    return render(request, "delivery/replies.html", context)


def _holds(words: str) -> Q:
    """What was written, or by whom: by name, or by three digits of the number and more."""
    holds = Q(text__icontains=words) | Q(name__icontains=words)
    digits = re.sub(r"\D", "", words)
    return holds | Q(phone__contains=digits) if len(digits) >= _FEWEST_DIGITS else holds


def _answered_lately(team: Team) -> list[Campaign]:
    """Campaigns that people replied to, the latest first, to look at one's replies alone."""
    answered = Reply.objects.filter(campaign=OuterRef("pk"))
    return list(Campaign.objects.filter(Exists(answered), team=team).order_by("-pk")[:_OFFERED])
