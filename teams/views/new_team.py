"""Making a team."""

from __future__ import annotations

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from interface.countries import country_choices
from interface.form_style import StyledForm
from interface.time_zones import zone_choices
from teams.access import SignedInRequest
from teams.new_team import TooManyTeams, make_team, may_make_team


class NewTeamForm(StyledForm):
    """What a team is called and where it is."""

    name = forms.CharField(
        label=gettext_lazy("Name of the team"),
        max_length=100,
        error_messages={"required": gettext_lazy("Enter a name for the team.")},
    )
    # The page's script chooses the browser's own (`static/js/own_zone.js`).
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zone_choices,
        initial="UTC",
        widget=forms.Select(attrs={"data-own-zone": ""}),
        help_text=gettext_lazy("Times are in this zone. You can change it later."),
    )
    default_country = forms.ChoiceField(
        label=gettext_lazy("Numbers without a country code are from"),
        choices=country_choices,
        initial="US",
    )


@require_http_methods(["GET", "POST"])
def team_new(request: SignedInRequest) -> HttpResponse:
    """Make a team and become its owner."""
    if not may_make_team(request.user):
        raise PermissionDenied(_("Only the people who run this site can create teams. Ask them."))
    if request.method != "POST":
        return render(request, "teams/team_new.html", {"form": NewTeamForm()})
    form = NewTeamForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            team = make_team(request.user, said["name"], said["time_zone"], said["default_country"])
        except TooManyTeams:
            form.add_error(
                None, _("You have created several teams just now. Wait an hour, then try again.")
            )
        else:
            return redirect("channels", team.slug)
    return render(request, "teams/team_new.html", {"form": form}, status=422)
