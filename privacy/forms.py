"""How long a team keeps what it knows of people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interface.form_style import StyledFormMixin
from privacy.models import Retention

# Whoever looks back at a campaign does it within a month; reports and replies come in till then.
SHORTEST_DAYS = 30
LONGEST_DAYS = 3_650


def _days(label: Any, help_text: Any, least: int, most: int = LONGEST_DAYS) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=least,
        max_value=most,
        error_messages={
            "invalid": _("Enter the number of days in digits, such as 90."),
            "min_value": _("Enter %(limit_value)s days or more, or leave it empty."),
            "max_value": _("Enter up to %(limit_value)s days."),
        },
    )


class RetentionForm(StyledFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """Days for each kind of data; an empty field keeps it."""

    lists_days = _days(
        _("Delete a list this many days after it was last used"),
        _("Used means changed, copied, or used in a campaign. Empty: lists are kept."),
        SHORTEST_DAYS,
    )
    campaigns_days = _days(
        _("Delete a campaign's people this many days after it is over"),
        _(
            "Numbers, names, columns and each person's own text are deleted; the message "
            "and all figures stay. Empty: they are kept."
        ),
        SHORTEST_DAYS,
    )
    replies_days = _days(
        _("Delete what people replied after this many days"),
        _(
            "Number, name and text are deleted; the reply is still counted. Replies "
            "waiting for your decision stay. Empty: they are kept."
        ),
        SHORTEST_DAYS,
    )
    rejected_days = _days(
        _("Delete rows that could not be imported after this many days"),
        _("Their number is still shown. Empty: they are kept."),
        1,
    )
    bodies_days = _days(
        _("Delete what Sociocs reported and what your systems were sent after this many days"),
        _("We keep this only to find out what went wrong. At most 30 days."),
        1,
        30,
    )

    class Meta:
        model = Retention
        fields = ("lists_days", "campaigns_days", "replies_days", "rejected_days", "bodies_days")

    def clean_bodies_days(self) -> int:
        return int(self.cleaned_data["bodies_days"] or 30)
