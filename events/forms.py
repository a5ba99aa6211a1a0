"""The form of a receiver of events."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from events.kinds import CHOSEN_KINDS
from interface.form_style import StyledForm


class ReceiverForm(StyledForm):
    """Where events go, and which."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What your team calls the system, such as Booking or Zapier."),
        error_messages={"required": gettext_lazy("Give the system a name.")},
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        help_text=gettext_lazy(
            "Starts with https://; your system shows it under webhooks. Anyone who can "
            "read there sees phone numbers and replies."
        ),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter the address that events go to.")},
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Send an event when"),
        choices=[(kind.value, kind.label) for kind in CHOSEN_KINDS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one kind of event.")},
    )
