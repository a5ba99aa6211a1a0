"""The form of a new token."""

from __future__ import annotations

from datetime import date, datetime, time
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from api.models import Scope
from api.tokens import NEEDS
from interface.form_fields import PlainText, PublicChoices
from interface.form_style import StyledForm
from sociocs_accounts.models import Channel
from teams.access import may
from teams.models import Membership

_MOST_NETWORKS = 20


class TokenForm(StyledForm):
    """What a token may, within what its maker may."""

    name = PlainText(
        label=_("Name"),
        max_length=60,
        help_text=_("What it is for, such as “Booking system”."),
        error_messages={"required": _("Enter a name, so that you can recognise it.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("It can"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one thing that it can do."),
            "invalid_choice": _("Your role does not allow one of these."),
        },
    )
    networks = PlainText(
        label=_("Only from these addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_(
            "Such as 203.0.113.7 or 203.0.113.0/24, one on each line. Empty: from anywhere."
        ),
    )
    daily_limit = forms.IntegerField(
        label=_("People it can send to in a day"),
        required=False,
        min_value=0,
        max_value=2_000_000_000,
        help_text=_("Empty: as many as the team can. The team's limits also apply."),
        error_messages={"invalid": _("Enter the number of people in digits, such as 500.")},
    )
    calls_per_minute = forms.IntegerField(
        label=_("Calls it can make in a minute"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Empty: as many as this server allows."),
        error_messages={"invalid": _("Enter the number of calls in digits, such as 60.")},
    )
    last_day = forms.DateField(
        label=_("Works until the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: until someone ends it."),
        error_messages={"invalid": _("Choose a day.")},
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = ZoneInfo(membership.team.time_zone)
        allowed = [scope for scope in Scope if may(membership, NEEDS[scope])]
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(scope.value, scope.label) for scope in allowed]
        channels = Channel.objects.filter(team=membership.team, is_active=True)
        chosen: Any = PublicChoices(channels, _("Only with these channels"))
        chosen.queryset = channels
        chosen.help_text = _("None chosen: all channels that you can use.")
        self.fields["channels"] = chosen
        self.order_fields(["name", "scopes", "channels"])

    def clean_networks(self) -> list[str]:
        """The networks as they are kept; an address is a network of one."""
        lines = self.cleaned_data["networks"].replace(",", "\n").split()
        if len(lines) > _MOST_NETWORKS:
            raise forms.ValidationError(
                _("Enter up to %(most)d addresses."), params={"most": _MOST_NETWORKS}
            )
        return [self._network(line) for line in lines]

    def clean_last_day(self) -> datetime | None:
        """The moment at which the last day is over, by the team's clock."""
        day: date | None = self.cleaned_data["last_day"]
        if day is None:
            return None
        if day < timezone.now().astimezone(self._zone).date():
            raise forms.ValidationError(_("Choose today or a later day."))
        return datetime.combine(day, time.max, self._zone)

    @staticmethod
    def _network(line: str) -> str:
        try:
            return str(ip_network(line, strict=False))
        except ValueError:
            sentence = _("“%(line)s” is not an address. Enter it as 203.0.113.7 or 203.0.113.0/24.")
            raise forms.ValidationError(sentence, params={"line": line[:50]}) from None
