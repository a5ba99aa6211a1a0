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
            "invalid": _("Write the number of days in digits, such as 90."),
            "min_value": _("Write %(limit_value)s days or more, or leave it empty."),
            "max_value": _("Write %(limit_value)s days at most."),
        },
    )


class RetentionForm(StyledFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """Days for each kind of data; an empty field keeps it."""

    lists_days = _days(
        _("Delete a list so many days after it was last used"),
        _("Used is: changed, copied, or chosen in a campaign. Empty: lists are kept."),
        SHORTEST_DAYS,
    )
    campaigns_days = _days(
        _("Empty a campaign so many days after it is over"),
        _(
            "Numbers, names, columns and each person's own text go; the message and all figures "
            "stay. Empty: they are kept."
        ),
        SHORTEST_DAYS,
    )
    replies_days = _days(
        _("Empty a reply after so many days"),
        _(
            "Number, name and text go; that somebody replied is still counted. Replies that "
            "wait for a decision stay. Empty: they are kept."
        ),
        SHORTEST_DAYS,
    )
    rejected_days = _days(
        _("Delete rows that could not be imported after so many days"),
        _("How many there were is still shown. Empty: they are kept."),
        1,
    )
    bodies_days = _days(
        _("Empty what Sociocs reported to us, and what your systems were told, after so many days"),
        _("Kept to find out what went wrong; nothing on the pages needs it. 30 at most."),
        1,
        30,
    )

    class Meta:
        model = Retention
        fields = ("lists_days", "campaigns_days", "replies_days", "rejected_days", "bodies_days")

    def clean_bodies_days(self) -> int:
        return int(self.cleaned_data["bodies_days"] or 30)
