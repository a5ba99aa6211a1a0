"""The page of numbers that do not work, where each can be let back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from delivery.provider_codes import reason_in_words
from recipients import failing_numbers
from recipients.lists.paging import page_of
from recipients.lists.people import names_of, person_id
from recipients.models import FailingNumber
from teams.access import Action, TeamRequest, page_of_team

ROWS_A_PAGE = 50


@require_GET
@page_of_team(Action.VIEW)
def numbers_that_fail(request: TeamRequest) -> HttpResponse:
    """The numbers that messages did not reach, and why; the newest first."""
    rows = failing_numbers.failing_numbers(request.team).select_related("team")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(rows, ROWS_A_PAGE, after=after, before=before, newest_first=True)
    context = {
        "page": page,
        "numbers": number_lines(page.rows),
        "names": names_of(request.team, request.user, (row.phone for row in page.rows)),
        "limit": request.team.failures_until_left_out,
    }
    return render(request, "delivery/failing_numbers.html", context)


def number_lines(rows: list[FailingNumber]) -> list[tuple[FailingNumber, str, bool]]:
    """(number, why it fails, whether it is left out) of each; they come with their team."""
    return [
        (
            row,
            reason_in_words(row.provider, row.error_code),
            failing_numbers.is_left_out(row),
        )
        for row in rows
    ]


@require_POST
@page_of_team(Action.EDIT_LISTS)
def number_let_back(request: TeamRequest, failing_id: UUID) -> HttpResponse:
    """Send to a number again; back to the page that the button stood on."""
    row = get_object_or_404(FailingNumber, team=request.team, public_id=failing_id)
    failing_numbers.let_back(row)
    messages.success(request, _("This number gets campaigns again."))
    if "person" in request.POST:
        return redirect("person", request.team.slug, person_id(request.team, row.phone))
    return redirect("failing-numbers", request.team.slug)
