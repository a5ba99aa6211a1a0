"""The numbers that a team's tests may go to."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from interface.form_fields import PlainText
from interface.form_style import StyledForm
from interface.phones import PhoneField
from sociocs_accounts.models import NumberForTests
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from trail.acts import Act
from trail.recording import record


class NumberForm(StyledForm):
    """A number to which the team's tests may go."""

    label = PlainText(
        label=gettext_lazy("Whose phone it is"),
        max_length=100,
        error_messages={"required": gettext_lazy("Enter whose phone it is.")},
    )
    phone = PhoneField(
        label=gettext_lazy("Number"),
        help_text=gettext_lazy("With the country code, such as +1 631 747 1111."),
        error_messages={"required": gettext_lazy("Enter the number with its country code.")},
    )


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def add_number(request: TeamRequest) -> HttpResponse:
    """Let tests go to a number."""
    page = reverse("channels", args=[request.team.slug])
    reason = _("Test messages can go to this number without approval.")
    if (asked := proving.ask_again(request, page, reason)) is not None:
        return asked
    form = NumberForm(request.POST)
    if not form.is_valid():
        sentences = [str(error) for errors in form.errors.values() for error in errors]
        messages.error(request, " ".join(sentences))
    else:
        with transaction.atomic():
            number, _is_new = NumberForTests.objects.update_or_create(
                team=request.team,
                phone=form.cleaned_data["phone"],
                defaults={"label": form.cleaned_data["label"], "added_by": request.user},
            )
            record(Act.TEST_NUMBER_ADDED, number)
        messages.success(request, _("Tests can now go to this number."))
    return redirect("channels", request.team.slug)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def remove_number(request: TeamRequest, number_id: UUID) -> HttpResponse:
    """Let no more tests go to a number."""
    number = get_object_or_404(request.team.numbers_for_tests, public_id=number_id)
    with transaction.atomic():
        record(Act.TEST_NUMBER_REMOVED, number)
        number.delete()
    messages.success(request, _("Tests no longer go to “%(name)s”.") % {"name": number.label})
    return redirect("channels", request.team.slug)
