"""The page on which a team has its opt-outs blocked at the vendor too."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns.state_words import unclear_words
from delivery import block_checks, blocking, tasks
from delivery.models import BlockCheck, VendorBlock
from interface import hints
from interface.wording import Text, number
from recipients.models import RecipientList
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.exceptions import Reason
from teams.access import Action, TeamRequest, page_of_team
from teams.models import Team, User

PROBLEMS_SHOWN = 50
LISTS_OFFERED = 200
_REFUSALS: dict[str, Text] = {
    Reason.NOT_FOUND: gettext_lazy("Sociocs does not know this number"),
    Reason.FORBIDDEN: gettext_lazy("this API key may not block anybody"),
    Reason.INVALID: gettext_lazy("Sociocs does not accept this number"),
}


class ListForm(forms.Form):
    """The public id of a list."""

    list = forms.UUIDField()


@require_GET
@page_of_team(Action.VIEW)
def blocks(request: TeamRequest) -> HttpResponse:
    """How many of the register are blocked at each account, and what went wrong."""
    problems = blocking.failed_blocks(request.team)[: PROBLEMS_SHOWN + 1]
    usable = RecipientList.objects.for_member(request.team, request.user)
    context = {
        "standings": [
            (standing, block_checks.latest(request.team, standing.account))
            for standing in blocking.standings(request.team)
        ],
        "lists": usable.order_by("name")[:LISTS_OFFERED],
        "visible": set(usable.values_list("pk", flat=True)),
        "problems": [(row, _why(row)) for row in problems[:PROBLEMS_SHOWN]],
        "has_more": len(problems) > PROBLEMS_SHOWN,
        "halted": LaneState.HALTED.value,
    }
    return render(request, "delivery/blocks.html", context)


@require_POST
@page_of_team(Action.LAUNCH)
def account_block(request: TeamRequest, account_id: UUID) -> HttpResponse:
    """Have everybody who opted out blocked at an account."""
    return _ask(request, account_id, blocking.block_all)


@require_POST
@page_of_team(Action.LAUNCH)
def account_unblock(request: TeamRequest, account_id: UUID) -> HttpResponse:
    """Take the blocks of lifted opt-outs back at an account."""
    return _ask(request, account_id, blocking.unblock_lifted)


@require_POST
@page_of_team(Action.LAUNCH)
def account_find_blocked(request: TeamRequest, account_id: UUID) -> HttpResponse:
    """Ask an account who of the list `list` is blocked there already."""
    account = get_object_or_404(blocking.channel_accounts(request.team), public_id=account_id)
    usable = RecipientList.objects.for_member(request.team, request.user)
    form = ListForm(request.POST)
    people = usable.filter(public_id=form.cleaned_data["list"]).first() if form.is_valid() else None
    if people is None:
        messages.error(request, _("Choose a list whose people to ask about."))
    else:
        begun = block_checks.begin_block_check(account, people, request.user)
        hints.nudge(tasks.find_blocked, begun.pk)
        messages.success(
            request, _("We are asking Sociocs about everyone on “%(list)s”.") % {"list": people}
        )
    return redirect("blocks", request.team.slug)


@require_POST
@page_of_team(Action.LAUNCH)
def account_stop_finding(request: TeamRequest, check_id: UUID) -> HttpResponse:
    """Ask no further; who was found stays opted out."""
    check = get_object_or_404(BlockCheck, team=request.team, public_id=check_id)
    if block_checks.stop_block_check(check):
        messages.info(request, _("Stopped asking. People found so far stay opted out."))
    return redirect("blocks", request.team.slug)


def _ask(
    request: TeamRequest, account_id: UUID, act: Callable[[Team, GatewayAccount, User], int]
) -> HttpResponse:
    account = get_object_or_404(blocking.channel_accounts(request.team), public_id=account_id)
    asked = act(request.team, account, request.user)
    hints.nudge(tasks.block, account.pk)
    if asked:
        sentence = ngettext(
            "We are asking Sociocs about %(n)s person.",
            "We are asking Sociocs about %(n)s people.",
            asked,
        )
        messages.success(request, sentence % {"n": number(asked)})
    else:
        messages.info(request, _("Nobody is left to ask about."))
    return redirect("blocks", request.team.slug)


def _why(row: VendorBlock) -> str:
    if row.state == VendorBlock.State.UNCLEAR:
        return unclear_words(row.reason)
    return str(_REFUSALS.get(row.reason, _("Sociocs gave no reason we know")))
